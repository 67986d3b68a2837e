"""Adjustments that staff gave on the spot: verified again when they come in, and in force on every other device."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.db.models import EventRow, Interview, InvitationRow, Role
from backend.runtime import Runtime
from backend.services import audit, delegations, scope, states
from backend.services.actor import Actor
from backend.services.media import interview_key
from contract import adjusting
from contract.adjusting import NONCE_SIZE, AdjustmentReason, Grant
from contract.canonical import b64decode
from contract.errors import ErrorCode, XudaError
from contract.events import AdjustedData, AdjustedSealed, Event, EventType
from contract.invitation import Adjustments, normalise_code
from contract.keylist import KeyUse, public_keys
from contract.keys import key_id

LONGEST = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Given:
    """An adjustment as its event says it."""

    delegation_id: str
    nonce: str
    token: str
    adjustments: Adjustments


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
    for given in _given(hr, session, interview):
        true = verified(hr, session, invitation, given)
        if true:
            wanted = wanted.merged(given.adjustments)
        # the audit log is told once of each, whichever of the two events came last
        if event.kind is EventType.STARTED or event.parse_data(AdjustedData).nonce == given.nonce:
            _note(hr, session, interview, given, true)
    if wanted != held:
        invitation.adjustments = wanted.model_dump(mode="json")


def verified(hr: Runtime, session: Session, invitation: InvitationRow, given: Given) -> bool:
    """Whether the token in an event was signed by whom the event says, for this candidate, and within the bounds.

    How long a delegation ran is not asked here: a device's clock may be wrong, and it has looked at its own time.
    """
    known = {d.delegation_id: d for d in delegations.ever(hr, session)}
    trusted = known.get(given.delegation_id)
    if given.delegation_id and (trusted is None or not trusted.covers(given.adjustments, invitation.batch_id)):
        return False
    if trusted is not None:
        public = b64decode(trusted.public_key)
        signers = {key_id(public): public}
    else:
        living = [key for key in hr.vault.keys if key.use is KeyUse.SIGNING and key.revoked_at is None]
        signers = public_keys(living)
    subjects = [adjusting.subject_of_invitation(invitation.id), adjusting.subject_of_code(invitation.code)]
    try:
        found = adjusting.read(given.token, subjects, signers)
    except XudaError:
        return False
    return found.grant.adjustments == given.adjustments and found.grant.nonce == given.nonce


def confirmed(hr: Runtime, session: Session, interview: Interview) -> frozenset[str]:
    """Nonces of what staff gave in this interview that holds; see :func:`verified`."""
    invitation = interview.invitation
    given = _given(hr, session, interview) if invitation is not None else []
    return frozenset(item.nonce for item in given if invitation and verified(hr, session, invitation, item))


def _given(hr: Runtime, session: Session, interview: Interview) -> list[Given]:
    """What was given in an interview, as far as it can be opened: before its first event has come it cannot."""
    kind = EventType.ADJUSTED.value
    rows = session.scalars(select(EventRow).where(EventRow.interview_id == interview.id, EventRow.kind == kind)).all()
    key = interview_key(hr, session, interview) if rows else None
    found = []
    for row in rows if key is not None else ():
        event = states.parse_event(row)
        data = event.parse_data(AdjustedData)
        try:
            sealed = event.open_sealed(AdjustedSealed, key) if key else None
        except XudaError:
            continue  # a device that seals wrongly gains nothing by it
        if sealed is not None:
            adjustments = Adjustments(
                time_factor=sealed.time_factor, extra_takes=sealed.extra_takes, answer_as=sealed.answer_as
            )
            found.append(Given(data.delegation_id, data.nonce, sealed.token, adjustments))
    return found


def _note(hr: Runtime, session: Session, interview: Interview, given: Given, true: bool) -> None:
    audit.record(
        session,
        hr.now(),
        f"device:{interview.device_id}",
        "adjusted",
        f"interview:{interview.id}",
        delegation=given.delegation_id,
        nonce=given.nonce,
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
