"""What is rated of an interview, and what a scorecard holds: sealed under the interview's storage key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.cabinet import interview_subject
from backend.db.models import EventRow, Interview, KitRow, Rating, Scorecard, ScorecardChange, User
from backend.runtime import Runtime
from backend.services import rubrics, states
from backend.services.rubric import LEVELS, Rubric, total, weights
from contract.envelope import Envelope, parse_payload
from contract.events import EventType, HrState
from contract.kit import Kit

LONGEST_COMMENT = 1000
LONGEST_SUMMARY = 4000
Key = tuple[str, str]


class CardState(StrEnum):
    """``LOOKED``: has seen what others gave without rating, and rates no more."""

    DRAFT = "draft"
    FINAL = "final"
    LOOKED = "looked"


class Mark(BaseModel):
    """``level`` is None while it is not rated."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    level: int | None = Field(default=None, ge=LEVELS[0], le=LEVELS[-1])
    comment: str = Field(default="", max_length=LONGEST_COMMENT)


class Content(BaseModel):
    """``ratings``: question -> dimension -> mark. ``summary``: in the person's own words."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    ratings: dict[str, dict[str, Mark]] = Field(default_factory=dict)
    summary: str = Field(default="", max_length=LONGEST_SUMMARY)

    def marks(self) -> dict[Key, Mark]:
        return {(q, d): mark for q, given in self.ratings.items() for d, mark in given.items()}

    def levels(self) -> dict[Key, int]:
        return {key: mark.level for key, mark in self.marks().items() if mark.level is not None}


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is rated: ``shares`` of the whole interview per (question, dimension), those with an answer alone."""

    kit: Kit
    rated_by: rubrics.RubricView
    shares: dict[Key, float]

    def missing(self, content: Content) -> int:
        return len(self.shares.keys() - content.levels().keys())

    def total(self, content: Content) -> float | None:
        given = {key: level for key, level in content.levels().items() if key in self.shares}
        return total(self.kit, self.rated_by.rubric, given)

    def dimensions(self, question_id: str) -> list[str]:
        return [dimension for question, dimension in self.shares if question == question_id]


@dataclass(frozen=True, slots=True)
class CardView:
    """``revision`` 0: nothing was saved yet. ``total``: of what is rated so far, 0-100."""

    state: CardState
    revision: int
    content: Content
    total: float | None
    missing: int
    updated_at: datetime | None = None
    handed_in_at: datetime | None = None


def kit_of(session: Session, parts: Sequence[Interview]) -> Kit | None:
    """That of the newest part whose kit is here."""
    for part in reversed(parts):
        row = session.get(KitRow, (part.kit_id, part.kit_version)) if part.kit_id and part.kit_version else None
        if row is not None:
            return parse_payload(Envelope.from_bytes(row.envelope).payload_bytes, Kit)
    return None


def sheet_for(session: Session, parts: Sequence[Interview], kit: Kit, card: Scorecard | None) -> Sheet:
    """By the rubric the card was begun with, else by the newest one."""
    rated_by = rubrics.of_kit(session, kit) if card is None else rubrics.one(session, card.rubric_id, kit)
    return Sheet(kit, rated_by, shares(kit, rated_by.rubric, answered(session, parts)))


def shares(kit: Kit, rubric: Rubric, told: set[str]) -> dict[Key, float]:
    return {
        (question.question_id, dimension.dimension_id): share
        for question, dimension, share in weights(kit, rubric)
        if question.question_id in told
    }


def answered(session: Session, parts: Sequence[Interview]) -> set[str]:
    saved = EventRow.kind == EventType.ANSWER_SAVED.value
    query = select(EventRow).where(EventRow.interview_id.in_([part.id for part in parts]), saved)
    return {str(states.parse_event(row).data["question_id"]) for row in session.scalars(query)}


def rateable(session: Session, interview: Interview, parts: Sequence[Interview]) -> bool:
    finished = HrState(interview.state) is HrState.PENDING_REVIEW
    return finished or states.decided(session, interview, parts) is HrState.SECOND_ROUND


def cards_of(session: Session, parts: Sequence[Interview]) -> list[tuple[Scorecard, str]]:
    """The scorecards of an interview, each with the name of the person."""
    query = select(Scorecard, User.username).join(User, User.id == Scorecard.user_id)
    rows = session.execute(query.where(Scorecard.interview_id.in_([part.id for part in parts])))
    return [(row, name) for row, name in rows]


def scored_by(session: Session, parts: Sequence[Interview]) -> set[str]:
    """Ids of the people who gave a score of the whole, by a scorecard or without one."""
    given = select(Rating.user_id).where(Rating.interview_id.in_([part.id for part in parts]))
    return set(session.scalars(given))


def content_of(hr: Runtime, row: Scorecard) -> Content:
    """Raises XudaError(KEY_DESTROYED | SEALED_DAMAGED)."""
    return opened(hr, row, row.content_sealed)


def opened(hr: Runtime, row: Scorecard, sealed: str) -> Content:
    return Content.model_validate_json(hr.cabinet.open(interview_subject(row.interview_id), sealed, place(row)))


def card_view(hr: Runtime, row: Scorecard | None, sheet: Sheet) -> CardView:
    content = content_of(hr, row) if row is not None else Content()
    found = sheet.total(content), sheet.missing(content)
    if row is None:
        return CardView(CardState.DRAFT, 0, content, *found)
    return CardView(CardState(row.state), row.revision, content, *found, row.updated_at, row.handed_in_at)


def place(row: Scorecard) -> str:
    return f"scorecard:{row.id}"


def reason_place(row: ScorecardChange) -> str:
    return f"scorecard change:{row.id}"
