"""A combo box in the look of the client."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QComboBox

from app.ui.style import Look


class Select(QComboBox):
    """A combo box with a chevron from the icon set. The wheel does not change it by accident.

    A finger opens the list when it is lifted: it may have come to scroll.
    """

    def __init__(self, look: Look, *, name: str = "") -> None:
        super().__init__()
        self._look = look
        self.setObjectName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(10)
        self._touched = False
        self.installEventFilter(self)

    def let_go(self) -> None:
        """The finger on it does something else."""
        self._touched = False

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._touched = event.source() is not Qt.MouseEventSource.MouseEventNotSynthesized
        if not self._touched:
            super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._touched and self.rect().contains(event.position().toPoint()):
            self.showPopup()
        elif not self._touched:
            super().mouseReleaseEvent(event)
        self._touched = False

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Wheel and not self.hasFocus():
            event.ignore()
            return True
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        size = self._look.tokens.icon - 4
        right = self.isRightToLeft()
        x = self._look.tokens.space(1) if right else self.width() - size - self._look.tokens.space(1)
        painter = QPainter(self)
        painter.drawPixmap(x, (self.height() - size) // 2, self._look.pixmap("chevron-down", "muted", size=size))
        painter.end()
