"""A device that was enrolled again: the same machine under a new key, which brings what its old key has signed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from backend.db.models import Device, HandOverRow, Interview
from contract.api import EnrolRequest, Succession
from contract.canonical import b64decode
from contract.envelope import open_envelope
from contract.errors import ErrorCode, XudaError
from contract.keys import key_id

_LONGEST = 64


def former_device(session: Session, organisation_id: str, request: EnrolRequest) -> str | None:
    """Whom the new device has been, proved with that device's key; also one that was revoked, since the code for the
    new enrolment is HR's word. None when it claims to be new, or names a device that is not known here.

    Raises XudaError(KEY_UNKNOWN | SIGNATURE_INVALID | FORMAT_INVALID) for a claim that does not hold.
    """
    if request.succession is None:
        return None
    signer = request.succession.signer
    known = {key_id(b64decode(device.public_key)): device for device in session.scalars(select(Device))}
    device = known.get(signer)
    if device is None:
        return None
    claim = open_envelope(request.succession, Succession, {signer: b64decode(device.public_key)})
    if (claim.organisation_id, claim.former_device_id) != (organisation_id, device.id):
        raise XudaError(ErrorCode.FORMAT_INVALID, field="succession")
    if claim.public_key != request.public_key:
        raise XudaError(ErrorCode.SIGNATURE_INVALID, field="succession")
    return device.id


def take_over(session: Session, device_id: str, now: datetime) -> str | None:
    """The former device's interviews belong to its successor from now on, and its key speaks no more; its id."""
    former_id = session.get_one(Device, device_id).former_id
    if former_id is not None:
        former = session.get_one(Device, former_id)
        former.revoked_at = former.revoked_at or now
        session.execute(update(Interview).where(Interview.device_id == former_id).values(device_id=device_id))
        _take_over_tickets(session, former_id, device_id)
    return former_id


def _take_over_tickets(session: Session, former_id: str, device_id: str) -> None:
    """A ticket names its device: one that was not used yet is given out anew when it is asked for again."""
    for row in session.scalars(select(HandOverRow).where(HandOverRow.device_id == former_id)):
        if session.get(Interview, row.interview_id) is None:
            session.delete(row)
        else:
            row.device_id = device_id


def signers(session: Session, device: Device) -> dict[str, tuple[str, bytes]]:
    """Key id -> (device id, public key) of a device and all it has been."""
    found: dict[str, tuple[str, bytes]] = {}
    current: Device | None = device
    while current is not None and len(found) < _LONGEST:
        public = b64decode(current.public_key)
        found[key_id(public)] = (current.id, public)
        current = session.get(Device, current.former_id) if current.former_id else None
    return found
