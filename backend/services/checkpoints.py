"""Checkpoints of the audit log, its verification, and its export.

The chain of hashes shows rows that were changed, put in, taken out or moved; the sealed head shows rows cut off the
end, by anybody who does not have the server's data key; signed checkpoints, of which copies lie at the place of
backups, show it also for somebody who has everything on this machine.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.backup import ledger
from backend.backup.place import Place
from backend.db.models import AuditCheckpoint as CheckpointRow
from backend.db.models import AuditRow, Role
from backend.runtime import Runtime
from backend.services import audit, scope
from backend.services.actor import Actor
from backend.services.audit_search import Search
from contract.audit import AuditCheckpoint
from contract.envelope import Envelope, open_envelope, sign
from contract.errors import XudaError
from report import table

EVERY = timedelta(hours=23, minutes=30)
_COLUMNS = ("id", "at", "actor", "action", "target", "detail", "hash")


@dataclass(frozen=True, slots=True)
class Verdict:
    """``first_broken``: id of the first row that does not fit. ``cut``: rows are missing at the end.

    ``doubtful``: checkpoints that contradict the log or are not genuine, by the id of their last row or file name.
    """

    rows: int
    checkpoints: int
    first_broken: int | None
    cut: bool
    doubtful: list[str]

    @property
    def whole(self) -> bool:
        return self.first_broken is None and not self.cut and not self.doubtful


def make_due(hr: Runtime) -> Envelope | None:
    """A checkpoint if the last one is about a day old."""
    with hr.db.read() as session:
        newest = session.scalar(select(func.max(CheckpointRow.made_at)))
    return make(hr) if newest is None or hr.now() - newest >= EVERY else None


def make(hr: Runtime) -> Envelope | None:
    """Sign the log as it is now; None when nothing was added since the last checkpoint, or when it is broken.

    A log that does not verify is never signed.
    """
    if not verify(hr).whole:
        return None
    with hr.db.write() as session:
        last = session.scalar(select(AuditRow).order_by(AuditRow.id.desc()).limit(1))
        before = session.scalar(select(CheckpointRow).order_by(CheckpointRow.last_id.desc()).limit(1))
        if last is None or (before is not None and before.last_id >= last.id):
            return None
        checkpoint = AuditCheckpoint(
            organisation_id=hr.organisation_id,
            rows=session.scalar(select(func.count(AuditRow.id))) or 0,
            last_id=last.id,
            head=last.hash.hex(),
            previous=Envelope.from_bytes(before.envelope).digest if before else "",
            made_at=hr.now(),
        )
        envelope = sign(checkpoint, hr.vault.sign_key)
        text = envelope.to_bytes().decode("utf-8")
        session.add(CheckpointRow(last_id=last.id, envelope=text, made_at=checkpoint.made_at))
    ledger.note_checkpoint(hr, checkpoint.last_id, envelope)
    return envelope


def verify(hr: Runtime, copies: Path | None = None) -> Verdict:
    """Walk the whole log, and compare it with all checkpoints: those stored, at the place of backups, in ``copies``."""
    found = list(_copies(hr, copies))
    with hr.db.read() as session:
        stored = session.scalars(select(CheckpointRow).order_by(CheckpointRow.last_id)).all()
        found += [(str(row.last_id), row.envelope) for row in stored]
        rows = session.scalar(select(func.count(AuditRow.id))) or 0
        doubtful = [name for name, text in found if not _fits(hr, session, text)]
        cut = not audit.head_fits(session)
    return Verdict(rows, len(found), audit.first_broken(hr), cut, sorted(set(doubtful)))


def newest(hr: Runtime) -> Envelope | None:
    with hr.db.read() as session:
        row = session.scalar(select(CheckpointRow).order_by(CheckpointRow.last_id.desc()).limit(1))
    return Envelope.from_bytes(row.envelope) if row else None


def export(hr: Runtime, actor: Actor, form: str, search: Search | None = None) -> Iterator[bytes]:
    """The log as JSON lines (``jsonl``) or CSV, oldest row first; the whole of it, or what ``search`` leaves.

    Raises XudaError(FORBIDDEN).
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.AUDITOR)
    search = search or Search()
    audit.record_now(hr, actor, "export_audit", "audit", format=form, whole=not search.conditions)
    return _csv_lines(hr, search) if form == "csv" else _json_lines(hr, search)


def _json_lines(hr: Runtime, search: Search) -> Iterator[bytes]:
    with hr.db.read() as session:
        for row in _rows(session, search):
            yield json.dumps(dict(zip(_COLUMNS, _values(row), strict=True)), ensure_ascii=False).encode() + b"\n"


def _csv_lines(hr: Runtime, search: Search) -> Iterator[bytes]:
    yield table.BEGIN + table.line(_COLUMNS)
    with hr.db.read() as session:
        for row in _rows(session, search):
            at = [json.dumps(item, ensure_ascii=False) if isinstance(item, dict) else item for item in _values(row)]
            yield table.line(at)


def _rows(session: Session, search: Search) -> Iterable[AuditRow]:
    return session.scalars(
        select(AuditRow).where(*search.conditions).order_by(AuditRow.id).execution_options(yield_per=500)
    )


def _values(row: AuditRow) -> list[object]:
    return [row.id, row.at.isoformat(), row.actor, row.action, row.target, row.detail, row.hash.hex()]


def _copies(hr: Runtime, folder: Path | None) -> Iterator[tuple[str, str]]:
    paths = list(folder.glob("*.json")) if folder is not None else []
    if hr.settings.backup is not None:
        paths += Place(hr.settings.backup).documents("checkpoints")
    for path in sorted(paths):
        try:
            yield path.name, path.read_text("utf-8", errors="replace")
        except OSError:
            yield path.name, ""


def _fits(hr: Runtime, session: Session, text: str) -> bool:
    try:
        checkpoint = open_envelope(Envelope.from_bytes(text), AuditCheckpoint, hr.vault.public_keys)
    except XudaError:
        return False
    row = session.get(AuditRow, checkpoint.last_id)
    until = select(func.count(AuditRow.id)).where(AuditRow.id <= checkpoint.last_id)
    same = row is not None and row.hash.hex() == checkpoint.head and session.scalar(until) == checkpoint.rows
    return same and checkpoint.organisation_id == hr.organisation_id


def made_at(envelope: Envelope, hr: Runtime) -> datetime:
    """When a stored checkpoint was made."""
    return open_envelope(envelope, AuditCheckpoint, hr.vault.public_keys).made_at
