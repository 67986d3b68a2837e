"""A take's ear: reads a microphone's ring, brings it to 48 kHz on the take's clock, and hands 16 kHz to speech."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import numpy as np

from app.capture.microphone import Microphone
from app.capture.pacing import SoundTimeline
from app.capture.ring import SoundRing
from app.capture.values import SOUND_RATE, SPEECH_RATE, DeviceState, Sound, as_sound

log = logging.getLogger(__name__)


class Resampler:
    """Mono float32 from one rate to another, sample by sample in order (band-limited, by libswresample)."""

    def __init__(self, source: int, target: int) -> None:
        import av

        self._av = av
        self._source = source
        self._resampler = None
        if source != target:
            self._resampler = av.AudioResampler(format="flt", layout="mono", rate=target)
        self._position = 0

    def convert(self, samples: Sound) -> Sound:
        if self._resampler is None or not samples.size:
            return samples
        frame = self._av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="flt", layout="mono")
        frame.sample_rate = self._source
        frame.pts = self._position
        self._position += len(samples)
        return self._join(self._resampler.resample(frame))

    def flush(self) -> Sound:
        """The samples still inside the filter."""
        if self._resampler is None or not self._position:
            return np.zeros(0, dtype=np.float32)
        return self._join(self._resampler.resample(None))

    def _join(self, frames: list[Any]) -> Sound:
        parts = [as_sound(frame.to_ndarray()) for frame in frames]
        return np.concatenate(parts) if parts else np.zeros(0, dtype=np.float32)


class _Source:
    """A place in a microphone's ring. Replaced as a whole, so that changing the microphone needs no lock."""

    def __init__(self, microphone: Microphone, ring: SoundRing, tail: int) -> None:
        self.microphone = microphone
        self.tail = tail
        self._ring = ring
        self._resampler = Resampler(microphone.rate, SOUND_RATE)

    def read(self) -> tuple[Sound, int, float]:
        """New samples at 48 kHz, how many were missed at the device's rate, and when the last one arrived."""
        if self._ring is not self.microphone.ring:
            # The device was lost and opened again: it has a new ring, at perhaps another rate.
            self._ring, self.tail = self.microphone.ring, 0
            self._resampler = Resampler(self.microphone.rate, SOUND_RATE)
        head, at = self._ring.mark
        samples, lost = self._ring.read(self.tail, head)
        self.tail = head
        return self._resampler.convert(samples), lost, at


class Hearing:
    """Sound of one take. Used by the muxer thread; ``use`` may be called from another one."""

    def __init__(self, microphone: Microphone, started_at: float, pcm: Callable[[Any], None] | None) -> None:
        self._started_at = started_at
        self._pcm = pcm
        self._timeline = SoundTimeline()
        self._speech = Resampler(SOUND_RATE, SPEECH_RATE)
        self.use(microphone)

    def use(self, microphone: Microphone) -> None:
        """Listen to this microphone from its next sample on; a sound file from its beginning."""
        begin = microphone.rewind()
        self._source = _Source(microphone, microphone.ring, begin)

    @property
    def lost(self) -> int:
        """Samples at 48 kHz that silence stands for."""
        return self._timeline.filled

    @property
    def ended(self) -> bool:
        """True when a sound file has been taken in to its end."""
        end = self._source.microphone.end
        return end is not None and self._source.tail >= end

    def state(self, now: float) -> DeviceState:
        return self._source.microphone.state(now)

    def reached(self, at: float) -> bool:
        """True when all sound up to monotonic second ``at`` has been taken in."""
        return self._timeline.written >= (at - self._started_at) * SOUND_RATE

    def hear(self, now: float, limit: float) -> Sound:
        """New samples at 48 kHz, none that belong after monotonic second ``limit``."""
        parts = self._listen()
        parts.append(self._timeline.fill((min(now, limit) - self._started_at) * SOUND_RATE))
        sound = np.concatenate(parts)
        excess = self._timeline.written - int((limit - self._started_at) * SOUND_RATE)
        if now > limit and excess > 0:
            sound = sound[: max(0, len(sound) - excess)]
        self._say(self._speech.convert(sound))
        return sound

    def finish(self, at: float) -> Sound:
        """End at monotonic second ``at``: silence up to there when the microphone is lost, else what has come.

        Call once; hands on what the filters hold and lets the microphone go.
        """
        rest = np.zeros(0, dtype=np.float32)
        missing = int((at - self._started_at) * SOUND_RATE) - self._timeline.written
        if missing > 0 and self.state(at) is DeviceState.LOST:
            rest = self._timeline.lost(missing)
            self._say(self._speech.convert(rest))
        self._say(self._speech.flush())
        self._source.microphone.park()
        return rest

    def _listen(self) -> list[Sound]:
        source = self._source
        samples, lost, at = source.read()
        parts = [self._timeline.lost(lost * SOUND_RATE // source.microphone.rate)] if lost else []
        if samples.size:
            due = (at - source.microphone.latency - self._started_at) * SOUND_RATE
            parts.append(self._timeline.add(samples, due))
        return parts

    def _say(self, speech: Sound) -> None:
        if self._pcm is None or not speech.size:
            return
        try:
            self._pcm(speech)
        except Exception:  # recording never waits for, or fails with, transcription
            log.exception("The speech feed failed; recording goes on without it")
            self._pcm = None
