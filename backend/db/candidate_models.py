"""What candidates do in the candidate portal."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backend.db.models import Base, new_id


class CandidateSession(Base):
    """A candidate's browser. ``id``: SHA-256 of the cookie's token."""

    __tablename__ = "candidate_session"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    invitation_id: Mapped[str] = mapped_column(ForeignKey("invitation.id"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class CandidateChallenge(Base):
    """A one-time code that somebody was asked for at the door. ``token_hash``: SHA-256 of the browser's cookie.

    The code itself is nowhere: it is worked out from the row under the server's data key. ``invitation_id``: None when
    what was typed did not fit; the row is made all the same, so that both take the same way. ``typed_hash``: of the
    invitation code that was typed, keyed. ``ended_at``: used, or another code was asked for since.
    """

    __tablename__ = "candidate_challenge"
    __table_args__ = (Index("candidate_challenge_recent", "typed_hash", "created_at"),)
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    invitation_id: Mapped[str | None] = mapped_column(ForeignKey("invitation.id"), index=True)
    typed_hash: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(8))
    created_at: Mapped[datetime] = mapped_column(index=True)
    tries: Mapped[int]
    ended_at: Mapped[datetime | None]


class SurveyRow(Base):
    """The questionnaire, answered in the candidate portal; one of the client is an event of the interview.

    Ratings as in contract.events.QuestionnaireData, 1-5. ``words_sealed``: under the candidate's storage
    key, empty without words and for who was erased. ``state``: that of the interview when it was answered.
    """

    __tablename__ = "survey"
    invitation_id: Mapped[str] = mapped_column(ForeignKey("invitation.id"), primary_key=True)
    entrance_clear: Mapped[int | None]
    flow_smooth: Mapped[int | None]
    overall: Mapped[int | None]
    words_sealed: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(32))
    answered_at: Mapped[datetime]


class VoluntaryRow(Base):
    """What somebody chose to say about themselves, for figures of fairness alone (services.voluntary).

    ``answers_sealed``: aspect -> value as JSON, under a storage key of its own that is destroyed with the row.
    ``consent``: version of the words it was agreed to by.
    """

    __tablename__ = "voluntary"
    invitation_id: Mapped[str] = mapped_column(ForeignKey("invitation.id"), primary_key=True)
    answers_sealed: Mapped[str] = mapped_column(Text)
    consent: Mapped[str] = mapped_column(String(8))
    answered_at: Mapped[datetime] = mapped_column(index=True)
