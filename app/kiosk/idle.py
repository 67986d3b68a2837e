"""Whether somebody is still there: counts the time since the last touch or key, and warns before it acts."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto

WARNING_SECONDS = 30.0
STAFF_SECONDS = 120.0


class Scene(Enum):
    """What the screen asks of a person now.

    HOME: nothing to go back from. OPEN: somebody should touch or type. TIMED: a timer of the interview runs (a thinking
    time, a recording), and silence is part of it. STAFF: the panel behind the PIN is open.
    """

    HOME = auto()
    OPEN = auto()
    TIMED = auto()
    STAFF = auto()


class Verdict(Enum):
    NOTHING = auto()
    WARN = auto()
    RESET = auto()
    CLOSE_STAFF = auto()


class IdleWatch:
    """``clock``: monotonic seconds; ``limit``: seconds without a touch after which it warns, asked anew each time."""

    def __init__(self, clock: Callable[[], float], limit: Callable[[], float]) -> None:
        self._clock = clock
        self._limit = limit
        self._touched = clock()
        self._warned: float | None = None

    @property
    def warning(self) -> bool:
        return self._warned is not None

    @property
    def left(self) -> float:
        """Seconds of the warning that are left."""
        if self._warned is None:
            return WARNING_SECONDS
        return max(0.0, WARNING_SECONDS - (self._clock() - self._warned))

    @property
    def quiet(self) -> float:
        """Seconds since the last touch."""
        return self._clock() - self._touched

    def touch(self) -> None:
        self._touched = self._clock()
        self._warned = None

    def look(self, scene: Scene) -> Verdict:
        """What is due now. RESET is told once; then the count begins anew."""
        if scene in (Scene.HOME, Scene.TIMED):
            if scene is Scene.TIMED:
                self.touch()  # when the timer has ended, the count begins
            self._warned = None
            return Verdict.NOTHING
        if scene is Scene.STAFF:
            self._warned = None
            return Verdict.CLOSE_STAFF if self.quiet >= STAFF_SECONDS else Verdict.NOTHING
        if self._warned is None:
            if self.quiet < self._limit():
                return Verdict.NOTHING
            self._warned = self._clock()
            return Verdict.WARN
        if self.left > 0:
            return Verdict.NOTHING
        self.touch()
        return Verdict.RESET
