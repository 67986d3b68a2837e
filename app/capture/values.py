"""Small values that pass between the capture threads."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Sound = NDArray[np.float32]

WIDTH, HEIGHT = 1280, 720
FRAME_RATE = 25
SOUND_RATE = 48_000
SPEECH_RATE = 16_000
QUIETEST = -90.0


class DeviceState(StrEnum):
    """What is known about an open device. Only LOST ends its picture or sound; the others may pass by themselves."""

    LIVE = "live"
    STALLED = "stalled"
    FROZEN = "frozen"
    SILENT = "silent"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture: BGR, shape (height, width, 3), taken over at monotonic second ``at``. ``sequence`` counts up."""

    sequence: int
    at: float
    image: Picture


@dataclass(frozen=True, slots=True)
class Level:
    """Loudness of the last tenth of a second in dBFS, -90 (nothing) to 0 (full scale)."""

    rms: float = QUIETEST
    peak: float = QUIETEST

    @classmethod
    def of(cls, samples: Sound) -> Level:
        if not samples.size:
            return cls()
        return cls(decibel(float(np.sqrt(np.mean(np.square(samples))))), decibel(float(np.max(np.abs(samples)))))

    @property
    def meter(self) -> float:
        """0..1 for a level meter that reads -60 dBFS as empty."""
        return min(1.0, max(0.0, (self.peak + 60.0) / 60.0))


def decibel(amplitude: float) -> float:
    """dBFS of a linear amplitude, never below -90."""
    return max(QUIETEST, 20.0 * float(np.log10(amplitude))) if amplitude > 0 else QUIETEST


class FrameQueue:
    """Frames on their way from a camera thread to the muxer. Bounded: the oldest goes when the reader is late."""

    def __init__(self, limit: int, wake: threading.Event) -> None:
        self._frames: deque[Frame] = deque()
        self._limit = limit
        self._wake = wake
        self._lock = threading.Lock()
        self._dropped = 0

    def put(self, frame: Frame) -> None:
        with self._lock:
            if len(self._frames) >= self._limit:
                self._frames.popleft()
                self._dropped += 1
            self._frames.append(frame)
        self._wake.set()

    def drain(self) -> tuple[list[Frame], int]:
        """All frames that wait, oldest first, and how many were pushed out since the last call."""
        with self._lock:
            frames, self._frames = list(self._frames), deque()
            dropped, self._dropped = self._dropped, 0
        return frames, dropped


@dataclass(frozen=True, slots=True)
class CaptureSettings:
    """Limits of the recorder. Rates in bit/s, times in seconds.

    A live camera is lost after ``camera_lost`` without a frame and frozen after ``camera_frozen`` of identical
    frames. A microphone is stalled after ``sound_stalled`` without data, lost after ``sound_lost``, and called
    silent after ``sound_silent`` of exact zeros.
    """

    width: int = WIDTH
    height: int = HEIGHT
    video_bit_rate: int = 1_500_000
    audio_bit_rate: int = 48_000
    camera_lost: float = 1.2
    camera_frozen: float = 3.0
    sound_stalled: float = 0.3
    sound_lost: float = 1.0
    sound_silent: float = 6.0
    open_timeout: float = 8.0
    loop_file: bool = True

    @classmethod
    def bounded(cls, height: int | None, kilobits: int | None) -> CaptureSettings:
        """With pictures of at most ``height`` lines, as wide as 16:9, at ``kilobits`` (1000 bit) a second."""
        usual = cls()
        lines = height or usual.height
        wide = lines * 16 // 9 // 16 * 16  # 848 for 480 lines: what cameras and encoders know
        rate = kilobits * 1000 if kilobits else usual.video_bit_rate
        return replace(usual, width=wide, height=lines, video_bit_rate=rate)

    @property
    def bytes_per_second(self) -> float:
        """Most disk space a second of recording with picture takes, container overhead included."""
        return (self.video_bit_rate + self.audio_bit_rate) / 8 * 1.1


def as_sound(values: Any) -> Sound:
    """Contiguous float32 samples of shape (n,)."""
    return np.ascontiguousarray(values, dtype=np.float32).reshape(-1)
