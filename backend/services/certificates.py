"""Deletion certificates: for the device that asked, for HR, and checking one that somebody brings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from backend.db.models import Deletion, Interview, Role
from backend.runtime import Runtime
from backend.services import holds, scope
from backend.services.actor import Actor
from backend.services.devices import Asking
from contract.certificate import DeletionCertificate, DeletionProgress, DeletionState, Requester
from contract.envelope import Envelope, open_envelope
from contract.errors import ErrorCode, XudaError


@dataclass(frozen=True, slots=True)
class DeletionLine:
    """``certificate`` is None until the deletion is done."""

    progress: DeletionProgress
    certificate: DeletionCertificate | None


def for_device(hr: Runtime, asking: Asking, interview_id: str) -> Envelope | DeletionProgress:
    """The certificate, or how far the deletion is.

    Raises XudaError(NOT_FOUND) when nobody asked for one, FORBIDDEN for another device's interview.
    """
    with hr.db.read() as session:
        interview = session.get(Interview, interview_id)
        row = session.get(Deletion, interview_id)
        if interview is None:
            raise XudaError(ErrorCode.NOT_FOUND, field="interview_id")
        if interview.device_id != asking.device_id:
            raise XudaError(ErrorCode.FORBIDDEN, field="interview_id")
        if row is None:
            raise XudaError(ErrorCode.NOT_FOUND, field="deletion")
        if row.certificate is not None:
            return Envelope.from_bytes(row.certificate)
        return _progress(row, held=holds.standing(session, interview_id) is not None)


def count(hr: Runtime, actor: Actor) -> int:
    """How many :func:`lines` there are. Raises XudaError(FORBIDDEN)."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR, Role.AUDITOR)
    with hr.db.read() as session:
        return session.scalar(select(func.count()).select_from(Deletion)) or 0


def lines(hr: Runtime, actor: Actor, *, page: int = 1, size: int | None = None) -> list[DeletionLine]:
    """Deletions, newest request first, ``size`` of them (None: all). Raises XudaError(FORBIDDEN)."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR, Role.AUDITOR)
    with hr.db.read() as session:
        held = holds.held_interviews(session)
        query = select(Deletion).order_by(Deletion.requested_at.desc(), Deletion.interview_id)
        if size is not None:
            query = query.limit(size).offset((page - 1) * size)
        rows: Sequence[Deletion] = session.scalars(query).all()
    return [_line(hr, row, held=row.interview_id in held) for row in rows]


def of_interview(hr: Runtime, actor: Actor, interview_id: str) -> Envelope:
    """Raises XudaError(FORBIDDEN | NOT_FOUND)."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR, Role.AUDITOR)
    with hr.db.read() as session:
        row = session.get(Deletion, interview_id)
    if row is None or row.certificate is None:
        raise XudaError(ErrorCode.NOT_FOUND, field="certificate")
    return Envelope.from_bytes(row.certificate)


def asked_for(hr: Runtime, interview_id: str) -> bool:
    """Whether somebody asked for the deletion of an interview that is still here."""
    with hr.db.read() as session:
        return session.get(Deletion, interview_id) is not None


def verify(hr: Runtime, data: bytes) -> DeletionCertificate:
    """A certificate as it was downloaded, if this organisation signed it.

    Raises XudaError(FORMAT_INVALID | KEY_UNKNOWN | SIGNATURE_INVALID).
    """
    return open_envelope(Envelope.from_bytes(data), DeletionCertificate, hr.vault.public_keys)


def _line(hr: Runtime, row: Deletion, *, held: bool) -> DeletionLine:
    found = verify(hr, row.certificate.encode()) if row.certificate else None
    return DeletionLine(_progress(row, held=held), found)


def _progress(row: Deletion, *, held: bool) -> DeletionProgress:
    state = DeletionState.REQUESTED
    if row.certificate is not None:
        state = DeletionState.DONE
    elif held and row.deleted_at is None:
        state = DeletionState.HELD
    return DeletionProgress(
        interview_id=row.interview_id,
        state=state,
        requested_by=Requester(row.requested_by),
        requested_at=row.requested_at,
    )
