"""The interviews that figures of scores are made of: one row for each that was finished, with what it is told apart by.

The number of queries is fixed; whoever asks may see scores of people (administrators and HR).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, and_, select, true
from sqlalchemy.orm import Session, aliased

from backend.db.employee_models import EmployeeInvitation, EmployeeScore
from backend.db.models import Batch, Device, Interview, InterviewFact, InvitationRow, Rating, Requisition, ScoreRow
from backend.services import scope
from backend.services import wholes_in_sql as sql
from backend.services.actor import Actor
from backend.services.analytics_figures import Asked, within
from backend.services.employees import ScoreKind
from backend.services.requisitions import THRESHOLD
from contract.events import HrState


@dataclass(frozen=True, slots=True)
class Scored:
    """A finished interview. ``points``: those of the scoring, 0-100, None where it gave none; ``listen``: 请听录音.

    ``given``: person of HR -> newest score. ``threshold``: from which candidates are proposed. ``standing``: a
    contract.events.HrState. ``wanted``: what was asked for holds it. ``performance``: the newest of the employee's, on
    the newest interview of theirs alone.
    """

    invitation_id: str
    day: date
    device: str
    standing: HrState
    threshold: int
    pauses: int
    faults: int | None
    language: str | None
    points: float | None
    listen: bool
    wanted: bool
    given: dict[str, int] = field(default_factory=dict)
    performance: float | None = None

    @property
    def people(self) -> float | None:
        """The mean of what people gave."""
        return sum(self.given.values()) / len(self.given) if self.given else None


def read(session: Session, actor: Actor, asked: Asked, *, others: bool = False) -> list[Scored]:
    """Those that ``actor`` may see and ``asked`` holds, by the end of the interview.

    ``others``: also those that ``asked`` leaves out, not ``wanted`` then.
    """
    given, performance = _given(session, actor), _performance(session)
    return [
        Scored(
            invitation_id=row.invitation_id,
            day=row.ended_at.astimezone().date(),
            device=row.name,
            standing=HrState(row.standing),
            threshold=THRESHOLD if row.threshold is None else row.threshold,
            pauses=row.pauses,
            faults=row.faults,
            language=row.language,
            points=None if row.points is None else row.points / 100,
            listen=bool(row.listen),
            wanted=bool(row.wanted),
            given=given.get(row.id, {}),
            performance=performance.get(row.invitation_id),
        )
        for row in session.execute(_finished(actor, asked, others))
    ]


def _finished(actor: Actor, asked: Asked, others: bool) -> Select[Any]:
    columns = (
        Interview.id,
        Interview.invitation_id,
        Interview.ended_at,
        Interview.standing,
        Device.name,
        Requisition.threshold,
        sql.pauses().label("pauses"),
        sql.faults().label("faults"),
        InterviewFact.language,
        ScoreRow.points,
        ScoreRow.listen,
        and_(true(), *within(asked)).label("wanted"),
    )
    query = scope.interviews(actor).with_only_columns(*columns)
    query = query.join(InvitationRow, InvitationRow.id == Interview.invitation_id)
    query = query.join(Batch, Batch.id == InvitationRow.batch_id).join(Device, Device.id == Interview.device_id)
    query = query.outerjoin(Requisition, Requisition.id == Batch.requisition_id)
    query = query.outerjoin(InterviewFact, InterviewFact.interview_id == Interview.id)
    current = and_(ScoreRow.interview_id == Interview.id, ScoreRow.superseded_at.is_(None))
    query = query.outerjoin(ScoreRow, current)
    done = Interview.state == HrState.PENDING_REVIEW.value, Interview.ended_at.is_not(None), sql.leads()
    if not others:
        query = query.where(*within(asked))
    return query.where(*done).order_by(Interview.ended_at, Interview.id)


def _given(session: Session, actor: Actor) -> dict[str, dict[str, int]]:
    """First part of the interview -> person -> newest score."""
    lead, part = aliased(Interview), aliased(Interview)
    mine = scope.interviews(actor).with_only_columns(Interview.id).where(Interview.leading.is_(True))
    same = part.invitation_id == lead.invitation_id, part.attempt == lead.attempt, part.deleted_at.is_(None)

    def parts(joined: ColumnElement[bool]) -> Select[Any]:
        query = select(lead.id.label("lead"), part.id.label("part")).join(part, joined)
        return cast(Select[Any], query.where(lead.id.in_(mine)))

    found = parts(part.id == lead.id).union(parts(and_(*same))).subquery()
    query = select(found.c.lead, Rating.user_id, Rating.score).join(found, found.c.part == Rating.interview_id)
    given: dict[str, dict[str, int]] = {}
    for interview_id, user_id, score in session.execute(query.order_by(Rating.rated_at)):
        given.setdefault(interview_id, {})[user_id] = score
    return given


def _performance(session: Session) -> dict[str, float]:
    """Newest finished invitation of each employee -> the newest performance there is of them."""
    kind = EmployeeScore.kind == ScoreKind.PERFORMANCE.value
    scores = select(EmployeeScore.employee_id, EmployeeScore.tenths).where(kind)
    newest = {
        row[0]: row[1] / 10 for row in session.execute(scores.order_by(EmployeeScore.noted_at, EmployeeScore.label))
    }
    query = select(EmployeeInvitation.employee_id, EmployeeInvitation.invitation_id)
    query = query.join(Interview, Interview.invitation_id == EmployeeInvitation.invitation_id)
    query = query.where(Interview.deleted_at.is_(None), Interview.state == HrState.PENDING_REVIEW.value)
    last = {row[0]: row[1] for row in session.execute(query.order_by(Interview.ended_at))}
    return {invitation: newest[employee] for employee, invitation in last.items() if employee in newest}


def grouped(rows: Iterable[Scored], of: Callable[[Scored], str | None]) -> dict[str, list[Scored]]:
    """By what ``of`` says; rows of which it says None are left out."""
    found: dict[str, list[Scored]] = {}
    for row in rows:
        name = of(row)
        if name is not None:
            found.setdefault(name, []).append(row)
    return found
