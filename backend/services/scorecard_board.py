"""What a person sees of an interview's scorecards: the own one, and what others gave once nobody can lean on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.cabinet import interview_subject
from backend.db.models import Interview, Role, Scorecard, ScorecardChange
from backend.runtime import Runtime
from backend.services import rubrics, scope, wholes
from backend.services.actor import Actor
from backend.services.scorecard_sheet import (
    CardState,
    CardView,
    Key,
    Mark,
    Sheet,
    answered,
    card_view,
    cards_of,
    content_of,
    kit_of,
    opened,
    rateable,
    reason_place,
    scored_by,
    shares,
    sheet_for,
)
from contract.kit import Kit


@dataclass(frozen=True, slots=True)
class ChangeView:
    """What a scorecard said before, and why that was changed."""

    total: float | None
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class GivenView:
    """Somebody's scorecard that was handed in."""

    by: str
    mine: bool
    total: float
    marks: dict[Key, Mark]
    summary: str
    at: datetime
    changes: list[ChangeView]


@dataclass(frozen=True, slots=True)
class Results:
    """``spread``: the highest less the lowest total."""

    mean: float
    spread: float
    given: list[GivenView]


@dataclass(frozen=True, slots=True)
class Board:
    """What one person sees of an interview's scorecards.

    ``writing``, ``handed_in``: how many others; who gave a single score has handed in too. ``open_eyes``: what others
    gave may be seen. ``results`` is None as long as it may not.
    """

    sheet: Sheet
    card: CardView
    may_rate: bool
    writing: int
    handed_in: int
    open_eyes: bool
    results: Results | None
    changes: list[ChangeView] = field(default_factory=list)


def board(hr: Runtime, actor: Actor, interview_id: str) -> Board | None:
    """None while the kit is not known here. Raises XudaError(FORBIDDEN | NOT_FOUND)."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.read() as session:
        interview = scope.interview(session, actor, interview_id)
        parts = wholes.rows_of(session, interview)
        kit = kit_of(session, parts)
        if kit is None:
            return None
        cards = cards_of(session, parts)
        mine = next((row for row, _ in cards if row.user_id == actor.user_id), None)
        own = sheet_for(session, parts, kit, mine)
        others = [row for row, _ in cards if row is not mine]
        writing = sum(row.state == CardState.DRAFT for row in others)
        may_see = mine is not None and mine.state != CardState.DRAFT and writing == 0
        given = _given(hr, session, parts, kit, cards, actor) if may_see else []
        return Board(
            sheet=own,
            card=card_view(hr, mine, own),
            may_rate=actor.user_id is not None and rateable(session, interview, parts),
            writing=writing,
            handed_in=len(scored_by(session, parts) - {actor.user_id}),
            open_eyes=may_see,
            results=_results(given),
            changes=_changes(hr, session, own, [mine]).get(mine.id, []) if mine is not None else [],
        )


def _given(
    hr: Runtime,
    session: Session,
    parts: Sequence[Interview],
    kit: Kit,
    cards: Sequence[tuple[Scorecard, str]],
    actor: Actor,
) -> list[GivenView]:
    final = [(row, name) for row, name in cards if row.state == CardState.FINAL]
    told = answered(session, parts)
    sheets = _sheets(session, kit, told, [row for row, _ in final])
    changes = _changes_by(hr, session, sheets, [row for row, _ in final])
    found = []
    for row, name in final:
        content, sheet = content_of(hr, row), sheets[row.rubric_id]
        at = row.handed_in_at or row.updated_at
        found.append(
            GivenView(
                by=name,
                mine=row.user_id == actor.user_id,
                total=sheet.total(content) or 0.0,
                marks=content.marks(),
                summary=content.summary,
                at=at,
                changes=changes.get(row.id, []),
            )
        )
    return sorted(found, key=lambda given: given.at)


def _sheets(session: Session, kit: Kit, told: set[str], rows: Sequence[Scorecard]) -> dict[str | None, Sheet]:
    """By the rubric each of the cards was rated by; one query for all of them."""
    rated_by = rubrics.several(session, {row.rubric_id for row in rows}, kit)
    return {name: Sheet(kit, view, shares(kit, view.rubric, told)) for name, view in rated_by.items()}


def _changes(hr: Runtime, session: Session, sheet: Sheet, rows: Sequence[Scorecard]) -> dict[str, list[ChangeView]]:
    return _changes_by(hr, session, {row.rubric_id: sheet for row in rows}, rows)


def _changes_by(
    hr: Runtime, session: Session, sheets: Mapping[str | None, Sheet], rows: Sequence[Scorecard]
) -> dict[str, list[ChangeView]]:
    """Card -> what it said before, the newest first."""
    cards = {row.id: row for row in rows}
    query = select(ScorecardChange).where(ScorecardChange.scorecard_id.in_(cards))
    found: dict[str, list[ChangeView]] = {}
    for before in session.scalars(query.order_by(ScorecardChange.changed_at.desc())):
        card = cards[before.scorecard_id]
        content = opened(hr, card, before.content_sealed)
        reason = hr.cabinet.open(interview_subject(card.interview_id), before.reason_sealed, reason_place(before))
        view = ChangeView(sheets[card.rubric_id].total(content), reason, before.changed_at)
        found.setdefault(card.id, []).append(view)
    return found


def _results(given: list[GivenView]) -> Results | None:
    totals = [one.total for one in given]
    if not totals:
        return None
    return Results(sum(totals) / len(totals), max(totals) - min(totals), given)
