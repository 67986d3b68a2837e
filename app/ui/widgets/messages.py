"""HR's messages: a heading each, with its day, what opens to the words, and a mark while it is new."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from app.ui import names
from app.ui.i18n import N_
from app.ui.style import Look
from app.ui.widgets.basic import Card, Chip, Label, clear, column, row
from app.ui.widgets.fold import Fold

if TYPE_CHECKING:
    from app.interview.views import MessageView

TITLE = N_("Messages from HR")


class MessageList(Card):
    """Hidden without messages. ``opened`` is told which new one was opened; None: nothing is kept of it."""

    def __init__(self, look: Look, opened: Callable[[str], None] | None = None) -> None:
        super().__init__(look, steps=2, gap=1)
        self._look = look
        self._opened = opened
        self._drawn: object = None
        self._title = Label("heading")
        self._list = column(look, gap=0)
        self.body.addWidget(self._title)
        self.body.addLayout(self._list)
        self.hide()

    def show_messages(self, messages: Sequence[MessageView]) -> None:
        """What is open stays open until other messages come."""
        self.setVisible(bool(messages))
        drawn = ([message.message_id for message in messages], self._look.texts.language)
        if drawn == self._drawn:
            return
        self._drawn = drawn
        self._title.setText(self._look.t(TITLE))
        clear(self._list)
        for index, message in enumerate(messages):
            self._add(message, index)

    def _add(self, message: MessageView, index: int) -> None:
        look = self._look
        fold = Fold(look, name=f"{names.MESSAGE_PREFIX}{index}")
        heading = [look.texts.date(message.at), look.texts.pick(message.title)]
        if message.next_steps:
            heading.insert(1, look.t("Next steps"))
        fold.show_words("  ·  ".join(heading), look.texts.pick(message.text))
        new = Chip()
        new.tone("ok")
        new.setText(look.t("New"))
        new.setVisible(False)
        line = row(look, gap=1)
        line.addWidget(fold, 1)
        line.addWidget(new, 0, Qt.AlignmentFlag.AlignTop)
        self._list.addLayout(line)
        if message.unread and self._opened is not None:
            new.show()
            fold.button.toggled.connect(lambda: self._was_opened(message.message_id, new))

    def _was_opened(self, message_id: str, new: Chip) -> None:
        if not new.isHidden() and self._opened is not None:
            new.hide()
            self._opened(message_id)
