"""Text and choice questions; what is typed or chosen is kept while it grows."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, QTimer
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from app.ui import names
from app.ui.i18n import N_
from app.ui.names import Screen
from app.ui.presenters.journey import Journey
from app.ui.presenters.written import WrittenPresenter
from app.ui.screens.question import stage_line, tip_words
from app.ui.style import Look
from app.ui.widgets.basic import Button, Card, IconLabel, Label, clear, column, row
from app.ui.widgets.option import Option, one_of
from app.ui.widgets.page import Page
from app.ui.widgets.prompt import PromptView
from app.ui.widgets.voices import Voices

_DRAFT_MS = 600
_SECOND_MS = 1000


class WrittenScreen(Page):
    """Head with stage, question and time; the footer says whether the draft is saved."""

    station = 3
    submit_name = ""

    def __init__(self, look: Look, journey: Journey, presenter: WrittenPresenter, voices: Voices) -> None:
        super().__init__(look)
        self._journey = journey
        self._presenter = presenter
        self._stage, self._prompt, self._hint, self._time = (
            Label("stage"),
            Label("question"),
            Label("muted"),
            Label("muted"),
        )
        head = column(look, gap=1)
        self._asked = PromptView(look, presenter.prompt, voices)
        self._tip = Label("caption")
        self._tip.setObjectName(names.QUESTION_TIP)
        for part in (self._stage, self._prompt, self._asked, self._hint, self._tip):
            head.addWidget(part)
        clock = row(look, gap=1)
        clock.addWidget(IconLabel(look, "timer"))
        clock.addWidget(self._time, 1)
        head.addLayout(clock)
        self.column.addLayout(head)
        self._draft_icon, self._draft = IconLabel(look, "save"), Label("caption")
        self._submit = Button(look, "primary", name=self.submit_name, icon="check")
        self._submit.clicked.connect(presenter.submit)
        self.bar.addWidget(self._draft_icon)
        self.bar.addWidget(self._draft, 1)
        self.bar.addWidget(self._submit)
        self.footer.show()
        self._timer = QTimer(self)
        self._timer.setInterval(_SECOND_MS)
        self._timer.timeout.connect(self._show_time)
        self.hear(presenter)

    def entered(self) -> None:
        self._presenter.enter(self.load)
        self._asked.entered()
        self.load()
        self.retranslate()
        self._timer.start()
        self.scroll_to_top()

    def left(self) -> None:
        self._timer.stop()
        self._asked.left()
        self._presenter.keep_draft()

    def load(self) -> None:
        """Put what the presenter holds into the controls."""

    def _show_time(self) -> None:
        presenter, texts = self._presenter, self.look.texts
        used, meant = presenter.seconds_used, presenter.seconds_meant
        over = meant > 0 and used > meant
        words = self.look.t("{used} used of about {meant}", used=texts.minutes(used), meant=texts.minutes(meant))
        self._time.setText(words + ("  ·  " + self.look.t("Please come to an end") if over else ""))
        self._time.tone("warning" if over else "muted")
        self._stage.setText(stage_line(self.look, self._journey))

    def refresh(self) -> None:
        step, look, presenter = self._presenter.step, self.look, self._presenter
        if step is None or self._journey.screen is not self.place:
            return
        self._prompt.setText(look.texts.pick(step.question.prompt))
        hint = look.texts.pick(step.question.hint)
        self._hint.setText(hint)
        self._hint.setVisible(bool(hint))
        self._tip.setText(tip_words(look, self._journey))
        self._submit.setText(look.t("Saving…") if self._journey.busy else look.t("Submit"))
        self._submit.setEnabled(presenter.can_submit)
        self._draft_icon.setVisible(presenter.draft_saved)
        self._draft.setText(look.t("Draft saved") if presenter.draft_saved else "")
        self._show_time()


class TextScreen(WrittenScreen):
    place = Screen.TEXT
    submit_name = names.TEXT_SUBMIT

    def __init__(self, look: Look, journey: Journey, presenter: WrittenPresenter, voices: Voices) -> None:
        super().__init__(look, journey, presenter, voices)
        self._edit = QPlainTextEdit()
        self._edit.setObjectName(names.TEXT_EDIT)
        self._edit.setTabChangesFocus(True)
        self._edit.setMinimumHeight(look.tokens.space(22))
        self._edit.textChanged.connect(self._typed)
        self._counter = Label("caption", wrap=False)
        self._counter.setObjectName(names.TEXT_COUNTER)
        self._counter.setAlignment(Qt.AlignmentFlag.AlignTrailing)
        self.column.addWidget(self._edit, 1)
        self.column.addWidget(self._counter)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_DRAFT_MS)
        self._pause.timeout.connect(presenter.keep_draft)
        self.say(self._edit.setPlaceholderText, N_("Write your answer here"))
        self.say(self._edit.setAccessibleName, N_("Your answer"))

    def _typed(self) -> None:
        self._presenter.write(self._edit.toPlainText())
        self._pause.start()

    def left(self) -> None:
        self._pause.stop()
        super().left()

    def load(self) -> None:
        with QSignalBlocker(self._edit):
            self._edit.setPlainText(self._presenter.text)

    def first(self) -> QWidget | None:
        return self._edit

    def refresh(self) -> None:
        super().refresh()
        count, limit = len(self._presenter.text), self._presenter.limit
        self._counter.setText(self.look.t("{n} / {limit} characters", n=count, limit=limit))
        self._counter.tone("error" if count > limit else "muted")
        self._edit.setReadOnly(self._journey.busy)


class ChoiceScreen(WrittenScreen):
    place = Screen.CHOICE
    submit_name = names.CHOICE_SUBMIT

    def __init__(self, look: Look, journey: Journey, presenter: WrittenPresenter, voices: Voices) -> None:
        super().__init__(look, journey, presenter, voices)
        self._options: list[Option] = []
        self._how = Label("caption")
        self._list = column(look, gap=1)
        card = Card(look, steps=2, gap=1.5)
        card.body.addWidget(self._how)
        card.body.addLayout(self._list)
        self.column.addWidget(card)
        self.column.addStretch(1)

    def load(self) -> None:
        step = self._presenter.step
        clear(self._list)
        self._options = []
        for index in range(len(step.question.choices) if step else 0):
            option = Option(self.look, name=f"{names.CHOICE_OPTION_PREFIX}{index}", round_mark=self._presenter.single)
            option.setChecked(index in self._presenter.choices)
            option.toggled.connect(lambda checked, place=index: self._presenter.choose(place, checked))
            self._options.append(option)
            self._list.addWidget(option)
        # where several may be chosen Tab stops at each: in a group it would stop at one
        if self._presenter.single:
            one_of(self._options)
        self.refresh()

    def first(self) -> QWidget | None:
        return next(iter(self._options), None)

    def refresh(self) -> None:
        super().refresh()
        step = self._presenter.step
        if step is None:
            return
        self._how.setText(self.look.t("Choose one") if self._presenter.single else self.look.t("Choose one or more"))
        for option, words in zip(self._options, step.question.choices, strict=False):
            option.setText(self.look.texts.pick(words))
            option.updateGeometry()
            option.setEnabled(not self._journey.busy)
