"""The sheet in which somebody at a kiosk sees their own interview, after their code, and may withdraw it."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit, QWidget

from app.interview.states import InterviewState
from app.interview.views import InterviewSummary
from app.ui import names
from app.ui.presenters.own import OwnPresenter
from app.ui.presenters.words import WordsPresenter
from app.ui.screens.mine import OVER, interview_card
from app.ui.screens.sheets import SheetCard
from app.ui.screens.words import LateWordsRow
from app.ui.style import Look
from app.ui.widgets.basic import Button, Card, Label, clear, column
from app.ui.widgets.flow import Flow
from app.ui.widgets.notice import OutcomeCard, error_words


class OwnSheet(SheetCard):
    sign = ("user", "accent")

    def __init__(self, look: Look, presenter: OwnPresenter, words: WordsPresenter) -> None:
        super().__init__(look)
        self._presenter = presenter
        self._late = words
        self._late_rows: list[LateWordsRow] = []
        self._drawn: object = None
        self._field = QLineEdit()
        self._field.setObjectName(names.OWN_FIELD)
        self._field.setMaxLength(600)
        self._field.returnPressed.connect(self._show)
        self._message = Label("strong")
        self._message.setObjectName(names.OWN_MESSAGE)
        self._message.tone("error")
        self._withdrawn = OutcomeCard(look, "soft", "check-circle", "accent")
        self._list = column(look, gap=1)
        for part in (self._field, self._message, self._withdrawn):
            self.content.addWidget(part)
        self.content.addLayout(self._list)
        self._close = self.add("quiet", names.OWN_CLOSE)
        self._button = self.add("primary", names.OWN_SHOW)
        self._confirm = self.add("danger", names.OWN_CONFIRM)
        self._keep = self.add("primary", names.OWN_KEEP)
        self._close.clicked.connect(presenter.close)
        self._button.clicked.connect(self._show)
        self._confirm.clicked.connect(presenter.withdraw)
        self._keep.clicked.connect(presenter.keep)
        presenter.listen(self._changed)
        words.listen_found(self._show_late)

    def first(self) -> QWidget | None:
        return self._field

    def closed(self) -> None:
        self._presenter.clear()
        self._field.clear()
        clear(self._list)
        self._late_rows.clear()
        self._late.forget()
        self._drawn = None

    def dismissed(self) -> None:
        self._presenter.close()

    def _show(self) -> None:
        self._presenter.show(self._field.text())
        self._field.clear()

    def _changed(self) -> None:
        if self.isVisible():
            self.refresh()

    def refresh(self) -> None:
        t, presenter = self.look.t, self._presenter
        asked = presenter.asked is not None
        if asked:
            self.title.setText(t("Withdraw your consent and delete your data?"))
            self.text.setText(
                t(
                    "The keys of your recordings on this device are destroyed at once; this cannot be "
                    "undone. HR is told to delete its copies, and other devices theirs, as soon as there is a network. "
                    "HR's signed confirmation then appears on this page."
                )
            )
        else:
            self.title.setText(t("My interviews"))
            self.text.setText(
                t(
                    "Give your invitation code once more: without it nothing is shown here, and a phone or ID number "
                    "is not enough. On the start screen you can also hold the code of your receipt to the camera."
                )
            )
        self.text.setVisible(asked or not presenter.found)
        self._field.setVisible(not presenter.found)
        self._field.setPlaceholderText(t("For example ABCD-EFGH"))
        self._field.setAccessibleName(t("Invitation code"))
        self._message.setText(self._said())
        self._message.setVisible(bool(self._message.text()))
        self._withdrawn.setVisible(presenter.withdrawn)
        self._withdrawn.words.setText(
            t(
                "Your consent is withdrawn. The recordings on this device can no longer be opened by "
                "anyone; HR is told to delete its copies."
            )
        )
        self._show_list(asked)
        for button, words, shown in (
            (self._close, t("Close"), not asked),
            (self._button, t("Show"), not presenter.found),
            (self._confirm, t("Withdraw and delete"), asked),
            (self._keep, t("Keep my data"), asked),
        ):
            button.setText(words)
            button.setVisible(shown)
            button.setEnabled(not presenter.journey.busy)

    def _said(self) -> str:
        presenter, t = self._presenter, self.look.t
        if presenter.missing:
            return t("There is no interview for this code on this device.")
        return "\n".join(error_words(self.look, presenter.error)) if presenter.error is not None else ""

    def _show_list(self, asked: bool) -> None:
        found = () if asked else self._presenter.found
        drawn = (found, self.look.texts.language)
        if drawn == self._drawn:
            return
        self._drawn = drawn
        clear(self._list)
        self._late_rows.clear()
        for index, summary in enumerate(found):
            self._list.addWidget(self._card(summary, index))
        self._late.look(summary.interview_id for summary in found)
        self._show_late()

    def _show_late(self) -> None:
        for line in self._late_rows:
            line.refresh()

    def _card(self, summary: InterviewSummary, index: int) -> Card:
        card = interview_card(self.look, summary)
        if summary.state is InterviewState.DELETED:
            return card
        line = LateWordsRow(self.look, self._late, summary.interview_id, f"{names.OWN_READ_PREFIX}{index}")
        card.body.addWidget(line)
        self._late_rows.append(line)
        buttons = Flow(self.look)
        withdraw = Button(self.look, "quiet", name=f"{names.OWN_WITHDRAW_PREFIX}{index}", icon="trash")
        withdraw.setText(self.look.t("Withdraw consent and delete my data"))
        withdraw.clicked.connect(lambda: self._presenter.ask(summary))
        buttons.addWidget(withdraw)
        buttons.addStretch(1)
        if self._presenter.may_print and summary.state in OVER:
            pages = Button(self.look, "plain", name=f"{names.OWN_PRINT_PREFIX}{index}", icon="printer")
            pages.setText(self.look.t("Print"))
            pages.clicked.connect(lambda: self._presenter.print(summary))
            buttons.addWidget(pages)
        card.body.addLayout(buttons)
        return card
