"""A candidate takes the consent back and asks for deletion in the candidate portal: obeyed at once.

All interviews of the invitation go, each with its certificate; a legal hold delays that, but nobody opens them any
more. Without an interview the invitation ends, and with it the person's data unless another one needs them.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from backend.cabinet import candidate_subject
from backend.db.models import Deletion, Interview, InvitationRow
from backend.runtime import Runtime
from backend.services import audit, deletion, erasure, holds
from contract.certificate import DeletionState, Requester
from contract.envelope import Envelope
from contract.errors import ErrorCode, XudaError


@dataclass(frozen=True, slots=True)
class Progress:
    """``certificates``: ids of interviews whose certificate there is."""

    state: DeletionState
    certificates: list[str]


def ask(hr: Runtime, invitation_id: str) -> None:
    """Withdraw the consent and delete; once more changes nothing."""
    with hr.db.write() as session:
        row = session.get_one(InvitationRow, invitation_id)
        now, erased = hr.now(), ""
        living = session.scalars(_of(row.id).where(Interview.deleted_at.is_(None))).all()
        for interview in living:
            deletion.request(session, interview, Requester.CANDIDATE, now)
        if not living and row.cancelled_at is None:
            row.cancelled_at = now
            session.flush()
            if not erasure.needed(session, row.candidate_id, now):
                erased = row.candidate_id
                erasure.erase(session, erased, now)
        audit.record(session, now, f"candidate:{row.id}", "withdrawn", f"invitation:{row.id}", interviews=len(living))
        ids = [interview.id for interview in living]
    if erased:
        hr.cabinet.destroy([candidate_subject(erased)])
        hr.db.wipe_log()
    for interview_id in ids:
        with contextlib.suppress(XudaError, OSError):  # held, or tried again within the hour
            deletion.carry_out(hr, interview_id)


def progress(session: Session, row: InvitationRow) -> Progress | None:
    """How far it is; None when the candidate has not asked. What went by retention alone is no deletion asked for."""
    ids = list(session.scalars(_of(row.id).with_only_columns(Interview.id)))
    found = session.scalars(
        select(Deletion).where(Deletion.interview_id.in_(ids), Deletion.requested_by != Requester.RETENTION.value)
    ).all()
    if not found:
        return Progress(DeletionState.DONE, []) if row.cancelled_at is not None and not ids else None
    done = [item.interview_id for item in found if item.certificate is not None]
    if len(done) == len(found):
        return Progress(DeletionState.DONE, done)
    held = any(holds.standing(session, item.interview_id) is not None for item in found if item.certificate is None)
    return Progress(DeletionState.HELD if held else DeletionState.REQUESTED, done)


def certificate(hr: Runtime, invitation_id: str, interview_id: str) -> Envelope:
    """Raises XudaError(NOT_FOUND), also for another person's."""
    with hr.db.read() as session:
        interview, row = session.get(Interview, interview_id), session.get(Deletion, interview_id)
        mine = interview is not None and interview.invitation_id == invitation_id
        if row is None or row.certificate is None or not mine:
            raise XudaError(ErrorCode.NOT_FOUND, field="certificate")
        return Envelope.from_bytes(row.certificate)


def standing_of(hr: Runtime, invitation_id: str) -> Progress | None:
    with hr.db.read() as session:
        return progress(session, session.get_one(InvitationRow, invitation_id))


def _of(invitation_id: str) -> Select[Interview]:
    return select(Interview).where(Interview.invitation_id == invitation_id)
