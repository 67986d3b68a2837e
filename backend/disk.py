"""What the disk and SQLite say when they fail, as known errors."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from contract.errors import ErrorCode, XudaError

_FULL = frozenset({errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)})
_FAILED = frozenset({sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY})
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_NEARLY_FULL = 256 * 1024


def known_error(error: BaseException, folder: Path | None = None) -> XudaError | None:
    """The known error for what the file system or SQLite has raised, None for anything else.

    ``folder``: where the database lies. SQLite calls a full disk an I/O error where it needs room for its log's index.
    """
    if isinstance(error, ConnectionError):
        return None
    if isinstance(error, OSError):
        return XudaError(ErrorCode.DISK_FULL if error.errno in _FULL else ErrorCode.DISK_ERROR)
    cause = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(cause, sqlite3.Error):
        return None
    code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
    if code in _DAMAGED:
        return XudaError(ErrorCode.DATABASE_DAMAGED)
    if code == sqlite3.SQLITE_FULL or (code in _FAILED and folder is not None and _is_full(folder)):
        return XudaError(ErrorCode.DISK_FULL)
    return XudaError(ErrorCode.DISK_ERROR) if code in _FAILED else None


@contextmanager
def known_errors(folder: Path | None = None) -> Iterator[None]:
    """Raises XudaError(DISK_FULL | DISK_ERROR | DATABASE_DAMAGED) for a failure of disk or database in the block."""
    try:
        yield
    except (OSError, sqlite3.Error, DBAPIError) as error:
        known = known_error(error, folder)
        if known is None:
            raise
        raise known from error


def _is_full(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free < _NEARLY_FULL
    except OSError:
        return False
