"""Nothing of a candidate stays in the window: not on a screen that is hidden, not in a field, not in the clipboard."""

from __future__ import annotations

from PySide6 import QtCore
from PySide6.QtCore import QObject, QSignalBlocker
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QLineEdit, QWidget

_BORN = "words before any candidate"


def remember_words(part: QWidget) -> None:
    """Note what the labels of a part of the window say before a candidate has come."""
    for label in part.findChildren(QLabel):
        if label.property(_BORN) is None:
            label.setProperty(_BORN, label.text())


def forget_words(part: QWidget) -> None:
    """Labels say what they said at first, or nothing; fields are emptied, with what undoing would bring back.

    The part has to set its fixed words anew afterwards: the language may have changed since.
    """
    for label in part.findChildren(QLabel):
        if label.text():
            born = label.property(_BORN)
            label.setText(born if isinstance(born, str) else "")
    from PySide6.QtWidgets import QPlainTextEdit, QTextEdit

    # silently: an emptied field is nothing that somebody has typed
    for line in part.findChildren(QLineEdit):
        with QSignalBlocker(line):
            line.setText("")
    editors: list[QPlainTextEdit | QTextEdit] = [*part.findChildren(QPlainTextEdit), *part.findChildren(QTextEdit)]
    for editor in editors:
        with QSignalBlocker(editor):
            editor.setPlainText("")


class ClipboardWatch(QObject):
    """Knows whether the clipboard was filled while this program was in front, and empties it then.

    Not every platform says who owns the clipboard; what was copied while another program was in front is not ours.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._ours = False
        self._clipboard = QGuiApplication.clipboard()
        self._clipboard.dataChanged.connect(self._changed)

    def forget(self) -> None:
        if self._ours or self._clipboard.ownsClipboard():
            self._clipboard.clear()
        self._ours = False

    def _changed(self) -> None:
        self._ours = QGuiApplication.applicationState() is QtCore.Qt.ApplicationState.ApplicationActive
