"""Limits on guessing, kept in memory: a restart forgives, the lock in the database does not."""

from __future__ import annotations

import threading
import time
from collections import deque

from contract.errors import ErrorCode, XudaError

_MOST_KEYS = 10_000


class RateLimit:
    """At most ``limit`` counted failures per key within ``window`` seconds."""

    def __init__(self, *, limit: int, window: float) -> None:
        self._limit = limit
        self._window = window
        self._failures: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def check(self, key: str) -> None:
        """Raises XudaError(RATE_LIMITED) with the ``seconds`` to wait."""
        with self._lock:
            times = self._recent(key)
            if len(times) >= self._limit:
                wait = self._window - (time.monotonic() - times[0])
                raise XudaError(ErrorCode.RATE_LIMITED, seconds=max(1, int(wait)))

    def count(self, key: str) -> None:
        with self._lock:
            if len(self._failures) >= _MOST_KEYS:
                self._failures.pop(next(iter(self._failures)))
            self._failures.setdefault(key, deque()).append(time.monotonic())

    def _recent(self, key: str) -> deque[float]:
        times = self._failures.get(key, deque())
        while times and time.monotonic() - times[0] > self._window:
            times.popleft()
        if not times:
            self._failures.pop(key, None)
        return times
