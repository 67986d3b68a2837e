"""Times that candidates of a batch choose between."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from backend.db.models import Base, new_id


class SlotRow(Base):
    """``place``: a room or booth, empty for at home. ``taken`` counts its choices; the database itself keeps it within
    ``capacity``. ``withdrawn_at``: nobody can choose it any more."""

    __tablename__ = "slot"
    __table_args__ = (CheckConstraint("taken >= 0 AND taken <= capacity", name="slot_capacity"),)
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    batch_id: Mapped[str] = mapped_column(ForeignKey("batch.id"), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    capacity: Mapped[int]
    taken: Mapped[int] = mapped_column(default=0)
    place: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class SlotChoiceRow(Base):
    """Who comes when: at most one slot each. ``chosen_by``: candidate, or the person of HR."""

    __tablename__ = "slot_choice"
    invitation_id: Mapped[str] = mapped_column(ForeignKey("invitation.id"), primary_key=True)
    slot_id: Mapped[str] = mapped_column(ForeignKey("slot.id"), index=True)
    chosen_at: Mapped[datetime]
    chosen_by: Mapped[str] = mapped_column(String(120))


class BatchSlotsRow(Base):
    """How a batch's slots are offered. ``change_hours`` before it begins nobody but HR changes a choice.

    ``window_follows``: an invitation holds for the slot's time alone.
    """

    __tablename__ = "batch_slots"
    batch_id: Mapped[str] = mapped_column(ForeignKey("batch.id"), primary_key=True)
    offered: Mapped[bool]
    change_hours: Mapped[int]
    window_follows: Mapped[bool]
