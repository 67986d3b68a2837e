"""Interviews as people know them (services.wholes), for queries that count: nothing is read row by row."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_, select
from sqlalchemy.orm import aliased

from backend.db.models import Decision, Device, EventRow, Interview, InterviewFact, InterviewStep
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


def _alone() -> ColumnElement[bool]:
    """It was given on one device, as nearly all are: then nothing has to be asked about other parts."""
    other = aliased(Interview)
    same = other.invitation_id == Interview.invitation_id, other.attempt == Interview.attempt
    query = select(literal(1)).where(*same, other.id != Interview.id, other.deleted_at.is_(None))
    return ~query.correlate(Interview).exists()


def _over_parts(make: Callable[[Callable[[Any], ColumnElement[bool]]], Select[Any]]) -> Any:
    """One value of a whole. ``make`` gives the query for it from a condition on a column that names a part.

    Two queries instead of one with an "or", for which databases read whole tables.
    """
    part = aliased(Interview)
    same = part.invitation_id == Interview.invitation_id, part.attempt == Interview.attempt
    names = select(part.id).where(*same, part.deleted_at.is_(None)).correlate(Interview)
    own = make(lambda column: column == Interview.id).correlate(Interview).scalar_subquery()
    every = make(lambda column: column.in_(names)).correlate(Interview).scalar_subquery()
    return case((_alone(), own), else_=every)


def seen_at() -> Any:
    """When the devices on which the interview is being given were last heard of."""
    part, fact, device = aliased(Interview), aliased(InterviewFact), aliased(Device)

    def query(within: Callable[[Any], ColumnElement[bool]]) -> Select[Any]:
        found = select(func.max(device.seen_at)).select_from(part).join(device, device.id == part.device_id)
        found = found.outerjoin(fact, fact.interview_id == part.id)
        return found.where(within(part.id), func.coalesce(fact.busy, True).is_(True))

    return _over_parts(query)


def awaited() -> ColumnElement[bool]:
    """No receipt covers all of it yet."""
    part, fact = aliased(Interview), aliased(InterviewFact)

    def query(within: Callable[[Any], ColumnElement[bool]]) -> Select[Any]:
        waits = case((func.coalesce(fact.awaited, True).is_(True), 1), else_=0)
        found = select(func.max(waits)).select_from(part).outerjoin(fact, fact.interview_id == part.id)
        return found.where(within(part.id))

    return cast(ColumnElement[bool], _over_parts(query) == 1)


def pauses() -> Any:
    """How often it was interrupted, over all its parts."""
    return _sum(InterviewFact.pauses)


def active_seconds() -> Any:
    """None while the time of a part is not known."""
    part, fact = aliased(Interview), aliased(InterviewFact)
    known = case((func.count() == func.count(fact.active_seconds), func.sum(fact.active_seconds)))

    def query(within: Callable[[Any], ColumnElement[bool]]) -> Select[Any]:
        found = select(known).select_from(part).outerjoin(fact, fact.interview_id == part.id)
        return found.where(within(part.id))

    return _over_parts(query)


def fate(cutoff: Any) -> Any:
    """A :class:`Fate`. ``cutoff``: in progress on a device that was not heard of since is interrupted."""
    simple = [(Interview.state == state.value, found.value) for state, found in _FATES.items()]
    running = (seen_at() >= cutoff, Fate.RUNNING.value)
    return case(*simple, running, else_=Fate.INTERRUPTED.value)


def known_at() -> Any:
    """When the server last learned something of it."""
    part = aliased(Interview)
    return _over_parts(lambda within: select(func.max(part.updated_at)).where(within(part.id)))


def shown_state(cutoff: Any) -> Any:
    """A contract.events.HrState as people see it: what they decided, and a silent device's interview as paused."""
    said = aliased(Decision)
    newest = said.decided_at.desc()
    word = _over_parts(lambda within: select(said.state).where(within(said.interview_id)).order_by(newest).limit(1))
    ended, running = Interview.state.in_(FINAL), Interview.state == HrState.IN_PROGRESS.value
    heard = func.coalesce(seen_at() >= cutoff, False)
    return case(
        (and_(ended, word.in_([state.value for state in DECIDED])), word),
        (and_(running, ~heard), HrState.PAUSED.value),
        else_=Interview.state,
    )


def answers() -> Any:
    """Answers saved on any device; the same question on two counts twice."""
    return _sum(InterviewFact.answers)


def faults() -> Any:
    """Technical faults its answers tell of; None where nobody kept them."""
    return _over_parts(lambda within: select(func.sum(InterviewFact.faults)).where(within(InterviewFact.interview_id)))


def rating(column: Any) -> Any:
    """What the candidate said; one of the columns of InterviewFact."""
    return _over_parts(lambda within: select(func.max(column)).where(within(InterviewFact.interview_id)))


def last_reason() -> Any:
    """The code of the newest interruption or of giving up, as the server learned of them."""
    step = aliased(InterviewStep)
    newest = step.received_at.desc(), step.seq.desc()

    def query(within: Callable[[Any], ColumnElement[bool]]) -> Select[Any]:
        return select(step.reason).where(within(step.interview_id), step.kind.in_(LEFT)).order_by(*newest).limit(1)

    return _over_parts(query)


def withdrawn() -> ColumnElement[bool]:
    """The candidate has taken the consent back on any device."""
    event = aliased(EventRow)
    taken = event.kind == EventType.WITHDRAWN.value
    count = _over_parts(lambda within: select(func.count()).select_from(event).where(within(event.interview_id), taken))
    return cast(ColumnElement[bool], count > 0)


def _sum(column: Any) -> Any:
    total = func.coalesce(func.sum(column), 0)
    return _over_parts(lambda within: select(total).where(within(InterviewFact.interview_id)))
