"""What devices score by: signed score sheets and learned models, for those alone that HR's settings let score."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.db.models import Device, Interview, KitRow
from backend.runtime import Runtime
from backend.services import audit, bootstrap, device_settings, rubrics, score_models, score_sheets
from backend.services.devices import Asking
from contract.api import ScoreSheets
from contract.canonical import canonical_json, sha256_hex
from contract.envelope import Envelope, parse_payload, sign
from contract.errors import ErrorCode, XudaError
from contract.kit import Kit
from contract.scoresheet import ScoreSheet
from report.scoring import LANGUAGES


def sheets_for(hr: Runtime, asking: Asking, known: str = "") -> ScoreSheets:
    """``known``: the mark the device was given last.

    Each time a device is handed sheets is in the audit log. Raises XudaError(FORBIDDEN) for a device that may not.
    """
    meaning = {language: found.name for language in LANGUAGES if (found := score_models.embedders(hr).of(language))}
    with hr.db.read() as session:
        _require(hr, session, asking.device_id)
        models = score_models.ids(session)
        kits = _kits(hr, session, asking.device_id)
        sheets = [
            score_sheets.sheet_of(kit, rubrics.of_kit(session, kit), models, meaning)
            for kit in (parse_payload(envelope.payload_bytes, Kit) for envelope in kits)
        ]
        sizes = score_models.sizes(session, set(models.values()))
    mark = _mark(hr, sheets)
    if mark == known:
        return ScoreSheets(mark=mark, models=sizes)
    audit.record_now(
        hr, f"device:{asking.device_id}", "score_sheets", f"device:{asking.device_id}", sheets=len(sheets), mark=mark
    )
    return ScoreSheets(mark=mark, sheets=[sign(sheet, hr.vault.sign_key) for sheet in sheets], models=sizes)


def model_file(hr: Runtime, asking: Asking, sha256: str) -> bytes:
    """A learned model that sheets name. Raises XudaError(FORBIDDEN) for a device that may not score, NOT_FOUND."""
    with hr.db.read() as session:
        _require(hr, session, asking.device_id)
    found = score_models.model_file(hr, sha256)
    if found is None:
        raise XudaError(ErrorCode.NOT_FOUND, field="file")
    return found


def _require(hr: Runtime, session: Session, device_id: str) -> None:
    device = session.get_one(Device, device_id)
    if not device_settings.wanted(hr, session, device).scoring:
        raise XudaError(ErrorCode.FORBIDDEN)


def _kits(hr: Runtime, session: Session, device_id: str) -> list[Envelope]:
    """Those the device takes along anyway, and those of its interviews that are not over."""
    found = bootstrap.kits_for(hr, session)
    known = {envelope.digest for envelope in found}
    open_ones = select(Interview.kit_id, Interview.kit_version).where(
        Interview.device_id == device_id, Interview.ended_at.is_(None), Interview.deleted_at.is_(None)
    )
    for kit_id, version in session.execute(open_ones.distinct()):
        row = session.scalar(select(KitRow).where(KitRow.kit_id == kit_id, KitRow.version == version))
        envelope = Envelope.from_bytes(row.envelope) if row is not None else None
        if envelope is not None and envelope.digest not in known:
            found.append(envelope)
    return found


def _mark(hr: Runtime, sheets: list[ScoreSheet]) -> str:
    """Another one also when the key that signs is another: devices hold signatures of keys in use."""
    said = [hr.vault.sign_key.key_id, *(sheet.model_dump(mode="json") for sheet in sheets)]
    return sha256_hex(canonical_json(said))
