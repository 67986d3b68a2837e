"""Keeps picture and sound on the monotonic clock: pure arithmetic, no devices."""

from __future__ import annotations

from collections import deque

import numpy as np

from app.capture.values import FRAME_RATE, SOUND_RATE, Sound

_EARLY = 1.1
_BURST = 2.5
_FULL_RATE = FRAME_RATE * 0.92
_RATE_WINDOW = 25
_CENTRE_WINDOW = 12


class FramePacer:
    """Puts frames that come when they come onto the slots of a constant rate.

    A slot lasts 1/25 s. A burst after a short stall is spread over the slots it belongs to, so jitter alone neither
    drops nor repeats anything. ``written`` counts slots, ``repeated`` those that hold the picture of the slot before,
    ``dropped`` the frames that came too late for a slot, ``surplus`` those of a camera faster than the rate.
    """

    def __init__(self) -> None:
        self.written = 0
        self.repeated = 0
        self.dropped = 0
        self.surplus = 0
        self._arrivals: deque[float] = deque(maxlen=_RATE_WINDOW)
        self._deltas: deque[float] = deque(maxlen=_CENTRE_WINDOW)

    def place(self, at: float) -> int | None:
        """How often the previous picture is to be repeated before a frame that came ``at`` seconds into the take.

        None means that the frame is to be left out.
        """
        self._arrivals.append(at)
        delta = at * FRAME_RATE - self.written
        if delta < -_EARLY:
            if self._rate() > FRAME_RATE * 1.04:
                self.surplus += 1
            else:
                self.dropped += 1
            return None
        self._deltas.append(delta)
        repeats = self._repeats(delta)
        self.repeated += repeats
        self.written += repeats + 1
        return repeats

    def fill(self, until: float) -> int:
        """How many slots before ``until`` (seconds into the take) are still empty; they count as repeated."""
        count = max(0, int(until * FRAME_RATE) - self.written)
        self.repeated += count
        self.written += count
        if count:
            self._deltas.clear()
        return count

    def _repeats(self, delta: float) -> int:
        slow = len(self._arrivals) >= 5 and self._rate() < _FULL_RATE
        if delta > (_EARLY if slow else _BURST):
            self._deltas.clear()
            return round(delta)
        if len(self._deltas) == _CENTRE_WINDOW and min(self._deltas) > 0.75:
            # One frame is really missing: without this the picture would stay ahead of the sound.
            self._deltas.clear()
            return 1
        return 0

    @property
    def period(self) -> float:
        """Seconds between two frames of the camera, as far as it is known."""
        return 1.0 / self._rate()

    def _rate(self) -> float:
        if len(self._arrivals) < 2:
            return float(FRAME_RATE)
        span = self._arrivals[-1] - self._arrivals[0]
        return (len(self._arrivals) - 1) / span if span > 0 else float(FRAME_RATE)


def spread(arrivals: list[float], period: float) -> list[float]:
    """When frames were seen, from when they arrived: those of a burst have waited for us behind one another."""
    seen = list(arrivals)
    for place in range(len(seen) - 2, -1, -1):
        seen[place] = min(seen[place], seen[place + 1] - 0.95 * period)
    return seen


_WINDOW = SOUND_RATE
_GAP = 0.060 * SOUND_RATE
_DRIFT = 0.005 * SOUND_RATE
_STRETCH = 0.002
_WAIT = 0.8 * SOUND_RATE
_KEEP_BACK = 0.3 * SOUND_RATE


class SoundTimeline:
    """Puts blocks of sound onto the monotonic clock. All positions are samples at 48 kHz from the take's start.

    Blocks arrive late by a changing amount; the smallest delay within a second is what counts. Small differences
    (a sound card's clock that drifts) are taken up by stretching blocks by at most 0.2 %; a gap is filled with
    silence. ``written`` counts samples given out, ``filled`` the silent ones among them.
    """

    def __init__(self) -> None:
        self.written = 0
        self.filled = 0
        # Silence that was put in for sound which may only be late, and may still come.
        self._owed = 0
        self._resuming = False
        self._cutting = False
        self._base: float | None = None
        self._restart()

    def _restart(self) -> None:
        self._least = float("inf")
        self._seen = 0
        self._correction = 0.0

    def add(self, block: Sound, target: float) -> Sound:
        """The samples to write for a block whose last sample was due at ``target``."""
        block = self._align(block, target)
        if not block.size:
            return block
        parts = []
        error = target - (self.written + len(block))
        gap = self._measure(error, len(block))
        if gap:
            parts.append(self._silence(gap))
        parts.append(self._stretch(block))
        out = np.concatenate(parts)
        self.written += len(out)
        return out

    def lost(self, count: int) -> Sound:
        """Silence for ``count`` samples that are known to be lost."""
        return self._emit_silence(count)

    def fill(self, now: float) -> Sound:
        """Silence when nothing has come for long, so that the picture need not wait for the sound."""
        if now - self.written < _WAIT:
            return np.zeros(0, dtype=np.float32)
        count = int(now - _KEEP_BACK) - self.written
        self._owed += count
        self._resuming = True
        return self._emit_silence(count)

    def _align(self, block: Sound, target: float) -> Sound:
        """Cut what belongs to the time before the take, or to time already filled with silence."""
        if self._base is None and self.written == 0:
            return block[max(0, len(block) - max(0, int(target))) :]
        excess = int(self.written + len(block) - target - (self._base or 0.0))
        late = self._owed > 0 and excess > (0 if self._resuming or self._cutting else _GAP)
        self._cutting = late
        if late:
            cut = min(self._owed, excess, len(block))
            self._owed -= cut
            return block[cut:]
        return block

    def _measure(self, error: float, count: int) -> int:
        """Update the drift; returns the size of a gap to fill, in samples."""
        if self._resuming:
            # Sound is back after a silence that was filled in: take up its place at once.
            self._resuming = False
            self._restart()
            gap = int(error - (self._base or 0.0))
            gap = gap if gap > _GAP else 0
            self._owed += gap
            return gap
        self._least = min(self._least, error)
        self._seen += count
        if self._seen < _WINDOW:
            return 0
        least, self._least, self._seen = self._least, float("inf"), 0
        self._owed = 0
        if self._base is None:
            self._base = least
            return 0
        off = least - self._base
        self._correction = 0.0
        if off > _GAP:
            return int(off)
        if abs(off) > _DRIFT:
            self._correction = off
        return 0

    def _stretch(self, block: Sound) -> Sound:
        limit = max(1, int(len(block) * _STRETCH))
        change = int(np.clip(self._correction, -limit, limit))
        if not change:
            return block
        self._correction -= change
        places = np.linspace(0, len(block) - 1, len(block) + change)
        return np.interp(places, np.arange(len(block)), block).astype(np.float32)

    def _silence(self, count: int) -> Sound:
        self.filled += count
        return np.zeros(count, dtype=np.float32)

    def _emit_silence(self, count: int) -> Sound:
        self.written += count
        return self._silence(count)
