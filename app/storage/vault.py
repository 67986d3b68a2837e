"""Sealed files: ``objects/<interview id>/<object id>.sealed``, and ``takes/<take id>.part`` while streamed."""

from __future__ import annotations

import hashlib
import io
import os
import re
import uuid
from pathlib import Path
from typing import BinaryIO

from app.interview.model import StoredObject
from app.storage.files import disk_errors, make_folder, remove_file, sync_file, sync_folder, write_all
from app.storage.takefile import SealedTakeSink, TakeReader, tail_path
from contract.errors import ErrorCode, XudaError
from contract.sealed import SealedReader, SealingWriter, object_context

_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_COPY = 256 * 1024


class Vault:
    """Sealed files below ``folder``. Everything is encrypted before it touches the disk.

    Ids become file names, so anything but letters, digits and dashes raises ValueError. All methods raise
    XudaError(DISK_FULL | DISK_ERROR).
    """

    def __init__(self, folder: Path) -> None:
        self.objects = folder / "objects"
        self.takes = folder / "takes"
        self._safe: set[Path] = set()

    def object_path(self, interview_id: str, object_id: str) -> Path:
        return self.objects / _checked(interview_id) / f"{_checked(object_id)}.sealed"

    def take_path(self, take_id: str) -> Path:
        return self.takes / f"{_checked(take_id)}.part"

    def begin_take(self, interview_id: str, take_id: str, key: bytes) -> SealedTakeSink:
        """A new streamed file; its name is durable when this returns, what is written to it within half a second."""
        path = self.take_path(take_id)
        with disk_errors():
            self._make(self.takes)
            return SealedTakeSink(path, key, _take_context(interview_id, take_id))

    def open_take(self, interview_id: str, take_id: str, key: bytes) -> BinaryIO:
        """The verified prefix of a streamed file. Raises XudaError(SEALED_DAMAGED) when there is none to read."""
        path = self.take_path(take_id)
        if not path.exists():
            raise XudaError(ErrorCode.SEALED_DAMAGED, field="take")
        with disk_errors():
            reader = TakeReader(path, key, _take_context(interview_id, take_id))
        return io.BufferedReader(reader, _COPY)

    def remove_take(self, take_id: str) -> bool:
        """True when there was a streamed file."""
        path = self.take_path(take_id)
        with disk_errors():
            remove_file(tail_path(path))
            return remove_file(path)

    def write_object(self, interview_id: str, content: BinaryIO, media_type: str, key: bytes) -> StoredObject:
        """Seal ``content`` from its position to its end as a new object; it is durable when this returns."""
        object_id = str(uuid.uuid4())
        path = self.object_path(interview_id, object_id)
        temporary = path.with_suffix(".tmp")
        with disk_errors():
            self._make(self.objects)
            self._make(path.parent)
            try:
                size, digest = _seal(content, temporary, key, object_context(interview_id, object_id))
                os.replace(temporary, path)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
            sync_folder(path.parent)
        return StoredObject(object_id=object_id, media_type=media_type, size=size, sha256=digest)

    def open_object(self, interview_id: str, object_id: str, key: bytes) -> BinaryIO:
        """Raises XudaError(SEALED_DAMAGED) when it is missing or damaged."""
        try:
            source = self.object_path(interview_id, object_id).open("rb")
        except FileNotFoundError as error:
            raise XudaError(ErrorCode.SEALED_DAMAGED, field="object") from error
        except OSError as error:
            raise XudaError(ErrorCode.DISK_ERROR) from error
        return io.BufferedReader(_OwningReader(source, key, object_context(interview_id, object_id)), _COPY)

    def object_size(self, interview_id: str, object_id: str) -> int | None:
        """Bytes on the disk, None when there is no file."""
        try:
            return self.object_path(interview_id, object_id).stat().st_size
        except FileNotFoundError:
            return None

    def remove_object(self, interview_id: str, object_id: str) -> None:
        with disk_errors():
            remove_file(self.object_path(interview_id, object_id))

    def remove_interview(self, interview_id: str) -> None:
        """All objects of an interview, finished or not."""
        folder = self.objects / _checked(interview_id)
        with disk_errors():
            if not folder.is_dir():
                return
            for path in folder.iterdir():
                path.unlink()
            self._safe.discard(folder)
            folder.rmdir()
            sync_folder(self.objects)

    def _make(self, folder: Path) -> None:
        """Its name is synced once per run of the program."""
        if folder not in self._safe:
            make_folder(folder)
            self._safe.add(folder)


class _OwningReader(SealedReader):
    """Closes its file with itself."""

    def __init__(self, source: BinaryIO, key: bytes, context: bytes) -> None:
        self._file = source
        try:
            super().__init__(source, key, context)
        except BaseException:
            source.close()
            raise

    def close(self) -> None:
        self._file.close()
        super().close()


class _HashingFile:
    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._hash = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes, /) -> int:
        write_all(self._fd, data)
        self._hash.update(data)
        self.size += len(data)
        return len(data)

    def hexdigest(self) -> str:
        return self._hash.hexdigest()


def _seal(content: BinaryIO, path: Path, key: bytes, context: bytes) -> tuple[int, str]:
    """Size and SHA-256 (hex) of the sealed file, which is on the disk."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        target = _HashingFile(fd)
        writer = SealingWriter(target, key, context)
        while chunk := content.read(_COPY):
            writer.write(chunk)
        writer.close()
        sync_file(fd)
    finally:
        os.close(fd)
    return target.size, target.hexdigest()


def _take_context(interview_id: str, take_id: str) -> bytes:
    # never the context of a final object: a streamed file cannot be passed off as one
    return object_context(interview_id, f"take:{take_id}")


def _checked(name: str) -> str:
    if not _ID.fullmatch(name):
        raise ValueError("an id must be letters, digits and dashes")
    return name
