"""Recording: question left, mirror right, time as a ring, captions below the question."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QGridLayout

from app.ui import names
from app.ui.announce import announce
from app.ui.i18n import N_
from app.ui.names import Screen
from app.ui.presenters.answering import ENDING_FAULTS, AnsweringPresenter
from app.ui.presenters.journey import Journey
from app.ui.screens.question import TICK_MS, stage_line
from app.ui.style import Look
from app.ui.widgets.basic import Button, Card, IconLabel, Label, column, row
from app.ui.widgets.columns import SIDE_EM, Columns
from app.ui.widgets.meters import LevelBar, Ring
from app.ui.widgets.option import Option
from app.ui.widgets.page import Page
from app.ui.widgets.preview import LivePreview
from app.ui.widgets.prompt import PromptView
from app.ui.widgets.voices import Voices

_CAPTION_TAIL = 160
_SAID_SECONDS = (60, 30, 10)  # of the time left, to whoever cannot see it


class RecordingScreen(Page):
    place = Screen.RECORDING
    station = 3
    wide = True

    def __init__(self, look: Look, journey: Journey, presenter: AnsweringPresenter, voices: Voices) -> None:
        super().__init__(look)
        self._asked = PromptView(look, presenter.prompt, voices, brief=True)
        self._journey = journey
        self._presenter = presenter
        self._said = 0.0
        sides = Columns(look, least_em=SIDE_EM, most=2, gap=3, top=True)
        sides.add(self._words_side())
        sides.add(self._picture_side())
        self._warning = Card(look, "warning", steps=1.5)
        self._warning_words = Label("body")
        self._warning.body.addWidget(self._warning_words)
        self.column.addWidget(self._warning)
        self.column.addWidget(sides)
        self.column.addStretch(1)
        self._done = Button(look, "primary", name=names.RECORDING_DONE, icon="stop")
        self._done.clicked.connect(presenter.finish)
        self._takes = Label("muted")
        self.bar.addWidget(self._takes, 1)
        self.bar.addWidget(self._done)
        self.footer.show()
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)
        self.hear(presenter)
        self.say(self._done.setText, N_("I have finished"))
        self.say(self._recording.setText, N_("Recording"))
        self.say(self._captions.setText, N_("Show captions"))
        self.say(self._level.setAccessibleName, N_("Level of the microphone"))

    def _words_side(self) -> QGridLayout:
        side = QGridLayout()
        side.setVerticalSpacing(self.look.tokens.space(1.5))
        self._stage, self._prompt = Label("stage"), Label("question")
        self._caption = Label("lead")
        self._caption.setObjectName(names.RECORDING_CAPTION_TEXT)
        self._caption.setAlignment(Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeading)
        self._caption_card = Card(self.look, "sunken", steps=2)
        self._caption_card.body.addWidget(self._caption)
        self._caption_card.setMinimumHeight(self.look.tokens.space(12))
        self._captions = Option(self.look, name=names.RECORDING_CAPTIONS, framed=False)
        self._captions.setChecked(True)
        self._captions.toggled.connect(self._switch_captions)
        for place, widget in enumerate((self._stage, self._prompt, self._asked, self._caption_card, self._captions)):
            side.addWidget(widget, place, 0)
        side.setRowStretch(5, 1)
        return side

    def _picture_side(self) -> QGridLayout:
        side = QGridLayout()
        side.setVerticalSpacing(self.look.tokens.space(1.5))
        self._preview = LivePreview(self.look, self._journey.context.devices)
        self._level = LevelBar(self.look)
        meter = row(self.look, gap=1.5)
        meter.addWidget(IconLabel(self.look, "microphone"))
        meter.addWidget(self._level, 1)
        self._ring = Ring(self.look, small=True)
        self._recording, self._left_words = Label("strong"), Label("muted")
        self._recording.tone("recording")
        dot = row(self.look, gap=1)
        dot.addWidget(IconLabel(self.look, "record", "recording"))
        dot.addWidget(self._recording, 1)
        words = column(self.look, gap=0.5)
        words.addStretch(1)
        words.addLayout(dot)
        words.addWidget(self._left_words)
        words.addStretch(1)
        time = row(self.look, gap=2)
        time.addWidget(self._ring)
        time.addLayout(words, 1)
        side.addWidget(self._preview, 0, 0)
        side.addLayout(meter, 1, 0)
        side.addLayout(time, 2, 0)
        side.setRowStretch(3, 1)
        return side

    def entered(self) -> None:
        self.retranslate()
        self._asked.entered()
        self._timer.start()
        announce(self, self.look.t("Recording"), urgent=True)
        step = self._presenter.step
        self._said = float(step.answer_seconds) if step is not None else 0.0
        video = step is not None and step.question.kind.value == "video"
        self._preview.setVisible(video)
        self._preview.run(video)
        self.scroll_to_top()

    def left(self) -> None:
        self._timer.stop()
        self._preview.run(False)

    def _switch_captions(self, on: bool) -> None:
        self._presenter.captions_on = on
        self.refresh()

    def _tick(self) -> None:
        self._presenter.tick()
        self._level.show_level(self._journey.context.devices.level())
        self._show_time()

    def _show_time(self) -> None:
        step, look = self._presenter.step, self.look
        if step is None:
            return
        used, left = self._presenter.seconds_used, self._presenter.seconds_left
        tone = "warning" if left <= 10 else "recording"
        self._ring.show_time(look.texts.minutes(used), look.t("used"), used / step.answer_seconds, tone)
        words = look.t("{time} left", time=look.texts.minutes(left))
        self._left_words.setText(words)
        due = [mark for mark in _SAID_SECONDS if left <= mark < self._said]
        if due:
            self._said = min(due)
            announce(self, words, urgent=True)
        self._stage.setText(stage_line(look, self._journey))

    def refresh(self) -> None:
        step, look, presenter = self._presenter.step, self.look, self._presenter
        if step is None or self._journey.screen is not Screen.RECORDING:
            return
        self._prompt.setText(look.texts.pick(step.question.prompt))
        self._caption_card.setVisible(presenter.captions_on)
        tail = presenter.caption[-_CAPTION_TAIL:]
        self._caption.setText(tail or look.t("Your words appear here while you speak."))
        self._caption.tone("" if tail else "muted")
        self._takes.setText(
            look.texts.n("{n} take left after this one", "{n} takes left after this one", max(0, step.takes_left - 1))
        )
        self._done.setEnabled(not self._journey.busy)
        self._done.setText(look.t("Saving…") if self._journey.busy else look.t("I have finished"))
        self._preview.say(look.t("No picture"))
        self._show_fault()
        self._show_time()

    def _show_fault(self) -> None:
        fault = self._presenter.fault
        shown = bool(fault) and fault not in ENDING_FAULTS
        self._warning.setVisible(shown)
        if shown:
            from contract.errors import ErrorCode
            from contract.texts import code_text

            found = code_text(ErrorCode(fault), self.look.texts.language)
            self._warning_words.setText(f"{found.title}. {found.action}")
