"""A QR code, drawn from its modules."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.ui.style import Look

_QUIET = 4


class QrCode(QWidget):
    """Always dark on white with its quiet zone, whatever the colour set, so that any camera reads it."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._rows: tuple[bytearray, ...] = ()
        self.setFixedSize(look.tokens.qr, look.tokens.qr)

    def show_text(self, text: str) -> None:
        import segno

        self._rows = tuple(segno.make(text, error="m", micro=False).matrix)
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
