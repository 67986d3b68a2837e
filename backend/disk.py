"""What the disk and the database say when they fail, as known errors."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from backend.db import postgres
from contract.errors import ErrorCode, XudaError

_FULL = frozenset({errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)})
_FAILED = frozenset({sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY})
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
# migrations have made every table and column that is asked for: one that is not there any more was overwritten
_LOST = ("Could not decode to UTF-8", "no such column", "no such table", "has no column named")
_NEARLY_FULL = 256 * 1024


def known_error(error: BaseException, folder: Path | None = None) -> XudaError | None:
    """The known error for what the file system or the database has raised, None for anything else.

    ``folder``: where the database lies. SQLite calls a full disk an I/O error where it needs room for its log's index.
    """
    if isinstance(error, ConnectionError):
        return None
    if isinstance(error, OSError):
        return XudaError(ErrorCode.DISK_FULL if error.errno in _FULL else ErrorCode.DISK_ERROR)
    cause = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(cause, sqlite3.Error):
        return postgres.known_error(error) if isinstance(error, DBAPIError) else None
    if tells_damage(cause):
        return XudaError(ErrorCode.DATABASE_DAMAGED)
    code = _code(cause)
    if code == sqlite3.SQLITE_FULL or (code in _FAILED and folder is not None and _is_full(folder)):
        return XudaError(ErrorCode.DISK_FULL)
    return XudaError(ErrorCode.DISK_ERROR) if code in _FAILED else None


def _code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def tells_damage(error: BaseException) -> bool:
    """Whether SQLite or its driver says by ``error`` that a file is damaged."""
    if isinstance(error, UnicodeDecodeError):  # of its own message, which quotes the damaged schema or row
        return True
    if not isinstance(error, sqlite3.DatabaseError):
        return False
    return _code(error) in _DAMAGED or any(words in str(error) for words in _LOST)


@contextmanager
def known_errors(folder: Path | None = None) -> Iterator[None]:
    """Raises XudaError(DISK_FULL | DISK_ERROR | DATABASE_DAMAGED | STORAGE_UNREACHABLE) when disk or database fails in
    the block."""
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
