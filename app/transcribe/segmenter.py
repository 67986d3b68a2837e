"""Cut a stream of sound into windows for the model, at pauses, so that nothing without a voice is ever recognised.

The cuts depend on the sound alone, never on how it arrives: a job that is done again gives the same windows. After
each cut the voice detector starts afresh, so a stream may also be taken up again at any cut.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from app.transcribe.messages import RATE

FRAME = 512
"""Samples the voice detector judges at once."""

Samples = npt.NDArray[np.float32]


class Detector(Protocol):
    """Voice activity detection with a memory."""

    def reset(self) -> None: ...

    def __call__(self, frames: Samples) -> Samples:
        """Probability of a voice, shape (n,), for frames of shape (n, 512)."""
        ...


@dataclass(frozen=True, slots=True)
class Pacing:
    """When to cut. All in seconds, thresholds as probabilities.

    A window ends at a ``pause`` once it holds ``enough``, at a ``long_pause`` in any case, and at ``limit`` where
    the voice is faintest. Each window costs the model as much as one of 30 s: a light model can afford short ones,
    which are ready sooner; a heavy one keeps up only with longer ones.
    """

    voice: float = 0.5
    silence: float = 0.35
    least_voice: float = 0.16
    lead: float = 0.3
    tail: float = 0.3
    pause: float = 0.6
    long_pause: float = 0.9
    enough: float = 4.0
    limit: float = 24.0
    look_back: float = 5.0
    idle: float = 10.0


LIGHT = Pacing()
HEAVY = Pacing(long_pause=1.2, enough=9.0)


@dataclass(frozen=True, slots=True)
class Window:
    """Sound with a voice in it. ``audio`` begins at sample ``start`` of the take; ``voiced`` are spans in samples.

    All sound before ``upto`` has been dealt with once this window is recognised. ``audio`` may be empty: then there
    was no voice before ``upto``.
    """

    start: int
    upto: int
    audio: Samples
    voiced: tuple[tuple[int, int], ...]


class Segmenter:
    """Feed it sound, take the windows it has closed. ``offset`` is the sample of the take where the sound begins."""

    def __init__(self, detector: Detector, offset: int = 0, pacing: Pacing | None = None) -> None:
        self._detector = detector
        self._pacing = pacing or Pacing()
        self._base = offset
        self._buffer: Samples = np.zeros(0, np.float32)
        self._probabilities: list[float] = []
        self._speech: list[tuple[int, int]] = []  # spans of frames with a voice
        self._voiced_now = False
        detector.reset()

    def feed(self, audio: Samples) -> Iterator[Window]:
        """Take float32 samples of shape (n,) and yield the windows that end in them."""
        self._buffer = np.concatenate([self._buffer, audio])
        yield from self._advance()

    def finish(self) -> Iterator[Window]:
        """Yield what is left. The last part frame is judged with silence after it."""
        end = self._base + len(self._buffer)
        self._buffer = np.concatenate([self._buffer, np.zeros(-len(self._buffer) % FRAME, np.float32)])
        yield from self._advance()
        if self._speech:
            yield self._window(min(end, self._last_voiced() + self._samples(self._pacing.tail)), end)
        else:
            yield self._nothing(end)
        self._buffer = np.zeros(0, np.float32)

    @property
    def head(self) -> int:
        """Sample of the take up to which sound has come."""
        return self._base + len(self._buffer)

    def open_window(self) -> Window | None:
        """The window that is still being filled, for a draft; None while nobody speaks."""
        if not self._speech or self._voiced_frames() * FRAME < self._samples(self._pacing.least_voice):
            return None
        end = min(self._base + len(self._buffer), self._last_voiced() + self._samples(self._pacing.tail))
        return self._window(end, end)

    def _advance(self) -> Iterator[Window]:
        while True:
            judged = len(self._probabilities)
            count = len(self._buffer) // FRAME - judged
            if count <= 0:
                return
            frames = self._buffer[judged * FRAME : (judged + count) * FRAME].reshape(count, FRAME)
            for probability in self._detector(frames):
                self._probabilities.append(float(probability))
                window = self._judge()
                if window is not None:
                    yield window
                    self._restart(window.upto)  # the rest of these frames is judged again, from the cut on
                    break

    def _judge(self) -> Window | None:
        """Take the newest frame into account; the window that ends with it, if one does."""
        p, pacing = self._probabilities[-1], self._pacing
        position = len(self._probabilities) - 1
        if p >= (pacing.silence if self._voiced_now else pacing.voice):
            self._note_voice(position)
            if (position + 1) * FRAME - self._begin() >= self._samples(pacing.limit):
                return self._cut_in_speech()
            return None
        self._voiced_now = False
        if not self._speech:
            if (position + 1) * FRAME < self._samples(pacing.idle):
                return None
            # the detector needs a little sound before a voice to be sure of it
            return self._nothing(self._base + (position + 1) * FRAME - self._samples(pacing.pause))
        return self._end_of_pause(position)

    def _note_voice(self, position: int) -> None:
        if self._voiced_now:
            first, _ = self._speech[-1]
            self._speech[-1] = (first, position + 1)
        else:
            self._speech.append((position, position + 1))
            self._voiced_now = True

    def _end_of_pause(self, position: int) -> Window | None:
        pacing = self._pacing
        last = self._speech[-1][1]
        silent = (position + 1 - last) * FRAME
        if silent < self._samples(pacing.pause):
            return None
        if self._voiced_frames() * FRAME < self._samples(pacing.least_voice):
            if silent < self._samples(pacing.long_pause):
                return None
            return self._nothing(self._base + last * FRAME + self._samples(pacing.tail))  # a click, a cough
        long_enough = last * FRAME - self._begin() >= self._samples(pacing.enough)
        if not long_enough and silent < self._samples(pacing.long_pause):
            return None
        end = self._base + last * FRAME + self._samples(pacing.tail)
        return self._window(end, end)

    def _cut_in_speech(self) -> Window:
        """Nobody breathes for so long, or the noise sounds like a voice: cut where the voice is faintest."""
        frames = len(self._probabilities)
        first = frames - self._samples(self._pacing.look_back) // FRAME
        tail = self._probabilities[first:frames]
        cut = self._base + (first + int(np.argmin(tail))) * FRAME
        return self._window(cut, cut)

    def _window(self, end: int, upto: int) -> Window:
        start = self._base + self._begin()
        audio = self._buffer[start - self._base : end - self._base]
        spans = ((self._base + a * FRAME, min(end, self._base + b * FRAME)) for a, b in self._speech)
        if self._voiced_frames() * FRAME < self._samples(self._pacing.least_voice):
            return self._nothing(upto)
        return Window(start, upto, audio, tuple((a, b) for a, b in spans if a < b))

    def _nothing(self, upto: int) -> Window:
        return Window(upto, upto, np.zeros(0, np.float32), ())

    def _restart(self, at: int) -> None:
        self._buffer = self._buffer[at - self._base :]
        self._base = at
        self._probabilities = []
        self._speech = []
        self._voiced_now = False
        self._detector.reset()

    def _begin(self) -> int:
        """Where the window starts, in samples of the buffer: a little before the first voice."""
        return max(0, self._speech[0][0] * FRAME - self._samples(self._pacing.lead)) if self._speech else 0

    def _last_voiced(self) -> int:
        return self._base + self._speech[-1][1] * FRAME

    def _voiced_frames(self) -> int:
        return sum(b - a for a, b in self._speech)

    @staticmethod
    def _samples(seconds: float) -> int:
        return int(seconds * RATE)
