"""The sealed file of a running take: written by its own thread, so that a slow disk does not stall the recorder.

A sealed file grows by whole segments of 4 KiB, which is up to a second of sound. What waits for its segment to fill is
kept, sealed too, in a small file beside it (``.tail``): two slots that are rewritten in turn, so that one is always
whole. Together they hold everything that was handed over more than half a second ago.
"""

from __future__ import annotations

import contextlib
import io
import os
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from app.storage.files import disk_error, sync_data, sync_folder, write_all
from contract.errors import ErrorCode, XudaError
from contract.sealed import SealedReader, SealingWriter, open_value, seal_value

# a sync starts this long after the first byte that needs it; with a usual disk all is safe within half a second
_SYNC_AFTER = 0.3
_QUEUE_BYTES = 16 * 1024 * 1024
_QUEUE_PATIENCE = 2.0
_SLOT = 6144
_OFFSET = struct.Struct(">Q")
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


def tail_path(take: Path) -> Path:
    return take.with_suffix(".tail")


class SealedTakeSink:
    """See module. Its name is durable when it is created, its header with the first sound; ``write`` may be called
    from any one thread.

    ``write`` raises XudaError(DISK_FULL | DISK_ERROR) once the disk has failed; what was written before stays.
    """

    def __init__(self, path: Path, key: bytes, context: bytes) -> None:
        self._key = key
        self._tail_context = _tail_context(context)
        self._change = threading.Condition()
        self._queue: list[bytes] = []
        self._queued = 0
        self._taken = 0
        self._unsynced_since: float | None = None
        self._error: XudaError | None = None
        self._error_told = False
        self._closing = False
        self._slot = 0
        self._fd = os.open(path, _NEW_FILE, 0o600)
        try:
            self._tail_fd = self._create(path, context)
        except BaseException:
            os.close(self._fd)
            raise
        self._thread = threading.Thread(target=self._run, name="take-writer", daemon=True)
        self._thread.start()

    def write(self, data: bytes, /) -> int:
        with self._change:
            self._raise_error()
            self._taken += self._writer.write(data)
            if self._unsynced_since is None:
                self._unsynced_since = time.monotonic()
            self._change.notify_all()
            self._wait_for_room()
        return len(data)

    def close(self) -> None:
        """Write the last segment and make the file durable. Idempotent.

        Raises XudaError(DISK_FULL | DISK_ERROR) unless ``write`` has told of it before.
        """
        with self._change:
            if not self._closing:
                self._closing = True
                if self._error is None:
                    self._writer.close()
                self._change.notify_all()
        self._thread.join()
        if not self._error_told:
            self._raise_error()

    def _create(self, path: Path, context: bytes) -> int:
        header = io.BytesIO()
        self._writer = SealingWriter(_Switch(header, self._enqueue), self._key, context)
        write_all(self._fd, header.getvalue())
        tail_fd = os.open(tail_path(path), _NEW_FILE, 0o600)
        try:
            # its room is taken now, so that the tail can be written even when the disk is full
            write_all(tail_fd, b" " * (2 * _SLOT))
            sync_folder(path.parent)
        except BaseException:
            os.close(tail_fd)
            raise
        self._tail_file = tail_path(path)
        return tail_fd

    def _enqueue(self, data: bytes) -> None:
        self._queue.append(data)
        self._queued += len(data)

    def _wait_for_room(self) -> None:
        room = self._change.wait_for(lambda: self._queued <= _QUEUE_BYTES or self._error, _QUEUE_PATIENCE)
        if not room:
            self._error = XudaError(ErrorCode.DISK_ERROR, reason="slow")
        self._raise_error()

    def _raise_error(self) -> None:
        if self._error is not None:
            self._error_told = True
            raise self._error

    def _run(self) -> None:
        try:
            while self._step():
                pass
        except OSError as error:
            self._fail(disk_error(error))
        finally:
            os.close(self._fd)
            os.close(self._tail_fd)
        if self._error is None:
            with contextlib.suppress(OSError):
                self._tail_file.unlink()

    def _step(self) -> bool:
        """Write what is queued, sync when it is time. False when everything is on the disk and the file is closed."""
        with self._change:
            self._wait_for_work()
            if self._error is not None:
                return False
            closing = self._closing
            due = closing or self._time_to_sync() == 0.0
            # taken together: once these segments are written, the tail starts where they end
            chunks, self._queue = self._queue, []
            pending = self._writer.pending
            offset = self._taken - len(pending)
            if due:
                self._unsynced_since = None
        for chunk in chunks:
            write_all(self._fd, chunk)
        with self._change:
            self._queued -= sum(map(len, chunks))
            self._change.notify_all()
        if due:
            self._sync(offset, pending, last=closing)
        return not closing

    def _wait_for_work(self) -> None:
        while not self._has_work():
            left = self._time_to_sync()
            if left == 0.0:
                return
            self._change.wait(left)

    def _has_work(self) -> bool:
        return bool(self._queue) or self._closing or self._error is not None

    def _time_to_sync(self) -> float | None:
        if self._unsynced_since is None:
            return None
        return max(0.0, self._unsynced_since + _SYNC_AFTER - time.monotonic())

    def _sync(self, offset: int, pending: bytes, *, last: bool) -> None:
        sync_data(self._fd)
        if last or not pending:
            return
        sealed = seal_value(_OFFSET.pack(offset) + pending, self._key, self._tail_context).encode("ascii")
        os.lseek(self._tail_fd, self._slot * _SLOT, os.SEEK_SET)
        write_all(self._tail_fd, sealed.ljust(_SLOT))
        sync_data(self._tail_fd)
        self._slot = 1 - self._slot

    def _fail(self, error: XudaError) -> None:
        with self._change:
            self._error = self._error or error
            self._queue.clear()
            self._queued = 0
            self._change.notify_all()


class _Switch:
    """Target of the sealing writer: the header goes to ``first``, everything after it to ``rest``."""

    def __init__(self, first: io.BytesIO, rest: Callable[[bytes], None]) -> None:
        self._first: io.BytesIO | None = first
        self._rest = rest

    def write(self, data: bytes, /) -> int:
        if self._first is not None:
            self._first.write(data)
            self._first = None
        else:
            self._rest(data)
        return len(data)


class TakeReader(io.RawIOBase):
    """What can be read of a take's file: all of a closed one, else its verified prefix and the tail beside it.

    Raises XudaError(SEALED_DAMAGED) when not even its header is there.
    """

    def __init__(self, path: Path, key: bytes, context: bytes) -> None:
        self._file: BinaryIO = path.open("rb")
        try:
            self._reader = SealedReader(self._file, key, context, allow_cut=True)
        except BaseException:
            self._file.close()
            raise
        self._tail = self._read_tail(path, key, context) if self._reader.cut else b""
        self._position = 0

    @property
    def size(self) -> int:
        """Readable plaintext bytes."""
        return self._reader.size + len(self._tail)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        position = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence] + offset
        if position < 0:
            raise ValueError("negative seek position")
        self._position = position
        return position

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        view = memoryview(buffer).cast("B")
        inside = self._position - self._reader.size
        if inside >= 0:
            part = self._tail[inside : inside + len(view)]
            view[: len(part)] = part
            done = len(part)
        else:
            self._reader.seek(self._position)
            done = self._reader.readinto(view)
        self._position += done
        return done

    def close(self) -> None:
        self._file.close()
        super().close()

    def _read_tail(self, path: Path, key: bytes, context: bytes) -> bytes:
        try:
            slots = tail_path(path).read_bytes()
        except FileNotFoundError:
            return b""
        parts = [self._open_slot(slots[i * _SLOT : (i + 1) * _SLOT], key, context) for i in range(2)]
        return max(parts, key=len)

    def _open_slot(self, slot: bytes, key: bytes, context: bytes) -> bytes:
        """What the slot holds beyond the verified prefix; empty when it is torn, old or not used yet."""
        try:
            plain = open_value(slot.decode("ascii").strip(), key, _tail_context(context))
        except (XudaError, UnicodeDecodeError):
            return b""
        (offset,) = _OFFSET.unpack_from(plain)
        known = self._reader.size - offset
        return plain[_OFFSET.size + known :] if known >= 0 else b""


def _tail_context(context: bytes) -> str:
    return "xuda take tail v1:" + context.decode("ascii")
