"""A sound file heard as a microphone, in real time."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np

from app.capture.ring import SoundRing
from app.capture.values import SOUND_RATE, DeviceState, Sound, as_sound
from app.interview.model import DeviceInfo
from contract.errors import ErrorCode, XudaError

_BLOCK = SOUND_RATE // 50
_RING_SECONDS = 20


def decode_sound(path: Path, rate: int = SOUND_RATE) -> Sound:
    """The first sound track of a file as mono float32. Raises XudaError(MICROPHONE_MISSING) when it has none."""
    import av

    parts = []
    try:
        with av.open(str(path)) as container:
            resampler = av.AudioResampler(format="flt", layout="mono", rate=rate)
            for frame in container.decode(audio=0):
                parts += [out.to_ndarray() for out in resampler.resample(frame)]
            parts += [out.to_ndarray() for out in resampler.resample(None)]
    except (av.FFmpegError, OSError, IndexError, ValueError):
        raise XudaError(ErrorCode.MICROPHONE_MISSING, field="microphone") from None
    if not parts:
        raise XudaError(ErrorCode.MICROPHONE_MISSING, field="microphone")
    return as_sound(np.concatenate(parts, axis=1))


class FileMicrophone:
    """Plays over and over between takes so that the level meter moves; in a take once, and then silence."""

    rate = SOUND_RATE
    # A block is handed over when its first sample is due, not its last.
    latency = -_BLOCK / SOUND_RATE

    def __init__(self, path: Path) -> None:
        """Read the whole file. Raises XudaError(MICROPHONE_MISSING)."""
        self._samples = decode_sound(path).reshape(-1, 1)
        self.info = DeviceInfo(f"file:{path}", path.name, "file")
        self.ring = SoundRing(SOUND_RATE * _RING_SECONDS)
        self.end: int | None = None
        self._lock = threading.Lock()
        self._once = False
        self._at = 0
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._play, name="sound-file", daemon=True)
        self._thread.start()

    def state(self, now: float) -> DeviceState:
        return DeviceState.LIVE

    def rewind(self) -> int:
        """Play once from the beginning; returns the ring position of its first sample."""
        with self._lock:
            self._at, self._once, self.end = 0, True, None
            return self.ring.head

    def park(self) -> None:
        """Play over and over again."""
        with self._lock:
            self._at, self._once, self.end = 0, False, None

    def close(self) -> None:
        self._closing.set()
        self._thread.join(timeout=2.0)

    def _play(self) -> None:
        due = time.monotonic()
        while not self._closing.is_set():
            with self._lock:
                self.ring.write(self._next_block(), time.monotonic())
            due += _BLOCK / SOUND_RATE
            self._closing.wait(max(0.0, due - time.monotonic()))

    def _next_block(self) -> Sound:
        block = np.zeros((_BLOCK, 1), dtype=np.float32)
        part = self._samples[self._at : self._at + _BLOCK]
        block[: len(part)] = part
        self._at += len(part)
        if self._at >= len(self._samples):
            if not self._once:
                self._at = 0
            elif self.end is None:
                self.end = self.ring.head + len(part)
        return block
