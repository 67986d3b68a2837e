"""What lies at the place of backups, and how it is written so that a name only ever stands for the whole.

``data/<time>/``   the database (``hr.db``), its signed description (``backup.json``), the key file if it is sealed
``objects/``       recordings (ciphertext) of all backups, each once, named by SHA-256
``keys/<time>.db`` storage keys; kept for a short time only, so that what was deleted stays deleted
``deletions/``     certificates: what must not come back with a restore
``receipts/``      receipts given out since the newest backup: what a restore would not know of
``checkpoints/``   signed checkpoints of the audit log
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import AwareDatetime

from backend.objects.folder import make_folder, sync_file, sync_folder
from contract.envelope import Envelope, SignedDocument, WireModel
from contract.errors import ErrorCode, XudaError

DATABASE = "hr.db"
DESCRIPTION = "backup.json"
KEY_FILE = "keys.json"
_STAMP = "%Y%m%dT%H%M%SZ"
_READ = 1024 * 1024


class StoredFile(WireModel):
    """``name``: where it lies below the place of backups. ``sha256``: hex."""

    name: str
    size: int
    sha256: str


class BackupDescription(SignedDocument):
    """Signed by the organisation. ``objects`` and ``objects_size``: recordings the database names, and their bytes.

    ``missing``: object ids that were not in the store, or damaged there, when the backup was made.
    """

    organisation_id: str
    made_at: AwareDatetime
    version: str
    database: StoredFile
    keys: StoredFile
    objects: int
    objects_size: int
    missing: list[str]


class Place:
    """A folder of backups. Raises OSError where the disk does."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def keys(self) -> Path:
        return self.root / "keys"

    def object(self, sha256: str) -> Path:
        return self.root / "objects" / sha256[:2] / sha256

    def lock(self) -> FileLock:
        """Held while a backup is made or removed. Raises XudaError(ALREADY_RUNNING)."""
        make_folder(self.root)
        lock = FileLock(self.root / "backup.lock", timeout=0)
        try:
            lock.acquire()
        except Timeout as error:
            raise XudaError(ErrorCode.ALREADY_RUNNING, folder=str(self.root)) from error
        return lock

    def stamps(self) -> list[str]:
        """The backups there are, oldest first."""
        return sorted(path.parent.name for path in self.data.glob(f"*/{DESCRIPTION}") if _is_stamp(path.parent.name))

    def key_stamps(self) -> list[str]:
        """The copies of storage keys there are, oldest first."""
        return sorted(path.stem for path in self.keys.glob("*.db") if _is_stamp(path.stem))

    def description(self, stamp: str) -> Envelope:
        """Raises XudaError(FILE_MISSING | FORMAT_INVALID)."""
        return Envelope.from_bytes(self.read(self.data / stamp / DESCRIPTION))

    def read(self, path: Path) -> bytes:
        """Raises XudaError(FILE_MISSING)."""
        try:
            return path.read_bytes()
        except FileNotFoundError as error:
            raise XudaError(ErrorCode.FILE_MISSING, file=path.relative_to(self.root).as_posix()) from error

    def put_object(self, source: Path, sha256: str) -> bool:
        """Copy a recording if it is not here yet; False when ``source`` is gone or is not what it should be."""
        target = self.object(sha256)
        if target.exists():
            return True
        make_folder(target.parent)
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".")
        try:
            with os.fdopen(descriptor, "wb") as copy, source.open("rb") as original:
                digest = hashlib.sha256()
                while part := original.read(_READ):
                    digest.update(part)
                    copy.write(part)
                sync_file(copy)
            if digest.hexdigest() != sha256:
                return False
            os.replace(name, target)
            sync_folder(target.parent)
        except FileNotFoundError:
            return False
        finally:
            Path(name).unlink(missing_ok=True)
        return True

    def put_document(self, folder: str, name: str, content: bytes) -> None:
        """Write a small file below ``folder``; an existing one is replaced."""
        target = self.root / folder / name
        make_folder(target.parent)
        descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=".")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                sync_file(file)
            os.replace(temporary, target)
            sync_folder(target.parent)
        finally:
            Path(temporary).unlink(missing_ok=True)

    def documents(self, folder: str) -> Iterator[Path]:
        """The small files below ``folder``, by name."""
        yield from sorted((self.root / folder).glob("[!.]*.json"))

    def remove_data(self, stamp: str) -> None:
        """Take a backup away; its description goes first, so that half of it is no backup."""
        folder = self.data / stamp
        (folder / DESCRIPTION).unlink(missing_ok=True)
        sync_folder(folder)
        shutil.rmtree(folder)
        sync_folder(self.data)

    def remove_keys(self, stamp: str) -> None:
        """Overwrite and remove a copy of storage keys."""
        path = self.keys / f"{stamp}.db"
        with path.open("r+b", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            for start in range(0, size, _READ):
                file.seek(start)
                file.write(bytes(min(_READ, size - start)))
            os.fsync(file.fileno())
        path.unlink()
        sync_folder(self.keys)


def stamp_of(at: datetime) -> str:
    return at.astimezone(UTC).strftime(_STAMP)


def time_of(stamp: str) -> datetime:
    return datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)


def stored(root: Path, path: Path) -> StoredFile:
    """Facts about a file, read from the disk."""
    return StoredFile(name=path.relative_to(root).as_posix(), size=path.stat().st_size, sha256=file_sha256(path) or "")


def file_sha256(path: Path) -> str | None:
    """Hex digest, None when the file cannot be read."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while part := file.read(_READ):
                digest.update(part)
    except OSError:
        return None
    return digest.hexdigest()


def _is_stamp(text: str) -> bool:
    try:
        time_of(text)
    except ValueError:
        return False
    return True
