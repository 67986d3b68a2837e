"""Adjustments that staff gave on the spot: verified again when they come in, and in force on every other device."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.db.models import EventRow, Interview, InvitationRow, Role
from backend.runtime import Runtime
from backend.services import audit, delegations, scope, states
from backend.services.actor import Actor
from contract import adjusting
from contract.adjusting import NONCE_SIZE, AdjustmentReason, Grant
from contract.canonical import b64decode
from contract.errors import ErrorCode, XudaError
from contract.events import AdjustedData, Event, EventType
from contract.invitation import Adjustments, normalise_code
from contract.keylist import KeyUse, public_keys
from contract.keys import key_id

LONGEST = timedelta(days=14)


def new_grant(adjustments: Adjustments, reason: AdjustmentReason, now: datetime, valid: timedelta) -> Grant:
    """Raises XudaError(SETTING_INVALID) for nothing at all, or a time that is too long."""
    if adjustments == Adjustments():
        raise XudaError(ErrorCode.SETTING_INVALID, field="extra-time | takes | mode")
    if not timedelta(0) < valid <= LONGEST:
        raise XudaError(ErrorCode.SETTING_INVALID, field="hours")
    end = (now + valid).replace(microsecond=0)
    return Grant(adjustments, reason, end, secrets.token_bytes(NONCE_SIZE).hex())


def sign_here(hr: Runtime, actor: Actor, wanted: str, grant: Grant) -> str:
    """A token signed by the organisation. ``wanted``: an invitation's code, or an interview's id.

    Raises XudaError(FORBIDDEN | INVITATION_UNKNOWN).
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.write() as session:
        invitation = _invitation(session, actor, wanted)
        subject = adjusting.subject_of_invitation(invitation.id)
        token = adjusting.issue(grant, subject, hr.vault.sign_key)
        audit.record(session, hr.now(), actor, "adjustment", f"invitation:{invitation.id}", nonce=grant.nonce)
    return token


def follow(hr: Runtime, session: Session, interview: Interview, event: Event) -> None:
    """After an event has come in: what was given on one device holds on the others, by the roster."""
    if event.kind not in (EventType.STARTED, EventType.ADJUSTED) or interview.invitation is None:
        return
    invitation = interview.invitation
    held = Adjustments.model_validate(invitation.adjustments)
    wanted = held
    for data in _given(session, interview.id):
        true = verified(hr, session, invitation, data)
        if true:
            wanted = wanted.merged(_adjustments(data))
        # the audit log is told once of each, whichever of the two events came last
        if event.kind is EventType.STARTED or event.parse_data(AdjustedData).nonce == data.nonce:
            _note(hr, session, interview, data, true)
    if wanted != held:
        invitation.adjustments = wanted.model_dump(mode="json")


def verified(hr: Runtime, session: Session, invitation: InvitationRow, data: AdjustedData) -> bool:
    """Whether the token in an event was signed by whom the event says, for this candidate, and within the bounds.

    How long a delegation ran is not asked here: a device's clock may be wrong, and it has looked at its own time.
    """
    known = {d.delegation_id: d for d in delegations.ever(hr, session)}
    trusted = known.get(data.delegation_id)
    if data.delegation_id and (trusted is None or not trusted.covers(_adjustments(data), invitation.batch_id)):
        return False
    if trusted is not None:
        public = b64decode(trusted.public_key)
        signers = {key_id(public): public}
    else:
        living = [key for key in hr.vault.keys if key.use is KeyUse.SIGNING and key.revoked_at is None]
        signers = public_keys(living)
    subjects = [adjusting.subject_of_invitation(invitation.id), adjusting.subject_of_code(invitation.code)]
    try:
        found = adjusting.read(data.token, subjects, signers)
    except XudaError:
        return False
    return found.grant.adjustments == _adjustments(data) and found.grant.nonce == data.nonce


def confirmed(hr: Runtime, session: Session, interview: Interview) -> frozenset[str]:
    """Nonces of what staff gave in this interview that holds; see :func:`verified`."""
    invitation = interview.invitation
    given = _given(session, interview.id) if invitation is not None else []
    return frozenset(data.nonce for data in given if invitation and verified(hr, session, invitation, data))


def _given(session: Session, interview_id: str) -> list[AdjustedData]:
    kind = EventType.ADJUSTED.value
    rows = session.scalars(select(EventRow).where(EventRow.interview_id == interview_id, EventRow.kind == kind))
    return [states.parse_event(row).parse_data(AdjustedData) for row in rows]


def _adjustments(data: AdjustedData) -> Adjustments:
    return Adjustments(time_factor=data.time_factor, extra_takes=data.extra_takes, answer_as=data.answer_as)


def _note(hr: Runtime, session: Session, interview: Interview, data: AdjustedData, true: bool) -> None:
    audit.record(
        session,
        hr.now(),
        f"device:{interview.device_id}",
        "adjusted",
        f"interview:{interview.id}",
        delegation=data.delegation_id,
        nonce=data.nonce,
        verified=true,
    )


def _invitation(session: Session, actor: Actor, wanted: str) -> InvitationRow:
    row = session.scalar(scope.invitations(actor).where(InvitationRow.code == normalise_code(wanted)))
    if row is None:
        known = session.scalar(scope.interviews(actor).where(Interview.id == wanted))
        row = known.invitation if known is not None else None
    if row is None:
        raise XudaError(ErrorCode.INVITATION_UNKNOWN)
    return row
