"""One question of a finished interview is answered again: what HR asks, and why."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.ui import names
from app.ui.presenters.journey import Journey
from app.ui.screens.sheets import JourneySheet
from app.ui.style import Look
from app.ui.widgets.basic import Label


class RedoSheet(JourneySheet):
    sign = ("chat", "accent")

    def __init__(self, look: Look, journey: Journey) -> None:
        super().__init__(look, journey)
        self._question, self._rules = Label("strong"), Label("muted")
        self.content.addWidget(self._question)
        self.content.addWidget(self._rules)
        self._back = self.add("plain", names.REDO_BACK)
        self._yes = self.add("primary", names.REDO_YES)
        self._back.clicked.connect(journey.close_sheet)
        self._yes.clicked.connect(journey.arrival.answer_again)

    def first(self) -> QWidget | None:
        return self._yes

    def refresh(self) -> None:
        t, entry = self.look.t, self._journey.arrival.entry
        redo = entry.redo if entry else None
        if redo is None:
            return
        self.title.setText(t("HR asks you to answer question {n} again", n=redo.number))
        self.text.setText(t("Reason given by HR: {reason}", reason=redo.reason) if redo.reason else "")
        self.text.setVisible(bool(redo.reason))
        self._question.setText(self.look.texts.pick(redo.prompt))
        self._rules.setText(
            t(
                "It is this one question alone, until {date}. Your first answer is kept, and counts until you have "
                "submitted a new one.",
                date=self.look.texts.date(redo.not_after),
            )
        )
        self._yes.setText(t("Answer again"))
        self._back.setText(t("Back"))
        self._yes.setEnabled(not self._journey.busy)
