"""Objects in a folder: ciphertext only, made durable before anything is promised about it."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import BinaryIO, cast

_READ = 1024 * 1024
# no key's folder: those have two characters
_INCOMING = "incoming"


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable; Windows has no such call and needs none."""
    if os.name != "posix":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(path: Path) -> None:
    """Create ``path`` and its parents; their names survive a crash when this returns.

    One that is there already may have been made by a program that died before it could sync: its name is synced, too.
    """
    missing = [one for one in (path, *path.parents) if not one.exists()]
    path.mkdir(parents=True, exist_ok=True)
    for one in missing or [path]:
        sync_folder(one.parent)


def sync_file(file: BinaryIO) -> None:
    """Flush ``file`` to the disk itself."""
    file.flush()
    if hasattr(os, "fdatasync"):
        os.fdatasync(file.fileno())
    else:
        os.fsync(file.fileno())


class FolderStore:
    """Files named by their key (hex digits and dashes), spread over folders by the key's first two characters.

    An upload grows in its final place: finishing it moves no file, so a crash leaves nothing half-moved.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._safe: set[Path] = set()

    def path(self, key: str) -> Path:
        if not key or not all(c.isascii() and (c.isalnum() or c == "-") for c in key):
            raise ValueError("not a storage key")
        return self._root / key[:2] / key

    def create(self, key: str) -> None:
        """An empty file whose name survives a crash; an existing one is emptied, which a crash may undo."""
        path = self.path(key)
        self._make_folder(self._root)
        self._make_folder(path.parent)
        path.open("wb").close()
        sync_folder(path.parent)

    def open_write(self, key: str, offset: int) -> BinaryIO:
        """Open for writing at ``offset``; whatever lies behind it was never promised and is cut off.

        Raises FileNotFoundError when there is no such file or fewer than ``offset`` bytes of it; OSError.
        """
        file = cast(BinaryIO, self.path(key).open("r+b", buffering=0))
        if file.seek(0, os.SEEK_END) < offset:
            file.close()
            raise FileNotFoundError("the stored file is shorter than promised")
        file.truncate(offset)
        file.seek(offset)
        return file

    def sync(self, file: BinaryIO) -> None:
        sync_file(file)

    def open_read(self, key: str) -> BinaryIO:
        """Raises FileNotFoundError."""
        return self.path(key).open("rb")

    def size(self, key: str) -> int | None:
        """Bytes on disk, None when there is no such file."""
        try:
            return self.path(key).stat().st_size
        except FileNotFoundError:
            return None

    def sha256(self, key: str) -> str | None:
        """Hex digest of the bytes on disk, None when there is no such file. Raises OSError when the disk fails: what
        cannot be read now may still be there."""
        digest = hashlib.sha256()
        try:
            with self.open_read(key) as file:
                while part := file.read(_READ):
                    digest.update(part)
        except FileNotFoundError:
            return None
        return digest.hexdigest()

    def stage(self) -> tuple[Path, BinaryIO]:
        """A new empty file that is no object yet; ``adopt`` makes it one. What nobody adopts is swept one day later."""
        folder = self._root / _INCOMING
        folder.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=folder)
        return Path(name), os.fdopen(descriptor, "wb")

    def carry(self, staged: Path, key: str) -> None:
        """Nothing to do: staged files lie beside the objects."""

    def adopt(self, staged: Path, key: str) -> None:
        """Give a staged file, whose content is safe, the name of an object; durable when this returns."""
        path = self.path(key)
        self._make_folder(self._root)
        self._make_folder(path.parent)
        os.replace(staged, path)
        # a name that goes from one folder to another is safe once both are
        sync_folder(path.parent)
        sync_folder(staged.parent)

    def sweep(self, older_than: float) -> int:
        """Remove staged files nobody has written to since ``older_than`` (seconds since 1970); returns how many."""
        folder = self._root / _INCOMING
        stale = [path for path in folder.glob("*") if path.stat().st_mtime < older_than] if folder.is_dir() else []
        for path in stale:
            path.unlink(missing_ok=True)
        return len(stale)

    def delete(self, key: str) -> None:
        """Remove a file for good: its name does not come back after a crash."""
        path = self.path(key)
        if path.exists():
            path.unlink(missing_ok=True)
            sync_folder(path.parent)

    def free_bytes(self) -> int:
        self._make_folder(self._root)
        return shutil.disk_usage(self._root).free

    def _make_folder(self, folder: Path) -> None:
        """Once per process is enough: no folder is ever removed."""
        if folder not in self._safe:
            make_folder(folder)
            self._safe.add(folder)
