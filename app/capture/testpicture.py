"""A moving test picture for the demo: drawn, encoded and written to a clip that serves as a camera."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SIZE = (640, 360)
RATE = 25


def write_test_picture(path: Path, *, seconds: float = 2.0) -> None:
    """Write a WebM clip of 640x360 at 25 pictures a second, a shape moving over a shaded ground."""
    import av

    width, height = SIZE
    with av.open(str(path), "w", format="webm") as container:
        stream = container.add_stream("libvpx", rate=RATE, options={"deadline": "realtime", "cpu-used": "8"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.bit_rate = 800_000
        stream.time_base = Fraction(1, RATE)
        ground = _ground(width, height)
        for index in range(int(seconds * RATE)):
            frame = av.VideoFrame.from_ndarray(_draw(ground, index / RATE, seconds), format="rgb24")
            frame.pts = index
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def _ground(width: int, height: int) -> NDArray[np.uint8]:
    shade = np.linspace(90, 170, height, dtype=np.float32)[:, None] * np.ones((1, width), np.float32)
    return np.stack([shade * 0.9, shade, shade * 0.95], axis=2).astype(np.uint8)


def _draw(ground: NDArray[np.uint8], moment: float, period: float) -> NDArray[np.uint8]:
    """A head-and-shoulders shape that sways once per ``period`` seconds, so a looped clip has no jump."""
    picture = ground.copy()
    height, width = picture.shape[:2]
    sway = 30 * math.sin(2 * math.pi * moment / period)
    y, x = np.ogrid[:height, :width]
    head = ((x - width / 2 - sway) / 48) ** 2 + ((y - 145) / 62) ** 2 < 1
    body = ((x - width / 2 - sway / 2) / 130) ** 2 + ((y - 360) / 130) ** 2 < 1
    picture[body] = (60, 90, 110)
    picture[head] = (215, 180, 150)
    return picture
