"""The message as its reader would get it, before anything is sent."""

from __future__ import annotations

from backend.db.models import InvitationRow, Role
from backend.runtime import Runtime
from backend.sending.letters import Letter, compose
from backend.sending.outcome import Template
from backend.sending.queue import facts_of
from backend.services import scope
from backend.services.actor import Actor
from backend.services.people import candidate_name
from contract.errors import ErrorCode, XudaError


def letter_for(hr: Runtime, actor: Actor, invitation_id: str, template: Template) -> Letter:
    """Raises XudaError(FORBIDDEN | NOT_FOUND | KIT_MISSING | KEY_DESTROYED)."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.read() as session:
        row = session.scalar(scope.invitations(actor).where(InvitationRow.id == invitation_id))
        if row is None:
            raise XudaError(ErrorCode.NOT_FOUND, field="invitation")
        return compose(facts_of(hr, session, row, candidate_name(hr, row.candidate), template))
