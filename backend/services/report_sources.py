"""What the report of an interview is made from: its parts with their kits, keys and receipts."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.db.models import Interview, KitRow, ReceiptRow
from backend.runtime import Runtime
from backend.services import adjusting, wholes
from backend.services.media import interview_key
from backend.services.receipts import receipt_envelope
from contract.envelope import Envelope, open_envelope, parse_payload
from contract.errors import ErrorCode, XudaError
from contract.kit import Kit
from contract.manifest import Receipt
from contract.parts import Part
from report.build import PartSource


def sources(hr: Runtime, session: Session, rows: Sequence[Interview]) -> list[PartSource]:
    """Each part of the whole. Raises XudaError(KIT_MISSING) while the first event or its kit is not here."""
    parts, kits = wholes.read(session, rows), _kits(session, rows)
    return [_source(hr, session, found, part, kit) for found, part, kit in zip(rows, parts, kits, strict=True)]


def _source(hr: Runtime, session: Session, row: Interview, part: Part, kit: Kit) -> PartSource:
    receipt, key_id = _receipt(hr, session, row.id)
    return PartSource(
        part=part,
        kit=kit,
        interview_key=interview_key(hr, session, row),
        device=row.device.name,
        receipt=receipt,
        receipt_key_id=key_id,
        verified=adjusting.confirmed(hr, session, row),
    )


def _kits(session: Session, rows: Sequence[Interview]) -> list[Kit]:
    """The kit of each part; a part whose own is not known (yet) is shown with that of another one."""
    found = [_kit(session, row) for row in rows]
    known = [kit for kit in found if kit is not None]
    if not known:
        raise XudaError(ErrorCode.KIT_MISSING)
    return [kit or known[-1] for kit in found]


def _kit(session: Session, row: Interview) -> Kit | None:
    found = session.get(KitRow, (row.kit_id, row.kit_version)) if row.kit_id and row.kit_version else None
    return parse_payload(Envelope.from_bytes(found.envelope).payload_bytes, Kit) if found else None


def _receipt(hr: Runtime, session: Session, interview_id: str) -> tuple[Receipt | None, str]:
    query = select(ReceiptRow).where(ReceiptRow.interview_id == interview_id).order_by(ReceiptRow.serial.desc())
    row = session.scalar(query.limit(1))
    if row is None:
        return None, ""
    envelope = receipt_envelope(row)
    return open_envelope(envelope, Receipt, hr.vault.public_keys), envelope.signer
