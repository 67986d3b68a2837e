"""Receipts: signed only after every event and object of a manifest has been read back from our own storage."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, object_session

from backend.backup import ledger
from backend.db.models import ManifestRow, ObjectRow, OrganisationKeyRow, ReceiptRow, RestoreGap, Upload, new_id
from backend.runtime import Runtime
from backend.services import audit, interview_facts, quota
from backend.services.devices import Asking
from backend.services.intake import claim, object_ref, open_from_device, stored_digests
from contract.api import ManifestReply
from contract.canonical import b64decode
from contract.envelope import Envelope, open_envelope, sign, sign_again
from contract.errors import ErrorCode, XudaError
from contract.events import events_digest
from contract.keys import key_id
from contract.manifest import Manifest, Receipt


def put_manifest(hr: Runtime, asking: Asking, interview_id: str, serial: int, envelope: Envelope) -> ManifestReply:
    """Check a manifest against storage: the receipt, or what is missing or damaged here and has to be sent again.

    Asked again it reads storage again and answers with the receipt signed before. Raises XudaError(CONFLICT) when
    another manifest has this serial, or when what is stored is not what the manifest says (``field``); FORBIDDEN;
    DELETED; KEY_UNKNOWN | SIGNATURE_INVALID | FORMAT_INVALID.
    """
    manifest = open_from_device(envelope, Manifest, asking)
    if (manifest.interview_id, manifest.serial) != (interview_id, serial):
        raise XudaError(ErrorCode.FORMAT_INVALID, field="interview_id" if manifest.serial == serial else "serial")
    if len({ref.object_id for ref in manifest.objects}) != len(manifest.objects):
        raise XudaError(ErrorCode.FORMAT_INVALID, field="objects")
    _remember(hr, asking, manifest, envelope)
    with hr.db.read() as session:
        digests = stored_digests(session, interview_id, last_seq=manifest.last_seq)
        found = {ref.object_id: session.get(ObjectRow, (interview_id, ref.object_id)) for ref in manifest.objects}
    missing_events = [seq for seq in range(1, manifest.last_seq + 1) if seq not in digests]
    _compare(manifest, digests, found, complete=not missing_events)
    damaged = [row for row in found.values() if row is not None and hr.store.sha256(row.storage_key) != row.sha256]
    _give_up(hr, damaged)
    lost = {row.object_id for row in damaged}
    missing_objects = [object_id for object_id, row in found.items() if row is None or object_id in lost]
    if missing_events or missing_objects:
        return ManifestReply(missing_events=missing_events, missing_objects=missing_objects)
    stored = [row for row in found.values() if row is not None]
    receipt = _receipt(hr, asking, manifest, envelope.digest, stored)
    ledger.note_receipt(hr, interview_id, serial, receipt)
    return ManifestReply(receipt=receipt)


def _remember(hr: Runtime, asking: Asking, manifest: Manifest, envelope: Envelope) -> None:
    with hr.db.write() as session:
        quota.check_interview(hr, session, asking.device_id, manifest.interview_id, hr.now())
        claim(session, asking, manifest.interview_id, hr.now())
        row = session.get(ManifestRow, (manifest.interview_id, manifest.serial))
        if row is not None and row.digest != envelope.digest:
            raise XudaError(ErrorCode.CONFLICT, field="serial")
        if row is None:
            quota.check_document(hr, session, manifest.interview_id, len(envelope.payload))
            session.add(
                ManifestRow(
                    interview_id=manifest.interview_id,
                    serial=manifest.serial,
                    digest=envelope.digest,
                    envelope=envelope.to_bytes().decode("utf-8"),
                    received_at=hr.now(),
                )
            )


def _compare(
    manifest: Manifest, digests: dict[int, str], found: dict[str, ObjectRow | None], *, complete: bool
) -> None:
    if complete and events_digest(digests) != manifest.events_digest:
        raise XudaError(ErrorCode.CONFLICT, field="events_digest")
    for ref in manifest.objects:
        row = found[ref.object_id]
        if row is not None and (row.size, row.sha256) != (ref.size, ref.sha256):
            raise XudaError(ErrorCode.CONFLICT, field="objects", object=ref.object_id)


def _give_up(hr: Runtime, damaged: list[ObjectRow]) -> None:
    """Forget objects whose stored bytes are not what was delivered, so that the device can send them again."""
    for row in damaged:
        hr.store.delete(row.storage_key)
        with hr.db.write() as session:
            _forget(session, row)
            audit.record(
                session, hr.now(), "server", "object_damaged", f"interview:{row.interview_id}", object=row.object_id
            )


def _forget(session: Session, row: ObjectRow) -> None:
    same = ObjectRow.interview_id == row.interview_id, ObjectRow.object_id == row.object_id
    session.execute(delete(ObjectRow).where(*same))
    session.execute(delete(Upload).where(Upload.id == row.storage_key))


def receipt_envelope(row: ReceiptRow) -> Envelope:
    """The signed contract.manifest.Receipt of a row.

    Raises XudaError(FORMAT_INVALID), XudaError(DATABASE_DAMAGED) when it is another interview's or manifest's, or not
    as a key of the organisation has signed it.
    """
    envelope = Envelope.from_bytes(row.envelope)
    session = object_session(row)
    assert session is not None  # a row is read inside its transaction
    published = map(b64decode, session.scalars(select(OrganisationKeyRow.public)))
    try:
        receipt = open_envelope(envelope, Receipt, {key_id(public): public for public in published})
    except XudaError as error:
        if error.code not in (ErrorCode.SIGNATURE_INVALID, ErrorCode.KEY_UNKNOWN):
            raise
        raise XudaError(ErrorCode.DATABASE_DAMAGED) from error
    if (receipt.interview_id, receipt.serial) != (row.interview_id, row.serial):
        raise XudaError(ErrorCode.DATABASE_DAMAGED)
    return envelope


def _still_good(hr: Runtime, known: ReceiptRow) -> Envelope:
    """The receipt signed before; under the current key when the old one's signature is not taken any more."""
    envelope = receipt_envelope(known)
    if envelope.signer not in hr.vault.accepted_keys(hr.now()):
        envelope = sign_again(envelope, hr.vault.sign_key)
        known.envelope = envelope.to_bytes().decode("utf-8")
    return envelope


def _receipt(hr: Runtime, asking: Asking, manifest: Manifest, digest: str, stored: list[ObjectRow]) -> Envelope:
    with hr.db.write() as session:
        claim(session, asking, manifest.interview_id, hr.now())
        known = session.get(ReceiptRow, (manifest.interview_id, manifest.serial))
        if known is not None:
            return _still_good(hr, known)
        receipt = Receipt(
            receipt_id=new_id(),
            interview_id=manifest.interview_id,
            manifest_digest=digest,
            serial=manifest.serial,
            last_seq=manifest.last_seq,
            events_digest=manifest.events_digest,
            objects=[object_ref(row) for row in stored],
            issued_at=hr.now(),
        )
        envelope = sign(receipt, hr.vault.sign_key)
        session.add(
            ReceiptRow(
                interview_id=manifest.interview_id,
                serial=manifest.serial,
                envelope=envelope.to_bytes().decode("utf-8"),
                issued_at=receipt.issued_at,
            )
        )
        interview_facts.note_receipt(session, manifest.interview_id)
        target = f"interview:{manifest.interview_id}"
        audit.record(session, hr.now(), f"device:{asking.device_id}", "receipt", target, serial=manifest.serial)
        gap = session.get(RestoreGap, manifest.interview_id)
        if gap is not None and gap.serial <= manifest.serial:
            gap.closed_at = hr.now()
    return envelope
