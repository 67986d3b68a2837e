"""Knowing that the database is whole, and a copy of it for when it is not.

``xuda.db.sum`` holds the digest of the database file as it was after the last checkpoint; between checkpoints that file
does not change, and what is in the write-ahead log has SQLite's own checksums. ``xuda.db.copy`` is a whole, digested
copy, written after each saved answer. A counter that every transaction raises tells whether the log has lost its end.

A damaged database is not thrown away: it is moved into a folder ``damaged-…`` before the copy takes its place. It goes
when a candidate, whose interview it may hold, wants everything deleted.
"""

from __future__ import annotations

import hashlib
import json
import logging
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.storage.files import disk_errors, make_folder, remove_file, replace_file, sync_folder, wipe_file
from app.storage.schema import APPLICATION_ID
from contract.errors import ErrorCode, XudaError

log = logging.getLogger(__name__)

_FORMAT = "xuda copy 1"
_PARTS = ("", "-wal", "-shm")
_MOST_HEADER = 1000
_VERSION_AT, _OWNER_AT = 60, 68  # in SQLite's file header


@dataclass(frozen=True, slots=True)
class Copy:
    """``counter``: transactions up to it. ``at``: when it was made. ``image``: the database as one file."""

    counter: int
    at: datetime
    image: bytes

    @property
    def digest(self) -> str:
        head = json.dumps([_FORMAT, self.counter, self.at.isoformat(), len(self.image)])
        return hashlib.sha256(head.encode() + self.image).hexdigest()

    def to_bytes(self) -> bytes:
        header = {"format": _FORMAT, "counter": self.counter, "at": self.at.isoformat(), "sha256": self.digest}
        return json.dumps(header).encode() + b"\n" + self.image

    @classmethod
    def from_bytes(cls, data: bytes) -> Copy | None:
        """None for anything but a whole copy."""
        header, _, image = data.partition(b"\n")
        try:
            if len(header) > _MOST_HEADER:
                return None
            found = json.loads(header)
            copy = cls(int(found["counter"]), datetime.fromisoformat(found["at"]), image)
            return copy if found["format"] == _FORMAT and found["sha256"] == copy.digest else None
        except (ValueError, KeyError, TypeError):
            return None


class Safety:
    """The files beside the database at ``path``. Only for the process that holds the data folder."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._sum = path.with_name(path.name + ".sum")
        self._copy = path.with_name(path.name + ".copy")

    def is_suspect(self) -> bool:
        """Whether the file is known not to be what it was: gone or emptied under a copy, or of another digest.

        Without a digest nothing is known, which is no reason for suspicion. Raises XudaError(DISK_ERROR).
        """
        with disk_errors():
            known = self._known_digest()
            there = self._path.exists()
            if known is not None:
                return not there or known != _digest(self._path)
            # the log may still hold everything of a database whose first checkpoint has not come
            empty = not there or self._path.stat().st_size == 0
            return empty and self._copy.exists() and not self._log_is_there()

    def has_digest(self) -> bool:
        return self._known_digest() is not None

    def refuse_newer(self, supported: int) -> None:
        """A file that a newer version has written is not taken for a damaged one. Raises XudaError(DATABASE_NEWER)."""
        with disk_errors():
            head = self._path.read_bytes()[:72] if self._path.exists() else b""
        if len(head) == 72:
            version, owner = (int.from_bytes(head[at : at + 4], "big") for at in (_VERSION_AT, _OWNER_AT))
            if owner == APPLICATION_ID and version > supported:
                raise XudaError(ErrorCode.DATABASE_NEWER, version=version, supported=supported)

    def copy(self) -> Copy | None:
        """The copy, if it is there and whole."""
        try:
            return Copy.from_bytes(self._copy.read_bytes())
        except OSError:
            return None

    def keep_aside(self) -> None:
        """Copy an open database and its log, which closing would mix. Raises XudaError(DISK_FULL | DISK_ERROR)."""
        with disk_errors():
            aside = self._make_aside()
            for part in ("", "-wal"):
                file = self._path.with_name(self._path.name + part)
                if file.exists():
                    replace_file(aside / file.name, file.read_bytes())

    def restore(self, copy: Copy) -> None:
        """Put the copy in the place of the database, which is moved aside. Raises XudaError(DISK_FULL | DISK_ERROR)."""
        with disk_errors():
            aside = self._make_aside()
            remove_file(self._sum)
            # the log first: it must never be applied to the copy
            for part in reversed(_PARTS):
                file = self._path.with_name(self._path.name + part)
                if file.exists():
                    file.rename(aside / file.name)
            sync_folder(aside)
            sync_folder(self._path.parent)
            replace_file(self._path, copy.image)
        log.error("the database was damaged and is restored from its copy; what was there is kept aside")

    def forget_aside(self) -> bool:
        """Remove what was ever kept aside. False when something of it is still there."""
        for name in quarantined(self._path.parent):
            folder = self._path.parent / name
            try:
                for file in folder.iterdir():
                    wipe_file(file)
                folder.rmdir()
            except OSError as error:
                log.warning("a damaged database that was kept aside stays for now: %s", type(error).__name__)
                return False
            log.info("a damaged database that was kept aside is removed")
        return True

    def before_checkpoint(self) -> None:
        """The file is about to change: from now on its digest is unknown. Raises XudaError(DISK_ERROR)."""
        with disk_errors():
            try:
                remove_file(self._sum)
            except OSError:
                replace_file(self._sum, b"{}")  # an old digest would condemn a good database

    def after_checkpoint(self) -> None:
        """Note the digest of the file. A failure costs the check, nothing else."""
        try:
            found = _digest(self._path)
            # twice: a digest that is damaged itself must not condemn a good database
            replace_file(self._sum, json.dumps({"sha256": found, "again": found}).encode())
        except OSError as error:
            log.warning("the digest of the database could not be written: %s", type(error).__name__)

    def save_copy(self, connection: sqlite3.Connection, counter: int) -> bool:
        """Write the copy anew. False when it failed: that costs the newer copy, nothing else."""
        try:
            copy = Copy(counter, datetime.now(UTC), connection.serialize())
            replace_file(self._copy, copy.to_bytes())
        except (OSError, sqlite3.Error, MemoryError) as error:
            log.warning("the copy of the database could not be written: %s", type(error).__name__)
            return False
        return True

    def _make_aside(self) -> Path:
        aside = self._path.parent / f"damaged-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}"
        make_folder(aside)
        return aside

    def _log_is_there(self) -> bool:
        file = self._path.with_name(self._path.name + "-wal")
        return file.exists() and file.stat().st_size > 0

    def _known_digest(self) -> str | None:
        try:
            found = json.loads(self._sum.read_bytes())
            return str(found["sha256"]) if found["sha256"] == found["again"] else None
        except (OSError, ValueError, KeyError, TypeError):
            return None


def quarantined(data_dir: Path) -> list[str]:
    """Names of the folders with damaged databases, oldest first."""
    return sorted(path.name for path in data_dir.glob("damaged-*") if path.is_dir())


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
