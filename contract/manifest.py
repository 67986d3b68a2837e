"""Manifest: what a device says belongs to an interview. Receipt: what the backend read back from its own storage."""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from contract.envelope import SignedDocument
from contract.errors import ErrorCode, XudaError
from contract.events import ObjectRef
from contract.numbers import Ordinal


class Manifest(SignedDocument):
    """Signed by the device at each exit. ``serial`` grows with each manifest of the interview; the newest counts."""

    interview_id: str
    device_id: str
    serial: int = Field(ge=1, le=1_000_000)
    created_at: AwareDatetime
    last_seq: int = Field(ge=1, le=1_000_000)
    events_digest: str
    objects: list[ObjectRef]


class Receipt(SignedDocument):
    """Signed by the organisation after it has re-read every event and object of the manifest from its storage."""

    receipt_id: str
    interview_id: str
    manifest_digest: str
    serial: Ordinal
    last_seq: Ordinal
    events_digest: str
    objects: list[ObjectRef]
    issued_at: AwareDatetime


def check_receipt(receipt: Receipt, manifest: Manifest, manifest_digest: str) -> None:
    """Raises XudaError(RECEIPT_INVALID) naming the first field in which a (verified) receipt does not match."""
    pairs = [
        ("interview_id", receipt.interview_id, manifest.interview_id),
        ("manifest_digest", receipt.manifest_digest, manifest_digest),
        ("serial", receipt.serial, manifest.serial),
        ("last_seq", receipt.last_seq, manifest.last_seq),
        ("events_digest", receipt.events_digest, manifest.events_digest),
        ("objects", _by_id(receipt.objects), _by_id(manifest.objects)),
    ]
    for field, got, expected in pairs:
        if got != expected:
            raise XudaError(ErrorCode.RECEIPT_INVALID, field=field)


def _by_id(objects: list[ObjectRef]) -> list[tuple[str, int, str]]:
    return sorted((item.object_id, item.size, item.sha256) for item in objects)
