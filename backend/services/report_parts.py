"""One interview's part of an archive of reports: PDF and JSON in one sealed file, under a key of its own.

That key lies in the database under the interview's storage key, so a part ends with its interview, in backups too.
"""

from __future__ import annotations

import io
import os
import zipfile
from dataclasses import dataclass

from sqlalchemy.orm import Session

from backend.cabinet import interview_subject
from backend.db.models import ReportItem
from backend.disk import known_errors
from backend.objects.folder import sync_file
from backend.runtime import Runtime
from backend.services import blind, reports, sealing
from backend.services.actor import Actor
from contract.canonical import b64decode, b64encode
from contract.errors import ErrorCode, XudaError
from contract.sealed import KEY_SIZE, SealedReader, SealingWriter, object_context
from report.archive import report_json
from report.model import InterviewReport

PDF, JSON = "report.pdf", "report.json"


@dataclass(frozen=True, slots=True)
class Made:
    """``size`` in bytes on the disk."""

    key: bytes
    size: int


@dataclass(frozen=True, slots=True)
class Part:
    """``pdf`` is None where none was asked for."""

    pdf: bytes | None
    json: bytes

    @property
    def report(self) -> InterviewReport:
        return InterviewReport.model_validate_json(self.json)


def make(hr: Runtime, actor: Actor, interview_id: str, name: str, language: str, *, pdf: bool) -> Made:
    """Make the part and store it as ``name``. Raises as ``reports.build``, FORBIDDEN (field blind) while who it is is
    kept from the actor, DISK_FULL | DISK_ERROR."""
    blind.require_open(hr, actor, interview_id)
    report = reports.build(hr, actor, interview_id, language)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        if pdf:
            archive.writestr(PDF, reports.pdf(hr, report))
        archive.writestr(JSON, report_json(report))
    key = os.urandom(KEY_SIZE)
    return Made(key, _store(hr, interview_id, name, key, packed.getvalue()))


def _store(hr: Runtime, interview_id: str, name: str, key: bytes, plain: bytes) -> int:
    with known_errors(hr.settings.data):
        staged, file = hr.store.stage()
        try:
            with file:
                writer = SealingWriter(file, key, object_context(interview_id, name))
                writer.write(plain)
                writer.close()
                size = file.tell()
                sync_file(file)
            hr.store.adopt(staged, name)
        finally:
            staged.unlink(missing_ok=True)
    return size


def read(hr: Runtime, session: Session, item: ReportItem) -> Part:
    """Raises XudaError(KEY_DESTROYED | SEALED_DAMAGED)."""
    if item.storage_key is None or item.key_sealed is None:
        raise XudaError(ErrorCode.SEALED_DAMAGED, field="object")
    subject, context = interview_subject(item.interview_id), _context(item.storage_key)
    key = b64decode(sealing.cabinet_of(session).open(subject, item.key_sealed, context))
    try:
        with hr.store.open_read(item.storage_key) as source:
            reader = SealedReader(source, key, object_context(item.interview_id, item.storage_key))
            plain = reader.read()
    except OSError as error:
        raise XudaError(ErrorCode.SEALED_DAMAGED, field="object") from error
    with zipfile.ZipFile(io.BytesIO(plain or b"")) as archive:
        names = archive.namelist()
        return Part(archive.read(PDF) if PDF in names else None, archive.read(JSON))


def seal_key(session: Session, interview_id: str, name: str, key: bytes) -> str:
    return sealing.cabinet_of(session).seal(interview_subject(interview_id), b64encode(key), _context(name))


def _context(name: str) -> str:
    return f"report part:{name}"
