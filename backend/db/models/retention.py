"""What is deleted, and what must not be."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backend.db.models.base import Base, new_id
from backend.db.types import StoredJson


class Deletion(Base):
    """The deletion of an interview, from the request to the signed certificate, which stays.

    ``requested_by``: contract.certificate.Requester. ``deleted_at``: the rows are gone; ``files`` still have to go
    then, and the keys of the interview and of ``candidate_id`` (set when the person's data went with it).
    """

    __tablename__ = "deletion"
    interview_id: Mapped[str] = mapped_column(ForeignKey("interview.id"), primary_key=True)
    requested_by: Mapped[str] = mapped_column(String(32))
    requested_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]
    objects: Mapped[list[Any]] = mapped_column(StoredJson, default=list)
    records: Mapped[dict[str, Any]] = mapped_column(default=dict)
    files: Mapped[list[Any]] = mapped_column(StoredJson, default=list)
    candidate_id: Mapped[str | None] = mapped_column(String(36))
    certificate: Mapped[str | None] = mapped_column(Text)


class LegalHold(Base):
    """While one of an interview is not lifted, nothing of the interview is deleted."""

    __tablename__ = "legal_hold"
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    interview_id: Mapped[str] = mapped_column(ForeignKey("interview.id"), index=True)
    reason_sealed: Mapped[str] = mapped_column(Text)
    set_by: Mapped[str] = mapped_column(String(120))
    set_at: Mapped[datetime]
    lifted_by: Mapped[str | None] = mapped_column(String(120))
    lifted_at: Mapped[datetime | None]
    lift_reason_sealed: Mapped[str | None] = mapped_column(Text)
