"""Making a backup while the server serves, and taking old ones away."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from backend.backup import place as layout
from backend.backup.place import DATABASE, DESCRIPTION, KEY_FILE, BackupDescription, Place
from backend.cabinet import KeyCabinet
from backend.db.models import Interview, Role
from backend.objects.folder import FolderStore, make_folder, sync_folder
from backend.runtime import Runtime
from backend.services import audit, facts, scope, server_time
from backend.services.actor import Actor
from backend.services.deletion import KEY_BACKUP_FACT
from backend.version import VERSION
from contract.envelope import sign
from contract.errors import ErrorCode, XudaError

LAST_FACT = "backup"


@dataclass(frozen=True, slots=True)
class Made:
    """``copied``: recordings that were not there yet. ``missing``: object ids lost or damaged in the store.

    ``key_file``: whether the sealed key file is in it; an open one is never copied.
    """

    stamp: str
    objects: int
    copied: int
    missing: list[str]
    key_file: bool
    removed: list[str] = field(default_factory=list)


def make(hr: Runtime, target: Path, actor: Actor | None = None) -> Made:
    """Back up database, storage keys and recordings to ``target``; ``actor`` None: the server by itself.

    Each part is durable before the backup gets its name. Raises XudaError(FORBIDDEN | ALREADY_RUNNING),
    SETTING_INVALID for a folder inside the data folder or another database than SQLite, SERVER_MISMATCH for another
    organisation's folder; OSError.
    """
    if actor is not None:
        scope.require(actor, Role.ADMINISTRATOR)
    _check(hr, target)
    place = Place(target)
    with place.lock():
        _check_owner(hr, place)
        made = _make(hr, place)
        removed = prune(hr, place)
    with hr.db.write() as session:
        now = hr.now()
        facts.put(session, LAST_FACT, {"at": now.isoformat(), "stamp": made.stamp, "missing": made.missing})
        counts = {"objects": made.objects, "missing": len(made.missing)}
        audit.record(session, now, actor or "server", "backup", f"backup:{made.stamp}", **counts)
    return Made(made.stamp, made.objects, made.copied, made.missing, made.key_file, removed)


def prune_at(hr: Runtime, target: Path) -> list[str]:
    """Take away what is over, between backups. Raises XudaError(ALREADY_RUNNING), OSError."""
    place = Place(target)
    with place.lock():
        return prune(hr, place)


def prune(hr: Runtime, place: Place) -> list[str]:
    """Take away what is over: storage keys after ``key_retention_days``, backups after ``backup_keep_days``.

    The newest backup always stays; storage keys never stay longer, even where no newer copy could be made. Nothing goes
    while the clock has to be confirmed.
    """
    now = server_time.note(hr)
    if now is None:
        return []
    removed = []
    for stamp in place.key_stamps():
        if now - layout.time_of(stamp) > timedelta(days=hr.settings.key_retention_days):
            place.remove_keys(stamp)
            removed.append(f"keys/{stamp}")
    for stamp in place.stamps()[:-1]:
        if now - layout.time_of(stamp) > timedelta(days=hr.settings.backup_keep_days):
            place.remove_data(stamp)
            removed.append(f"data/{stamp}")
    if any(name.startswith("data/") for name in removed):
        _collect(place)
    return removed


def objects_of(database: Path) -> Iterator[tuple[str, str, str, str, int]]:
    """(interview id, object id, storage key, SHA-256, size) of every recording a copied database names."""
    with closing(sqlite3.connect(f"file:{database.as_posix()}?mode=ro&immutable=1", uri=True)) as connection:
        query = "SELECT interview_id, object_id, storage_key, sha256, size FROM object ORDER BY interview_id, object_id"
        yield from connection.execute(query)


def _check(hr: Runtime, target: Path) -> None:
    """Raises XudaError(SETTING_INVALID): PostgreSQL and S3 have their own backups (docs/deploy.md)."""
    if hr.db.engine.dialect.name != "sqlite" or not isinstance(hr.store, FolderStore):
        raise XudaError(ErrorCode.SETTING_INVALID, field="backup", detail="docs/deploy.md")
    data = hr.settings.data.resolve()
    if target.resolve() == data or data in target.resolve().parents:
        raise XudaError(ErrorCode.SETTING_INVALID, field="to", value=str(target))


def _check_owner(hr: Runtime, place: Place) -> None:
    marker = place.root / "organisation.json"
    if not marker.exists():
        place.put_document(".", marker.name, json.dumps({"organisation_id": hr.organisation_id}).encode())
    if json.loads(marker.read_bytes()).get("organisation_id") != hr.organisation_id:
        raise XudaError(ErrorCode.SERVER_MISMATCH, folder=str(place.root))


def _make(hr: Runtime, place: Place) -> Made:
    stamp = _free_stamp(place, hr.now())
    # before any copy exists: a certificate that is signed from now on says until when copies of the key live
    with hr.db.write() as session:
        facts.put_time(session, KEY_BACKUP_FACT, hr.now())
    make_folder(place.data)
    folder = Path(tempfile.mkdtemp(dir=place.data, prefix=f".{stamp}-"))
    try:
        _copy_database(hr, folder / DATABASE)
        # after the database, so that it holds the key of everything in it that has not been deleted since
        keys = _copy_keys(hr, place, stamp)
        copied, count, size, missing = _copy_objects(hr, place, folder / DATABASE)
        key_file = _copy_key_file(hr, folder)
        description = BackupDescription(
            organisation_id=hr.organisation_id,
            made_at=hr.now(),
            version=VERSION,
            database=layout.stored(folder, folder / DATABASE),
            keys=layout.stored(place.root, keys),
            objects=count,
            objects_size=size,
            missing=missing,
        )
        (folder / DESCRIPTION).write_bytes(sign(description, hr.vault.sign_key).to_bytes())
        _sync_all(folder)
        final = place.data / stamp
        os.replace(folder, final)
        sync_folder(place.data)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    _drop_covered_receipts(place, final / DATABASE)
    return Made(stamp, count, copied, missing, key_file)


def _free_stamp(place: Place, now: datetime) -> str:
    taken = {*place.stamps(), *place.key_stamps()}
    while (stamp := layout.stamp_of(now)) in taken:
        now += timedelta(seconds=1)
    return stamp


def _copy_database(hr: Runtime, target: Path) -> None:
    source = hr.db.engine.url.database
    assert source is not None
    with closing(sqlite3.connect(source)) as original, closing(sqlite3.connect(target)) as copy:
        copy.execute("PRAGMA synchronous = OFF")  # once, with the rest of the backup
        original.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")


def _copy_keys(hr: Runtime, place: Place, stamp: str) -> Path:
    make_folder(place.keys)
    temporary = place.keys / f".{stamp}.partial"
    temporary.unlink(missing_ok=True)
    assert isinstance(hr.cabinet, KeyCabinet)  # that of a database of its own has its own backups
    hr.cabinet.snapshot(temporary)
    target = place.keys / f"{stamp}.db"
    os.replace(temporary, target)
    sync_folder(place.keys)
    return target


def _copy_objects(hr: Runtime, place: Place, database: Path) -> tuple[int, int, int, list[str]]:
    """(copied, recordings, their bytes, ids of those that are lost)."""
    copied = count = total = 0
    missing = []
    for interview_id, object_id, storage_key, sha256, size in objects_of(database):
        count, total = count + 1, total + size
        known = place.object(sha256).exists()
        if place.put_object(_folder_of(hr).path(storage_key), sha256):
            copied += not known
        elif not _deleted_since(hr, interview_id):
            missing.append(object_id)
    return copied, count, total, missing


def _folder_of(hr: Runtime) -> FolderStore:
    assert isinstance(hr.store, FolderStore)  # nothing else is backed up here
    return hr.store


def _deleted_since(hr: Runtime, interview_id: str) -> bool:
    with hr.db.read() as session:
        query = select(Interview.deleted_at).where(Interview.id == interview_id)
        return session.scalar(query) is not None


def _copy_key_file(hr: Runtime, folder: Path) -> bool:
    """Only a sealed one: beside the data, an open key file would open all of it."""
    source = hr.settings.data / KEY_FILE
    if not source.exists() or "sealed" not in json.loads(source.read_bytes()):
        return False
    shutil.copyfile(source, folder / KEY_FILE)
    return True


def _sync_all(folder: Path) -> None:
    for path in folder.iterdir():
        with path.open("rb+") as file:
            os.fsync(file.fileno())
    sync_folder(folder)


def _drop_covered_receipts(place: Place, database: Path) -> None:
    with closing(sqlite3.connect(f"file:{database.as_posix()}?mode=ro&immutable=1", uri=True)) as connection:
        known = {f"{row[0]}-{row[1]}.json" for row in connection.execute("SELECT interview_id, serial FROM receipt")}
    for path in list(place.documents("receipts")):
        if path.name in known:
            path.unlink(missing_ok=True)


def _collect(place: Place) -> None:
    """Remove recordings that no backup names any more."""
    named = {row[3] for stamp in place.stamps() for row in objects_of(place.data / stamp / DATABASE)}
    for path in (place.root / "objects").glob("??/*"):
        if path.name not in named:
            path.unlink(missing_ok=True)
