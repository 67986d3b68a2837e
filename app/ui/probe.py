"""Opens one real window, for the self-test."""

from __future__ import annotations

from PySide6.QtCore import qVersion
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QApplication, QLabel

_SIZE = (240, 80)


def open_window() -> str:
    """Show a window, draw it and take it away again. Says Qt's version and platform.

    Raises RuntimeError when nothing was drawn or when there is no font for Chinese.
    """
    application = QApplication.instance() or QApplication([])
    label = QLabel("Xuda 续答")
    label.resize(*_SIZE)
    label.show()
    image = label.grab().toImage()
    label.close()
    if len({image.pixel(x, y) for x in range(0, image.width(), 2) for y in range(0, image.height(), 2)}) < 2:
        raise RuntimeError("the window stayed empty")
    if not QFontDatabase.families(QFontDatabase.WritingSystem.SimplifiedChinese):
        raise RuntimeError("no font for Chinese")
    platform = application.platformName() if isinstance(application, QApplication) else ""
    return f"Qt {qVersion()}, {platform}"
