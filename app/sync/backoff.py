"""When each failing thing is tried again. Kept in memory: after a restart everything is tried at once."""

from __future__ import annotations

import random
from collections.abc import Callable, Hashable


class Backoff:
    """Waits of ``first`` seconds doubling to ``longest``, each shortened by up to half at random, per key."""

    def __init__(self, monotonic: Callable[[], float], *, first: float, longest: float) -> None:
        self._monotonic = monotonic
        self._first = first
        self._longest = longest
        self._tries: dict[Hashable, int] = {}
        self._due: dict[Hashable, float] = {}

    def failed(self, key: Hashable, at_least: float = 0.0) -> None:
        """``at_least``: seconds the other side asked for; the wait comes on top, so that others go first after it."""
        tries = self._tries[key] = self._tries.get(key, 0) + 1
        wait = min(self._longest, self._first * 2.0 ** min(tries - 1, 30))
        self._due[key] = self._monotonic() + at_least + wait * random.uniform(0.5, 1.0)

    def succeeded(self, key: Hashable) -> None:
        self._tries.pop(key, None)
        self._due.pop(key, None)

    def due(self, key: Hashable) -> float:
        """Monotonic time from which the key may be tried; 0 when it never failed."""
        return self._due.get(key, 0.0)

    def all_due(self) -> None:
        """Everything may be tried at once. What has failed before keeps its count, so it soon waits long again."""
        self._due.clear()
