"""Requisitions: whom a department asks to hire, approved by somebody else, open until the people are found.

Who is hired is counted from the placements that people have confirmed, so a requisition closes and opens again with the
decisions and never by a counter of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.db.models import Placement, Position, Requisition, RequisitionStep
from backend.runtime import Runtime
from backend.services import audit, hooks, positions, scope
from backend.services.actor import Actor
from backend.services.requisition_states import (
    ASKERS,
    AUTHORSHIP,
    BINDING,
    BY_HAND,
    Move,
    RequisitionState,
    after,
)
from contract.errors import ErrorCode, XudaError

MOST_WANTED = 1000
THRESHOLD = 80
LONGEST_WORDS = 1000
_S, _M = RequisitionState, Move


@dataclass(frozen=True, slots=True)
class Wish:
    """What a requisition asks for; see db.models.Requisition."""

    position_id: str
    wanted: int
    threshold: int = THRESHOLD
    reason: str = ""
    needed_by: date | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """``actor`` is empty for what followed from another step by itself."""

    at: datetime
    actor: str
    move: Move
    before: RequisitionState
    after: RequisitionState
    words: str


def ask(hr: Runtime, actor: Actor, wish: Wish) -> str:
    """Id of a new draft. A department head asks for the own department and those below it.

    Raises XudaError(FORBIDDEN), NOT_FOUND for a position outside the scope, SETTING_INVALID with ``field``.
    """
    scope.require(actor, *ASKERS)
    with hr.db.write() as session:
        return draft(hr, session, actor, wish)


def draft(hr: Runtime, session: Session, actor: Actor, wish: Wish) -> str:
    """:func:`ask` in the caller's transaction, which has asked for the role."""
    now = hr.now()
    row = Requisition(state=_S.DRAFT.value, asked_by=actor.username, created_at=now, updated_at=now)
    _fill(hr, session, actor, row, wish)
    session.add(row)
    session.flush()
    _seal_reason(hr, row, wish)
    take(hr, session, row, _M.CHANGE, actor.username)
    audit.record(session, now, actor, "requisition", f"requisition:{row.id}", wanted=row.wanted)
    return row.id


def change(hr: Runtime, actor: Actor, requisition_id: str, wish: Wish) -> None:
    """Write a draft, or one that was rejected, anew. Raises as :func:`ask`, and ILLEGAL_STATE for any other."""
    scope.require(actor, *ASKERS)
    with hr.db.write() as session:
        row = found(session, actor, requisition_id, lock=True)
        take(hr, session, row, _M.CHANGE, actor.username)
        _fill(hr, session, actor, row, wish)
        _seal_reason(hr, row, wish)
        audit.record(session, hr.now(), actor, "change_requisition", f"requisition:{row.id}", wanted=row.wanted)


def move(hr: Runtime, actor: Actor, requisition_id: str, step: Move, words: str = "") -> RequisitionState:
    """A person's move. Nobody approves what they have asked for, changed or submitted; rejecting needs words.

    Raises XudaError(FORBIDDEN | NOT_FOUND | ILLEGAL_STATE), FORBIDDEN with ``field`` approval for one's own wish,
    CONFLICT with ``field`` headcount (``room``: places left) when the position may not have so many people,
    SETTING_INVALID with ``field`` words.
    """
    scope.require(actor, *BY_HAND.get(step, frozenset()))
    said = words.strip()
    if len(said) > LONGEST_WORDS or (step is _M.REJECT and not said):
        raise XudaError(ErrorCode.SETTING_INVALID, field="words")
    with hr.db.write() as session:
        row = found(session, actor, requisition_id, lock=True)
        after(_S(row.state), step)  # what is not possible at all is said first
        if step is _M.APPROVE:
            _check_other_eyes(session, row, actor)
        if step in BINDING:
            _check_room(session, actor, row)
        take(hr, session, row, step, actor.username, said)
        audit.record(session, hr.now(), actor, f"requisition_{step.value}", f"requisition:{row.id}")
        settle(hr, session, row)
        return _S(row.state)


def take(hr: Runtime, session: Session, row: Requisition, step: Move, actor: str, words: str = "") -> None:
    """Move a locked row and write the step down. Raises XudaError(ILLEGAL_STATE)."""
    before = _S(row.state)
    state = after(before, step)
    newest = select(func.max(RequisitionStep.number)).where(RequisitionStep.requisition_id == row.id)
    number = (session.scalar(newest) or 0) + 1
    now = hr.now()
    row.state, row.updated_at = state.value, now
    session.add(
        RequisitionStep(
            requisition_id=row.id,
            number=number,
            at=now,
            actor=actor,
            move=step.value,
            before=before.value,
            after=state.value,
            words_sealed=hr.vault.seal(words, _step_place(row.id, number)) if words else None,
        )
    )
    session.flush()
    if before is not state and _S.OPEN in (before, state):
        kind = hooks.Kind.REQUISITION_OPENED if state is _S.OPEN else hooks.Kind.REQUISITION_CLOSED
        department_id = session.get_one(Position, row.position_id).department_id
        hooks.emit(session, now, kind, department_id, requisition_id=row.id, state=state.value)


def settle(hr: Runtime, session: Session, row: Requisition) -> None:
    """Close an open requisition whose places are all taken."""
    if row.state == _S.OPEN and hired(session, row.id) >= row.wanted:
        take(hr, session, row, _M.FILL, "")
        audit.record(session, hr.now(), "server", "requisition_fill", f"requisition:{row.id}", wanted=row.wanted)


def hired(session: Session, requisition_id: str) -> int:
    """People who have a place of the requisition now."""
    live = Placement.requisition_id == requisition_id, Placement.ended_at.is_(None)
    return session.scalar(select(func.count()).select_from(Placement).where(*live)) or 0


def steps(hr: Runtime, actor: Actor, requisition_id: str) -> list[Step]:
    """How it came to be as it is, oldest first. Raises XudaError(FORBIDDEN | NOT_FOUND)."""
    scope.require(actor, *ASKERS)
    with hr.db.read() as session:
        found(session, actor, requisition_id)
        return [_step(hr, row) for row in _steps(session, requisition_id)]


def may_approve(hr: Runtime, actor: Actor, requisition_id: str) -> bool:
    """Whether ``actor`` had no hand in what is asked for."""
    with hr.db.read() as session:
        return actor.user_id is not None and actor.username not in _authors(session, requisition_id)


def found(session: Session, actor: Actor, requisition_id: str, *, lock: bool = False) -> Requisition:
    """Raises XudaError(NOT_FOUND), also for what the actor may not see."""
    query = scope.requisitions(actor).where(Requisition.id == requisition_id)
    row = session.scalar(query.with_for_update(of=Requisition) if lock else query)
    if row is None:
        raise XudaError(ErrorCode.NOT_FOUND, field="requisition")
    return row


def reason(hr: Runtime, row: Requisition) -> str:
    return hr.vault.open(row.reason_sealed, _place(row.id)) if row.reason_sealed else ""


def _check_other_eyes(session: Session, row: Requisition, actor: Actor) -> None:
    """The command line is no person: it approves nothing."""
    if actor.user_id is None or actor.username in _authors(session, row.id):
        raise XudaError(ErrorCode.FORBIDDEN, field="approval")


def _authors(session: Session, requisition_id: str) -> set[str]:
    """Who had a hand in what is asked for: an approved one is not written anew."""
    return {row.actor for row in _steps(session, requisition_id) if Move(row.move) in AUTHORSHIP}


def _check_room(session: Session, actor: Actor, row: Requisition) -> None:
    # locked, so that two requisitions approved at once do not promise the same place
    position = positions.found(session, actor, row.position_id, lock=True)
    left = positions.room(session, position)
    if row.wanted - hired(session, row.id) > left:
        raise XudaError(ErrorCode.CONFLICT, field="headcount", room=max(0, left))


def _steps(session: Session, requisition_id: str) -> list[RequisitionStep]:
    of_it = RequisitionStep.requisition_id == requisition_id
    return list(session.scalars(select(RequisitionStep).where(of_it).order_by(RequisitionStep.number)))


def _step(hr: Runtime, row: RequisitionStep) -> Step:
    words = hr.vault.open(row.words_sealed, _step_place(row.requisition_id, row.number)) if row.words_sealed else ""
    return Step(row.at, row.actor, Move(row.move), _S(row.before), _S(row.after), words)


def _fill(hr: Runtime, session: Session, actor: Actor, row: Requisition, wish: Wish) -> None:
    if not 1 <= wish.wanted <= MOST_WANTED:
        raise XudaError(ErrorCode.SETTING_INVALID, field="wanted")
    if not 0 <= wish.threshold <= 100:
        raise XudaError(ErrorCode.SETTING_INVALID, field="threshold")
    if len(wish.reason.strip()) > LONGEST_WORDS:
        raise XudaError(ErrorCode.SETTING_INVALID, field="reason")
    if positions.found(session, actor, wish.position_id).closed_at is not None:
        raise XudaError(ErrorCode.SETTING_INVALID, field="position")
    row.position_id, row.wanted, row.threshold = wish.position_id, wish.wanted, wish.threshold
    row.needed_by = wish.needed_by


def _seal_reason(hr: Runtime, row: Requisition, wish: Wish) -> None:
    said = wish.reason.strip()
    row.reason_sealed = hr.vault.seal(said, _place(row.id)) if said else None


def _place(requisition_id: str) -> str:
    return f"requisition:{requisition_id}"


def _step_place(requisition_id: str, number: int) -> str:
    return f"requisition:{requisition_id}:{number}"
