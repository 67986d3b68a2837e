"""Runs the client, or a bare Qt window, and says on stderr when its first frame was painted and its field took a key.

``python benchmarks/first_frame.py bare`` or ``… client ARGUMENT…`` (those of ``xuda client``). Both are watched by the
same instrument: when the window's paint event is through and the event loop comes round again, a key is sent to
the widget that has the focus; ``usable`` is written once the letter stands in it. The process ends then.

The bare window is the least that could be called one: a QApplication in the Fusion style, a QMainWindow with a label,
an input and a button, in the same size, typeface and language as the client's first screen.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QMainWindow, QPushButton, QVBoxLayout, QWidget

_LETTER = "A"


class FirstFrame(QObject):
    """Waits for the first paint of a top-level window, then for a key to arrive in the field with the focus."""

    def __init__(self, window: QWidget) -> None:
        super().__init__()
        self._window = window
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._window and event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self._painted)
        return False

    def _painted(self) -> None:
        field = QApplication.focusWidget()
        if field is None:
            # the window system has not made the window active yet
            field = next(child for child in self._window.findChildren(QLineEdit) if child.isVisible())
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            key = QKeyEvent(kind, Qt.Key.Key_A, Qt.KeyboardModifier.ShiftModifier, _LETTER)
            QCoreApplication.sendEvent(field, key)
        if isinstance(field, QLineEdit) and field.text() == _LETTER:
            os.write(2, b"usable\n")
        else:
            os.write(2, b"painted, but no key is taken\n")
        os._exit(0)


def bare() -> None:
    application = QApplication(sys.argv[:1])
    application.setStyle("Fusion")
    font = application.font()
    font.setFamilies(["Noto Sans CJK SC", font.family()])
    font.setPixelSize(15)
    application.setFont(font)
    window = QMainWindow()
    inside = QWidget()
    column = QVBoxLayout(inside)
    field = QLineEdit()
    column.addWidget(QLabel("欢迎参加面试"))
    column.addWidget(field)
    column.addWidget(QPushButton("开始面试"))
    window.setCentralWidget(inside)
    window.resize(1180, 760)
    field.setFocus()
    window.show()
    application.exec()


def main() -> None:
    kept: list[FirstFrame] = []
    run = QApplication.exec

    def watched(*_: object) -> int:
        window = next(widget for widget in QApplication.topLevelWidgets() if widget.isVisible())
        kept.append(FirstFrame(window))
        return run()

    QApplication.exec = watched  # type: ignore[method-assign, assignment]
    if sys.argv[1] == "bare":
        bare()
        return
    sys.path.insert(0, str(Path(__file__).parent.parent))
    from app.__main__ import main as client

    sys.exit(client(sys.argv[1:]))


if __name__ == "__main__":
    main()
