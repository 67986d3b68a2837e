"""Reading over the words that came after an answer was handed in: the line that says so, and the sheet."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.interview.views import LateWords
from app.ui import names
from app.ui.announce import announce
from app.ui.i18n import N_
from app.ui.names import Sheet
from app.ui.presenters.words import WordsPresenter
from app.ui.screens.sheets import SheetCard
from app.ui.style import Look
from app.ui.widgets.basic import Button, Card, Label, column
from app.ui.widgets.columns import SIDE_EM, Columns
from app.ui.widgets.flow import Flow
from app.ui.widgets.notice import OutcomeCard, error_words
from app.ui.widgets.page import Page
from app.ui.widgets.player import TakePlayer
from app.ui.widgets.words import WordsCard

READ = N_("Read the words over")


def late_words(look: Look, late: LateWords) -> str:
    """What there is to say of an interview's words."""
    n = look.texts.n
    if late.unread:
        return n(
            "The words of {n} answer came after you had handed it in. You may read them over and correct them.",
            "The words of {n} answers came after you had handed them in. You may read them over and correct them.",
            late.unread,
        )
    if late.waiting:
        return n(
            "The words of {n} answer are still being recognised. You need not wait; if you stay, you can read them "
            "over here.",
            "The words of {n} answers are still being recognised. You need not wait; if you stay, you can read them "
            "over here.",
            late.waiting,
        )
    return look.t("You have read over the words that came later.")


class LateWordsRow(QWidget):
    """That there are such words, and the way to them; hidden where there are none.

    ``name``: that of the button. It is changed in place, so that the keyboard stays there.
    """

    def __init__(self, look: Look, presenter: WordsPresenter, interview_id: str, name: str) -> None:
        super().__init__()
        self._look = look
        self._presenter = presenter
        self._interview_id = interview_id
        self._words = Label("body")
        self._read = Button(look, "plain", name=name, icon="edit")
        self._read.clicked.connect(lambda: presenter.open(self._interview_id))
        line = Flow(look)
        line.addWidget(self._words, 1)
        line.addWidget(self._read)
        self.setLayout(line)
        self.hide()

    def show_of(self, interview_id: str) -> None:
        self._interview_id = interview_id
        late, words = self._presenter.of(interview_id), self.words_of(interview_id)
        self._words.setText(words)
        self._read.setText(self._look.t(READ))
        self._read.setEnabled(late is not None and bool(late.answers))
        self.setVisible(bool(words))

    def words_of(self, interview_id: str) -> str:
        """Empty where there is nothing to say."""
        late = self._presenter.of(interview_id)
        return late_words(self._look, late) if late is not None else ""

    def refresh(self) -> None:
        self.show_of(self._interview_id)


class LateWordsCard(Card):
    """On the last page of an interview. It is there from the beginning while words are on their way: nothing moves.

    ``name``: that of the button.
    """

    def __init__(self, page: Page, presenter: WordsPresenter, name: str) -> None:
        super().__init__(page.look, steps=2)
        self._page = page
        self._presenter = presenter
        self._said = ""
        self._row = LateWordsRow(page.look, presenter, "", name)
        self.body.addWidget(self._row)
        self.hide()
        presenter.listen_found(self.refresh)

    def entered(self) -> None:
        self._said = ""
        self._presenter.forget()
        self._presenter.look_at_receipt()

    def left(self) -> None:
        self._presenter.forget()

    def refresh(self) -> None:
        receipt = self._presenter.journey.receipt
        interview_id = receipt.interview_id if receipt is not None else ""
        words = self._row.words_of(interview_id)
        news = self._page.isVisible() and words != self._said
        if news:
            self._page.keep_in_sight()
        self._row.show_of(interview_id)
        self.setVisible(bool(words))
        if news:
            self._said = words
            announce(self, words)


class WordsSheet(SheetCard):
    """One answer after the other: its question, its recording, its words."""

    sign = ("edit", "accent")
    most = "wide"

    def __init__(self, look: Look, presenter: WordsPresenter) -> None:
        super().__init__(look)
        self._presenter = presenter
        self._shown = ""
        self._place = Label("muted")
        self._player = TakePlayer(look, name=names.WORDS_PLAY)
        self._player.wanted.connect(lambda: presenter.read_take(self._player.play))
        side = column(look, gap=1)
        side.addWidget(self._player)
        self._words = WordsCard(look, presenter, prefix=names.WORDS_PREFIX, kind="sunken", steps=1.5, lines=6)
        self._sides = Columns(look, least_em=SIDE_EM, most=2, gap=2, shares=(3, 5), top=True)
        self._sides.add(side)
        self._sides.add(self._words)
        self._bad = OutcomeCard(look, "error", "warning", "error")
        for part in (self._place, self._sides, self._bad):
            self.content.addWidget(part)
        self._close = self.add("plain", names.WORDS_CLOSE)
        self._back = self.add("plain", names.WORDS_BACK)
        self._next = self.add("primary", names.WORDS_NEXT)
        self._close.clicked.connect(presenter.close)
        self._back.clicked.connect(presenter.back)
        self._next.clicked.connect(presenter.next)
        presenter.listen(self.refresh)

    def first(self) -> QWidget | None:
        """The words themselves; at a kiosk not, where the letters would come up before anything was read."""
        return self._next if self._presenter.journey.context.kiosk else self._words.first()

    def closed(self) -> None:
        self._words.keep_now()
        self._presenter.left()
        self._words.reset()
        self._player.reset(video=True)
        self._shown = ""

    def dismissed(self) -> None:
        self._presenter.close()

    def abandoned(self) -> None:
        self._player.reset(video=True)

    def refresh(self) -> None:
        if self._presenter.journey.sheet is not Sheet.WORDS:
            return
        t, presenter = self.look.t, self._presenter
        self.title.setText(t("Is this what you said?"))
        self.text.setText(self._saying())
        self._words.retranslate()
        self._player.retranslate()
        for part in (self._place, self._sides):
            part.setVisible(presenter.answer is not None)
        self._show_answer()
        error = presenter.error
        self._bad.setVisible(error is not None)
        self._bad.words.setText("\n".join(error_words(self.look, error)) if error is not None else "")
        more = presenter.answer is not None and not presenter.last
        for button, words, shown in (
            (self._close, t("Close"), more or presenter.answer is None or error is not None),
            (self._back, t("Previous answer"), presenter.place > 0),
            (self._next, t("Next answer") if more else t("Done"), presenter.answer is not None),
        ):
            button.setText(words)
            button.setVisible(shown)
            button.setEnabled(not presenter.journey.busy)

    def _saying(self) -> str:
        """The question; it is read out with the title when the sheet opens."""
        look, answer = self.look, self._presenter.answer
        if answer is None:
            return look.t(
                "Everything is with HR and no longer on this device: the words cannot be changed here any more."
            )
        number = look.t("Question {n}", n=answer.number) if answer.number else ""
        return "  ·  ".join(part for part in (number, look.texts.pick(answer.prompt)) if part)

    def _show_answer(self) -> None:
        answer, look, presenter = self._presenter.answer, self.look, self._presenter
        if answer is None:
            return
        said = look.t("HR sees both: what was recognised and what you correct.")
        if len(presenter.answers) > 1:
            place = look.t("Answer {n} of {total}", n=presenter.place + 1, total=len(presenter.answers))
            said = f"{place}  ·  {said}"
        self._place.setText(said)
        if answer.review.take_id != self._shown:
            self._shown = answer.review.take_id
            self._words.reset()
            self._player.reset(video=answer.review.has_video)
            if self.isVisible():
                announce(self, self.text.text())
        self._words.show_words(answer.review)
