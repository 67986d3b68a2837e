"""What is sent to candidates: one row per message and channel, and how a batch wants it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.db.models import Base, new_id


class DeliveryRow(Base):
    """One message to one candidate over one channel; its id is the message's own, also on the wire.

    ``template``: invitation, reminder, extension, decision or one_time. ``round``: counts up when the same goes again.
    ``state``: backend.sending.outcome.State. ``address_sealed``: the phone or e-mail address as it was when the message
    was ordered, sealed like the candidate's own column; empty for who was erased. ``error``: a code of
    backend.sending.outcome, never the words of a server: they may quote the address. ``order_id``: what was ordered
    with one click, so that a form that comes twice orders once; for a decision the decision's id, for a one-time code
    that of its challenge.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("invitation_id", "channel", "template", "round"),
        Index("ix_delivery_due", "state", "channel", "next_at"),
    )
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    invitation_id: Mapped[str] = mapped_column(ForeignKey("invitation.id"))
    channel: Mapped[str] = mapped_column(String(16))
    template: Mapped[str] = mapped_column(String(16))
    round: Mapped[int]
    state: Mapped[str] = mapped_column(String(16))
    address_sealed: Mapped[str] = mapped_column(Text)
    attempts: Mapped[int]
    next_at: Mapped[datetime]
    error: Mapped[str] = mapped_column(String(40))
    order_id: Mapped[str] = mapped_column(String(36), index=True)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class BatchNoticesRow(Base):
    """How a batch's candidates are written to. ``remind_days`` before the window ends who has not begun; 0: never."""

    __tablename__ = "batch_notices"
    batch_id: Mapped[str] = mapped_column(ForeignKey("batch.id"), primary_key=True)
    language: Mapped[str] = mapped_column(String(8))
    remind_days: Mapped[int]


class ColumnChoiceRow(Base):
    """Which column of a table is what, as somebody chose it by hand for tables with this header.

    ``header``: SHA-256 of the header's cells. ``columns``: field -> place of the column from 0, as JSON.
    """

    __tablename__ = "column_choice"
    header: Mapped[str] = mapped_column(String(64), primary_key=True)
    columns: Mapped[str] = mapped_column(Text)
    chosen_at: Mapped[datetime]
