"""A spoken question: time to think, then the candidate begins."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer

from app.ui import names
from app.ui.i18n import N_
from app.ui.names import Screen
from app.ui.presenters.answering import AnsweringPresenter
from app.ui.presenters.journey import Journey
from app.ui.style import Look
from app.ui.widgets.basic import Button, Card, IconLabel, Label, column, row
from app.ui.widgets.meters import Ring
from app.ui.widgets.page import Page
from app.ui.widgets.prompt import PromptView
from app.ui.widgets.voices import Voices
from contract.kit import QuestionKind

TICK_MS = 100
TIPS = {
    QuestionKind.VIDEO: N_("Look into the camera and speak as you would to a colleague."),
    QuestionKind.AUDIO: N_("Speak a little slower than usual; short pauses do no harm."),
    QuestionKind.TEXT: N_("Write the main point first, then what supports it."),
    QuestionKind.SINGLE_CHOICE: N_("Read all choices before you decide."),
    QuestionKind.MULTIPLE_CHOICE: N_("Several choices can be right; judge each by itself."),
}


def stage_line(look: Look, journey: Journey) -> str:
    """Stage 1/3 Introduction · Question 2 of 4."""
    step = journey.step
    if step is None:
        return ""
    stage = look.t(
        "Stage {n} of {total}: {title}",
        n=step.stage_index + 1,
        total=step.stage_count,
        title=look.texts.pick(step.stage_title),
    )
    line = stage + "  ·  " + look.t("Question {n} of {total}", n=step.index + 1, total=step.total)
    left = journey.total_left
    if left is not None:
        line += "  ·  " + look.t("{time} left in all", time=look.texts.minutes(left))
    return line


def tip_words(look: Look, journey: Journey) -> str:
    """Advice for a question of this kind: the kit's own for this position, else what holds for every interview."""
    step, kit = journey.step, journey.kit
    if step is None or kit is None:
        return ""
    own = [look.texts.pick(text) for text in kit.tips_for(step.question.kind)]
    return look.t("Tip: {text}", text=" ".join(own) if own else look.t(TIPS[step.question.kind]))


class QuestionScreen(Page):
    place = Screen.QUESTION
    station = 3

    def __init__(self, look: Look, journey: Journey, presenter: AnsweringPresenter, voices: Voices) -> None:
        super().__init__(look)
        self._journey = journey
        self._presenter = presenter
        self._stage, self._prompt, self._hint = Label("stage"), Label("question"), Label("muted")
        self.column.addStretch(1)
        card = Card(look, steps=4, gap=1.5)
        self._asked = PromptView(look, presenter.prompt, voices)
        presenter.quieten = self._asked.quieten
        self._tip = Label("caption")
        self._tip.setObjectName(names.QUESTION_TIP)
        for part in (self._stage, self._prompt, self._asked, self._hint, self._tip):
            card.body.addWidget(part)
        self.column.addWidget(card)
        self._facts = Label("muted")
        self._facts.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._ring = Ring(look)
        self._thinking = Label("muted")
        self._thinking.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        middle = column(look, gap=1)
        middle.addWidget(self._ring, 0, Qt.AlignmentFlag.AlignHCenter)
        middle.addWidget(self._thinking)
        middle.addWidget(self._facts)
        self.column.addLayout(middle)
        self._found()
        self.column.addStretch(2)
        self._answer = Button(look, "primary", name=names.QUESTION_ANSWER, icon="record")
        self._answer.clicked.connect(presenter.begin)
        self._short = Label("muted", wrap=False)
        self.bar.addWidget(self._short)
        self.bar.addStretch(1)
        self.bar.addWidget(self._answer)
        self.footer.show()
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)
        self.hear(presenter)
        self.say(self._answer.setText, N_("Start answering now"))

    def _found(self) -> None:
        """Earlier takes wait for a decision."""
        self._card = Card(self.look, "soft", steps=2, gap=1)
        self._found_title, self._found_text = Label("strong"), Label("body")
        head = row(self.look, gap=1.5)
        head.addWidget(IconLabel(self.look, "save", "accent"), 0, Qt.AlignmentFlag.AlignTop)
        words = column(self.look, gap=0.25)
        words.addWidget(self._found_title)
        words.addWidget(self._found_text)
        head.addLayout(words, 1)
        self._keep = Button(self.look, "plain", name=names.QUESTION_KEEP)
        self._keep.clicked.connect(self._presenter.look_at_takes)
        self._redo = Button(self.look, "quiet", name=names.QUESTION_REDO)
        self._redo.clicked.connect(self._presenter.redo_recovered)
        buttons = row(self.look, gap=1)
        buttons.addStretch(1)
        buttons.addWidget(self._redo)
        buttons.addWidget(self._keep)
        self._card.body.addLayout(head)
        self._card.body.addLayout(buttons)
        self.column.addWidget(self._card)

    def entered(self) -> None:
        self._presenter.enter_question_unless_thinking()
        self._asked.entered()
        self.retranslate()
        self._timer.start()
        self.scroll_to_top()

    def left(self) -> None:
        self._timer.stop()
        self._asked.left()

    def _tick(self) -> None:
        self._presenter.tick()
        if self._journey.screen is Screen.QUESTION:
            self._show_time()

    def _show_time(self) -> None:
        left, step, look = self._presenter.thinking_left, self._presenter.step, self.look
        self._ring.setVisible(left is not None)
        self._thinking.setVisible(left is not None or self._presenter.prompt.unheard)
        if left is not None and step is not None:
            share = left / step.thinking_seconds if step.thinking_seconds else 0
            tone = "warning" if left <= 5 else "accent"
            self._ring.show_time(look.texts.minutes(left), look.t("to think"), share, tone)
        self._stage.setText(stage_line(look, self._journey))
        # a picture may push the ring below the edge of a low window
        beside = left is not None and step is not None and step.question.media is not None
        self._short.setText(look.t("{time} to think", time=look.texts.minutes(left)) if beside and left else "")

    def refresh(self) -> None:
        step, look = self._presenter.step, self.look
        if step is None or self._journey.screen is not Screen.QUESTION:
            return
        self._prompt.setText(look.texts.pick(step.question.prompt))
        hint = look.texts.pick(step.question.hint)
        self._hint.setText(hint)
        self._hint.setVisible(bool(hint))
        if self._presenter.prompt.unheard:
            self._thinking.setText(look.t("The time to think begins when you have listened to the question."))
        else:
            self._thinking.setText(look.t("Recording begins when the time to think is over, or as soon as you start."))
        self._tip.setText(tip_words(look, self._journey))
        self._tip.setVisible(bool(self._tip.text()))
        how = look.t("with picture") if step.question.kind.value == "video" else look.t("sound only")
        limit = look.t("Answer up to {time}, {how}", time=look.texts.span(step.answer_seconds), how=how)
        takes = look.texts.n("{n} take left", "{n} takes left", step.takes_left)
        self._facts.setText(f"{limit}  ·  {takes}")
        self._answer.setEnabled(step.takes_left > 0 and not self._journey.busy)
        self._show_found()
        self._show_time()

    def _show_found(self) -> None:
        step, look = self._presenter.step, self.look
        takes = step.takes if step else ()
        recovered = step.recovered if step else None
        self._card.setVisible(bool(takes))
        self._redo.setVisible(recovered is not None)
        self._redo.setText(look.t("Redo it"))
        for button in (self._keep, self._redo):
            button.setEnabled(not self._journey.busy)
        if recovered is not None:
            self._found_title.setText(look.t("Your interrupted answer was kept"))
            self._found_text.setText(
                look.t(
                    "{time} were saved. Keep it or redo it: neither costs a take.",
                    time=look.texts.span(recovered.duration),
                )
            )
            self._keep.setText(look.t("Look at it"))
        elif takes:
            self._found_title.setText(
                look.texts.n("{n} earlier take is kept", "{n} earlier takes are kept", len(takes))
            )
            self._found_text.setText(look.t("Choose one as your answer, or record another."))
            self._keep.setText(look.t("Look and choose"))
