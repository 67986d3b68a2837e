"""How long the Qt main thread of a running client stands still, screen by screen.

``python benchmarks/stalls.py ARGUMENT…`` runs `xuda client` with these arguments (``--autopilot FILE`` among them, as a
rule) and writes one line per screen to stderr at the end: the longest time between two turns of the event loop, and
how many were longer than 50 ms. A stall before the first frame is the start's (see ``benchmarks/startup.py``).
"""

from __future__ import annotations

import atexit
import os
import sys
import time
from typing import Any

_BEAT_MS = 2
_LONG = 0.050


class Watchdog:
    """A beat on the main thread: what comes late was kept from running. Seconds; by screen."""

    def __init__(self, window: Any) -> None:
        from PySide6.QtCore import Qt, QTimer

        self._window = window
        self._last = time.monotonic()
        self.worst: dict[str, float] = {}
        self.long: dict[str, int] = {}
        self._timer = QTimer(window)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start(_BEAT_MS)

    def _beat(self) -> None:
        now = time.monotonic()
        late = now - self._last - _BEAT_MS / 1000
        self._last = now
        screen = self._window.screen_name()
        self.worst[screen] = max(self.worst.get(screen, 0.0), late)
        self.long[screen] = self.long.get(screen, 0) + (late > _LONG)


def main() -> None:
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    from app import window
    from app.__main__ import main as xuda

    dogs: list[Watchdog] = []
    show = window.ClientRun._show

    def watched(run: Any, *given: Any, **named: Any) -> Any:
        shown = show(run, *given, **named)
        shown.painted.connect(lambda: dogs.append(Watchdog(shown)))
        return shown

    def told() -> None:
        for dog in dogs:
            for screen, worst in dog.worst.items():
                print(
                    f"{screen:11} longest stall {1000 * worst:4.0f} ms, {dog.long[screen]} over 50 ms", file=sys.stderr
                )

    window.ClientRun._show = watched  # type: ignore[method-assign]
    atexit.register(told)
    sys.exit(xuda(["client", *sys.argv[1:]]))


if __name__ == "__main__":
    main()
