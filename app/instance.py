"""One running Xuda per data folder. The system itself drops the lock when its holder dies, however it dies."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock, Timeout

from contract.errors import ErrorCode, XudaError

LOCK_NAME = "instance.lock"


class InstanceLock:
    """Context manager. Raises XudaError: ALREADY_RUNNING when another process holds it, DISK_ERROR when the folder
    cannot be made or written."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = FileLock(folder / LOCK_NAME, timeout=0, mode=0o600)

    def __enter__(self) -> Self:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock.acquire()
        except Timeout as error:
            raise XudaError(ErrorCode.ALREADY_RUNNING, folder=str(self._folder)) from error
        except OSError as error:
            raise XudaError(ErrorCode.DISK_ERROR, folder=str(self._folder)) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()
