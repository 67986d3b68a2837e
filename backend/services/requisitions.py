"""Requisitions: whom a department asks to hire, approved by somebody else, open until the people are found.

How far one is (已完成2/3面试) counts finished interviews alone; who is hired counts what people have decided, so a
requisition closes and opens again with the decisions and never by a counter of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from backend.db.models import Batch, Decision, Interview, InvitationRow, Position, Requisition, RequisitionStep, Role
from backend.runtime import Runtime
from backend.services import audit, scope
from backend.services.actor import Actor
from contract.errors import ErrorCode, XudaError
from contract.events import HrState

MOST_WANTED = 1000
THRESHOLD = 80
LONGEST_REASON = 1000
# finished by the candidate, whatever was decided since
_COMPLETE = frozenset(
    {HrState.PENDING_REVIEW, HrState.SECOND_ROUND, HrState.REJECTED, HrState.PENDING_ONBOARDING}
)


class RequisitionState(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    OPEN = "open"
    FILLED = "filled"
    CLOSED = "closed"


class Move(StrEnum):
    """``FILL`` and ``VACATE`` follow from decisions; all others are a person's."""

    SUBMIT = "submit"
    RETURN = "return"
    APPROVE = "approve"
    FILL = "fill"
    VACATE = "vacate"
    CLOSE = "close"
    REOPEN = "reopen"


_S, _M = RequisitionState, Move
MOVES = MappingProxyType(
    {
        (_S.DRAFT, _M.SUBMIT): _S.SUBMITTED,
        (_S.DRAFT, _M.CLOSE): _S.CLOSED,
        (_S.SUBMITTED, _M.RETURN): _S.RETURNED,
        (_S.SUBMITTED, _M.APPROVE): _S.OPEN,
        (_S.RETURNED, _M.SUBMIT): _S.SUBMITTED,
        (_S.RETURNED, _M.CLOSE): _S.CLOSED,
        (_S.OPEN, _M.FILL): _S.FILLED,
        (_S.OPEN, _M.CLOSE): _S.CLOSED,
        (_S.FILLED, _M.VACATE): _S.OPEN,
        (_S.FILLED, _M.CLOSE): _S.CLOSED,
        (_S.CLOSED, _M.REOPEN): _S.OPEN,
    }
)
_APPROVERS = frozenset({Role.ADMINISTRATOR, Role.HR})
_ASKERS = _APPROVERS | {Role.DEPARTMENT_HEAD}
_EDITABLE = frozenset({_S.DRAFT, _S.RETURNED})


@dataclass(frozen=True, slots=True)
class Wish:
    """What a requisition asks for; see db.models.Requisition."""

    position_id: str
    wanted: int
    reason: str = ""
    threshold: int = THRESHOLD
    needed_by: date | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """``complete`` of ``invited`` interviews are finished; ``hired`` of ``wanted`` people are 待入职."""

    invited: int
    complete: int
    hired: int
    wanted: int


def ask(hr: Runtime, actor: Actor, wish: Wish) -> str:
    """Id of a new draft. A department head asks for the own department and those below it.

    Raises XudaError(FORBIDDEN), NOT_FOUND for a position outside the scope, SETTING_INVALID with ``field``.
    """
    scope.require(actor, *_ASKERS)
    _check(wish)
    now = hr.now()
    with hr.db.write() as session:
        _position(session, actor, wish.position_id)
        row = Requisition(
            position_id=wish.position_id,
            wanted=wish.wanted,
            threshold=wish.threshold,
            reason=wish.reason.strip(),
            needed_by=wish.needed_by,
            state=_S.DRAFT.value,
            asked_by=actor.username,
            created_at=now,
            updated_at=now,
        )
        session.add(row)
        session.flush()
        audit.record(session, now, actor, "requisition", f"requisition:{row.id}", wanted=wish.wanted)
        return row.id


def change(hr: Runtime, actor: Actor, requisition_id: str, wish: Wish) -> None:
    """Write a draft, or one that was returned, anew. Raises as :func:`ask`, and ILLEGAL_STATE for any other."""
    scope.require(actor, *_ASKERS)
    _check(wish)
    with hr.db.write() as session:
        row = found(session, actor, requisition_id, lock=True)
        if _S(row.state) not in _EDITABLE:
            raise XudaError(ErrorCode.ILLEGAL_STATE, state=row.state)
        _position(session, actor, wish.position_id)
        row.position_id, row.wanted, row.threshold = wish.position_id, wish.wanted, wish.threshold
        row.reason, row.needed_by, row.updated_at = wish.reason.strip(), wish.needed_by, hr.now()
        audit.record(session, hr.now(), actor, "change_requisition", f"requisition:{row.id}", wanted=wish.wanted)


def move(hr: Runtime, actor: Actor, requisition_id: str, action: Move, words: str = "") -> RequisitionState:
    """A person's move. Nobody approves what they have asked for themselves; returning needs words.

    Raises XudaError(FORBIDDEN | NOT_FOUND | ILLEGAL_STATE), SETTING_INVALID without the words that are needed.
    """
    scope.require(actor, *(_ASKERS if action in (_M.SUBMIT, _M.CLOSE) else _APPROVERS))
    if action in (_M.FILL, _M.VACATE):
        raise XudaError(ErrorCode.FORBIDDEN)
    if action is _M.RETURN and not words.strip():
        raise XudaError(ErrorCode.SETTING_INVALID, field="words")
    with hr.db.write() as session:
        row = found(session, actor, requisition_id, lock=True)
        if action is _M.APPROVE and row.asked_by == actor.username:
            raise XudaError(ErrorCode.FORBIDDEN, field="approval")
        _step(session, row, action, actor.username, hr.now(), words.strip()[:LONGEST_REASON])
        audit.record(session, hr.now(), actor, f"requisition_{action.value}", f"requisition:{row.id}")
        if action in (_M.APPROVE, _M.REOPEN):
            settle(session, row, hr.now())
        return _S(row.state)


def settle(session: Session, row: Requisition, now: datetime) -> None:
    """Close what is filled, open what has a place again; in the transaction of the decision that made it so."""
    full = progress(session, row).hired >= row.wanted
    if full and row.state == _S.OPEN:
        _step(session, row, _M.FILL, "", now)
    elif not full and row.state == _S.FILLED:
        _step(session, row, _M.VACATE, "", now)


def check_place(session: Session, batch: Batch) -> Requisition | None:
    """The requisition a batch is for, locked. Raises XudaError(CONFLICT, field="requisition") when it has no place."""
    if batch.requisition_id is None:
        return None
    row = session.get_one(Requisition, batch.requisition_id, with_for_update=True)
    if row.state != _S.OPEN or progress(session, row).hired >= row.wanted:
        raise XudaError(ErrorCode.CONFLICT, field="requisition")
    return row


def progress(session: Session, row: Requisition) -> Progress:
    """Counted anew from interviews and decisions, in two queries."""
    invitations = _invitations(row.id).subquery()
    invited = set(session.scalars(select(invitations.c.id)))
    newest = select(Interview.invitation_id, Interview.state, Decision.state).outerjoin(
        Decision, Decision.interview_id == Interview.id
    )
    newest = newest.where(Interview.invitation_id.in_(select(invitations.c.id)), Interview.deleted_at.is_(None))
    states: dict[str, HrState] = {}
    for invitation, derived, decided in session.execute(newest.order_by(Interview.attempt, Decision.decided_at)):
        states[invitation] = HrState(decided or derived)
    complete = sum(state in _COMPLETE for state in states.values())
    hired = sum(state is HrState.PENDING_ONBOARDING for state in states.values())
    return Progress(len(invited), complete, hired, row.wanted)


def listed(hr: Runtime, actor: Actor, *, state: RequisitionState | None = None) -> list[tuple[Requisition, Progress]]:
    """Those of the actor's departments, the newest first. Raises XudaError(FORBIDDEN)."""
    scope.require(actor, *_ASKERS)
    query = scope.requisitions(actor).order_by(Requisition.created_at.desc(), Requisition.id)
    if state is not None:
        query = query.where(Requisition.state == state.value)
    with hr.db.read() as session:
        together = joinedload(Requisition.position).joinedload(Position.department)
        return [(row, progress(session, row)) for row in session.scalars(query.options(together))]


def steps(hr: Runtime, actor: Actor, requisition_id: str) -> Sequence[RequisitionStep]:
    """How it came to be as it is, oldest first. Raises XudaError(FORBIDDEN | NOT_FOUND)."""
    scope.require(actor, *_ASKERS)
    with hr.db.read() as session:
        found(session, actor, requisition_id)
        of_it = RequisitionStep.requisition_id == requisition_id
        return session.scalars(select(RequisitionStep).where(of_it).order_by(RequisitionStep.id)).all()


def found(session: Session, actor: Actor, requisition_id: str, *, lock: bool = False) -> Requisition:
    """Raises XudaError(NOT_FOUND), also for what the actor may not see."""
    query = scope.requisitions(actor).where(Requisition.id == requisition_id)
    row = session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise XudaError(ErrorCode.NOT_FOUND, field="requisition")
    return row


def _position(session: Session, actor: Actor, position_id: str) -> Position:
    row = session.scalar(scope.positions(actor).where(Position.id == position_id))
    if row is None:
        raise XudaError(ErrorCode.NOT_FOUND, field="position")
    if row.closed_at is not None:
        raise XudaError(ErrorCode.SETTING_INVALID, field="position")
    return row


def _check(wish: Wish) -> None:
    if not 1 <= wish.wanted <= MOST_WANTED:
        raise XudaError(ErrorCode.SETTING_INVALID, field="wanted")
    if not 0 <= wish.threshold <= 100:
        raise XudaError(ErrorCode.SETTING_INVALID, field="threshold")
    if len(wish.reason) > LONGEST_REASON:
        raise XudaError(ErrorCode.SETTING_INVALID, field="reason")


def _step(session: Session, row: Requisition, action: Move, actor: str, now: datetime, words: str = "") -> None:
    before = _S(row.state)
    try:
        state = MOVES[before, action]
    except KeyError:
        raise XudaError(ErrorCode.ILLEGAL_STATE, state=before.value) from None
    row.state, row.updated_at = state.value, now
    session.add(
        RequisitionStep(
            requisition_id=row.id, at=now, actor=actor, action=action.value, before=before.value,
            after=state.value, words=words,
        )
    )
    session.flush()


def _invitations(requisition_id: str) -> Select[str]:
    of_it = Batch.requisition_id == requisition_id, InvitationRow.cancelled_at.is_(None)
    return select(InvitationRow.id).join(InvitationRow.batch).where(*of_it)
