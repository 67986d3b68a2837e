"""Blind review: who someone is, is left out by the server until the reviewer has rated, or something was decided.

Asked for by the reviewer's own switch, or required by the batch. What is left out: name, code, contact data and
picture; the voice and the words stay.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.db.models import Batch, Decision, Interview, InvitationRow, Role, Scorecard, User
from backend.runtime import Runtime
from backend.services import audit, scope
from backend.services.actor import Actor
from backend.services.candidate_states import Ruling
from backend.services.scorecard_sheet import CardState
from contract.errors import ErrorCode, XudaError

_OPENING = [ruling.value for ruling in (Ruling.SECOND_ROUND, Ruling.REJECT, Ruling.ONBOARD)]


@dataclass(frozen=True, slots=True)
class Eyes:
    """What one person may not see. ``opened``: invitations of which they may see all by now."""

    own: bool = False
    batches: frozenset[str] = frozenset()
    opened: frozenset[str] = field(default_factory=frozenset)

    def hide(self, invitation: InvitationRow | None) -> bool:
        if invitation is None:
            return self.own
        return (self.own or invitation.batch_id in self.batches) and invitation.id not in self.opened


def eyes(session: Session, actor: Actor) -> Eyes:
    """At most four queries, whatever number of interviews there is."""
    user = session.get(User, actor.user_id) if actor.user_id else None
    if user is None:
        return Eyes()
    batches = frozenset(session.scalars(select(Batch.id).where(Batch.blind_review.is_(True))))
    if not user.blind_review and not batches:
        return Eyes()
    rated = select(Interview.invitation_id).join(Scorecard, Scorecard.interview_id == Interview.id)
    rated = rated.where(Scorecard.user_id == user.id, Scorecard.state != CardState.DRAFT.value)
    decided = select(Interview.invitation_id).join(Decision, Decision.interview_id == Interview.id)
    decided = decided.where(Decision.ruling.in_(_OPENING))
    opened = {name for query in (rated, decided) for name in session.scalars(query) if name}
    return Eyes(user.blind_review, batches, frozenset(opened))


def pseudonym(interview_id: str) -> str:
    """The same for everybody, and no way back to the invitation's code."""
    return "#" + hashlib.sha256(f"blind:{interview_id}".encode()).hexdigest()[:6].upper()


def hides(hr: Runtime, actor: Actor, interview_id: str) -> bool:
    """Raises XudaError(NOT_FOUND)."""
    with hr.db.read() as session:
        return eyes(session, actor).hide(scope.interview(session, actor, interview_id).invitation)


def require_open(hr: Runtime, actor: Actor, interview_id: str) -> None:
    """Raises XudaError(FORBIDDEN) with ``field`` blind, NOT_FOUND."""
    if hides(hr, actor, interview_id):
        raise XudaError(ErrorCode.FORBIDDEN, field="blind")


def switched(hr: Runtime, actor: Actor) -> bool:
    """The person's own switch."""
    with hr.db.read() as session:
        user = session.get(User, actor.user_id) if actor.user_id else None
        return user is not None and user.blind_review


def switch(hr: Runtime, actor: Actor, *, on: bool) -> None:
    """Raises XudaError(FORBIDDEN) for the command line."""
    if actor.user_id is None:
        raise XudaError(ErrorCode.FORBIDDEN)
    with hr.db.write() as session:
        session.get_one(User, actor.user_id).blind_review = on
        audit.record(session, hr.now(), actor, "blind_review", f"user:{actor.user_id}", on=on)


def require(hr: Runtime, actor: Actor, batch_id: str, *, on: bool) -> None:
    """Make blind review a rule for a batch, or end that. Raises XudaError(FORBIDDEN | NOT_FOUND)."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.write() as session:
        batch = session.get(Batch, batch_id)
        if batch is None:
            raise XudaError(ErrorCode.NOT_FOUND, field="batch")
        batch.blind_review = on
        audit.record(session, hr.now(), actor, "blind_review", f"batch:{batch_id}", on=on)
