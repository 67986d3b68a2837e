"""What a language model said about interviews, when a person asked it; how: backend.opinion."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backend.db.models.base import Base, new_id


class OpinionRow(Base):
    """One time a second opinion was asked for. ``interview_id``: the first part of the whole.

    ``state``: services.opinions.OpinionState. ``host`` and ``model``: who was asked, as the settings named it.
    ``language``: of whoever asked. ``content_sealed``: backend.opinion.reply.Opinion as JSON, once it is there;
    ``error``: the code of what stood against it. ``superseded_at``: since when it is shown no more.
    ``holder`` works on it until ``lease_until``, for the ``tries``-th time.
    """

    __tablename__ = "opinion"
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    interview_id: Mapped[str] = mapped_column(ForeignKey("interview.id"), index=True)
    state: Mapped[str] = mapped_column(String(16), index=True)
    host: Mapped[str] = mapped_column(String(300))
    model: Mapped[str] = mapped_column(String(100))
    language: Mapped[str] = mapped_column(String(8))
    asked_by: Mapped[str] = mapped_column(String(120))
    asked_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    content_sealed: Mapped[str | None] = mapped_column(Text)
    error: Mapped[str | None] = mapped_column(String(40))
    superseded_at: Mapped[datetime | None]
    holder: Mapped[str | None] = mapped_column(String(36))
    lease_until: Mapped[datetime | None]
    tries: Mapped[int]
