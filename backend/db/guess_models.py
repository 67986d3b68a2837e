"""Wrong guesses, where several processes count them together."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from backend.db.models.base import Base, new_id


class GuessRow(Base):
    """One counted failure. ``limit_name``: a field of backend.ratelimit.Limits; ``key_hash``: of whom, keyed."""

    __tablename__ = "guess"
    __table_args__ = (Index("guess_recent", "limit_name", "key_hash", "at"),)
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    limit_name: Mapped[str] = mapped_column(String(32))
    key_hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(index=True)
