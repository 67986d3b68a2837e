"""Legal holds: while one stands, nothing of the interview is deleted, by nobody and by no rule.

A candidate who takes the consent back is obeyed at once in that nobody opens the interview any more; the deletion
itself waits until the hold is lifted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, aliased

from backend.cabinet import interview_subject
from backend.db.models import Interview, LegalHold, Role, new_id
from backend.runtime import Runtime
from backend.services import audit, scope, wholes
from backend.services.actor import Actor
from contract.errors import ErrorCode, XudaError

LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class HoldView:
    """``lifted_at`` None: the hold stands."""

    interview_id: str
    reason: str
    set_by: str
    set_at: datetime
    lifted_by: str | None
    lifted_at: datetime | None
    lift_reason: str


def set_hold(hr: Runtime, actor: Actor, interview_id: str, reason: str) -> None:
    """Raises XudaError(FORBIDDEN | NOT_FOUND), SETTING_INVALID without a reason, ILLEGAL_STATE when one stands."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    words = _words(reason)
    with hr.db.write() as session:
        scope.interview(session, actor, interview_id)
        if standing(session, interview_id) is not None:
            raise XudaError(ErrorCode.ILLEGAL_STATE, state="hold")
        name = new_id()
        row = LegalHold(id=name, interview_id=interview_id, set_by=actor.username, set_at=hr.now())
        row.reason_sealed = hr.cabinet.seal(interview_subject(interview_id), words, _context(name, "set"))
        session.add(row)
        audit.record(session, hr.now(), actor, "set_hold", f"interview:{interview_id}", hold=name)


def lift_hold(hr: Runtime, actor: Actor, interview_id: str, reason: str) -> None:
    """Raises XudaError(FORBIDDEN), SETTING_INVALID without a reason, NOT_FOUND when none stands."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    words = _words(reason)
    with hr.db.write() as session:
        scope.interview(session, actor, interview_id)
        row = standing(session, interview_id)
        if row is None:
            raise XudaError(ErrorCode.NOT_FOUND, field="hold")
        row.lifted_by, row.lifted_at = actor.username, hr.now()
        row.lift_reason_sealed = hr.cabinet.seal(interview_subject(interview_id), words, _context(row.id, "lift"))
        audit.record(session, hr.now(), actor, "lift_hold", f"interview:{interview_id}", hold=row.id)


def standing(session: Session, interview_id: str) -> LegalHold | None:
    """The hold that stands on the interview, under whichever of its parts."""
    parts = wholes.ids_of(session, interview_id)
    query = select(LegalHold).where(LegalHold.interview_id.in_(parts), LegalHold.lifted_at.is_(None))
    return session.scalar(query.limit(1))


def check_none(session: Session, interview_id: str) -> None:
    """Raises XudaError(LEGAL_HOLD) while one stands."""
    if standing(session, interview_id) is not None:
        raise XudaError(ErrorCode.LEGAL_HOLD, field="interview")


def held_interviews(session: Session) -> set[str]:
    """Ids of all parts of the interviews on which a hold stands."""
    named, part = aliased(Interview), aliased(Interview)
    same = and_(part.invitation_id == named.invitation_id, part.attempt == named.attempt)
    query = select(LegalHold.interview_id, part.id).join(named, named.id == LegalHold.interview_id)
    query = query.join(part, or_(part.id == named.id, same)).where(LegalHold.lifted_at.is_(None))
    return {name for row in session.execute(query) for name in row}


def of_interview(hr: Runtime, actor: Actor, interview_id: str) -> list[HoldView]:
    """All holds the interview ever had, newest first."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.read() as session:
        scope.interview(session, actor, interview_id)
        parts = wholes.ids_of(session, interview_id)
        query = select(LegalHold).where(LegalHold.interview_id.in_(parts)).order_by(LegalHold.set_at.desc())
        return [_view(hr, row) for row in session.scalars(query)]


def list_standing(hr: Runtime, actor: Actor) -> Sequence[HoldView]:
    """The holds that stand, oldest first."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.read() as session:
        query = select(LegalHold).where(LegalHold.lifted_at.is_(None)).order_by(LegalHold.set_at)
        rows = session.scalars(query).all()
        with hr.cabinet.ahead([interview_subject(row.interview_id) for row in rows]):
            return [_view(hr, row) for row in rows]


def _view(hr: Runtime, row: LegalHold) -> HoldView:
    return HoldView(
        interview_id=row.interview_id,
        reason=_opened(hr, row, row.reason_sealed, "set"),
        set_by=row.set_by,
        set_at=row.set_at,
        lifted_by=row.lifted_by,
        lifted_at=row.lifted_at,
        lift_reason=_opened(hr, row, row.lift_reason_sealed, "lift"),
    )


def _opened(hr: Runtime, row: LegalHold, sealed: str | None, what: str) -> str:
    return hr.cabinet.open(interview_subject(row.interview_id), sealed, _context(row.id, what)) if sealed else ""


def _words(reason: str) -> str:
    words = " ".join(reason.split())[:LONGEST_REASON]
    if not words:
        raise XudaError(ErrorCode.SETTING_INVALID, field="reason")
    return words


def _context(hold_id: str, what: str) -> str:
    return f"legal hold:{hold_id}:{what}"
