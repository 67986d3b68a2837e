"""What lies over a screen: sheets in the middle, the help panel at the side. Focus stays inside."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget
from shiboken6 import isValid

from app.ui.style import Look
from app.ui.widgets.page import focusable, scroll_to

# A property of the window: so many pixels at its lower edge are not for what lies over the screens.
COVERED_BELOW = "covered_below"


class Overlay(QWidget):
    """Covers its parent with a veil. ``dismissed`` is emitted on Escape."""

    dismissed = Signal()

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self.look = look
        self._before: QWidget | None = None
        self._first: QWidget | None = None
        parent.installEventFilter(self)
        self.hide()

    def open(self, first: QWidget | None = None) -> None:
        window = self.window()
        if not self.isVisible():
            self._before = window.focusWidget()
        self._cover()
        self.show()
        self.raise_()
        self._first = first
        target = self.first()
        if target is not None:
            target.setFocus(Qt.FocusReason.OtherFocusReason)
            self._show_focus(target)

    def first(self) -> QWidget | None:
        """Where the keyboard begins; None while nothing can be used."""
        wanted = self._first
        if wanted is not None and isValid(wanted) and wanted.isVisible() and wanted.isEnabled():
            return wanted
        return next(iter(focusable(self)), None)

    def close_overlay(self) -> None:
        if not self.isVisible():
            return
        self.hide()
        before, self._before = self._before, None
        if before is not None and before.isVisible() and before.isEnabled():
            before.setFocus(Qt.FocusReason.OtherFocusReason)

    def _cover(self) -> None:
        parent = self._parent()
        self.setGeometry(parent.rect().adjusted(0, 0, 0, -int(parent.property(COVERED_BELOW) or 0)))

    def _parent(self) -> QWidget:
        parent = self.parentWidget()
        assert parent is not None
        return parent

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and watched is self.parent():
            self._cover()
        return super().eventFilter(watched, event)

    def focusNextPrevChild(self, forward: bool) -> bool:
        chain = focusable(self)
        if not chain:
            return True
        window = self.window()
        now = window.focusWidget()
        at = chain.index(now) if now in chain else -1
        target = chain[(at + (1 if forward else -1)) % len(chain)]
        reason = Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
        target.setFocus(reason)
        self._show_focus(target)
        return True

    def _show_focus(self, target: QWidget) -> None:
        """Scroll to what has the focus now."""
        above = target.parentWidget()
        while above is not None and above is not self:
            if isinstance(above, QScrollArea):
                scroll_to(above, target, self.look.tokens.space(1))
            above = above.parentWidget()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.dismissed.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _: QPaintEvent) -> None:
        veil = QColor(self.look.tokens.veil)
        veil.setAlphaF(self.look.tokens.veil_percent / 100)
        painter = QPainter(self)
        painter.fillRect(self.rect(), veil)
        painter.end()


class SheetFrame(QFrame):
    """What a :class:`SheetHost` shows. ``grown`` is emitted when it needs another height."""

    grown = Signal()

    def fit(self, width: int, height: int) -> None:
        """Take a height for at most so many pixels."""


class SheetHolder(QWidget):
    """No higher than its sheet needs at the width it is given."""

    def minimumSizeHint(self) -> QSize:
        return QSize(0, 0)


class SheetHost(Overlay):
    """Shows one sheet in the middle; it scrolls where the window is too low."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(look, parent)
        self._current: SheetFrame | None = None
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setStyleSheet(
            "QScrollArea, QScrollArea > QWidget > QWidget#sheet_holder { background: transparent; }"
        )
        self._holder = SheetHolder()
        self._holder.setObjectName("sheet_holder")
        self._middle = QVBoxLayout(self._holder)
        self._middle.setContentsMargins(*[look.tokens.space(2)] * 4)
        self._scroll.setWidget(self._holder)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._scroll)
        self._line = QHBoxLayout()
        self._middle.addStretch(1)
        self._middle.addLayout(self._line)
        self._middle.addStretch(1)
        self._line.addStretch(1)
        self._line.addStretch(1)

    @Slot()
    def _fit(self) -> None:
        if self._current is not None:
            edge = 2 * self.look.tokens.space(2)
            self._current.fit(self.width() - edge, self.height() - edge)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def restyle(self) -> None:
        self._fit()

    def show_sheet(self, sheet: SheetFrame, first: QWidget | None) -> None:
        if self._current is not None and self._current is not sheet:
            self._line.removeWidget(self._current)
            self._current.hide()
        if self._current is not sheet:
            self._line.insertWidget(1, sheet, 1000)
            sheet.grown.connect(self._fit, Qt.ConnectionType.UniqueConnection)
        self._current = sheet
        sheet.show()
        self._fit()
        self.open(first)

    def hide_sheet(self) -> None:
        self.close_overlay()
        if self._current is not None:
            self._current.hide()


class SidePanel(Overlay):
    """A panel at the far side of the reading direction, as high as the window."""

    def __init__(self, look: Look, parent: QWidget, panel: QWidget) -> None:
        super().__init__(look, parent)
        self._panel = panel
        self.restyle()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addStretch(1)
        layout.addWidget(panel, 1000)

    def restyle(self) -> None:
        self._panel.setMaximumWidth(self.look.tokens.panel)
