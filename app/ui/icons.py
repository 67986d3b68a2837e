"""One icon set, drawn as SVG with a 1.75 px stroke in resources/icons, tinted with the colours of the tokens."""

from __future__ import annotations

import functools

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

import resources
from app.ui.tokens import Tokens

_SCALES = (1.0, 2.0)
# These point along the reading direction, so they are mirrored where it goes from right to left.
DIRECTED = frozenset({"call", "chat", "chevron-left", "chevron-right", "help", "leave", "list", "speaker"})


@functools.lru_cache(maxsize=128)
def _source(name: str) -> str:
    return resources.read("icons", f"{name}.svg")


@functools.lru_cache(maxsize=512)
def pixmap(name: str, colour: str, size: int, scale: float = 2.0, *, mirrored: bool = False) -> QPixmap:
    """The icon ``name`` in one colour, ``size`` pixels square at the given device pixel ratio."""
    renderer = QSvgRenderer(QByteArray(_source(name).replace("currentColor", colour).encode("utf-8")))
    canvas = QPixmap(round(size * scale), round(size * scale))
    canvas.fill(Qt.GlobalColor.transparent)
    painter = QPainter(canvas)
    if mirrored:
        painter.translate(canvas.width(), 0)
        painter.scale(-1, 1)
    renderer.render(painter, QRectF(0, 0, size * scale, size * scale))
    painter.end()
    canvas.setDevicePixelRatio(scale)
    return canvas


def _beside(drawn: QPixmap, gap: int, *, after: bool) -> QPixmap:
    """The icon with ``gap`` empty pixels towards the words."""
    scale = drawn.devicePixelRatio()
    canvas = QPixmap(drawn.width() + round(gap * scale), drawn.height())
    canvas.fill(Qt.GlobalColor.transparent)
    canvas.setDevicePixelRatio(scale)
    painter = QPainter(canvas)
    painter.drawPixmap(gap if after else 0, 0, drawn)
    painter.end()
    return canvas


def icon(name: str, colour: str, tokens: Tokens, *, mirrored: bool = False, gap: int = 0, after: bool = False) -> QIcon:
    """An icon for a button; greyed when the button is disabled. ``gap``: room to its words, which it may come after."""
    made = QIcon()
    for scale in _SCALES:
        for mode, shade in ((QIcon.Mode.Normal, colour), (QIcon.Mode.Disabled, tokens.disabled)):
            drawn = pixmap(name, shade, tokens.icon, scale, mirrored=mirrored)
            made.addPixmap(_beside(drawn, gap, after=after) if gap else drawn, mode)
    return made
