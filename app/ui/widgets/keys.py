"""A keyboard on the screen for codes, numbers and Latin letters. It takes no focus: the field keeps it.

Other scripts come from the system's input method, see docs/kiosk.md.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QInputMethodEvent, QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QSizePolicy

from app.ui import names
from app.ui.i18n import N_
from app.ui.style import Look
from app.ui.widgets.basic import Button, clear, column, row

_LETTERS = ("1234567890", "qwertyuiop", "asdfghjkl-", "zxcvbnm.@")
_SIGNS = ("1234567890", "!?,.;:'\"()", "+-*/=_%&#~", "@<>[]{}|\\")
_WORDS = {
    names.KEYS_SHIFT: N_("Capital letters"),
    names.KEYS_BACK: N_("Delete the last letter"),
    names.KEYS_SIGNS: N_("Letters or signs"),
    names.KEYS_SPACE: N_("Space"),
    names.KEYS_RETURN: N_("Enter"),
    names.KEYS_HIDE: N_("Hide the keyboard"),
}


class KeyBoard(QFrame):
    """``put_away`` is emitted when somebody wants it gone."""

    put_away = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._signs = self._capital = False
        self._keys: list[tuple[Button, str]] = []
        self.setObjectName(names.KEYS)
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # as every keyboard with these letters
        self._rows = column(look, gap=0, margin=0.5)
        self.setLayout(self._rows)
        self._build()
        self.hide()

    def _build(self) -> None:
        clear(self._rows)
        self._keys = []
        rows = _SIGNS if self._signs else _LETTERS
        for letters in rows[:-1]:
            line = row(self._look, gap=0)
            for letter in letters:
                line.addWidget(self._letter(letter), 2)
            self._rows.addLayout(line)
        line = row(self._look, gap=0)
        self._shift = self._special(names.KEYS_SHIFT, self._change_case, icon="shift")
        self._shift.setCheckable(True)
        self._shift.setEnabled(not self._signs)
        line.addWidget(self._shift, 3)
        for letter in rows[-1]:
            line.addWidget(self._letter(letter), 2)
        line.addWidget(self._special(names.KEYS_BACK, self._delete, icon="backspace", again=True), 3)
        self._rows.addLayout(line)
        self._rows.addLayout(self._last_row())
        self._show_case()
        self.retranslate()

    def _last_row(self) -> QHBoxLayout:
        line = row(self._look, gap=0)
        line.addWidget(self._special(names.KEYS_SIGNS, self._other, words="abc" if self._signs else "#+="), 3)
        line.addWidget(self._special(names.KEYS_SPACE, lambda: self._type(" ")), 10)
        line.addWidget(self._special(names.KEYS_RETURN, self._enter, icon="return"), 3)
        line.addWidget(self._special(names.KEYS_HIDE, self.put_away.emit, icon="chevron-down"), 3)
        return line

    def _key(self, name: str, words: str = "", icon: str = "") -> Button:
        key = Button(self._look, "key", name=name, icon=icon)
        key.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        key.setText(words)
        key.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        return key

    def _letter(self, letter: str) -> Button:
        key = self._key(names.KEY_PREFIX + letter, letter)
        key.setAutoRepeat(True)
        key.clicked.connect(lambda: self._type(letter.upper() if self._capital else letter))
        self._keys.append((key, letter))
        return key

    def _special(
        self, name: str, act: Callable[[], object], *, words: str = "", icon: str = "", again: bool = False
    ) -> Button:
        key = self._key(name, words, icon)
        key.setAutoRepeat(again)
        key.clicked.connect(lambda: act())
        return key

    def retranslate(self) -> None:
        for name, words in _WORDS.items():
            for key in self.findChildren(Button, name):
                key.setAccessibleName(self._look.t(words))

    # ---- what a key does --------------------

    def _type(self, letter: str) -> None:
        field = QApplication.focusWidget()
        if field is not None:
            event = QInputMethodEvent()
            event.setCommitString(letter)
            QApplication.sendEvent(field, event)
        if self._capital:
            self._capital = False
            self._show_case()

    def _delete(self) -> None:
        self._send(Qt.Key.Key_Backspace)

    def _enter(self) -> None:
        self._send(Qt.Key.Key_Return, "\r")

    def _send(self, key: Qt.Key, text: str = "") -> None:
        field = QApplication.focusWidget()
        if field is not None:
            for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
                QApplication.sendEvent(field, QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier, text))

    def _change_case(self) -> None:
        self._capital = not self._capital
        self._show_case()

    def _show_case(self) -> None:
        self._shift.setChecked(self._capital)
        for key, letter in self._keys:
            shown = letter.upper() if self._capital else letter
            key.setText("&&" if shown == "&" else shown)

    def _other(self) -> None:
        self._signs, self._capital = not self._signs, False
        self._build()
