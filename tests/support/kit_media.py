"""Small pictures, sounds and films for kits."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np

from tests.support.media import make_clip, write_wav

MEDIA = Path(__file__).parents[2] / "resources" / "kits" / "media"


def png(width: int = 64, height: int = 48, shade: int = 180) -> bytes:
    """A grey picture with a lighter top half."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = b"".join(b"\x00" + bytes([min(255, shade + (40 if y < height // 2 else 0))]) * width for y in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    packed = zlib.compress(rows)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def jpeg(width: int = 64, height: int = 48) -> bytes:
    import av

    frame = av.VideoFrame.from_ndarray(np.full((height, width, 3), 120, np.uint8), format="rgb24")
    target = io.BytesIO()
    with av.open(target, "w", format="image2pipe") as container:
        stream = container.add_stream("mjpeg")
        stream.width, stream.height, stream.pix_fmt = width, height, "yuvj420p"
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return target.getvalue()


def wav(folder: Path, seconds: float = 1.0, pitch: float = 440.0) -> bytes:
    samples = 0.3 * np.sin(2 * np.pi * pitch * np.arange(round(16_000 * seconds)) / 16_000)
    return write_wav(folder / "tone.wav", samples.astype(np.float32), 16_000).read_bytes()


def size_of_wav(seconds: float) -> int:
    """Bytes of what :func:`wav` makes."""
    return 44 + 2 * round(16_000 * seconds)


def film(folder: Path, seconds: float = 1.0) -> bytes:
    return make_clip(folder / "film.mp4", seconds=seconds).read_bytes()


def ogg() -> bytes:
    """The sound of the sample kit."""
    return (MEDIA / "complaint.ogg").read_bytes()
