"""A bundle on a drive that may be full, slow or pulled out: its name stands for the whole of it or is not there."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from app.storage.files import sync_file, sync_folder, write_all
from contract.bundle import BundleReader
from contract.errors import ErrorCode, XudaError

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_MARGIN = 1024 * 1024
_SYNC_EVERY = 16 * 1024 * 1024


def check_space(folder: Path, size: int) -> None:
    """Raises XudaError(TARGET_FULL) with ``needed`` and ``free`` in MB, TARGET_LOST."""
    with target_errors(folder):
        free = shutil.disk_usage(folder).free
    if free < size + _MARGIN:
        raise XudaError(ErrorCode.TARGET_FULL, needed=_megabytes(size + _MARGIN), free=_megabytes(free))


def put_in_place(
    path: Path, pieces: Iterator[bytes], public_keys: Mapping[str, bytes], tell: Callable[[int], None]
) -> Path:
    """Write ``pieces`` beside ``path``, read all of it back from the drive, and only then give it its name.

    On any error what was written is removed, if the drive still lets us. Raises XudaError(TARGET_FULL | TARGET_LOST).
    """
    temporary = path.with_name(path.name + ".part")
    try:
        with target_errors(path.parent):
            _write(temporary, pieces, tell)
            _read_back(temporary, public_keys, tell)
            os.replace(temporary, path)
            sync_folder(path.parent)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    return path


@contextlib.contextmanager
def target_errors(folder: Path) -> Iterator[None]:
    """What the drive refuses, as known errors."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise XudaError(ErrorCode.TARGET_FULL) from error
        raise XudaError(ErrorCode.TARGET_LOST, reason=errno.errorcode.get(error.errno or 0, "unknown")) from error


def _write(path: Path, pieces: Iterator[bytes], tell: Callable[[int], None]) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
    try:
        loose = 0
        for piece in pieces:
            write_all(fd, piece)
            loose += len(piece)
            if loose >= _SYNC_EVERY:  # so that the progress shown is that of the drive, not of the memory before it
                sync_file(fd)
                loose = 0
            tell(len(piece))
        sync_file(fd)
    finally:
        os.close(fd)


def _read_back(path: Path, public_keys: Mapping[str, bytes], tell: Callable[[int], None]) -> None:
    with path.open("rb") as file:
        _forget_cached(file.fileno())
        try:
            reader = BundleReader(file)
            reader.verify(public_keys)
            reader.check(tell)
        except XudaError as error:
            raise XudaError(ErrorCode.TARGET_LOST, reason=error.code.value) from error


if sys.platform == "linux":

    def _forget_cached(fd: int) -> None:
        """What is read next comes from the drive, as far as the system allows."""
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
elif sys.platform == "darwin":
    import fcntl

    def _forget_cached(fd: int) -> None:
        """What is read next comes from the drive, as far as the system allows."""
        fcntl.fcntl(fd, fcntl.F_NOCACHE, 1)
else:

    def _forget_cached(fd: int) -> None:
        """Windows offers no such call; the drive's write cache is off for removable drives."""


def _megabytes(size: int) -> str:
    return f"{-(-size // 1_000_000)} MB"
