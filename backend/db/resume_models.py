"""Résumés of candidates, and what a batch's rules propose about them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backend.db.models import Base, new_id


class ResumeRow(Base):
    """A candidate's résumé; a newer one takes its place. All of it is sealed under the candidate's storage key.

    ``file_sealed`` is base64 of the file. ``problem``: why no text was found in it, a code; empty when there is.
    """

    __tablename__ = "resume"
    candidate_id: Mapped[str] = mapped_column(ForeignKey("candidate.id"), primary_key=True)
    id: Mapped[str] = mapped_column(String(36), unique=True, default=new_id)
    name_sealed: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(8))
    size: Mapped[int]
    file_sealed: Mapped[str] = mapped_column(Text)
    text_sealed: Mapped[str] = mapped_column(Text)
    problem: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime]


class ResumeRulesRow(Base):
    """What a batch looks for; every change is a new revision. ``content``: services.resume_rules.Rules."""

    __tablename__ = "resume_rules"
    batch_id: Mapped[str] = mapped_column(ForeignKey("batch.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[dict[str, Any]]
    author: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime]


class ResumeMatchRow(Base):
    """What the rules of a revision say about one candidate of a batch, and what a person has decided.

    ``proposal``: services.resume_rules.Proposal. ``reasons_sealed``: which rule is met by what, under the candidate's
    storage key. ``ruling``: keep or aside, by ``ruled_by``; empty as long as nobody has decided.
    """

    __tablename__ = "resume_match"
    invitation_id: Mapped[str] = mapped_column(ForeignKey("invitation.id"), primary_key=True)
    revision: Mapped[int]
    proposal: Mapped[str] = mapped_column(String(16))
    score: Mapped[int]
    reasons_sealed: Mapped[str] = mapped_column(Text)
    judged_at: Mapped[datetime]
    ruling: Mapped[str] = mapped_column(String(16))
    ruled_by: Mapped[str] = mapped_column(String(120))
    ruled_at: Mapped[datetime | None]
