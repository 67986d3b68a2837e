"""A QR code, drawn from its modules."""

from __future__ import annotations

import segno
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.ui.presenters.base import Runner
from app.ui.style import Look

_QUIET = 4


class QrCode(QWidget):
    """Always dark on white with its quiet zone, whatever the colour set, so that any camera reads it.

    To find the best mask takes longer than a screen may stand still: ``runner`` does it elsewhere, once the screen with
    the code is there, and white is shown meanwhile.
    """

    def __init__(self, look: Look, runner: Runner) -> None:
        super().__init__()
        self._runner = runner
        self._text = ""
        self._code: QImage | None = None  # one pixel for each module
        self._asked = True
        self.setFixedSize(look.tokens.qr, look.tokens.qr)

    def show_text(self, text: str) -> None:
        if text == self._text:
            return
        self._text, self._code, self._asked = text, None, False
        self.update()

    def _ask(self) -> None:
        text, self._asked = self._text, True
        self._runner.background(lambda: _rows(text), lambda rows: self._show(text, rows), _fail)

    def _show(self, text: str, rows: tuple[bytearray, ...]) -> None:
        if text == self._text:
            size, cells = len(rows), b"".join(bytes(0 if dark else 255 for dark in row) for row in rows)
            self._code = QImage(cells, size, size, size, QImage.Format.Format_Grayscale8).copy()
            self.update()

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(Qt.GlobalColor.white))
        if self._code is not None:
            size = self.width() / (self._code.width() + 2 * _QUIET)
            side = size * self._code.width()
            painter.drawImage(QRectF(size * _QUIET, size * _QUIET, side, side), self._code)
        painter.end()
        if not self._asked:
            self._ask()


def _rows(text: str) -> tuple[bytearray, ...]:
    return tuple(segno.make(text, error="m", micro=False).matrix)


def _fail(error: Exception) -> None:
    """A text that no code can hold is a bug."""
    raise error
