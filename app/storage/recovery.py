"""Setting things straight at the start: files without rows, rows without files, purges that were interrupted.

Takes that a crash has cut are left as they are: the interview offers them back. A file is removed only when the rows
say that it is not needed; one that no row knows is reported and kept, for the database may have been replaced.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path

import sqlite_utils

from app.interview.states import TakeState
from app.storage.database import Database
from app.storage.files import disk_errors, remove_file
from app.storage.interview_keys import InterviewKeys
from app.storage.purge import Purger
from app.storage.query import Row, rows
from app.storage.takefile import tail_path
from app.storage.vault import Vault
from contract.errors import ErrorCode, XudaError
from contract.sealed import HEADER_SIZE

log = logging.getLogger(__name__)

_TAKES = "SELECT take_id, takes.state, object_id FROM takes LEFT JOIN objects USING (take_id)"
_OBJECTS = "SELECT * FROM objects"
_REFUSE = "UPDATE outbox SET state = 'failed', code = ? WHERE kind = 'object' AND ref = ?"
_OFFER = "UPDATE outbox SET state = 'waiting' WHERE kind = 'object' AND state = 'failed' AND code = ? AND ref = ?"


@dataclass(frozen=True, slots=True)
class RecoveryReport:
    """Paths are relative to the data folder.

    ``removed``: left-overs that are gone. ``unknown``: files no row knows, kept. ``damaged``: ids of objects whose file
    is missing or has another size; their upload is marked as failed. One that failed for its file is tried once more
    at each start when the file has its size: it may have been brought back.
    """

    removed: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)


def recover(database: Database, vault: Vault, interview_keys: InterviewKeys) -> RecoveryReport:
    """To be called once, before anything is recorded. Raises XudaError(DISK_ERROR).

    Rows that were restored from a copy may be older than the files: then no file is removed.
    """
    if database.restored is not None:
        _forget_lost_keys(database, interview_keys)
    Purger(database, vault, interview_keys).finish()
    takes, objects, interviews = database.call(_read)
    report = RecoveryReport()
    report.damaged.extend(row["object_id"] for row in objects if row["present"] and not _whole(vault, row))
    with disk_errors():
        if database.restored is None:
            _sweep_takes(vault, {row["take_id"]: row for row in takes}, report)
            _sweep_objects(vault, {row["object_id"] for row in objects}, interviews, report)
        else:
            _list_strangers(vault, {row["take_id"] for row in takes}, {row["object_id"] for row in objects}, report)
    whole = [row["object_id"] for row in objects if row["present"] and row["object_id"] not in report.damaged]
    try:
        database.transaction(lambda db: _judge(db, report.damaged, whole))
    except XudaError as error:
        # what is there can be looked at all the same; the next start judges again
        log.error("the outbox cannot be put straight: %s", error.code)
    _log(report)
    return report


def _read(db: sqlite_utils.Database) -> tuple[list[Row], list[Row], set[str]]:
    interviews = {row["interview_id"] for row in rows(db, "SELECT interview_id FROM interviews")}
    return rows(db, _TAKES), rows(db, _OBJECTS), interviews


def _whole(vault: Vault, row: Row) -> bool:
    return bool(vault.object_size(row["interview_id"], row["object_id"]) == row["size"])


def _sweep_takes(vault: Vault, takes: dict[str, Row], report: RecoveryReport) -> None:
    for take_id in sorted({path.stem for path in _files(vault.takes)}):
        path = vault.takes / f"{take_id}.part"
        row = takes.get(take_id)
        if row is None:
            # begun, but the crash came before its row: a header at most
            needless = not path.exists() or path.stat().st_size <= HEADER_SIZE
        else:
            stored = row["object_id"] is not None and row["object_id"] not in report.damaged
            needless = stored or row["state"] == TakeState.DISCARDED.value
        if needless:
            remove_file(tail_path(path))
            remove_file(path)
            report.removed.append(_relative(path, vault))
        elif row is None:
            report.unknown.append(_relative(path, vault))


def _sweep_objects(vault: Vault, known: set[str], interviews: set[str], report: RecoveryReport) -> None:
    for folder in _folders(vault.objects):
        for path in _files(folder):
            if path.suffix == ".sealed" and path.stem in known:
                continue
            # of a known interview: sealed, but the crash came before its row, so its take is still there
            if path.suffix == ".tmp" or folder.name in interviews:
                remove_file(path)
                report.removed.append(_relative(path, vault))
            else:
                report.unknown.append(_relative(path, vault))


def _list_strangers(vault: Vault, takes: set[str], objects: set[str], report: RecoveryReport) -> None:
    files = [path for path in _files(vault.takes) if path.stem not in takes]
    files += [path for folder in _folders(vault.objects) for path in _files(folder) if path.stem not in objects]
    report.unknown.extend(_relative(path, vault) for path in files)


def _forget_lost_keys(database: Database, keys: InterviewKeys) -> None:
    """A key that is gone was destroyed after the copy was made; the rows must not promise what it would open."""
    sql = "SELECT interview_id FROM interviews WHERE key_state = 'present'"
    gone = "UPDATE interviews SET key_state = 'gone', candidate_name = NULL WHERE interview_id = ?"
    for row in database.call(lambda db: rows(db, sql)):
        if keys.get(row["interview_id"]) is None:
            database.transaction(lambda db, row=row: db.execute(gone, (row["interview_id"],)))  # type: ignore[misc]


def _judge(db: sqlite_utils.Database, damaged: list[str], whole: list[str]) -> None:
    for sql, object_ids in ((_REFUSE, damaged), (_OFFER, whole)):
        for object_id in object_ids:
            db.execute(sql, (ErrorCode.SEALED_DAMAGED.value, object_id))


def _log(report: RecoveryReport) -> None:
    for name in report.removed:
        log.info("removed a left-over: %s", name)
    for name in report.unknown:
        log.warning("a file that no row knows is kept: %s", name)
    for object_id in report.damaged:
        log.error("the file of object %s is missing or has another size", object_id)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []


def _relative(path: Path, vault: Vault) -> str:
    return path.relative_to(vault.objects.parent).as_posix()
