"""The files a kit is asked with: taken in with the kit, given to devices and pages piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from backend.db.models import Batch, Interview, KitDraft, KitFile, KitFilePiece, KitRow
from backend.runtime import Runtime
from backend.services import question_bank
from backend.services.kit_file import invalid
from backend.services.kit_plan import Plan
from backend.services.media_check import Examined, Unusable, examine
from contract.canonical import sha256_hex
from contract.envelope import Envelope, parse_payload
from contract.errors import ErrorCode, XudaError
from contract.kit import Kit
from contract.kit_media import MEDIA_TYPES, MOST_BYTES

PIECE = 1024 * 1024
_FRESH = timedelta(days=1)
_KEPT = timedelta(days=180)
# reads a file that a kit names; raises OSError, ValueError for a name that may not be read
Reader = Callable[[str], bytes]
Place = tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class StoredFile:
    sha256: str
    media_type: str
    size: int


def beside(folder: Path) -> Reader:
    """Reads files in the folder of the kit's own file, or below it."""
    root = folder.resolve()

    def read(name: str) -> bytes:
        path = (root / name).resolve()
        if not path.is_relative_to(root):
            raise ValueError("outside the folder of the kit")
        if path.stat().st_size > max(MOST_BYTES.values()):
            raise ValueError(f"more than {max(MOST_BYTES.values())} bytes")
        return path.read_bytes()

    return read


def nothing_beside(name: str) -> bytes:
    raise FileNotFoundError(name)


def take_in(values: dict[str, Any], node: yaml.Node, read: Reader) -> dict[str, bytes]:
    """Put hash, type, size and length in the place of each ``file:`` of a kit's values; the contents by hash.

    Raises XudaError(KIT_INVALID) with the field and line of a file that is missing or is not what it should be.
    """
    found: dict[str, bytes] = {}
    for place, question in _questions(values):
        media = question.get("media")
        if isinstance(media, dict) and "file" in media:
            question["media"] = _described(media, node, (*place, "media"), read, found, pixels=True)
        spoken = question.get("read_aloud")
        if isinstance(spoken, dict):
            question["read_aloud"] = {
                tag: _described({"file": file}, node, (*place, "read_aloud", tag), read, found)
                if isinstance(file, str)
                else file
                for tag, file in spoken.items()
            }
    return found


def _questions(values: dict[str, Any]) -> Iterator[tuple[Place, dict[str, Any]]]:
    for i, stage in enumerate(_list(values, "stages")):
        for j, question in enumerate(_list(stage, "questions")):
            if isinstance(question, dict):
                yield ("stages", i, "questions", j), question


def _list(values: Any, name: str) -> list[Any]:
    found = values.get(name) if isinstance(values, dict) else None
    return found if isinstance(found, list) else []


def _described(
    given: dict[str, Any], node: yaml.Node, place: Place, read: Reader, found: dict[str, bytes], *, pixels: bool = False
) -> dict[str, Any]:
    name = given["file"]
    try:
        content = read(str(name))
    except (OSError, ValueError) as error:
        why = str(error) if type(error) is ValueError else "cannot be read"
        raise invalid(node, (*place, "file"), f"{name}: {why}") from error
    try:
        facts = facts_of(content, pixels=pixels)
    except XudaError as error:
        raise invalid(node, (*place, "file"), f"{name}: {error.params['detail']}") from error
    found[facts["sha256"]] = content
    rest = {key: value for key, value in given.items() if key != "file"}
    return {**rest, **facts}


def facts_of(content: bytes, *, pixels: bool = False) -> dict[str, Any]:
    """What is told of a file beside a question: hash, size, type and length, with ``pixels`` width and height.

    Raises XudaError(KIT_INVALID) with ``field`` file and a ``detail`` for what cannot be used or is too large.
    """
    try:
        known = examine(content)
    except Unusable as error:
        raise XudaError(ErrorCode.KIT_INVALID, field="file", detail=str(error)) from error
    most = MOST_BYTES[MEDIA_TYPES[known.media_type]]
    if len(content) > most:
        raise XudaError(ErrorCode.KIT_INVALID, field="file", detail=f"more than {most} bytes")
    return {"sha256": sha256_hex(content), "size": len(content), **_facts(known, pixels=pixels)}


def _facts(known: Examined, *, pixels: bool) -> dict[str, Any]:
    facts: dict[str, Any] = {"media_type": known.media_type, "seconds": known.seconds}
    return {**facts, "width": known.width, "height": known.height} if pixels else facts


def store(hr: Runtime, session: Session, contents: dict[str, bytes], types: dict[str, str]) -> None:
    """In the caller's transaction; a file that is here already stays as it is."""
    for digest, content in contents.items():
        if session.get(KitFile, digest) is None:
            row = KitFile(sha256=digest, media_type=types[digest], size=len(content), created_at=hr.now())
            session.add(row)
            session.flush()
            for number, start in enumerate(range(0, len(content), PIECE)):
                session.add(KitFilePiece(sha256=digest, number=number, content=content[start : start + PIECE]))
            session.flush()


def missing(session: Session, digests: set[str]) -> set[str]:
    """Which of the files are not here."""
    return digests - set(session.scalars(select(KitFile.sha256).where(KitFile.sha256.in_(digests))))


def stored_file(hr: Runtime, sha256: str) -> StoredFile:
    """Raises XudaError(NOT_FOUND)."""
    with hr.db.read() as session:
        row = session.get(KitFile, sha256)
        if row is None:
            raise XudaError(ErrorCode.NOT_FOUND, field="file")
        return StoredFile(row.sha256, row.media_type, row.size)


def read_range(hr: Runtime, sha256: str, first: int, last: int) -> Iterator[bytes]:
    """The bytes ``first`` to ``last``, both included."""
    for number in range(first // PIECE, last // PIECE + 1):
        with hr.db.read() as session:
            piece = session.get(KitFilePiece, (sha256, number))
        if piece is None:
            raise XudaError(ErrorCode.NOT_FOUND, field="file")
        start = number * PIECE
        yield piece.content[max(0, first - start) : last + 1 - start]


def read_whole(hr: Runtime, sha256: str) -> bytes:
    """Raises XudaError(NOT_FOUND)."""
    found = stored_file(hr, sha256)
    return b"".join(read_range(hr, sha256, 0, found.size - 1))


def prune(hr: Runtime) -> int:
    """Remove the files that no kit in use names; how many.

    In use are those of the question bank and of drafts, the newest version of each kit, every version that a kept
    interview was held with, and a replaced version as long as a device may still bring an interview begun with it: for
    ``_KEPT`` after the last batch that was open to it has ended.
    """
    now = hr.now()
    with hr.db.write() as session:
        old = session.scalars(select(KitFile.sha256).where(KitFile.created_at < now - _FRESH)).all()
        unused = set(old) - _named(session, now) if old else set()
        for digest in sorted(unused):
            session.execute(delete(KitFilePiece).where(KitFilePiece.sha256 == digest))
            session.execute(delete(KitFile).where(KitFile.sha256 == digest))
    return len(unused)


def _named(session: Session, now: datetime) -> set[str]:
    held = select(Interview.kit_id, Interview.kit_version).where(Interview.deleted_at.is_(None)).distinct()
    in_interviews = {(kit_id, version) for kit_id, version in session.execute(held)}
    alive = select(Batch.kit_id, func.min(Batch.created_at).label("made")).where(Batch.not_after > now - _KEPT)
    # kit -> when the first of the batches was made from which an interview may still come
    since = {row.kit_id: row.made for row in session.execute(alive.group_by(Batch.kit_id))}
    replaced: dict[str, datetime] = {}
    named = question_bank.named_files(session) | _in_drafts(session)
    for row in session.scalars(select(KitRow).order_by(KitRow.kit_id, KitRow.version.desc())):
        ended = replaced.get(row.kit_id)
        replaced[row.kit_id] = row.created_at
        may_come = ended is None or (row.kit_id in since and since[row.kit_id] <= ended)
        if may_come or (row.kit_id, row.version) in in_interviews:
            kit = parse_payload(Envelope.from_bytes(row.envelope).payload_bytes, Kit)
            named.update(file.sha256 for file in kit.files)
    return named


def _in_drafts(session: Session) -> set[str]:
    query = select(KitDraft.content).where(KitDraft.ended.is_(None), KitDraft.content.contains("sha256"))
    plans = [Plan.model_validate_json(text) for text in session.scalars(query)]
    return {file.sha256 for plan in plans for item in plan.items for file in item.question.files}
