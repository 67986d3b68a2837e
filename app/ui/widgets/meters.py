"""Things that move: the ring around a timer, the level of the microphone, the dots of the way."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.style import Look

QUIET_DB = -60.0


class Ring(QWidget):
    """A timer with a ring around it. ``share`` (0..1) of the ring is drawn; ``small`` for beside a picture."""

    def __init__(self, look: Look, *, small: bool = False) -> None:
        super().__init__()
        self._look = look
        self._share = 0.0
        self._text = ""
        self._below = ""
        self._tone = "accent"
        self._small = small
        self.restyle()

    def restyle(self) -> None:
        size = self._look.tokens.ring_small if self._small else self._look.tokens.ring
        self.setFixedSize(size, size)

    def show_time(self, text: str, below: str, share: float, tone: str = "accent") -> None:
        """``text`` large in the middle, ``below`` it in small type, ``tone`` a token's colour name."""
        share = min(1.0, max(0.0, share))
        if (text, below, tone) != (self._text, self._below, self._tone) or abs(share - self._share) > 0.002:
            self._text, self._below, self._share, self._tone = text, below, share, tone
            self.setAccessibleName(f"{text} {below}".strip())
            self.update()

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width = self._look.tokens.ring_line * (0.75 if self._small else 1)
        box = QRectF(self.rect()).adjusted(width, width, -width, -width)
        painter.setPen(QPen(self._look.colour("line"), width))
        painter.drawEllipse(box)
        painter.setPen(QPen(self._look.colour(self._tone), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawArc(box, 90 * 16, round(-360 * 16 * self._share))
        self._paint_text(painter, box)
        painter.end()

    def _paint_text(self, painter: QPainter, box: QRectF) -> None:
        tokens = self._look.tokens
        font = self.font()
        font.setPixelSize(tokens.question + 4 if self._small else tokens.timer)
        font.setBold(True)
        room = box.width() - tokens.space(1.5)
        while QFontMetrics(font).horizontalAdvance(self._text) > room and font.pixelSize() > tokens.caption:
            font.setPixelSize(font.pixelSize() - 1)
        large = QFontMetrics(font).height() * 0.82
        painter.setFont(font)
        painter.setPen(self._look.colour("ink"))
        small = self.font()
        small.setPixelSize(tokens.caption)
        below = QFontMetrics(small).height() if self._below else 0
        top = box.center().y() - (large + below) / 2
        painter.drawText(QRectF(box.x(), top, box.width(), large), Qt.AlignmentFlag.AlignCenter, self._text)
        if self._below:
            painter.setFont(small)
            painter.setPen(self._look.colour("muted"))
            painter.drawText(
                QRectF(box.x(), top + large, box.width(), below), Qt.AlignmentFlag.AlignCenter, self._below
            )


class LevelBar(QWidget):
    """Loudness as a bar of small blocks. Fed in dBFS; falls slowly, so that the eye can follow."""

    _BLOCKS = 28

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._shown = 0.0
        self.setFixedHeight(look.tokens.space(1.5))
        self.setMinimumWidth(look.tokens.space(12))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_level(self, decibel: float) -> None:
        share = min(1.0, max(0.0, (decibel - QUIET_DB) / -QUIET_DB))
        shown = max(share, self._shown - 0.06)
        if abs(shown - self._shown) > 0.005:
            self._shown = shown
            self.update()

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        step = self.width() / self._BLOCKS
        lit = round(self._shown * self._BLOCKS)
        right = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        for index in range(self._BLOCKS):
            colour = "line" if index >= lit else "warning" if index >= self._BLOCKS - 3 else "accent"
            painter.setBrush(self._look.colour(colour))
            place = self._BLOCKS - 1 - index if right else index
            painter.drawRoundedRect(QRectF(place * step + 1, 0, step - 3, self.height()), 2, 2)
        painter.end()


class StepDots(QWidget):
    """The five stations of the way with the present one marked.

    Where there is no room only the present one has its word, and none with ``spare``.
    """

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._names: list[str] = []
        self._at = 0
        self.spare = False
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)

    def show_step(self, names: list[str], at: int) -> None:
        self._names, self._at = names, at
        self.setAccessibleName(f"{at + 1}/{len(names)} {names[at]}")
        self.updateGeometry()
        self.update()

    def _widths(self) -> list[int]:
        font = self.font()
        font.setPixelSize(self._look.tokens.caption)
        font.setBold(True)
        metrics = QFontMetrics(font)
        return [metrics.horizontalAdvance(name) + self._look.tokens.space(3) for name in self._names]

    def sizeHint(self) -> QSize:
        gaps = self._look.tokens.space(1.5) * max(0, len(self._names) - 1)
        return QSize(sum(self._widths()) + gaps, self._look.tokens.space(4))

    def minimumSizeHint(self) -> QSize:
        word = 0 if self.spare or not self._names else self._widths()[self._at]
        return QSize(self._look.tokens.space(2) * len(self._names) + word, self._look.tokens.space(4))

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        widths = self._widths()
        tokens = self._look.tokens
        wide = self.width() >= self.sizeHint().width()
        x = 0.0
        order = list(enumerate(self._names))
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            order.reverse()
        for index, name in order:
            worded = wide or (index == self._at and not self.spare)
            self._paint_step(painter, x, index, name if worded else "")
            x += (widths[index] if worded else tokens.space(2)) + (tokens.space(1.5) if wide else 0)
        painter.end()

    def _paint_step(self, painter: QPainter, x: float, index: int, name: str) -> None:
        tokens = self._look.tokens
        done, now = index < self._at, index == self._at
        dot = 9 if now else 7
        painter.setPen(QPen(self._look.colour("accent" if done or now else "outline"), tokens.edge))
        painter.setBrush(self._look.colour("accent" if done or now else "surface"))
        painter.drawEllipse(QRectF(x + 1, (self.height() - dot) / 2, dot, dot))
        font = self.font()
        font.setPixelSize(tokens.caption)
        font.setBold(now)
        painter.setFont(font)
        painter.setPen(self._look.colour("ink" if now else "muted"))
        left = x + tokens.space(2)
        painter.drawText(
            QRectF(left, 0, 400, self.height()), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name
        )
