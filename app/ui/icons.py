"""One icon set, drawn as SVG with a 1.75 px stroke in resources/icons, tinted with the colours of the tokens."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QRectF
from PySide6.QtGui import QColor, QIcon, QIconEngine, QPainter, QPixmap

import resources
from app.ui.tokens import Tokens

if TYPE_CHECKING:
    from PySide6.QtCore import QRect, QSize

_TRANSPARENT = QColor(0, 0, 0, 0)
# These point along the reading direction, so they are mirrored where it goes from right to left.
DIRECTED = frozenset({"call", "chat", "chevron-left", "chevron-right", "help", "leave", "list", "speaker"})


_held_back = False


def hold_back(held: bool) -> None:
    """Whether icons are empty for now: the very first frame does not wait for what draws them."""
    global _held_back
    _held_back = held


@functools.lru_cache(maxsize=128)
def _source(name: str) -> str:
    return resources.read("icons", f"{name}.svg")


def read_all() -> None:
    """The files of all icons, on any thread: no icon that is drawn waits for the disk then."""
    for file in os.listdir(os.path.join(resources.FOLDER, "icons")):
        name, ending = os.path.splitext(file)
        if ending == ".svg":
            _source(name)


def pixmap(
    name: str, colour: str, size: int, scale: float = 2.0, *, mirrored: bool = False, gap: int = 0, after: bool = False
) -> QPixmap:
    """The icon ``name`` in one colour, ``size`` pixels square at the given device pixel ratio.

    ``gap``: as many empty pixels more beside it, towards words that it may come ``after``.
    """
    make = _empty if _held_back else _drawn
    return make(name, colour, size, scale, mirrored=mirrored, gap=gap, after=after)


def _empty(_: str, __: str, size: int, scale: float, *, mirrored: bool, gap: int, after: bool) -> QPixmap:
    canvas = QPixmap(round((size + gap) * scale), round(size * scale))
    canvas.fill(_TRANSPARENT)
    canvas.setDevicePixelRatio(scale)
    return canvas


@functools.lru_cache(maxsize=512)
def _drawn(name: str, colour: str, size: int, scale: float, *, mirrored: bool, gap: int, after: bool) -> QPixmap:
    from PySide6.QtSvg import QSvgRenderer  # loaded with the first icon that is drawn

    renderer = QSvgRenderer(QByteArray(_source(name).replace("currentColor", colour).encode("utf-8")))
    canvas = QPixmap(round((size + gap) * scale), round(size * scale))
    canvas.fill(_TRANSPARENT)
    painter = QPainter(canvas)
    painter.translate(gap * scale if after else 0, 0)
    if mirrored:
        painter.translate(size * scale, 0)
        painter.scale(-1, 1)
    renderer.render(painter, QRectF(0, 0, size * scale, size * scale))
    painter.end()
    canvas.setDevicePixelRatio(scale)
    return canvas


class _Engine(QIconEngine):
    """Draws an icon when it is painted, in the form that is wanted then: a window makes many that it never shows."""

    def __init__(self, draw: Callable[[QIcon.Mode, float], QPixmap], size: int) -> None:
        super().__init__()
        self._draw = draw
        self._size = size

    def isNull(self) -> bool:
        return False

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return self._draw(mode, size.height() / self._size)

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        painter.drawPixmap(rect, self._draw(mode, painter.device().devicePixelRatioF() * rect.height() / self._size))

    def clone(self) -> QIconEngine:
        return _Engine(self._draw, self._size)


def icon(name: str, colour: str, tokens: Tokens, *, mirrored: bool = False, gap: int = 0, after: bool = False) -> QIcon:
    """An icon for a button; greyed when the button is disabled. ``gap``: room to its words, which it may come after."""

    def draw(mode: QIcon.Mode, scale: float) -> QPixmap:
        shade = tokens.disabled if mode is QIcon.Mode.Disabled else colour
        return pixmap(name, shade, tokens.icon, scale, mirrored=mirrored, gap=gap, after=after)

    return QIcon(_Engine(draw, tokens.icon))
