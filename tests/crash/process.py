"""One run of the client under the autopilot, watched from outside, and a tracer that kills it at a counted call."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.demo.processes import ROOT

WRITES = (
    "write,writev,pwrite64,pwritev,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,ftruncate,fallocate,"
    "mkdir,mkdirat,rmdir,link,linkat"
)
_LINE = re.compile(r"autopilot t=(?P<t>[\d.]+) screen=(?P<screen>\w+) sheet=(?P<sheet>\w*) given=(?P<given>\d+)")


@dataclass(frozen=True, slots=True)
class Sight:
    """What the autopilot saw: monotonic seconds, screen, open sheet, and answers whose button it has clicked."""

    at: float
    screen: str
    sheet: str
    given: int


class ObservedClient:
    """``seen`` grows while it runs; ``lines`` are all of its stderr."""

    def __init__(self, arguments: Sequence[str], env: dict[str, str], log: Path) -> None:
        command = [sys.executable, "-m", "tests.crash.observed", "client", *arguments]
        self.started = time.monotonic()
        self.seen: list[Sight] = []
        self.lines: list[str] = []
        self.result = ""
        self.ended = 0.0
        self._log = log
        self._news = threading.Condition()
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env, cwd=ROOT
        )
        self._readers = [threading.Thread(target=read, daemon=True) for read in (self._read_errors, self._read_result)]
        for reader in self._readers:
            reader.start()

    def wait(self, seconds: float) -> bool:
        """Until that time has gone by (False) or the client has ended (True)."""
        try:
            self.process.wait(max(0.0, seconds))
        except subprocess.TimeoutExpired:
            return False
        self.ended = self.ended or time.monotonic()
        return True

    def wait_for(self, condition: Callable[[list[Sight]], bool], seconds: float) -> bool:
        """Until what the autopilot has seen fits; False when the time is over or the client has ended before."""
        end = time.monotonic() + seconds
        with self._news:
            while not condition(self.seen):
                left = end - time.monotonic()
                if left <= 0 or self.process.poll() is not None:
                    return condition(self.seen)
                self._news.wait(min(left, 0.1))
        return True

    def kill(self) -> None:
        """SIGKILL, unless it has ended by itself."""
        if self.process.poll() is None:
            self.ended = time.monotonic()
            self.process.kill()
        self.finish()

    def finish(self) -> None:
        """Collect what an ended client has left."""
        self.process.wait(30)
        self.ended = self.ended or time.monotonic()
        for reader in self._readers:
            reader.join(10)

    @property
    def killed(self) -> bool:
        return self.process.returncode == -9

    def thread(self, name: str) -> int | None:
        """Number of the living thread of that name."""
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{self.process.pid}/task").iterdir():
                with contextlib.suppress(OSError):
                    if (task / "comm").read_text().strip() == name[:15]:
                        return int(task.name)
        return None

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        with self._log.open("a", encoding="utf-8") as log:
            for line in self.process.stderr:
                self._hear(line)
                log.write(line)

    def _hear(self, line: str) -> None:
        found = _LINE.search(line)
        with self._news:
            self.lines.append(line)
            if found:
                sight = Sight(float(found["t"]), found["screen"], found["sheet"], int(found["given"]))
                self.seen.append(sight)
            self._news.notify_all()

    def _read_result(self) -> None:
        assert self.process.stdout is not None
        self.result = self.process.stdout.read()


class Tracer:
    """strace on one thread of the client. ``kill_at``: the thread's N-th writing call from now kills the client."""

    def __init__(self, thread: int, log: Path, *, kill_at: int | None = None) -> None:
        command = ["strace", "-q", "-ttt", "-p", str(thread), "-o", str(log), "-e", f"trace={WRITES}"]
        if kill_at is not None:
            command += ["-e", f"inject={WRITES}:signal=SIGKILL:when={kill_at}"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self._log = log

    def finish(self) -> list[tuple[float, str]]:
        """Once the client is gone: time (seconds of the clock) and name of each call."""
        try:
            self._process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.terminate()
            self._process.communicate()
        calls = []
        if self._log.exists():
            for line in self._log.read_text(errors="replace").splitlines():
                at, _, call = line.partition(" ")
                name = call.partition("(")[0]
                if name.isidentifier():
                    calls.append((float(at), name))
            self._log.unlink()
        return calls
