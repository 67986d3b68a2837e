"""Walk-in registration: which batches take it, and which invitations came to be by it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from backend.db.models import Base


class WalkInOfferRow(Base):
    """``most_per_device`` 0: closed. ``ever``: the most that was ever allowed: who registered offline then, counts."""

    __tablename__ = "walk_in_offer"
    batch_id: Mapped[str] = mapped_column(ForeignKey("batch.id"), primary_key=True)
    most_per_device: Mapped[int]
    ever: Mapped[int]


class WalkInRow(Base):
    """Somebody has registered on a device. ``registered_at``: by the device's clock."""

    __tablename__ = "walk_in"
    invitation_id: Mapped[str] = mapped_column(ForeignKey("invitation.id"), primary_key=True)
    device_id: Mapped[str] = mapped_column(ForeignKey("device.id"), index=True)
    registered_at: Mapped[datetime]
    received_at: Mapped[datetime]
