"""What people decide about an interview: each decision is a row, the newest counts, and the audit log has them all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.cabinet import interview_subject
from backend.db.models import Batch, Decision, Interview, InvitationRow, Role, User, new_id
from backend.runtime import Runtime
from backend.services import audit, requisitions, scope, states, wholes
from backend.services.actor import Actor
from backend.services.candidate_states import Ruling, after
from contract.errors import ErrorCode, XudaError
from contract.events import FINAL_STATES, HrState

LONGEST_REASON = 1000


@dataclass(frozen=True, slots=True)
class DecisionView:
    """``released_at``: when the candidate was allowed to see it. ``reason`` is for HR alone."""

    state: HrState
    ruling: Ruling
    reason: str
    by: str
    at: datetime
    released_at: datetime | None


def decide(hr: Runtime, actor: Actor, interview_id: str, ruling: Ruling, reason: str = "") -> HrState:
    """Decide about a finished interview; nothing is told to the candidate before :func:`release`.

    Turning somebody down and taking a decision back need a reason. The requisition that the batch is for closes with
    its last place and opens when a place becomes free.

    Raises XudaError(FORBIDDEN | NOT_FOUND), ILLEGAL_STATE for a decision this state does not allow, CONFLICT with
    ``field`` requisition when nobody is wanted any more, SETTING_INVALID without the reason that is needed.
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    words = reason.strip()
    if len(words) > LONGEST_REASON or (not words and ruling in (Ruling.REJECT, Ruling.RECONSIDER)):
        raise XudaError(ErrorCode.SETTING_INVALID, field="reason")
    with hr.db.write() as session:
        interview, batch, requisition = _locked(session, actor, interview_id, ruling)
        parts = wholes.rows_of(session, interview)
        by_events = HrState(interview.state)
        if by_events not in FINAL_STATES:
            raise XudaError(ErrorCode.ILLEGAL_STATE, state=by_events.value)
        state = after(states.decided(session, interview, parts), ruling, by_events=by_events)
        name, now = new_id(), hr.now()
        sealed = hr.cabinet.seal(interview_subject(interview.id), words, _context(name)) if words else None
        session.add(
            Decision(
                id=name,
                interview_id=interview.id,
                state=state.value,
                ruling=ruling.value,
                reason_sealed=sealed,
                user_id=actor.user_id,
                decided_at=now,
            )
        )
        session.flush()
        if requisition is not None:
            requisitions.settle(session, requisition, now)
        target = f"interview:{interview.id}"
        audit.record(session, now, actor, "decide", target, decision=name, ruling=ruling.value, state=state.value)
        return state
