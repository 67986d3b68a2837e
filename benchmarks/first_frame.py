"""Runs the client, or a bare Qt window, until its first frame is on the screen, then looks whether a key is taken.

``python benchmarks/first_frame.py bare``, or ``… client ARGUMENT…`` (those of ``xuda client``). On stderr come
``painted`` with the monotonic clock and the processor time in seconds, read when the event loop comes round after the
first paint, and ``key`` with the seconds from then until the field with the focus shows a letter that is typed at once.

The bare window is the least that could be called one: a QApplication in the Fusion style, a QMainWindow with a label,
an input and a button, in the size, the typeface and the language of the client's first screen.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any


def bare() -> None:
    from PySide6.QtCore import QTimer
    from PySide6.QtGui import QPaintEvent
    from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QMainWindow, QPushButton, QVBoxLayout, QWidget

    class BareWindow(QMainWindow):
        _unpainted = True

        def paintEvent(self, event: QPaintEvent) -> None:
            super().paintEvent(event)
            if self._unpainted:
                self._unpainted = False
                QTimer.singleShot(0, painted)

    application = QApplication(sys.argv[:1])
    application.setStyle("Fusion")
    font = application.font()
    font.setFamilies(["Noto Sans CJK SC", font.family()])
    font.setPixelSize(15)
    application.setFont(font)
    window = BareWindow()
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


def client() -> None:
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    from app import __main__ as program

    find = program.function_of

    def watched(command: Any) -> Any:
        """In the place where the client imports its window, and not earlier."""
        function = find(command)
        from app import window

        show = window.ClientRun._show

        def shown(run: Any, *given: Any, **named: Any) -> Any:
            made = show(run, *given, **named)
            made.painted.connect(painted)
            return made

        window.ClientRun._show = shown  # type: ignore[method-assign]
        return function

    program.function_of = watched
    sys.exit(program.main(sys.argv[1:]))


def painted() -> None:
    os.write(2, f"painted {time.monotonic():.4f} {time.process_time():.4f}\n".encode())
    from PySide6.QtCore import QTimer

    began = time.monotonic()
    QTimer.singleShot(0, lambda: typed(began))  # in its turn, as a key that was hit now


def typed(began: float) -> None:
    from PySide6.QtCore import QCoreApplication, QEvent, Qt
    from PySide6.QtGui import QKeyEvent
    from PySide6.QtWidgets import QApplication, QLineEdit

    window = next(window for window in QApplication.topLevelWidgets() if window.isVisible())
    # a window system that has not made the window the active one yet gives no focus
    field = QApplication.focusWidget() or next(child for child in window.findChildren(QLineEdit) if child.isVisible())
    QCoreApplication.sendEvent(field, QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_A, Qt.KeyboardModifier(0), "A"))
    field.repaint()
    shown = isinstance(field, QLineEdit) and field.text() == "A"
    os.write(2, f"key {time.monotonic() - began:.4f}\n".encode() if shown else b"no key is taken\n")
    os._exit(0)


if __name__ == "__main__":
    bare() if sys.argv[1] == "bare" else client()
