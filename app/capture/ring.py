"""The buffer between PortAudio's callback and the muxer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.capture.values import Sound


class SoundRing:
    """Preallocated ring of ``capacity`` samples, shape (capacity, channels). One writer, any readers, no lock.

    Positions count samples since the ring was made and never go back. The writer never waits: a reader that comes
    too late is told how many samples it has missed.
    """

    def __init__(self, capacity: int, channels: int = 1) -> None:
        self._data: NDArray[np.float32] = np.zeros((capacity, channels), dtype=np.float32)
        self._capacity = capacity
        self._mark = (0, 0.0)

    @property
    def head(self) -> int:
        """Position after the newest sample."""
        return self._mark[0]

    @property
    def mark(self) -> tuple[int, float]:
        """The head and the monotonic second at which it was reached."""
        return self._mark

    def write(self, block: NDArray[np.float32], at: float) -> None:
        """Append samples of shape (n, channels) that arrived at monotonic second ``at``. Called by the audio thread."""
        head = self._mark[0]
        count = len(block)
        start = head % self._capacity
        first = min(count, self._capacity - start)
        self._data[start : start + first] = block[:first]
        if first < count:
            self._data[: count - first] = block[first:]
        # One assignment publishes both values: a reader never sees a head without its time.
        self._mark = (head + count, at)

    def read(self, tail: int, until: int) -> tuple[Sound, int]:
        """Mono samples from ``tail`` up to ``until``, and how many before them were overwritten unread."""
        oldest = until - self._capacity
        lost = max(0, oldest - tail)
        samples = self._copy(tail + lost, until)
        # The writer may have come round while we copied: what it reached is not what was asked for.
        torn = min(max(0, self.head - self._capacity - (tail + lost)), len(samples))
        return samples[torn:], lost + torn

    def last(self, count: int) -> Sound:
        """The newest samples, at most ``count``, mono."""
        head = self.head
        return self._copy(max(0, head - min(count, self._capacity)), head)

    def _copy(self, begin: int, end: int) -> Sound:
        start, count = begin % self._capacity, end - begin
        first = min(count, self._capacity - start)
        parts = (self._data[start : start + first], self._data[: count - first])
        mono: Sound = np.concatenate(parts).mean(axis=1, dtype=np.float32)
        return mono
