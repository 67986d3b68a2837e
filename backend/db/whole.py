"""Whether the file of an SQLite database is as long as it says."""

from __future__ import annotations

import os
import struct
from pathlib import Path

from backend.disk import known_errors
from contract.errors import ErrorCode, XudaError

# The header of an SQLite file: page size, change counter, pages, and the counter for which the pages are right.
_HEADER = struct.Struct(">16xH6xII60xI4x")


def check_length(path: Path) -> None:
    """Raises XudaError(DATABASE_DAMAGED) when the end of the file is missing: SQLite would find rows of nothing there;
    DISK_ERROR when it cannot be read.

    Says nothing of a file whose log still holds pages, of a new one, and of one that is no database.
    """
    log = path.with_name(path.name + "-wal")
    if not os.access(path, os.R_OK):  # not there yet, or opening it tells why
        return
    with known_errors(path.parent):
        if log.exists() and log.stat().st_size:
            return
        with path.open("rb") as file:
            header = file.read(_HEADER.size)
        length = path.stat().st_size
    if len(header) < _HEADER.size or not header.startswith(b"SQLite format 3\0"):
        return
    size, counter, pages, right_for = _HEADER.unpack(header)
    if counter == right_for and length < pages * (size if size > 1 else 1 << 16):
        raise XudaError(ErrorCode.DATABASE_DAMAGED, file=path.name)
