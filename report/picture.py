"""A picture as the PDF compiler takes it: a drawing with the picture's bytes inside, because it has no other input."""

from __future__ import annotations

import base64
import struct

_PNG = b"\x89PNG\r\n\x1a\n"
# JPEG markers that carry the size
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})


def svg_of(content: bytes, media_type: str) -> str:
    """An SVG document of the picture's own size; empty for what has no readable size."""
    size = _png_size(content) if media_type == "image/png" else _jpeg_size(content)
    if size is None:
        return ""
    width, height = size
    data = base64.b64encode(content).decode("ascii")
    box = f'width="{width}" height="{height}"'
    image = f'<image {box} href="data:{media_type};base64,{data}"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {box} viewBox="0 0 {width} {height}">{image}</svg>'


def _png_size(content: bytes) -> tuple[int, int] | None:
    if not content.startswith(_PNG) or len(content) < 24:
        return None
    width, height = struct.unpack(">II", content[16:24])
    return width, height


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    """From the first frame header."""
    place = 2
    while place + 9 <= len(content):
        if content[place] != 0xFF:
            return None
        marker = content[place + 1]
        if marker in _FRAMES:
            height, width = struct.unpack(">HH", content[place + 5 : place + 9])
            return width, height
        (length,) = struct.unpack(">H", content[place + 2 : place + 4])
        place += 2 + length
    return None
