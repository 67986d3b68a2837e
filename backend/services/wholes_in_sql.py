"""Interviews as people know them (services.wholes), for queries that count: nothing is read row by row."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select
from sqlalchemy.orm import aliased

from backend.db.models import Decision, Device, Interview, InterviewFact, InterviewStep
from backend.services.candidate_states import DECIDED
from contract.events import FINAL_STATES, EventType, HrState


class Fate(StrEnum):
    """Where a candidate stands. Everybody is in exactly one; what people decide afterwards changes nothing here."""

    PENDING = "pending"
    RUNNING = "running"
    INTERRUPTED = "interrupted"
    DONE = "done"
    INCOMPLETE = "incomplete"
    DECLINED = "declined"
    MISSED = "missed"


_FATES = {
    HrState.INVITED: Fate.PENDING,
    HrState.PAUSED: Fate.INTERRUPTED,
    HrState.PENDING_REVIEW: Fate.DONE,
    HrState.INCOMPLETE: Fate.INCOMPLETE,
    HrState.DECLINED: Fate.DECLINED,
}
LEFT = (EventType.PAUSED.value, EventType.ABANDONED.value)
FINAL = tuple(sorted(state.value for state in FINAL_STATES))


def same_whole(part: Any) -> ColumnElement[bool]:
    """``part`` (an alias of Interview) belongs to the row's whole and is not deleted."""
    together = and_(part.invitation_id == Interview.invitation_id, part.attempt == Interview.attempt)
    return and_(part.deleted_at.is_(None), or_(part.id == Interview.id, together))


def leads() -> ColumnElement[bool]:
    """The row stands for its whole, and its attempt is the candidate's newest."""
    other = aliased(Interview)
    before = or_(
        func.coalesce(other.part, 0) < func.coalesce(Interview.part, 0),
        and_(func.coalesce(other.part, 0) == func.coalesce(Interview.part, 0), other.id < Interview.id),
    )
    newer = or_(other.attempt > Interview.attempt, and_(other.attempt == Interview.attempt, before))
    same = other.invitation_id == Interview.invitation_id, other.deleted_at.is_(None), other.id != Interview.id
    older = ~select(literal(1)).where(*same, newer).correlate(Interview).exists()
    return and_(Interview.leading.is_(True), older)


def seen_at() -> Any:
    """When the devices on which the interview is being given were last heard of; the query must join nothing for it."""
    part, fact, device = aliased(Interview), aliased(InterviewFact), aliased(Device)
    query = select(func.max(device.seen_at)).join(part, part.device_id == device.id)
    query = query.outerjoin(fact, fact.interview_id == part.id)
    return query.where(same_whole(part), func.coalesce(fact.busy, True)).correlate(Interview).scalar_subquery()


def awaited() -> ColumnElement[bool]:
    """No receipt covers all of it yet."""
    part, fact = aliased(Interview), aliased(InterviewFact)
    query = select(literal(1)).select_from(part).outerjoin(fact, fact.interview_id == part.id)
    return query.where(same_whole(part), func.coalesce(fact.awaited, True)).correlate(Interview).exists()


def pauses() -> Any:
    """How often it was interrupted, over all its parts."""
    return _over_parts(InterviewFact.pauses)


def active_seconds() -> Any:
    """None while the time of a part is not known."""
    part, fact = aliased(Interview), aliased(InterviewFact)
    known = case((func.count() == func.count(fact.active_seconds), func.sum(fact.active_seconds)))
    query = select(known).select_from(part).outerjoin(fact, fact.interview_id == part.id)
    return query.where(same_whole(part)).correlate(Interview).scalar_subquery()


def fate(cutoff: Any) -> Any:
    """A :class:`Fate`. ``cutoff``: in progress on a device that was not heard of since is interrupted."""
    simple = [(Interview.state == state.value, found.value) for state, found in _FATES.items()]
    running = (seen_at() >= cutoff, Fate.RUNNING.value)
    return case(*simple, running, else_=Fate.INTERRUPTED.value)


def known_at() -> Any:
    """When the server last learned something of it."""
    part = aliased(Interview)
    return select(func.max(part.updated_at)).where(same_whole(part)).correlate(Interview).scalar_subquery()


def _over_parts(column: Any) -> Any:
    part = aliased(Interview)
    query = select(func.coalesce(func.sum(column), 0)).join(part, part.id == InterviewFact.interview_id)
    return query.where(same_whole(part)).correlate(Interview).scalar_subquery()


def shown_state(cutoff: Any) -> Any:
    """A contract.events.HrState as people see it: what they decided, and a silent device's interview as paused."""
    part = aliased(Interview)
    newest = select(Decision.state).join(part, part.id == Decision.interview_id).where(same_whole(part))
    word = newest.order_by(Decision.decided_at.desc()).limit(1).correlate(Interview).scalar_subquery()
    ended, running = Interview.state.in_(FINAL), Interview.state == HrState.IN_PROGRESS.value
    heard = func.coalesce(seen_at() >= cutoff, False)
    return case(
        (and_(ended, word.in_([state.value for state in DECIDED])), word),
        (and_(running, ~heard), HrState.PAUSED.value),
        else_=Interview.state,
    )


def answers() -> Any:
    """Answers saved on any device; the same question on two counts twice."""
    return _over_parts(InterviewFact.answers)


def rating(column: Any) -> Any:
    """What the candidate said; one of the columns of InterviewFact."""
    part = aliased(Interview)
    query = select(func.max(column)).join(part, part.id == InterviewFact.interview_id)
    return query.where(same_whole(part)).correlate(Interview).scalar_subquery()


def last_reason() -> Any:
    """The code of the newest interruption or of giving up, as the server learned of them."""
    part = aliased(Interview)
    query = select(InterviewStep.reason).join(part, part.id == InterviewStep.interview_id)
    query = query.where(same_whole(part), InterviewStep.kind.in_(LEFT))
    query = query.order_by(InterviewStep.received_at.desc(), InterviewStep.seq.desc()).limit(1)
    return query.correlate(Interview).scalar_subquery()
