"""HR's messages to candidates."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backend.db.models import Base, new_id


class MessageRow(Base):
    """For everyone, for a batch, or for one invitation. Withdrawn ones stay in the list.

    ``words_sealed``: title and text, language -> text, as JSON; that to one person under the candidate's storage key,
    empty once the person was erased. ``next_steps``: only travels once a decision on the interview is released.
    """

    __tablename__ = "message"
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    batch_id: Mapped[str | None] = mapped_column(ForeignKey("batch.id"))
    invitation_id: Mapped[str | None] = mapped_column(ForeignKey("invitation.id"), index=True)
    next_steps: Mapped[bool]
    words_sealed: Mapped[str] = mapped_column(Text)
    not_before: Mapped[datetime]
    not_after: Mapped[datetime] = mapped_column(index=True)
    author: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
