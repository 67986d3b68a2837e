"""Material for tests: clips with a moving picture, speech, tones."""

from __future__ import annotations

import subprocess
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Painter = Callable[[int], Any]


def moving_picture(width: int = 1280, height: int = 720) -> Painter:
    """Paints picture number n: a bright square that walks over a shaded ground. BGR, shape (height, width, 3)."""
    ground = np.linspace(60, 160, width, dtype=np.uint8)[None, :, None].repeat(height, 0).repeat(3, 2)
    side = height // 4

    def paint(number: int) -> Any:
        image = ground.copy()
        left = (number * width // 60) % (width - side)
        image[side : 2 * side, left : left + side] = (40, 220, 250)
        return image

    return paint


def plain_picture(level: int, width: int = 1280, height: int = 720) -> Painter:
    """Paints the same even grey every time; level 0 is black."""
    image = np.full((height, width, 3), level, dtype=np.uint8)
    return lambda number: image


def make_clip(path: Path, *, seconds: float = 3.0, rate: int = 25, paint: Painter | None = None) -> Path:
    """Write a clip without sound."""
    import av

    paint = paint or moving_picture()
    height, width = paint(0).shape[:2]
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("mpeg4", rate=rate)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.bit_rate = 4_000_000
        for number in range(round(seconds * rate)):
            frame = av.VideoFrame.from_ndarray(paint(number), format="bgr24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def speak(path: Path, text: str, *, voice: str = "en-us", speed: int = 150) -> Path:
    """Say ``text`` into a WAV file with espeak-ng."""
    subprocess.run(["espeak-ng", "-v", voice, "-s", str(speed), "-w", str(path), text], check=True)
    return path


def write_wav(path: Path, samples: Any, rate: int) -> Path:
    """Write float samples, shape (n,) or (n, channels), as 16 bit."""
    samples = np.asarray(samples, dtype=np.float32)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path


def tone(seconds: float, frequency: float, rate: int, loudness: float = 0.5) -> Any:
    """A sine, float32, shape (n,)."""
    times = np.arange(round(seconds * rate)) / rate
    return (loudness * np.sin(2 * np.pi * frequency * times)).astype(np.float32)
