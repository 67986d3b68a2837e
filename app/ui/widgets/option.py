"""A radio button or check box as a card with wrapping text."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QSizePolicy

from app.ui.style import Look
from app.ui.widgets.basic import paint_focus

_FLAGS = int(Qt.TextFlag.TextWordWrap)


class Option(QAbstractButton):
    """``round_mark``: a radio's circle, else a check box's square. ``detail`` is a second, quieter text."""

    def __init__(self, look: Look, *, name: str = "", round_mark: bool = False, framed: bool = True) -> None:
        super().__init__()
        self._look = look
        self._round = round_mark
        self._framed = framed
        self._detail = ""
        self.setObjectName(name)
        self.setCheckable(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def set_detail(self, text: str) -> None:
        self._detail = text
        self.setAccessibleDescription(text)
        self.updateGeometry()
        self.update()

    def _edge(self) -> int:
        return self._look.tokens.space(1.5) if self._framed else self._look.tokens.space(0.5)

    def _text_left(self) -> int:
        return self._edge() + self._look.tokens.icon + self._look.tokens.space(1.5)

    def _heights(self, width: int) -> tuple[int, int]:
        """Pixels of the text and of the detail in ``width`` pixels of the whole option."""
        room = max(40, width - self._text_left() - self._edge())
        font = self.font()
        font.setPixelSize(self._look.tokens.body)
        metrics = QFontMetrics(font)
        text = metrics.boundingRect(QRect(0, 0, room, 10_000), _FLAGS, self.text()).height()
        if not self._detail:
            return text, 0
        font.setPixelSize(self._look.tokens.caption)
        return text, QFontMetrics(font).boundingRect(QRect(0, 0, room, 10_000), _FLAGS, self._detail).height()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        text, detail = self._heights(width)
        gap = self._look.tokens.space(0.5) if detail else 0
        return max(self._look.tokens.target, text + detail + gap + 2 * self._edge())

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(self.font())
        width = self._text_left() + metrics.horizontalAdvance(self.text()) + self._edge() + self._look.tokens.space(1)
        width = min(width, self._look.tokens.space(40))
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._look.tokens.space(16), self._look.tokens.target)

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._framed:
            self._paint_frame(painter)
        self._paint_mark(painter)
        self._paint_text(painter)
        painter.end()
        if self.hasFocus() and self._look.watch.by_key:
            paint_focus(self, self._look)

    def _paint_frame(self, painter: QPainter) -> None:
        tokens = self._look.tokens
        fill = "accent_soft" if self.isChecked() else "sunken" if self.underMouse() and self.isEnabled() else "surface"
        width = tokens.focus if self.isChecked() else tokens.hair
        painter.setPen(QPen(self._look.colour("accent" if self.isChecked() else "line"), width))
        painter.setBrush(self._look.colour(fill))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(3, 3, -3, -3), tokens.button_radius, tokens.button_radius)

    def _left(self, x: int, width: int) -> int:
        return self.width() - x - width if self.layoutDirection() == Qt.LayoutDirection.RightToLeft else x

    def _paint_mark(self, painter: QPainter) -> None:
        tokens = self._look.tokens
        size = tokens.icon - 2
        text, detail = self._heights(self.width())
        line = tokens.space(0.5) if detail else 0
        first = QFontMetrics(self.font()).height()
        top = (self.height() - text - detail - line) // 2 + (min(first, text) - size) // 2
        box = QRectF(self._left(self._edge(), size) + 1, top + 1, size - 2, size - 2)
        checked = self.isChecked()
        painter.setPen(QPen(self._look.colour("accent" if checked else "outline"), tokens.edge))
        painter.setBrush(self._look.colour("accent" if checked and not self._round else "surface"))
        radius = size / 2 if self._round else 5
        painter.drawRoundedRect(box, radius, radius)
        if not checked:
            return
        if self._round:
            painter.setBrush(self._look.colour("accent"))
            painter.drawEllipse(box.center(), size / 4, size / 4)
            return
        painter.setPen(
            QPen(self._look.colour("accent_ink"), tokens.edge, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
        )
        x, y, w = box.x(), box.y(), box.width()
        tick = [
            QPointF(x + w * 0.26, y + w * 0.53),
            QPointF(x + w * 0.44, y + w * 0.70),
            QPointF(x + w * 0.75, y + w * 0.33),
        ]
        painter.drawPolyline(QPolygonF(tick))

    def _paint_text(self, painter: QPainter) -> None:
        tokens = self._look.tokens
        text, detail = self._heights(self.width())
        gap = tokens.space(0.5) if detail else 0
        width = self.width() - self._text_left() - self._edge()
        left = self._left(self._text_left(), width)
        top = (self.height() - text - detail - gap) // 2
        side = (
            Qt.AlignmentFlag.AlignRight
            if self.layoutDirection() == Qt.LayoutDirection.RightToLeft
            else Qt.AlignmentFlag.AlignLeft
        )
        flags = _FLAGS | int(side)
        font = self.font()
        font.setPixelSize(tokens.body)
        painter.setFont(font)
        painter.setPen(self._look.colour("ink" if self.isEnabled() else "outline"))
        painter.drawText(QRect(left, top, width, text), flags, self.text())
        if detail:
            font.setPixelSize(tokens.caption)
            painter.setFont(font)
            painter.setPen(self._look.colour("muted"))
            painter.drawText(QRect(left, top + text + gap, width, detail), flags, self._detail)


def one_of(buttons: Sequence[QAbstractButton]) -> None:
    """Of these one is checked at a time. The group goes with its buttons, however often a screen makes new ones."""
    group = QButtonGroup(next(iter(buttons), None))
    for button in buttons:
        group.addButton(button)
