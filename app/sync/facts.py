"""Whether the backend can be reached, as far as the engine knows: free to ask at any time, from any thread."""

from __future__ import annotations

from collections.abc import Callable

_STALE_SECONDS = 90.0


class NetworkFacts:
    """Says ``online``, ``offline`` or ``unknown`` (never tried, or not lately) from the engine's own last contact."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._last: tuple[bool, float] | None = None
        self._reached: float | None = None

    def reached(self) -> None:
        self._reached = self._monotonic()
        self._last = (True, self._reached)

    def lost(self) -> None:
        self._last = (False, self._monotonic())

    def seconds_since_reached(self) -> float | None:
        """None: not in this run of the program."""
        return None if self._reached is None else self._monotonic() - self._reached

    def network(self) -> str:
        last = self._last
        if last is None or self._monotonic() - last[1] > _STALE_SECONDS:
            return "unknown"
        return "online" if last[0] else "offline"
