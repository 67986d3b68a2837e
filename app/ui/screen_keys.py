"""When the keyboard on the screen comes and goes: for fingers in a field, gone with the first key of a real one."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QMouseEvent, QResizeEvent, QWindow
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QScrollArea, QVBoxLayout, QWidget

from app.ui.style import Look
from app.ui.touch import SWIPED
from app.ui.widgets.keys import KeyBoard
from app.ui.widgets.overlay import COVERED_BELOW


def typed_in(widget: QWidget | None) -> bool:
    """Whether letters go there."""
    return isinstance(widget, QLineEdit | QPlainTextEdit) and widget.isEnabled() and not widget.isReadOnly()


class ScreenKeys(QObject):
    """``rows`` is the window's layout: the keyboard stands under everything else, which gives way."""

    def __init__(self, window: QWidget, rows: QVBoxLayout, look: Look) -> None:
        super().__init__(window)
        self._window, self._rows, self._look = window, rows, look
        self._board: KeyBoard | None = None
        self._finger = False
        self._wanted = False
        look.texts.listen(self._retranslate)
        window.installEventFilter(self)
        self._watch(window.windowHandle())
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._moved)

    def _watch(self, handle: QWindow | None) -> None:
        if handle is not None:
            handle.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if watched is self._window:
            if kind == QEvent.Type.Show:
                self._watch(self._window.windowHandle())
        elif kind == QEvent.Type.TouchBegin:
            self._finger = True
        elif kind == QEvent.Type.KeyPress:
            self._wanted = False
            self._soon()
        elif kind == QEvent.Type.MouseButtonRelease and isinstance(event, QMouseEvent):
            self._lifted(event)
        return False

    def _lifted(self, event: QMouseEvent) -> None:
        """After a touch Qt makes a press of the mouse of it; what was touched has the focus by now."""
        self._finger = False
        if event.source() is Qt.MouseEventSource.MouseEventNotSynthesized:
            self._wanted = False
        elif not self._window.property(SWIPED):  # a field moves with the finger that swipes: it is lifted over it
            place = self._window.childAt(event.position().toPoint())
            field = QApplication.focusWidget()
            on_field = field is not None and place is not None and (place is field or field.isAncestorOf(place))
            self._wanted = self._wanted or (on_field and typed_in(field))
        self._soon()

    def _moved(self, _: QWidget | None, __: QWidget | None) -> None:
        if not self._finger:  # while a finger is down nothing may move under it
            self._soon()

    def _soon(self) -> None:
        QTimer.singleShot(0, self, self._settle)

    def put_away(self) -> None:
        self._wanted = False
        self._settle()

    def _settle(self) -> None:
        if self._finger:
            return
        field = QApplication.focusWidget()
        own = QGuiApplication.inputMethod().isVisible()  # the system has a keyboard of its own up
        shown = self._wanted and typed_in(field) and not own
        if not shown:
            self._wanted = False
        self._show(shown)
        if shown and field is not None:
            QTimer.singleShot(0, self, self._bring_up)

    def _show(self, shown: bool) -> None:
        if self._board is None:
            if not shown:
                return
            self._board = KeyBoard(self._look)
            self._board.put_away.connect(self.put_away)
            self._rows.addWidget(self._board)
        if self._board.isVisible() is shown:
            return
        self._board.setVisible(shown)
        self._window.setProperty(COVERED_BELOW, self._board.sizeHint().height() if shown else 0)
        size: QSize = self._window.size()
        QApplication.sendEvent(self._window, QResizeEvent(size, size))  # what lies over the screens gives way too

    def _bring_up(self) -> None:
        """The field into sight, in what is left of its screen or sheet."""
        field = QApplication.focusWidget()
        above = field.parentWidget() if field is not None else None
        while field is not None and above is not None:
            if isinstance(above, QScrollArea):
                above.ensureWidgetVisible(field)
            above = above.parentWidget()

    def _retranslate(self) -> None:
        if self._board is not None:
            self._board.retranslate()
