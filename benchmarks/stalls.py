"""How long the Qt main thread stands still during a whole interview, and why: ``python -m benchmarks.stalls``.

An enrolled booth without a network, the real window, the autopilot as the candidate (a clip and spoken sentences are
its camera and microphone), the small speech model in its own process: from the first frame to the receipt. Every time
the event loop does not come round for more than 50 ms is a line: on which screen, how long by the clock, how much of
it the main thread computed, how much it was ready and the machine gave it no processor (from the kernel's own count),
how much it waited for another thread, which one that was and what it did. ``ours`` is what would be left of it on a
machine that does nothing else: without the times in which this thread, or the one that it waited for, had no processor.

How long the machine makes this thread wait changes from day to day; how long it computes in one go less so. So the most
it computed between two turns is told for each screen as well, and what took more than ``--work`` ms of it.

The candidate looks at each page for ``--pause`` seconds before doing anything; 0 is somebody who hurries through faster
than a person can.

``python -m benchmarks.stalls --client ARGUMENT…`` watches `xuda client` with these arguments instead. Linux only.
"""

from __future__ import annotations

import argparse
import atexit
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LONG_MS = 50.0
WORK_MS = 30.0
_BEAT_MS = 2
_LATE = 0.012
_LOOK = 0.004
_STACK = 4


def _thread_times(thread: int) -> tuple[float, float]:
    """Seconds a thread of this process has run, and has waited for a processor."""
    try:
        file = os.open(f"/proc/self/task/{thread}/schedstat", os.O_RDONLY)
        try:
            ran, waited, _ = os.read(file, 100).split()
        finally:
            os.close(file)
    except OSError:  # it has ended
        return 0.0, 0.0
    return int(ran) / 1e9, int(waited) / 1e9


@dataclass
class Stall:
    """Milliseconds; ``what``: the places where the main thread, and ``other`` where the busiest other one was."""

    screen: str
    wall: float
    ran: float
    unserved: float
    what: str
    other: str
    other_ran: float
    other_unserved: float

    @property
    def waited(self) -> float:
        return max(0.0, self.wall - self.ran - self.unserved)

    @property
    def ours(self) -> float:
        """What would be left on a quiet machine."""
        busy = self.other_ran + self.other_unserved
        return self.ran + self.waited * (self.other_ran / busy if busy else 1.0)

    def __str__(self) -> str:
        times = f"{self.wall:5.0f} {self.ours:5.0f} {self.ran:5.0f} {self.unserved:5.0f} {self.waited:5.0f}"
        return f"{times}  {self.screen:10} {self.what or '-'} || {self.other_ran:.0f} ms {self.other or '-'}"


@dataclass
class _Look:
    """What the threads did while the main thread was late."""

    main: Counter[str] = field(default_factory=Counter)
    others: dict[int, Counter[str]] = field(default_factory=dict)


class Watch:
    """A beat on the main thread, and a thread that looks at all others while it is late."""

    def __init__(self, window: Any, work: float = WORK_MS) -> None:
        from PySide6.QtCore import Qt, QTimer

        self._window = window
        self._work = work
        self.stalls: list[Stall] = []
        self.beats = 0
        self.screens: dict[str, float] = {}
        self.worked: dict[str, float] = {}
        self._main = threading.get_native_id()
        self._guard = threading.Lock()
        self._look = _Look()
        self._last, self._ran = time.monotonic(), time.thread_time()
        self._times = self._all_times()
        self._ended = threading.Event()
        self._timer = QTimer(window)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start(_BEAT_MS)
        threading.Thread(target=self._watch, name="watch", daemon=True).start()

    def end(self) -> None:
        self._ended.set()

    def _beat(self) -> None:
        now = time.monotonic()
        wall = 1000 * (now - self._last) - _BEAT_MS
        work = 1000 * (time.thread_time() - self._ran)
        screen = self._window.screen_name()
        self.screens[screen] = max(self.screens.get(screen, 0.0), wall)
        self.worked[screen] = max(self.worked.get(screen, 0.0), work)
        self.beats += 1
        if wall > LONG_MS or work > self._work:
            self._note(screen, wall)
        with self._guard:
            if wall > 1000 * _LATE or self.beats % 16 == 0:
                self._times = self._all_times()
                self._look = _Look()
        self._last, self._ran = time.monotonic(), time.thread_time()

    def _note(self, screen: str, wall: float) -> None:
        before, after = self._times, self._all_times()
        ran, unserved = (1000 * (now - then) for now, then in zip(after[self._main], before[self._main], strict=True))
        spent = {
            thread: tuple(1000 * (now - then) for now, then in zip(times, before.get(thread, (0.0, 0.0)), strict=True))
            for thread, times in after.items()
            if thread != self._main
        }
        with self._guard:
            look = self._look
        # Whoever was seen in Python held the interpreter. If nobody could look, one call held it all the time: then it
        # was the thread that was on its way longest.
        seen = {thread: spent[thread] for thread in look.others if thread in spent} or spent
        busiest = max(seen, key=lambda thread: sum(seen[thread]))
        names = {thread.native_id: thread.name for thread in threading.enumerate()}
        places = look.others.get(busiest, Counter())
        other = f"{names.get(busiest, 'a thread of a library')}: {_commonest(places) or 'in one call'}"
        stall = Stall(screen, wall, min(ran, wall), min(unserved, wall), _commonest(look.main), other, *seen[busiest])
        self.stalls.append(stall)

    def _all_times(self) -> dict[int, tuple[float, float]]:
        return {int(thread): _thread_times(int(thread)) for thread in os.listdir("/proc/self/task")}

    def _watch(self) -> None:
        while not self._ended.wait(_LOOK):
            if time.monotonic() - self._last < _LATE:
                continue
            natives = {thread.ident: thread.native_id for thread in threading.enumerate()}
            frames = sys._current_frames()
            with self._guard:
                for ident, frame in frames.items():
                    native = natives.get(ident)
                    if native == self._main:
                        self._look.main[_place(frame)] += 1
                    elif native is not None and ident != threading.get_ident():
                        self._look.others.setdefault(native, Counter())[_place(frame)] += 1


def _by_screen(longest: dict[str, float]) -> str:
    return ", ".join(f"{name} {ms:.0f}" for name, ms in longest.items())


def _commonest(places: Counter[str]) -> str:
    return " / ".join(f"{count}x {place}" for place, count in places.most_common(2))


def _place(frame: FrameType | None) -> str:
    """The innermost places of a thread, those of this project first."""
    own: list[str] = []
    inmost = ""
    while frame is not None and len(own) < _STACK:
        file = frame.f_code.co_filename
        name = f"{os.path.basename(file)}:{frame.f_lineno} {frame.f_code.co_name}"
        inmost = inmost or name
        if file.startswith(str(ROOT)) and "benchmarks" not in file and ".venv" not in file:
            own.append(name)
        frame = frame.f_back
    return " < ".join([inmost, *own] if own[:1] != [inmost] else own)


# ---- in the process of the client --------------------


class Imports:
    """A finder that finds nothing: it notes what the main thread loads after the first frame."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.screen = lambda: "start"

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if threading.current_thread() is threading.main_thread():
            self.found.append(f"{self.screen()}:{name}")


def slow_down(pause: float) -> None:
    """The autopilot looks at each page for so many seconds before it acts there; an answer is spoken as it is."""
    from app.ui.autopilot import Autopilot
    from app.ui.names import Screen

    tick = Autopilot._tick

    def patient(pilot: Any) -> None:
        window = pilot._window
        new = (str(window.screen_name()), str(window.sheet_name())) != pilot._where
        if new:
            pilot._enter((str(window.screen_name()), str(window.sheet_name())))
        elif pilot._where[0] == Screen.RECORDING or time.monotonic() - pilot._since >= pause:
            tick(pilot)

    Autopilot._tick = patient  # type: ignore[method-assign]


def watch_client(arguments: list[str]) -> int:
    from app import window
    from app.__main__ import main as xuda

    watches: list[Watch] = []
    imports = Imports()
    work = float(os.environ.get("XUDA_BENCH_WORK", WORK_MS))
    show = window.ClientRun._show

    def watched(run: Any, *given: Any, **named: Any) -> Any:
        shown = show(run, *given, **named)
        imports.screen = shown.screen_name
        shown.painted.connect(lambda: (watches.append(Watch(shown, work)), sys.meta_path.insert(0, imports)))
        return shown

    def tell() -> None:
        for watch in watches:
            watch.end()
            print(f"{watch.beats} turns; the longest by screen, ms:", file=sys.stderr)
            print("  " + _by_screen(watch.screens), file=sys.stderr)
            print("computed in one go:\n  " + _by_screen(watch.worked), file=sys.stderr)
            print("imported by the main thread: " + " ".join(imports.found), file=sys.stderr)
            long = [stall for stall in watch.stalls if stall.wall > LONG_MS]
            ours = [stall for stall in long if stall.ours > LONG_MS]
            told = [stall for stall in watch.stalls if stall.ours > LONG_MS or stall.ran > work]
            print(f"over {LONG_MS:.0f} ms: {len(long)}, of them ours: {len(ours)}", file=sys.stderr)
            if told:
                print(" wall  ours   ran unserved waited  screen  main || other", file=sys.stderr)
            for stall in told:
                print(stall, file=sys.stderr)

    window.ClientRun._show = watched  # type: ignore[method-assign]
    atexit.register(tell)
    pause = float(os.environ.get("XUDA_BENCH_PAUSE", "0"))
    if pause:
        slow_down(pause)
    return xuda(["client", *arguments])


# ---- a booth for it --------------------


def interview(folder: Path, pause: float, work: float) -> int:
    """One whole interview of two spoken and two written questions, with leaving and coming back left out."""
    from tests.e2e.booth import MODEL, Booth, Office
    from tests.speech.say import say
    from tests.support.media import make_clip

    office = Office(folder / "office")
    try:
        booth = Booth(folder / "device", office)
    finally:
        office.server.stop()
    say("i lead the team .", "en", folder / "say.wav")
    make_clip(folder / "clip.mp4", seconds=2.0)
    spoken = {"say": "say.wav", "picture": "clip.mp4"}
    answers = [spoken, spoken, {"text": "I would ask first."}, {"choice": [0]}]
    script = {"invitation": office.invitation()["code"], "answers": answers, "questionnaire": {"overall": 4}}
    file = folder / "script.json"
    file.write_text(json.dumps(script), "utf-8")
    env = {**os.environ, **office.env, "PYTHONPYCACHEPREFIX": str(folder / "bytecode"), "XUDA_BENCH_PAUSE": str(pause)}
    env["XUDA_BENCH_WORK"] = str(work)
    env.setdefault("QT_QPA_PLATFORM", "offscreen")
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-m", "benchmarks.stalls", "--client", "--data", str(booth.data)]
    command += ["--autopilot", str(file), "--model", str(MODEL)]
    warm = [sys.executable, "-c", _COMPILE]
    subprocess.run(warm, cwd=ROOT, env=env, check=True, timeout=300)
    done = subprocess.run(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True, timeout=600, check=False)
    print(done.stdout.strip()[:200])
    return done.returncode


# What is compiled once after an update is no part of a start.
_COMPILE = """
import av, babel.dates, cv2, keyring, requests, segno, sounddevice
import app.bootstrap, app.capture.recorder, app.flight
from app.ui.loading import SCREENS, load
for _ in load(SCREENS): pass
"""


def main() -> int:
    if sys.argv[1:2] == ["--client"]:
        return watch_client(sys.argv[2:])
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pause", type=float, default=2.0, help="seconds the candidate looks at each page first")
    parser.add_argument("--work", type=float, default=WORK_MS, help="tell what computes longer in one go, ms")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="xuda-stalls-") as name:
        return interview(Path(name), given.pause, given.work)


if __name__ == "__main__":
    sys.exit(main())
