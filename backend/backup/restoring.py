"""The way back from a backup: everything is verified before anything is written, and nothing deleted comes back."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from backend.backup import aftermath
from backend.backup.making import objects_of
from backend.backup.place import DATABASE, DESCRIPTION, KEY_FILE, BackupDescription, Place, file_sha256
from backend.cabinet import FILE_NAME as CABINET_FILE
from backend.keys import KeyFile, KeySource
from backend.objects.folder import FolderStore, make_folder, sync_file, sync_folder
from backend.runtime import Runtime, make_private_folder, open_runtime
from backend.services import report_jobs
from backend.settings import Settings
from contract.envelope import open_envelope, parse_payload
from contract.errors import ErrorCode, XudaError


@dataclass(frozen=True, slots=True)
class Restored:
    """``keys_from``: the copy of storage keys that was used. ``missing``: recordings the backup has not (whole).

    ``deleted_again``: interviews that were deleted after the backup and are so again. ``gaps``: interviews with
    receipts given out after the backup whose recordings or events are not in it: HR sees them listed. ``opened``: by a
    drill, recordings that were decrypted to their end.
    """

    stamp: str
    keys_from: str
    objects: int
    missing: list[str] = field(default_factory=list)
    deleted_again: int = 0
    gaps: list[str] = field(default_factory=list)
    opened: int = 0

    @property
    def whole(self) -> bool:
        return not self.missing and not self.gaps


def restore(
    source: Path, settings: Settings, *, at: str | None = None, keys: Path | None = None, now: datetime | None = None
) -> Restored:
    """Make the data folder ``settings.data`` from the newest backup in ``source``, or from the one named ``at``.

    ``keys``: the key file, where the backup has none. Raises XudaError(CONFLICT) when the folder is not empty,
    FILE_MISSING (backup, key file, storage keys), BACKUP_DAMAGED, and what ``open_runtime`` raises. Nothing is written
    then.
    """
    target = settings.data
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise XudaError(ErrorCode.CONFLICT, field="data")
    place, stamp = Place(source), at
    with _lock(place):
        stamp = stamp or _newest(place)
        chosen = _verify(place, stamp, keys)
        make_folder(target.parent)
        partial = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}-"))
        try:
            found = _build(place, chosen, replace(settings, data=partial), now or datetime.now(UTC))
            if target.exists():
                target.rmdir()
            os.replace(partial, target)
            sync_folder(target.parent)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
    return found


def drill(source: Path, settings: Settings, *, at: str | None = None, keys: Path | None = None) -> Restored:
    """A trial restore into a folder that is removed afterwards; reads back and opens everything.

    Raises what :func:`restore` raises, and SEALED_DAMAGED for what does not open.
    """
    with tempfile.TemporaryDirectory(prefix="xuda-drill-") as folder:
        trial = replace(settings, data=Path(folder) / "data", backup=None)
        found = restore(source, trial, at=at, keys=keys)
        with closing(open_runtime(trial)) as hr:
            return replace(found, opened=aftermath.open_everything(hr))


@dataclass(frozen=True, slots=True)
class _Chosen:
    """A verified backup. ``present``: recordings that are whole, as (storage key, SHA-256)."""

    stamp: str
    keys_from: str
    key_file: Path
    present: list[tuple[str, str]]
    missing: list[str]


def _lock(place: Place) -> AbstractContextManager[object]:
    """A medium that cannot be written is changed by nobody."""
    return place.lock() if os.access(place.root, os.W_OK) else nullcontext()


def _newest(place: Place) -> str:
    stamps = place.stamps()
    if not stamps:
        raise XudaError(ErrorCode.FILE_MISSING, folder=str(place.root))
    return stamps[-1]


def _verify(place: Place, stamp: str, keys: Path | None) -> _Chosen:
    folder = place.data / stamp
    envelope = place.description(stamp)
    # its signature is verified as soon as the organisation's public keys can be read from the database
    description = parse_payload(envelope.payload_bytes, BackupDescription)
    if file_sha256(folder / DATABASE) != description.database.sha256:
        raise XudaError(ErrorCode.BACKUP_DAMAGED, file=f"data/{stamp}/{DATABASE}")
    keys_from = _storage_keys(place, stamp)
    key_file = keys or folder / KEY_FILE
    if not key_file.is_file():
        raise XudaError(ErrorCode.FILE_MISSING, file=KEY_FILE)
    present, missing = [], []
    for _, object_id, storage_key, sha256, _ in objects_of(folder / DATABASE):
        if file_sha256(place.object(sha256)) == sha256:
            present.append((storage_key, sha256))
        else:
            missing.append(object_id)
    return _Chosen(stamp, keys_from, key_file, present, missing)


def _storage_keys(place: Place, stamp: str) -> str:
    """The newest copy: it lacks just the keys of what was deleted since. An older one would lack living ones too."""
    stamps = place.key_stamps()
    if not stamps or stamps[-1] < stamp:
        raise XudaError(ErrorCode.FILE_MISSING, file=f"keys/{stamp}.db")
    newest = stamps[-1]
    path = place.keys / f"{newest}.db"
    described = place.data / newest / DESCRIPTION
    if described.exists():
        expected = parse_payload(place.description(newest).payload_bytes, BackupDescription).keys.sha256
        if file_sha256(path) != expected:
            raise XudaError(ErrorCode.BACKUP_DAMAGED, file=f"keys/{newest}.db")
    with closing(sqlite3.connect(f"file:{path.as_posix()}?mode=ro&immutable=1", uri=True)) as connection:
        try:
            sound = connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        except sqlite3.DatabaseError:
            sound = False
    if not sound:
        raise XudaError(ErrorCode.BACKUP_DAMAGED, file=f"keys/{newest}.db")
    return newest


def _build(place: Place, chosen: _Chosen, settings: Settings, now: datetime) -> Restored:
    make_private_folder(settings.data)
    folder = place.data / chosen.stamp
    _copy(folder / DATABASE, settings.data / DATABASE)
    _copy(place.keys / f"{chosen.keys_from}.db", settings.data / CABINET_FILE)
    _copy(chosen.key_file, settings.data / KEY_FILE)
    if os.name == "posix":
        (settings.data / KEY_FILE).chmod(0o600)
    store = FolderStore(settings.data / "objects")
    for storage_key, sha256 in chosen.present:
        store.create(storage_key)
        _copy(place.object(sha256), store.path(storage_key))
    source: KeySource = KeyFile(settings.data / KEY_FILE, settings.passphrase)
    with closing(open_runtime(settings, keys=source, now=_at(now))) as hr:
        open_envelope(place.description(chosen.stamp), BackupDescription, hr.vault.public_keys)
        return _settle(hr, place, chosen)


def _settle(hr: Runtime, place: Place, chosen: _Chosen) -> Restored:
    deleted = aftermath.delete_again(hr, place)
    lost = aftermath.forget_lost(hr)
    gaps = aftermath.note_gaps(hr, place)
    aftermath.close_logins(hr)
    aftermath.doubt_deliveries(hr)
    report_jobs.make_again(hr)
    aftermath.record(hr, chosen.stamp, missing=len(lost), deleted=deleted, gaps=len(gaps))
    return Restored(chosen.stamp, chosen.keys_from, len(chosen.present), chosen.missing, deleted, gaps)


def _at(now: datetime) -> Callable[[], datetime]:
    return lambda: now


def _copy(source: Path, target: Path) -> None:
    """Its name is made safe by whoever opens the database beside it, or by the store."""
    with source.open("rb") as original, target.open("wb") as copy:
        shutil.copyfileobj(original, copy, 1024 * 1024)
        sync_file(copy)
