"""Durable files: nothing counts as written before the disk has it."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from contract.errors import ErrorCode, XudaError

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def disk_error(error: OSError) -> XudaError:
    """The known error for a failed file operation: DISK_FULL, else DISK_ERROR with the system's ``reason``."""
    if error.errno in _FULL:
        return XudaError(ErrorCode.DISK_FULL)
    return XudaError(ErrorCode.DISK_ERROR, reason=errno.errorcode.get(error.errno or 0, "unknown"))


@contextlib.contextmanager
def disk_errors() -> Iterator[None]:
    """Raises XudaError(DISK_FULL | DISK_ERROR) for an OSError inside the block."""
    try:
        yield
    except OSError as error:
        raise disk_error(error) from error


if sys.platform == "darwin":
    import fcntl

    def sync_file(fd: int) -> None:
        """Until the medium has it: on macOS fsync alone stops at the drive's cache."""
        fcntl.fcntl(fd, fcntl.F_FULLFSYNC)

    sync_data = sync_file
elif sys.platform == "win32":
    sync_file = os.fsync
    sync_data = os.fsync
else:
    sync_file = os.fsync
    sync_data = os.fdatasync


def sync_folder(folder: Path) -> None:
    """Make the names in ``folder`` durable. Windows keeps names in its own journal and cannot open a folder."""
    if sys.platform == "win32":
        return
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def make_folder(folder: Path) -> None:
    """Create ``folder`` (and its parents) for this user alone; durable when this returns.

    One that is there already may have been made by a try that failed, or died, before it could sync its name.
    """
    missing = [folder, *folder.parents]
    missing = missing[: next((i for i, path in enumerate(missing) if path.is_dir()), len(missing))]
    for path in reversed(missing):
        path.mkdir(mode=0o700, exist_ok=True)
        sync_folder(path.parent)
    if not missing:
        with contextlib.suppress(PermissionError):  # somebody else's folder, and somebody else's work
            sync_folder(folder.parent)


def write_all(fd: int, data: bytes) -> None:
    """Write all of ``data``: os.write may take less, for one when the disk is nearly full."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def replace_file(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path`` atomically and durably, and overwrite what was there before.

    The old content is overwritten (as far as the file system allows) because it may hold a key that was destroyed.
    Not on Windows: a file that is open there cannot be replaced, and to overwrite it first would risk losing both.
    """
    temporary = path.with_name(path.name + ".tmp")
    old = _open_existing(path)
    try:
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
        try:
            write_all(fd, data)
            sync_file(fd)
        finally:
            os.close(fd)
        os.replace(temporary, path)
        sync_folder(path.parent)
    except OSError:
        temporary.unlink(missing_ok=True)
        if old is not None:
            os.close(old)
        raise
    if old is not None:
        _overwrite(old)


def remove_file(path: Path) -> bool:
    """Remove a file and make that durable; True when there was one."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    sync_folder(path.parent)
    return True


def wipe_file(path: Path) -> None:
    """Overwrite a file, as far as the file system allows, and remove it."""
    old = _open_existing(path)
    if old is not None:
        _overwrite(old)
    remove_file(path)


def _open_existing(path: Path) -> int | None:
    if sys.platform == "win32":
        return None
    try:
        return os.open(path, os.O_WRONLY)
    except FileNotFoundError:
        return None


def _overwrite(fd: int) -> None:
    try:
        size = os.fstat(fd).st_size
        write_all(fd, bytes(size))
        sync_file(fd)
    finally:
        os.close(fd)
