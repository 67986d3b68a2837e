"""A QR code, drawn from its modules."""

from __future__ import annotations

import segno
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
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
        self._rows: tuple[bytearray, ...] = ()
        self._asked = True
        self.setFixedSize(look.tokens.qr, look.tokens.qr)

    def show_text(self, text: str) -> None:
        if text == self._text:
            return
        self._text, self._rows, self._asked = text, (), False
        self.update()

    def _ask(self) -> None:
        text, self._asked = self._text, True
        self._runner.background(lambda: _rows(text), lambda rows: self._show(text, rows), _fail)

    def _show(self, text: str, rows: tuple[bytearray, ...]) -> None:
        if text == self._text:
            self._rows = rows
            self.update()

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(Qt.GlobalColor.white))
        if self._rows:
            size = self.width() / (len(self._rows) + 2 * _QUIET)
            for y, cells in enumerate(self._rows):
                for x, dark in enumerate(cells):
                    if dark:
                        box = QRectF((x + _QUIET) * size, (y + _QUIET) * size, size + 0.3, size + 0.3)
                        painter.fillRect(box, QColor(Qt.GlobalColor.black))
        painter.end()
        if not self._asked:
            self._ask()


def _rows(text: str) -> tuple[bytearray, ...]:
    return tuple(segno.make(text, error="m", micro=False).matrix)


def _fail(error: Exception) -> None:
    """A text that no code can hold is a bug."""
    raise error
