"""The dialog before the first window: the passphrase of a machine without key store is entered, or chosen."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QCheckBox, QDialog, QLineEdit, QWidget

from app.passphrase import CHOOSING, LEAST, pause_after, problem_of
from app.ui import names
from app.ui.dress import Appearance, dress_application, screen_zoom, tokens_for
from app.ui.i18n import N_, Texts
from app.ui.style import InputWatch, Look, style_sheet
from app.ui.widgets.basic import Button, Label, column, row
from contract.errors import ErrorCode, XudaError
from contract.texts import code_text

Attempt = Callable[[str], Future[Any]]

# Headline, what it means, the button that goes on.
_WORDS: dict[ErrorCode, tuple[str, str, str]] = {
    ErrorCode.PASSPHRASE_NEEDED: (
        N_("Enter the passphrase of this device"),
        N_("Recordings on this device are locked with it. Everything that was saved is still here."),
        N_("Unlock"),
    ),
    ErrorCode.PASSPHRASE_MISSING: (
        N_("Choose a passphrase for this device"),
        N_(
            "This machine has no key store of its own. The passphrase locks all recordings and is asked for at each "
            "start. Keep it where the staff find it: without it nothing on this device can be opened."
        ),
        N_("Set passphrase"),
    ),
    ErrorCode.KEYSTORE_UNPROTECTED: (
        N_("Protect the recordings on this device"),
        N_(
            "So far their keys lie in a file that anybody who copies it can use. Choose a passphrase: the keys are "
            "locked with it and the file is removed. Nothing is lost. It is asked for at each start."
        ),
        N_("Set passphrase"),
    ),
    ErrorCode.KEYSTORE_LOCKED: (
        N_("The system's key store is locked"),
        N_("Unlock it and allow Xuda to use it, then try again. Everything that was saved is still here."),
        N_("Try again"),
    ),
}
ASKED_FOR = frozenset(_WORDS)


class UnlockDialog(QDialog):
    """``attempt`` opens the data folder with a passphrase, on another thread; the dialog is accepted when it succeeds.

    ``future`` is the attempt that did. Wrong tries are told here, each makes the next one wait longer.
    """

    _ended = Signal(object)

    def __init__(self, code: ErrorCode, language: str, attempt: Attempt, *, kiosk: bool = False) -> None:
        tokens = tokens_for(Appearance(), kiosk=kiosk, zoom=screen_zoom())
        dress_application(tokens, language)
        super().__init__()
        self.future: Future[Any] | None = None
        self._attempt = attempt
        self._wrong = 0
        self._busy = False
        self._look = Look(tokens, Texts(language), InputWatch())
        self._new = code in CHOOSING
        self.setObjectName("window")
        self.setWindowTitle("Xuda 续答")
        self.setWindowIcon(QIcon(self._look.pixmap("mark", "accent", size=64)))
        self.setMinimumWidth(tokens.sheet)
        self._build(code)
        self.setStyleSheet(style_sheet(tokens))
        self._ended.connect(self._settle, Qt.ConnectionType.QueuedConnection)
        self._check()

    def _build(self, code: ErrorCode) -> None:
        look = self._look
        title, text, verb = _WORDS[code]
        layout = column(look, gap=2)
        margin = look.tokens.space(3)
        layout.setContentsMargins(margin, margin, margin, margin)
        self.setLayout(layout)
        layout.addWidget(_label("question", look.t(title)))
        layout.addWidget(_label("body", look.t(text)))
        self._fields = self._make_fields(code)
        for field in self._fields:
            layout.addWidget(field)
        self._shown = QCheckBox(look.t("Show what I type"))
        self._shown.setObjectName(names.UNLOCK_SHOW)
        self._shown.setMinimumHeight(look.tokens.target)
        self._shown.toggled.connect(self._show_typed)
        self._shown.setVisible(bool(self._fields))
        layout.addWidget(self._shown)
        self._message = _label("body", "")
        self._message.setObjectName(names.UNLOCK_MESSAGE)
        layout.addWidget(self._message)
        layout.addLayout(self._buttons(look.t(verb)))

    def _make_fields(self, code: ErrorCode) -> list[QLineEdit]:
        if code is ErrorCode.KEYSTORE_LOCKED:
            return []
        labels = [N_("Passphrase"), N_("The same again")] if self._new else [N_("Passphrase")]
        fields = []
        for number, message in enumerate(labels):
            field = QLineEdit()
            field.setObjectName(names.UNLOCK_FIELD_PREFIX + str(number))
            field.setEchoMode(QLineEdit.EchoMode.Password)
            field.setPlaceholderText(self._look.t(message))
            field.setAccessibleName(self._look.t(message))
            field.setInputMethodHints(Qt.InputMethodHint.ImhSensitiveData | Qt.InputMethodHint.ImhNoPredictiveText)
            field.textChanged.connect(self._check)
            field.returnPressed.connect(self._go)
            fields.append(field)
        return fields

    def _buttons(self, verb: str) -> Any:
        self._quit = Button(self._look, "plain", name=names.UNLOCK_QUIT)
        self._quit.setText(self._look.t("Close"))
        self._quit.clicked.connect(self.reject)
        self._button = Button(self._look, "primary", name=names.UNLOCK_GO)
        self._button.setText(verb)
        self._button.clicked.connect(self._go)
        line = row(self._look, gap=1)
        line.addWidget(self._quit)
        line.addStretch(1)
        line.addWidget(self._button)
        return line

    # ---- typing and trying --------------------

    def _check(self) -> None:
        """What can be said while it is typed; nothing is nagged about before it is complete."""
        self._message.tone("muted")
        self._button.setEnabled(not self._busy and all(field.text() for field in self._fields))
        hint = self._look.t("At least {count} characters.", count=LEAST) if self._new else ""
        self._message.setText(hint)

    def _go(self) -> None:
        if not self._button.isEnabled():
            return
        typed = [field.text() for field in self._fields]
        problem = problem_of(typed[0], typed[1]) if self._new else None
        if problem is not None:
            self._say(
                self._look.t("At least {count} characters.", count=LEAST)
                if problem == "short"
                else self._look.t("The two are not the same. Type them again.")
            )
            return
        self._set_busy(True)
        self._message.tone("muted")
        self._message.setText(self._look.t("Opening…"))
        future = self._attempt(typed[0] if typed else "")
        future.add_done_callback(lambda done: self._ended.emit(done))

    def _settle(self, future: Future[Any]) -> None:
        error = future.exception()
        if error is None:
            self.future = future
            for field in self._fields:
                field.clear()
            self.accept()
            return
        if not isinstance(error, XudaError):
            self.future = future  # a bug: the caller lets it out
            self.reject()
            return
        wrong = error.code is ErrorCode.PASSPHRASE_WRONG
        self._wrong += wrong
        found = code_text(error.code, self._look.texts.language)
        self._say(f"{found.title}\n{found.meaning} {found.action}")
        QTimer.singleShot(round(1000 * pause_after(self._wrong if wrong else 0)), self, self._again)

    def _again(self) -> None:
        self._set_busy(False)
        self._button.setEnabled(True)
        if self._fields:
            self._fields[0].setFocus()
            self._fields[0].selectAll()

    def _set_busy(self, busy: bool) -> None:
        self._busy = busy
        for widget in (*self._fields, self._button):
            widget.setEnabled(not busy)

    def _say(self, text: str) -> None:
        self._message.tone("error")
        self._message.setText(text)
        # adjustSize knows nothing of labels that grow when they wrap
        layout = self.layout()
        if layout is not None:
            layout.activate()
            self.resize(self.width(), max(self.height(), layout.totalHeightForWidth(self.width())))

    def _show_typed(self, shown: bool) -> None:
        for field in self._fields:
            field.setEchoMode(QLineEdit.EchoMode.Normal if shown else QLineEdit.EchoMode.Password)


def _label(role: str, text: str, parent: QWidget | None = None) -> Label:
    label = Label(role, parent=parent)
    label.setText(text)
    return label
