"""Scores of interviews as people and programs may see them. How they are made: :mod:`backend.services.score_making`.

A score decides nothing, and no person's rating leans on it: whoever may still rate an interview sees it after having
rated it, or after having chosen to look (``Settings.ai_before_rating``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, or_, select, true
from sqlalchemy.orm import Session

from backend.cabinet import interview_subject
from backend.db.models import Interview, Rating, Role, Scorecard, ScoreRow
from backend.runtime import Runtime
from backend.services import audit, rubrics, scope, wholes
from backend.services.actor import Actor
from backend.services.score_sheets import sheet_of
from backend.services.scorecard_sheet import CardState, kit_of
from contract.events import HrState
from report.score_model import AssessmentInfo
from report.score_words import assessment_in

_RATERS = frozenset({Role.ADMINISTRATOR, Role.HR})


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """The score of the whole interview, 0-100; ``points`` None: there is none, for ``reason``. ``listen``: somebody
    has to listen before using it."""

    points: float | None
    low: float
    high: float
    listen: bool
    reason: str | None


@dataclass(frozen=True, slots=True)
class ScoreVersion:
    """``superseded_at`` None: the current one."""

    line: ScoreLine
    engine: int
    rubric_revision: int
    rubric_digest: str
    models: dict[str, str]
    meaning: dict[str, str]
    created_at: datetime
    superseded_at: datetime | None


@dataclass(frozen=True, slots=True)
class ScoreView:
    """What one person sees of an interview's score. ``withheld``: there is one, and it waits for the own rating.

    ``current`` and ``info`` are None when there is none, and while it is withheld; ``earlier``: newest first.
    """

    withheld: bool = False
    current: ScoreVersion | None = None
    info: AssessmentInfo | None = None
    earlier: tuple[ScoreVersion, ...] = ()


def current(session: Session, interview_ids: Collection[str]) -> dict[str, ScoreLine]:
    """By the first part of each interview, whoever asks; one query."""
    query = select(ScoreRow).where(ScoreRow.interview_id.in_(interview_ids), ScoreRow.superseded_at.is_(None))
    return {row.interview_id: _line(row) for row in session.scalars(query)}


def visible(hr: Runtime, session: Session, actor: Actor, interview_ids: Collection[str]) -> dict[str, ScoreLine]:
    """As :func:`current`, without what is withheld from the actor; two queries."""
    return permitted(hr, session, actor, current(session, interview_ids))


def of_list(hr: Runtime, actor: Actor, interview_ids: Collection[str]) -> dict[str, ScoreLine]:
    """As :func:`visible`, of interviews that a list of the actor's shows."""
    with hr.db.read() as session:
        return visible(hr, session, actor, interview_ids)


def permitted(hr: Runtime, session: Session, actor: Actor, lines: Mapping[str, ScoreLine]) -> dict[str, ScoreLine]:
    """``lines`` of :func:`current` without what is withheld from the actor; one query."""
    seen = set(session.scalars(select(Interview.id).where(Interview.id.in_(lines), may_see(hr, actor))))
    return {name: line for name, line in lines.items() if name in seen}


def may_see(hr: Runtime, actor: Actor) -> ColumnElement[bool]:
    """Whether no rating of the actor's can lean on the score of the interview any more; about its first part."""
    if hr.settings.ai_before_rating or actor.user_id is None or actor.role not in _RATERS:
        return true()
    pending, second = HrState.PENDING_REVIEW.value, HrState.SECOND_ROUND.value
    cards = select(Scorecard.interview_id).where(Scorecard.user_id == actor.user_id)
    rated = select(Rating.interview_id).where(Rating.user_id == actor.user_id)
    draft = Scorecard.state == CardState.DRAFT.value
    done = Interview.id.in_(cards.where(~draft)), Interview.id.in_(rated)
    closed = and_(Interview.state != pending, Interview.standing != second)
    return or_(closed, and_(or_(*done), Interview.id.not_in(cards.where(draft))))


def is_open(hr: Runtime, session: Session, actor: Actor, lead: str) -> bool:
    """As :func:`may_see`, of one interview, by the id of its first part."""
    return session.scalar(select(Interview.id).where(Interview.id == lead, may_see(hr, actor))) is not None


def points_seen(hr: Runtime, actor: Actor) -> ColumnElement[Any]:
    """Points of an interview's score, NULL without one and where it is withheld; for lists that are sorted by it."""
    own = select(ScoreRow.points).where(ScoreRow.interview_id == Interview.id, ScoreRow.superseded_at.is_(None))
    return case((may_see(hr, actor), own.correlate(Interview).scalar_subquery()))


def shown(hr: Runtime, actor: Actor, interview_id: str, language: str) -> ScoreView:
    """The score with all it is made of, with titles in ``language``; the view is noted in the log.

    Raises XudaError(FORBIDDEN | NOT_FOUND | KEY_DESTROYED | SEALED_DAMAGED).
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR, Role.DEPARTMENT_HEAD)
    with hr.db.read() as session:
        found = view(hr, session, actor, interview_id, language)
    if found.info is not None:
        audit.record_now(hr, actor, "view_score", f"interview:{interview_id}")
    return found


def view(hr: Runtime, session: Session, actor: Actor, interview_id: str, language: str) -> ScoreView:
    """As :func:`shown`, for pages that note their view themselves."""
    rows = wholes.rows_of(session, scope.interview(session, actor, interview_id))
    query = select(ScoreRow).where(ScoreRow.interview_id.in_([row.id for row in rows]))
    versions = session.scalars(query.order_by(ScoreRow.created_at.desc(), ScoreRow.id)).all()
    newest = next((row for row in versions if row.superseded_at is None), None)
    if newest is None:
        return ScoreView()
    if not is_open(hr, session, actor, rows[0].id):
        return ScoreView(withheld=True)
    info = _worded(session, rows, newest, content_of(hr, newest), language)
    earlier = tuple(_version(row) for row in versions if row is not newest)
    return ScoreView(current=_version(newest), info=info, earlier=earlier)


def content_of(hr: Runtime, row: ScoreRow) -> AssessmentInfo:
    """Raises XudaError(KEY_DESTROYED | SEALED_DAMAGED)."""
    opened = hr.cabinet.open(interview_subject(row.interview_id), row.content_sealed, place(row))
    return AssessmentInfo.model_validate_json(opened)


def place(row: ScoreRow) -> str:
    return f"score:{row.id}"


# --- how it is shown --------------------------------------------------------------------------------------------------
def _line(row: ScoreRow) -> ScoreLine:
    points = None if row.points is None else row.points / 100
    return ScoreLine(points, row.low / 100, row.high / 100, row.listen, row.reason)


def _version(row: ScoreRow) -> ScoreVersion:
    return ScoreVersion(
        line=_line(row),
        engine=row.engine,
        rubric_revision=row.rubric_revision,
        rubric_digest=row.rubric_digest,
        models=row.models,
        meaning=row.meaning,
        created_at=row.created_at,
        superseded_at=row.superseded_at,
    )


def _worded(
    session: Session, rows: Sequence[Interview], row: ScoreRow, info: AssessmentInfo, language: str
) -> AssessmentInfo:
    """With all words in the reader's language."""
    kit = kit_of(session, rows)
    return (
        info
        if kit is None
        else assessment_in(language, info, kit, sheet_of(kit, rubrics.one(session, row.rubric_id, kit)))
    )
