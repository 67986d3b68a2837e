"""Résumés come in: each file goes to the candidate whose code, phone, e-mail address or name is in its name."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session, joinedload

from backend.cabinet import candidate_subject
from backend.db.models import Batch, Candidate, InvitationRow, Role
from backend.db.resume_models import ResumeRow
from backend.runtime import Runtime
from backend.services import audit, scope
from backend.services.actor import Actor
from backend.services.people import candidate_name, candidate_value
from backend.services.resume_text import MOST_BYTES, ResumeReader, kind_of
from contract.errors import ErrorCode, XudaError

STAFF = (Role.ADMINISTRATOR, Role.HR)
MOST_FILES = 500
# of all files of one ZIP together, unpacked
MOST_UNPACKED = 64 * 1024 * 1024
# the places of what is sealed under the candidate's storage key
FILE, NAME, TEXT = "resume:file", "resume:name", "resume:text"


@dataclass(frozen=True, slots=True)
class Given:
    """A file as it was uploaded."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one file. ``problem``: empty, nobody (nobody's), several (of several people), or one of
    resume_text.Read. A file without readable text is kept all the same when it is somebody's."""

    file: str
    candidate: str
    problem: str


def take_in(hr: Runtime, actor: Actor, batch_id: str, files: Sequence[Given]) -> list[Taken]:
    """Give each file to the candidate whose code, phone, e-mail address or name is in its name; ZIPs are unpacked.

    Raises XudaError(FORBIDDEN | NOT_FOUND), TOO_LARGE with ``field`` files.
    """
    scope.require(actor, *STAFF)
    with hr.db.read() as session:
        batch_of(session, actor, batch_id)
        known = _known(hr, session, batch_id)
    report: list[Taken] = []
    with ResumeReader() as reader:
        for given in _unpacked(files):
            if isinstance(given, Taken):
                report.append(given)
                continue
            report.append(_take(hr, reader, given, known))
    counts = {"files": len(report), "taken": sum(bool(one.candidate) for one in report)}
    audit.record_now(hr, actor, "import_resumes", f"batch:{batch_id}", **counts)
    return report


def is_living(batch_id: str) -> tuple[ColumnElement[bool], ...]:
    """Invitations of a batch that may still be used, for a query that joins their candidates."""
    return InvitationRow.batch_id == batch_id, InvitationRow.cancelled_at.is_(None), Candidate.name_sealed != ""


def living(batch_id: str) -> Select[InvitationRow]:
    return select(InvitationRow).join(InvitationRow.candidate).where(*is_living(batch_id))


def batch_of(session: Session, actor: Actor, batch_id: str) -> Batch:
    """Raises XudaError(NOT_FOUND)."""
    batch = session.scalar(scope.batches(actor).where(Batch.id == batch_id))
    if batch is None:
        raise XudaError(ErrorCode.NOT_FOUND, field="batch")
    return batch


def _take(hr: Runtime, reader: ResumeReader, given: Given, known: dict[str, set[tuple[str, str]]]) -> Taken:
    owners = _owners(given.name, known)
    if len(owners) != 1:
        return Taken(given.name, "", "several" if owners else "nobody")
    ((candidate_id, name),) = owners
    read = reader.read(given.name, given.data)
    kind = kind_of(given.name, given.data)
    if kind is None or len(given.data) > MOST_BYTES:
        return Taken(given.name, "", read.problem)
    subject = candidate_subject(candidate_id)
    with hr.db.write() as session:
        candidate = session.get(Candidate, candidate_id)
        if candidate is None or not candidate.name_sealed:
            return Taken(given.name, "", "nobody")
        row = session.get(ResumeRow, candidate_id) or ResumeRow(candidate_id=candidate_id)
        row.kind, row.size, row.problem, row.created_at = kind, len(given.data), read.problem, hr.now()
        row.name_sealed = hr.cabinet.seal(subject, given.name[-200:], NAME)
        row.file_sealed = hr.cabinet.seal(subject, base64.b64encode(given.data).decode("ascii"), FILE)
        row.text_sealed = hr.cabinet.seal(subject, read.text, TEXT) if read.text else ""
        session.add(row)
    return Taken(given.name, name, read.problem)


def _unpacked(files: Sequence[Given]) -> Iterator[Given | Taken]:
    """Raises XudaError(TOO_LARGE) with ``field`` files."""
    number, total = 0, 0
    for given in files:
        if not given.name.lower().endswith(".zip"):
            number += 1
            yield given
            continue
        try:
            with zipfile.ZipFile(io.BytesIO(given.data)) as archive:
                for info in archive.infolist():
                    name = _entry_name(info)
                    if info.is_dir() or name.startswith((".", "__MACOSX")):
                        continue
                    number += 1
                    if number > MOST_FILES or total > MOST_UNPACKED:
                        raise XudaError(ErrorCode.TOO_LARGE, field="files", limit=MOST_FILES)
                    with archive.open(info) as part:
                        # never more than a résumé may have, whatever the directory says
                        data = part.read(MOST_BYTES + 1)
                    total += len(data)
                    yield Given(name, data)
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError):
            yield Taken(given.name, "", "damaged")
    if number > MOST_FILES:
        raise XudaError(ErrorCode.TOO_LARGE, field="files", limit=MOST_FILES)


def _entry_name(info: zipfile.ZipInfo) -> str:
    """The last part of the name; Windows in China writes names in GBK without saying so."""
    name = info.filename
    if not info.flag_bits & 0x800:
        try:
            name = name.encode("cp437").decode("gb18030")
        except UnicodeError:
            name = info.filename
    return name.replace("\\", "/").rsplit("/", maxsplit=1)[-1]


def _known(hr: Runtime, session: Session, batch_id: str) -> dict[str, set[tuple[str, str]]]:
    """What a file may be called by -> who that is. Names that two people have belong to both."""
    found: dict[str, set[tuple[str, str]]] = {}
    for row in session.scalars(living(batch_id).options(joinedload(InvitationRow.candidate))):
        name = candidate_name(hr, row.candidate)
        values = [candidate_value(hr, row.candidate, column) for column in ("phone", "email", "id_number")]
        for value in (name, row.code, row.code.replace("-", ""), *values):
            if value:
                found.setdefault(_plain(value), set()).add((row.candidate_id, name))
    return found


def _owners(file: str, known: dict[str, set[tuple[str, str]]]) -> set[tuple[str, str]]:
    """By the most telling part of the file's name: phones, codes and addresses before names, longer before shorter."""
    stem = _plain(file.rsplit(".", maxsplit=1)[0])
    fitting = sorted((key for key in known if key in stem), key=lambda key: (any(map(str.isdigit, key)), len(key)))
    return known[fitting[-1]] if fitting else set()


def _plain(text: str) -> str:
    return "".join(text.casefold().split())
