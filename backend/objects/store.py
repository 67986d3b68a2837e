"""What the backend asks of the place where delivered recordings lie: a folder, or a bucket of S3-compatible storage."""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO, Protocol


class ObjectStore(Protocol):
    """Ciphertext by key (letters, digits and dashes). Any thread may call.

    Every method raises OSError, or XudaError(STORAGE_UNREACHABLE), when the place fails.
    """

    def create(self, key: str) -> None:
        """An empty object; an existing one is emptied."""

    def open_write(self, key: str, offset: int) -> Any:
        """A file to ``write``, ``truncate`` and ``close``, at ``offset``; whatever lies behind it is cut off.

        What was written is safe after :meth:`sync`. Raises FileNotFoundError when fewer bytes are there.
        """

    def sync(self, file: Any) -> None:
        """Make what was written to a file of ``open_write`` or ``stage`` survive a crash."""

    def open_read(self, key: str) -> BinaryIO:
        """Seekable. Raises FileNotFoundError."""

    def size(self, key: str) -> int | None:
        """Bytes that are safe, None when there is no such object."""

    def sha256(self, key: str) -> str | None:
        """Hex digest, None when there is no such object."""

    def stage(self) -> tuple[Path, BinaryIO]:
        """A new empty local file that is no object yet. What nobody adopts is swept one day later."""

    def carry(self, staged: Path, key: str) -> None:
        """Bring a staged file near, so that :meth:`adopt` is quick; ``delete`` undoes it."""

    def adopt(self, staged: Path, key: str) -> None:
        """Make a staged file, whose content is safe and was carried, an object; durable when this returns."""

    def sweep(self, older_than: float) -> int:
        """Remove staged files nobody has written to since (seconds since 1970); returns how many."""

    def delete(self, key: str) -> None:
        """Remove for good; an unknown one is fine."""

    def free_bytes(self) -> int:
        """How much more may be stored."""
