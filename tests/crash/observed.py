"""The real client, run so that a campaign can watch its threads: ``python -m tests.crash.observed client …``.

Threads carry their names in the system too. The first thread of a name in XUDA_WATCHED waits until a tracer is
attached to it (at most ten seconds), so that its very first call can be counted. XUDA_DEFECT names one of
:data:`DEFECTS`, which then breaks the client on purpose. Nothing else differs from ``python -m app``.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

_PATIENCE = 10.0
_PR_SET_NAME, _PR_SET_PTRACER, _ANYONE = 15, 0x59616D61, ctypes.c_ulong(-1)


def show_threads(watched: frozenset[str]) -> None:
    """Name every thread that starts from now on, and hold the first of each name in ``watched`` until it is traced."""
    libc = ctypes.CDLL(None)
    waiting = set(watched)
    libc.prctl(_PR_SET_PTRACER, _ANYONE, 0, 0, 0)
    begin = threading.Thread.run

    def run(self: threading.Thread) -> None:
        libc.prctl(_PR_SET_NAME, self.name.encode()[:15], 0, 0, 0)
        if self.name in waiting:
            waiting.discard(self.name)
            _wait_for_tracer()
        begin(self)

    threading.Thread.run = run  # type: ignore[method-assign]


def _wait_for_tracer() -> None:
    end = time.monotonic() + _PATIENCE
    status = Path("/proc/thread-self/status")
    while "TracerPid:\t0\n" in status.read_text() and time.monotonic() < end:
        time.sleep(0.002)


# ---- deliberate defects --------------------


def acknowledge_early() -> None:
    """Changes are committed with a later one, so the screen says saved before the disk has them."""
    from app.storage.database import Database

    def transaction(self: Database, fn: Callable[[Any], Any], **_: Any) -> Any:
        def lazy(db: Any) -> Any:
            begun = getattr(self, "begun_at", None)
            if begun is None:
                db.conn.execute("BEGIN")
                self.begun_at = time.monotonic()  # type: ignore[attr-defined]
            value = fn(db)
            if begun is not None and time.monotonic() - begun > 3.0:
                db.conn.execute("COMMIT")
                self.begun_at = None  # type: ignore[attr-defined]
            return value

        return self.call(lazy)

    Database.transaction = transaction  # type: ignore[assignment,method-assign]


def recovery_counts() -> None:
    """Coming back after a crash uses up a take."""
    from app.interview.takes import TakeDesk

    recover = TakeDesk.recover

    def counting(self: TakeDesk, take: Any, language: str) -> Any:
        found = recover(self, take, language)
        if found is not None:
            found = replace(found, counted=True)
            self._store.save_take(found)
        return found

    TakeDesk.recover = counting  # type: ignore[method-assign]


def rare_flush() -> None:
    """The running answer is handed to the disk every five seconds."""
    from app.storage.takefile import SealedTakeSink

    write, close = SealedTakeSink.write, SealedTakeSink.close
    held: dict[int, tuple[float, bytearray]] = {}

    def rarely(self: SealedTakeSink, data: bytes, /) -> int:
        since, kept = held.setdefault(id(self), (time.monotonic(), bytearray()))
        kept += data
        if time.monotonic() - since > 5.0:
            del held[id(self)]
            write(self, bytes(kept))
        return len(data)

    def closing(self: SealedTakeSink) -> None:
        _, kept = held.pop(id(self), (0.0, bytearray()))
        if kept:
            write(self, bytes(kept))
        close(self)

    SealedTakeSink.write = rarely  # type: ignore[method-assign]
    SealedTakeSink.close = closing  # type: ignore[method-assign]


DEFECTS: dict[str, Callable[[], None]] = {
    "acknowledge-early": acknowledge_early,
    "recovery-counts": recovery_counts,
    "rare-flush": rare_flush,
}


def main() -> int:
    show_threads(frozenset(os.environ.get("XUDA_WATCHED", "").split()))
    defect = os.environ.get("XUDA_DEFECT")
    if defect:
        DEFECTS[defect]()
    from app.__main__ import main as client

    return client(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
