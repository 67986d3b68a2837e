"""Watches a running client for crashes and writes reports; the next start tells of a process that just disappeared."""

from __future__ import annotations

import contextlib
import faulthandler
import json
import logging
import os
import platform
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from app.crashes.reports import CrashFolder, CrashKind, CrashReport
from app.crashes.stack import describe, describe_fault
from contract.errors import XudaError

_MOST_PER_RUN = 10
_FAULT, _RUNNING = "fault-{}.txt", "running-{}.json"
_GRACE = 5.0  # seconds by which clocks of files and processes may differ


def forbid_core_dumps() -> None:
    """A core dump would hold faces, voices and keys. On Windows the system's error reporting decides; see the docs."""
    if sys.platform == "win32":
        return
    import resource

    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class CrashWatch:
    """From ``start`` to ``stop`` every unexpected error and every fault of this process leaves a report.

    ``recent`` gives the newest warnings for a report, ``version`` is the client's own.
    """

    def __init__(self, data_dir: Path, command: str, version: str) -> None:
        self._reports = CrashFolder(data_dir)
        self._command = command
        self._version = version
        self._screen = ""
        self._seen: dict[str, int] = {}
        self._guard = threading.Lock()
        self._fault: TextIO | None = None
        self._before: tuple[Any, Any, Any] | None = None
        self._listener = _Listener(self)
        self.recent: Callable[[], tuple[str, ...]] = tuple

    def __enter__(self) -> CrashWatch:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if error is not None and isinstance(error, Exception) and not isinstance(error, XudaError):
            self.tell(error)
        self.stop()

    def start(self) -> None:
        forbid_core_dumps()
        self._open_fault_file()
        self._before = (sys.excepthook, threading.excepthook, sys.unraisablehook)
        sys.excepthook = self._on_error
        threading.excepthook = lambda given: self._on_error(
            given.exc_type, given.exc_value or given.exc_type(), given.exc_traceback, thread=given.thread
        )
        sys.unraisablehook = lambda given: self._on_error(
            given.exc_type, given.exc_value or given.exc_type(), given.exc_traceback
        )
        logging.getLogger().addHandler(self._listener)

    def stop(self) -> None:
        """The program ends as it should."""
        logging.getLogger().removeHandler(self._listener)
        if self._before is not None:
            sys.excepthook, threading.excepthook, sys.unraisablehook = self._before
            self._before = None
        if self._fault is not None:
            faulthandler.disable()
            with contextlib.suppress(OSError):
                self._fault.close()
            self._fault = None
        for pattern in (_FAULT, _RUNNING):
            with contextlib.suppress(OSError):
                (self._reports.folder / pattern.format(os.getpid())).unlink(missing_ok=True)

    def at_screen(self, name: str) -> None:
        """What a report will say was on screen last. Quick; ``keep_screen`` tells the next start too."""
        self._screen = name

    def keep_screen(self) -> None:
        """Write the last screen down, for a report on a process that could not write one."""
        state = {"command": self._command, "screen": self._screen, "version": self._version}
        with contextlib.suppress(OSError):
            (self._reports.folder / _RUNNING.format(os.getpid())).write_text(json.dumps(state), "utf-8")

    def tell(self, error: BaseException, thread: str = "") -> None:
        """Write a report on an error that nobody expected, the first time it happens in this run."""
        lines = describe(error)
        if self._is_news("\n".join(lines)):
            self._add(CrashKind.ERROR, lines, thread or threading.current_thread().name)

    def worker_died(self, exit_code: int | None, fault: str) -> None:
        """The speech process is gone; ``fault`` is what it wrote about it."""
        lines = [f"exit code {exit_code}", *describe_fault(fault)]
        self._add(CrashKind.WORKER, lines, "speech worker")

    @property
    def worker_fault_file(self) -> Path:
        """Where the speech process may write of its own end."""
        return self._reports.folder / f"worker-{os.getpid()}.txt"

    def collect(self) -> None:
        """Turn what processes left that are gone into reports. Only for whoever holds the data folder."""
        with contextlib.suppress(OSError):
            for path in sorted(self._reports.folder.glob("running-*.json")):
                pid = path.stem.partition("-")[2]
                if pid.isdigit() and int(pid) != os.getpid() and not _lives(int(pid), path):
                    self._collect_one(int(pid), path)
            self._remove_left_overs()

    def _collect_one(self, pid: int, path: Path) -> None:
        fault = self._reports.folder / _FAULT.format(pid)
        text = fault.read_text("utf-8", "replace") if fault.exists() else ""
        lines = describe_fault(text)
        state = _read_state(path)
        kind = CrashKind.FAULT if lines else CrashKind.ENDED
        at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        self._reports.add(
            CrashReport(kind, at, state["command"], state["screen"], "", lines, (), _environment(state["version"]))
        )
        path.unlink(missing_ok=True)
        fault.unlink(missing_ok=True)

    def _remove_left_overs(self) -> None:
        for path in self._reports.folder.glob("worker-*.txt"):
            path.unlink(missing_ok=True)
        for path in self._reports.folder.glob("fault-*.txt"):
            if not (self._reports.folder / _RUNNING.format(path.stem.partition("-")[2])).exists():
                path.unlink(missing_ok=True)

    def _open_fault_file(self) -> None:
        try:
            self._reports.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._fault = (self._reports.folder / _FAULT.format(os.getpid())).open("w", encoding="utf-8")
            faulthandler.enable(self._fault, all_threads=True)
        except OSError:  # a full disk: the interview goes on without it
            return
        self.keep_screen()

    def _on_error(
        self,
        kind: type[BaseException],
        error: BaseException,
        trace: TracebackType | None,
        *,
        thread: threading.Thread | None = None,
    ) -> None:
        if issubclass(kind, KeyboardInterrupt | SystemExit):
            return
        if error.__traceback__ is None:
            error.__traceback__ = trace
        # not as a traceback: its message may hold what a candidate has typed, and stderr may end in a file
        print("\n".join(["unexpected error:", *describe(error)]), file=sys.stderr, flush=True)
        self.tell(error, (thread or threading.current_thread()).name)

    def _is_news(self, signature: str) -> bool:
        """A timer that fails would fail again forty times a second: each error is told once in a run."""
        with self._guard:
            self._seen[signature] = self._seen.get(signature, 0) + 1
            return self._seen[signature] == 1 and len(self._seen) <= _MOST_PER_RUN

    def _add(self, kind: CrashKind, lines: list[str], thread: str) -> None:
        environment = _environment(self._version)
        now = datetime.now(UTC)
        self._reports.add(
            CrashReport(kind, now, self._command, self._screen, thread, lines, self.recent(), environment)
        )


class _Listener(logging.Handler):
    """An unexpected error that was caught and logged leaves a report like one that was not caught."""

    def __init__(self, watch: CrashWatch) -> None:
        super().__init__(logging.ERROR)
        self._watch = watch

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, Exception) and not isinstance(error, XudaError):
            self._watch.tell(error)


def _environment(version: str) -> dict[str, str]:
    return {
        "xuda": version,
        "python": platform.python_version(),
        "os": platform.platform(),
        "machine": platform.machine(),
    }


def _read_state(path: Path) -> dict[str, str]:
    """A process that was killed while it wrote leaves half a file."""
    try:
        found = json.loads(path.read_text("utf-8"))
        return {name: str(found[name])[:40] for name in ("command", "screen", "version")}
    except (OSError, ValueError, KeyError, TypeError):
        return {"command": "", "screen": "", "version": ""}


def _lives(pid: int, file: Path) -> bool:
    """Whether the process that wrote ``file`` is still there; its number may belong to another one by now."""
    import psutil

    try:
        return bool(psutil.Process(pid).create_time() <= file.stat().st_mtime + _GRACE)
    except psutil.NoSuchProcess:
        return False
    except (psutil.Error, OSError):
        return True
