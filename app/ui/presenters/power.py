"""Says in time that the battery will not last, on whatever screen the candidate is."""

from __future__ import annotations

from collections.abc import Callable

from app.interview.model import Battery
from app.ui.presenters.journey import Journey
from contract.errors import ErrorCode, XudaError

_EVERY_SECONDS = 20
# Said once at each of these; percent of the charge, or minutes where the system tells them.
_LEVELS = (10.0, 5.0, 2.0)


class PowerWatch:
    """``read`` may take its time and runs in the background; ``tick`` is called once a second."""

    def __init__(self, journey: Journey, read: Callable[[], Battery | None]) -> None:
        self._journey = journey
        self._read = read
        self._seconds = 0
        self._reading = False
        self._told = 0
        self._shown: XudaError | None = None

    def tick(self) -> None:
        self._seconds += 1
        if not self._reading and self._seconds % _EVERY_SECONDS == 1:
            self._reading = True
            self._journey.runner.background(self._read, self._seen, self._failed)

    def _seen(self, battery: Battery | None) -> None:
        self._reading = False
        level = _urgency(battery)
        if level == 0 and self._shown is not None and self._journey.error is self._shown:
            self._journey.dismiss_error()
        if level > self._told:
            self._shown = XudaError(ErrorCode.BATTERY_EMPTY)
            self._journey.fail(self._shown)
        self._told = level

    def _failed(self, error: Exception) -> None:
        """A system that cannot tell now may tell later; the candidate can do nothing about it."""
        self._reading = False


def _urgency(battery: Battery | None) -> int:
    """How many of the levels the charge has fallen below; 0 on mains or without a battery."""
    if battery is None or battery.on_mains:
        return 0
    left = battery.percent if battery.minutes_left is None else min(battery.percent, battery.minutes_left)
    return sum(left <= level for level in _LEVELS)
