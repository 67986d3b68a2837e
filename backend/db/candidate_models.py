"""What candidates do in the candidate portal."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backend.db.models import Base


class CandidateSession(Base):
    """A candidate's browser. ``id``: SHA-256 of the cookie's token."""

    __tablename__ = "candidate_session"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    invitation_id: Mapped[str] = mapped_column(ForeignKey("invitation.id"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class SurveyRow(Base):
    """The questionnaire, answered in the candidate portal; one of the client is an event of the interview.

    ``ratings``: the fields of contract.events.QuestionnaireData, 1-5. ``words_sealed``: under the candidate's storage
    key, empty without words and for who was erased. ``state``: that of the interview when it was answered.
    """

    __tablename__ = "survey"
    invitation_id: Mapped[str] = mapped_column(ForeignKey("invitation.id"), primary_key=True)
    ratings: Mapped[dict[str, Any]]
    words_sealed: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(32))
    answered_at: Mapped[datetime]
