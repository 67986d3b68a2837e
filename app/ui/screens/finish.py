"""The end of an interview: what happens next, a few questions, the receipt. And the page after leaving early."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QPlainTextEdit, QWidget

from app.interview.model import ExitKind
from app.interview.views import ReceiptView
from app.ui import names
from app.ui.i18n import N_
from app.ui.names import Screen
from app.ui.presenters.base import Runner
from app.ui.presenters.journey import Journey
from app.ui.presenters.pages import RATINGS, QuestionnairePresenter
from app.ui.presenters.printing import PrintPresenter
from app.ui.presenters.words import WordsPresenter
from app.ui.screens.consent import HERE
from app.ui.screens.words import LateWordsCard
from app.ui.style import Look
from app.ui.widgets.basic import Button, Card, Chip, IconLabel, Label, column, row
from app.ui.widgets.fitrow import FitRow
from app.ui.widgets.page import Page
from app.ui.widgets.qr import QrCode

QUESTIONS = {
    "entrance_clear": N_("Was it clear where to begin?"),
    "flow_smooth": N_("Did it go smoothly?"),
    "overall": N_("How was it overall?"),
}
STEPS = (N_("Very poor"), N_("Poor"), N_("Fair"), N_("Good"), N_("Very good"))


class ReceiptCard(Card):
    """The code to take home and a hash for each answer."""

    def __init__(self, look: Look, runner: Runner) -> None:
        super().__init__(look, steps=3, gap=1.5)
        self._look = look
        self._title, self._text = Label("heading"), Label("muted")
        self._code = QrCode(look, runner)
        self._drawn: object = None
        self._digest = Label("mono")
        self._lines = QGridLayout()
        self._lines.setHorizontalSpacing(look.tokens.space(2))
        self._lines.setVerticalSpacing(look.tokens.space(0.5))
        self._lines.setColumnStretch(1, 1)
        words = column(look, gap=1)
        for widget in (self._title, self._text, self._digest):
            words.addWidget(widget)
        words.addStretch(1)
        head = row(look, gap=3)
        head.addLayout(words, 1)
        head.addWidget(self._code, 0, Qt.AlignmentFlag.AlignTop)
        self.body.addLayout(head)
        self.body.addLayout(self._lines)

    def forget(self) -> None:
        """What comes next is shown, be it the same."""
        self._drawn = None

    def show_receipt(self, receipt: ReceiptView) -> None:
        t, texts = self._look.t, self._look.texts
        drawn = (receipt, texts.language)
        if drawn == self._drawn:
            return
        self._drawn = drawn
        self._title.setText(t("Your receipt"))
        self._text.setText(
            t(
                "Take a picture of this code. It proves which answers you gave, without showing them. Saved {time}.",
                time=texts.date(receipt.finished_at),
            )
        )
        self._code.show_text(receipt.qr_text)
        self._code.setAccessibleName(t("Receipt code"))
        self._digest.setText(t("Receipt {digest}", digest=_grouped(receipt.digest[:32])))
        while (item := self._lines.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for place, line in enumerate(receipt.lines):
            name, digest = Label("caption", wrap=False), Label("mono")
            name.setText(t("Answer {n}", n=line.index + 1))
            digest.setText(_grouped(line.digest[:32]))
            self._lines.addWidget(name, place, 0)
            self._lines.addWidget(digest, place, 1)


def _grouped(digest: str) -> str:
    return " ".join(digest[i : i + 4] for i in range(0, len(digest), 4))


def _offer_print(page: Page, journey: Journey, printing: PrintPresenter | None, name: str) -> None:
    """打印, beside the way on."""
    if printing is None:
        return

    def open_it() -> None:
        if journey.receipt is not None:
            printing.open(journey.receipt.interview_id)

    button = Button(page.look, "plain", name=name, icon="printer")
    button.clicked.connect(open_it)
    page.bar.addWidget(button)
    page.say(button.setText, N_("Print"))


class FinishScreen(Page):
    place = Screen.FINISH
    station = 4

    def __init__(
        self, look: Look, journey: Journey, words: WordsPresenter, printing: PrintPresenter | None = None
    ) -> None:
        super().__init__(look)
        self._journey = journey
        self._presenter = QuestionnairePresenter(journey)
        self._head()
        self._next = Label("body")
        card = Card(look, "soft", steps=2, gap=0.5)
        self._next_title = Label("strong")
        card.body.addWidget(self._next_title)
        card.body.addWidget(self._next)
        self.column.addWidget(card)
        self._late = LateWordsCard(self, words, names.FINISH_READ)
        self.column.addWidget(self._late)
        self._questionnaire()
        self._receipt = ReceiptCard(look, journey.runner)
        self.column.addWidget(self._receipt)
        self.column.addStretch(1)
        self._may_leave = Label("caption")
        self._done = Button(look, "primary", name=names.FINISH_DONE)
        self._done.clicked.connect(self._presenter.done)
        self.bar.addWidget(self._may_leave, 1)
        _offer_print(self, journey, printing, names.FINISH_PRINT)
        self.bar.addWidget(self._done)
        self.footer.show()
        self.hear(self._presenter)
        self.say(self._next_title.setText, N_("What happens next"))
        self.say(self._ask.setText, N_("How was it for you? (optional)"))
        self.say(self._wish.setPlaceholderText, N_("What should we do better?"))
        self.say(self._wish.setAccessibleName, N_("What should we do better?"))
        self.say(self._done.setText, N_("Done"))
        self.say(self._may_leave.setText, N_("You may leave now. Your answers are delivered by themselves."))

    def _head(self) -> None:
        self._title, self._summary, self._state = Label("title"), Label("muted"), Chip()
        line = row(self.look, gap=2)
        line.addWidget(IconLabel(self.look, "check-circle", "accent", size="control"), 0, Qt.AlignmentFlag.AlignTop)
        words = column(self.look, gap=0.5)
        words.addWidget(self._title)
        facts = row(self.look, gap=1.5)
        facts.addWidget(self._state)
        facts.addWidget(self._summary, 1)
        words.addLayout(facts)
        line.addLayout(words, 1)
        self.column.addLayout(line)

    def _questionnaire(self) -> None:
        card = Card(self.look, steps=3, gap=1.5)
        self._ask = Label("heading")
        card.body.addWidget(self._ask)
        self._names: dict[str, Label] = {}
        self._buttons: dict[str, list[Button]] = {}
        self._groups: dict[str, QButtonGroup] = {}
        for field in RATINGS:
            lines = column(self.look, gap=0.25)
            self._names[field] = Label("body")
            lines.addWidget(self._names[field])
            lines.addWidget(self._steps(field))
            card.body.addLayout(lines)
        self._wish = QPlainTextEdit()
        self._wish.setObjectName(names.FINISH_WORDS)
        self._wish.setTabChangesFocus(True)
        self._wish.setFixedHeight(self.look.tokens.space(11))
        self._wish.textChanged.connect(lambda: setattr(self._presenter, "words", self._wish.toPlainText()))
        card.body.addWidget(self._wish)
        self._asked = card
        self.column.addWidget(card)

    def _steps(self, field: str) -> FitRow:
        steps = FitRow(self.look, even=True, gap=0)
        group = self._groups[field] = QButtonGroup(self)
        self._buttons[field] = []
        for place in range(len(STEPS)):
            button = Button(self.look, "step", name=f"{names.FINISH_RATING_PREFIX}{field}_{place + 1}")
            button.setCheckable(True)
            button.clicked.connect(lambda _=False, value=place + 1: self._presenter.rate(field, value))
            group.addButton(button)
            steps.add(button)
            self._buttons[field].append(button)
        return steps

    def entered(self) -> None:
        self._presenter.enter()
        self._receipt.forget()
        self._wish.clear()
        for field, group in self._groups.items():
            group.setExclusive(False)
            for button in self._buttons[field]:
                button.setChecked(False)
            group.setExclusive(True)
        self._late.entered()
        self.retranslate()
        self.scroll_to_top()

    def left(self) -> None:
        self._late.left()

    def first(self) -> QWidget | None:
        """The questions, not the way out: a key that was meant for the last answer must not end it all."""
        if self._journey.receipt is not None and self._journey.receipt.again:
            return super().first()
        return self._buttons[RATINGS[0]][0]

    def refresh(self) -> None:
        receipt, kit, look = self._journey.receipt, self._journey.kit, self.look
        self._late.refresh()
        if receipt is None or self._journey.screen is not Screen.FINISH:
            return
        again = receipt.again  # the interview was asked about when it was given
        self._asked.setVisible(not again)
        self._title.setText(
            look.t("Your new answer is saved. Leave now?") if again else look.t("The interview is complete. Leave now?")
        )
        self._state.setText(look.t("Awaiting review"))
        self._state.tone("ok")
        total = len(kit.questions) if kit and not again else len(receipt.lines)
        self._summary.setText(look.t("{done} of {total} answers saved", done=len(receipt.lines), total=total))
        own = look.texts.pick(kit.next_steps) if kit else ""
        here = f"\n{look.t(HERE)}" if self._journey.context.kiosk else ""
        self._next.setText(
            (own or look.t("HR reviews your answers and tells you the result. You also find it under Mine.")) + here
        )
        for field, label in self._names.items():
            label.setText(look.t(QUESTIONS[field]))
            for place, button in enumerate(self._buttons[field]):
                button.setText(look.t(STEPS[place]))
                button.setAccessibleName(f"{look.t(QUESTIONS[field])} {look.t(STEPS[place])}")
        self._receipt.show_receipt(receipt)
        self._done.setEnabled(not self._journey.busy)


class LeftScreen(Page):
    """After 保存进度 or 放弃面试."""

    place = Screen.LEFT
    station = 3

    def __init__(
        self, look: Look, journey: Journey, words: WordsPresenter, printing: PrintPresenter | None = None
    ) -> None:
        super().__init__(look)
        self._journey = journey
        self._title, self._text = Label("title"), Label("lead")
        self._text.tone("muted")
        head = row(look, gap=2)
        head.addWidget(IconLabel(look, "save", "accent", size="control"), 0, Qt.AlignmentFlag.AlignTop)
        lines = column(look, gap=0.5)
        lines.addWidget(self._title)
        lines.addWidget(self._text)
        head.addLayout(lines, 1)
        self.column.addStretch(1)
        self.column.addLayout(head)
        self._late = LateWordsCard(self, words, names.LEFT_READ)
        self.column.addWidget(self._late)
        self._receipt = ReceiptCard(look, journey.runner)
        self.column.addWidget(self._receipt)
        self.column.addStretch(2)
        self._done = Button(look, "primary", name=names.LEFT_DONE)
        self._done.clicked.connect(journey.open_start)
        self.bar.addStretch(1)
        _offer_print(self, journey, printing, names.LEFT_PRINT)
        self.bar.addWidget(self._done)
        self.footer.show()
        self.say(self._done.setText, N_("Back to the start page"))

    def entered(self) -> None:
        self._receipt.forget()
        self._late.entered()
        self.retranslate()
        self.scroll_to_top()

    def left(self) -> None:
        self._late.left()

    def refresh(self) -> None:
        receipt, look = self._journey.receipt, self.look
        self._late.refresh()
        if receipt is None:
            return
        if self._journey.left_how is ExitKind.SAVE:
            self._title.setText(look.t("Your progress is saved"))
            self._text.setText(look.t("Come back with the same invitation: you go on at the first open question."))
        else:
            self._title.setText(look.t("The interview is ended"))
            self._text.setText(
                look.t("The answers you submitted stay with HR. What was not submitted has been removed.")
            )
        self._receipt.setVisible(bool(receipt.lines))
        self._receipt.show_receipt(receipt)
