"""The banner with the newest known error: what happened, what it means for the data, what to do."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from app.ui import names
from app.ui.announce import announce
from app.ui.style import Look
from app.ui.widgets.basic import Button, Card, IconLabel, Label, row


def error_words(look: Look, error: Exception) -> tuple[str, str]:
    """Headline and advice for an error; a bug gets words too, its traceback is in the log."""
    from contract.errors import XudaError

    if isinstance(error, XudaError):
        from contract.texts import error_text

        found = error_text(error, look.texts.language)
        details = f" ({found.details})" if found.details and error.field else ""
        return found.title, f"{found.meaning} {found.action}{details}"
    return (
        look.t("Something went wrong"),
        look.t("What was saved before is safe. Please try again; if it happens again, call the staff."),
    )


class OutcomeCard(Card):
    """What became of something that was asked for: an icon and lines of words."""

    def __init__(self, look: Look, kind: str, icon: str, colour: str) -> None:
        super().__init__(look, kind, steps=1.5)
        line = row(look, gap=1.5)
        line.addWidget(IconLabel(look, icon, colour), 0, Qt.AlignmentFlag.AlignTop)
        self.words = Label("body")
        line.addWidget(self.words, 1)
        self.body.addLayout(line)


class Notice(QWidget):
    """Hidden without an error."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._error: Exception | None = None
        self.setObjectName(names.NOTICE)
        card = Card(look, "error", steps=1.5, gap=0.5)
        self._title = Label("strong")
        self._text = Label("body")
        self._text.setObjectName(names.NOTICE_TEXT)
        self.close_button = Button(look, "bar", name=names.NOTICE_CLOSE, icon="close")
        words = row(look, gap=1.5)
        words.addWidget(IconLabel(look, "warning", "error"), 0, Qt.AlignmentFlag.AlignTop)
        lines = Card(look, "error", steps=0, gap=0.25)
        lines.body.addWidget(self._title)
        lines.body.addWidget(self._text)
        words.addWidget(lines, 1)
        words.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignTop)
        card.body.addLayout(words)
        card.setMaximumWidth(look.tokens.wide)
        layout = row(look)
        layout.setContentsMargins(look.tokens.space(3), look.tokens.space(1), look.tokens.space(3), 0)
        layout.addWidget(card)
        self.setLayout(layout)
        self.hide()

    def show_error(self, error: Exception | None) -> None:
        new, self._error = error is not self._error, error
        self.setVisible(error is not None)
        self.close_button.setAccessibleName(self._look.t("Close this message"))
        if error is not None:
            title, text = error_words(self._look, error)
            self._title.setText(title)
            self._text.setText(text)
            self.setAccessibleName(title)
            if new:
                announce(self, f"{title} {text}", urgent=True)
