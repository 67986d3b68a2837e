"""One process per data folder: a lock that the system drops when its holder dies."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from app.storage.files import disk_errors
from contract.errors import ErrorCode, XudaError

if sys.platform == "win32":
    import msvcrt

    def _try_lock(fd: int) -> None:
        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _try_lock(fd: int) -> None:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)


class FileLock:
    """Held from construction to ``release``. Raises XudaError(ALREADY_RUNNING) when another process holds it."""

    def __init__(self, path: Path) -> None:
        with disk_errors():
            self._fd: int | None = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _try_lock(self._fd)
        except OSError as error:
            os.close(self._fd)
            raise XudaError(ErrorCode.ALREADY_RUNNING) from error

    def release(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
