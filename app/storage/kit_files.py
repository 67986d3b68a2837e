"""The files that kits and score sheets name, in folders of their own: whole only when their hash says so.

They say nothing about any candidate and lie there as they came. The signed document names each by its SHA-256.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Collection
from pathlib import Path
from typing import Protocol

from app.storage.files import disk_errors, make_folder, remove_file, sync_file, sync_folder, write_all
from contract.errors import ErrorCode, XudaError
from contract.kit import Kit
from contract.kit_media import MediaFile

_PART = ".part"


class NamedFile(Protocol):
    """A file that a signed document names by its content. ``size`` in bytes; ``sha256`` in hex."""

    @property
    def sha256(self) -> str: ...

    @property
    def size(self) -> int: ...


class KitFiles:
    """May be used from any thread; one thread adds."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._guard = threading.Lock()
        # whole when they were last looked at; reading verifies each time
        self._known: set[str] = set()

    def missing(self, kit: Kit) -> list[MediaFile]:
        """What of a kit is not here (whole)."""
        return [file for file in kit.files if not self.there(file)]

    def begun(self, file: NamedFile) -> int:
        """How many bytes of a file that is not whole are here already."""
        try:
            return min(self._part(file).stat().st_size, file.size)
        except OSError:
            return 0

    def add(self, file: NamedFile, start: int, piece: bytes) -> bool:
        """Put a piece where it belongs, durably; True when the file is whole now.

        Raises XudaError(KIT_MEDIA_DAMAGED) when all is there and is not the file (it begins anew), DISK_FULL,
        DISK_ERROR.
        """
        with self._guard, disk_errors():
            make_folder(self._folder)
            part = self._part(file)
            fd = os.open(part, os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
            try:
                os.ftruncate(fd, start)
                os.lseek(fd, start, os.SEEK_SET)
                write_all(fd, piece)
                sync_file(fd)
            finally:
                os.close(fd)
            if start + len(piece) < file.size:
                return False
            return self._finish(file, part)

    def read(self, file: NamedFile) -> bytes:
        """The whole file. Raises XudaError(KIT_MEDIA_DAMAGED) when it is missing or damaged: it is fetched again."""
        path = self._path(file)
        try:
            content = path.read_bytes()
        except OSError as error:
            self._known.discard(file.sha256)
            raise XudaError(ErrorCode.KIT_MEDIA_DAMAGED) from error
        if hashlib.sha256(content).hexdigest() != file.sha256:
            self._known.discard(file.sha256)
            with disk_errors():
                remove_file(path)
            raise XudaError(ErrorCode.KIT_MEDIA_DAMAGED)
        return content

    def prune(self, wanted: Collection[str]) -> None:
        """Remove what no kit in use names any more."""
        with self._guard, disk_errors():
            found = list(self._folder.iterdir()) if self._folder.is_dir() else []
            for path in found:
                if path.name.removesuffix(_PART) not in wanted:
                    remove_file(path)
                    self._known.discard(path.name)

    def there(self, file: NamedFile) -> bool:
        """Whether it was whole when it was last looked at."""
        if file.sha256 in self._known:
            return True
        try:
            whole = self._path(file).stat().st_size == file.size
        except OSError:
            return False
        if whole:
            self._known.add(file.sha256)
        return whole

    def _finish(self, file: NamedFile, part: Path) -> bool:
        if hashlib.sha256(part.read_bytes()).hexdigest() != file.sha256:
            remove_file(part)
            raise XudaError(ErrorCode.KIT_MEDIA_DAMAGED)
        os.replace(part, self._path(file))
        sync_folder(self._folder)
        self._known.add(file.sha256)
        return True

    def _path(self, file: NamedFile) -> Path:
        return self._folder / file.sha256

    def _part(self, file: NamedFile) -> Path:
        return self._folder / (file.sha256 + _PART)
