"""Practice: as often as wished, never stored."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QGridLayout, QWidget

from app.ui import names
from app.ui.i18n import N_
from app.ui.names import Screen
from app.ui.presenters.journey import Journey
from app.ui.presenters.practising import PractisingPresenter
from app.ui.style import Look
from app.ui.widgets.basic import Button, Card, IconLabel, Label, row
from app.ui.widgets.columns import SIDE_EM, Columns
from app.ui.widgets.meters import LevelBar, Ring
from app.ui.widgets.page import Page
from app.ui.widgets.player import TakePlayer
from app.ui.widgets.preview import LivePreview

_TICK_MS = 100


class PracticeScreen(Page):
    place = Screen.PRACTICE
    station = 2
    wide = True

    def __init__(self, look: Look, journey: Journey) -> None:
        super().__init__(look)
        self._journey = journey
        self._presenter = PractisingPresenter(journey)
        banner = Card(look, "soft", steps=1.5)
        self._banner = Label("strong")
        line = row(look, gap=1.5)
        line.addWidget(IconLabel(look, "info", "accent"))
        line.addWidget(self._banner, 1)
        banner.body.addLayout(line)
        self.column.addWidget(banner)
        sides = Columns(look, least_em=SIDE_EM, most=2, gap=3, top=True)
        sides.add(self._words_side())
        sides.add(self._picture_side())
        self.column.addWidget(sides)
        self.column.addStretch(1)
        self._buttons()
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._tick)
        self.hear(journey)
        self.hear(self._presenter)
        self.say(self._banner.setText, N_("Practice, nothing is saved"))
        self.say(self._go_on.setText, N_("Go to the interview"))
        self.say(self._stop.setText, N_("Done"))
        self.say(self._stage.setText, N_("Practice question"))
        self.say(
            self._hint.setText, N_("Try as often as you like. Look into the camera and speak as you would to a person.")
        )

    def _words_side(self) -> QGridLayout:
        side = QGridLayout()
        side.setVerticalSpacing(self.look.tokens.space(1.5))
        self._stage, self._prompt, self._hint, self._result = (
            Label("stage"),
            Label("question"),
            Label("muted"),
            Label("strong"),
        )
        self._ring = Ring(self.look, small=True)
        for place, widget in enumerate((self._stage, self._prompt, self._hint, self._result)):
            side.addWidget(widget, place, 0)
        # Aligned, so that its fixed width does not bind the column's.
        side.addWidget(self._ring, 4, 0, Qt.AlignmentFlag.AlignLeading)
        side.setRowStretch(5, 1)
        return side

    def _picture_side(self) -> QGridLayout:
        side = QGridLayout()
        side.setVerticalSpacing(self.look.tokens.space(1.5))
        self._preview = LivePreview(self.look, self._journey.context.devices)
        self._level = LevelBar(self.look)
        self._player = TakePlayer(self.look, name=names.PRACTICE_PLAY)
        self._player.wanted.connect(self._play)
        for place, widget in enumerate((self._preview, self._level, self._player)):
            side.addWidget(widget, place, 0)
        side.setRowStretch(3, 1)
        self._player.hide()
        return side

    def _buttons(self) -> None:
        self._record = Button(self.look, "plain", name=names.PRACTICE_RECORD, icon="record")
        self._record.clicked.connect(self._presenter.start)
        self._stop = Button(self.look, "plain", name=names.PRACTICE_STOP, icon="stop")
        self._stop.clicked.connect(self._presenter.stop)
        self._go_on = Button(self.look, "primary", name=names.PRACTICE_CONTINUE)
        self._go_on.clicked.connect(self._presenter.leave)
        self.bar.addWidget(self._record)
        self.bar.addWidget(self._stop)
        self.bar.addStretch(1)
        self.bar.addWidget(self._go_on)
        self.footer.show()

    def entered(self) -> None:
        self._presenter.enter()
        self.retranslate()
        self._timer.start()
        self._preview.run(self._presenter.video)
        self.scroll_to_top()

    def first(self) -> QWidget | None:
        button = self._record if self._record.isVisible() else self._stop
        return button if button.isEnabled() else None

    def left(self) -> None:
        self._timer.stop()
        self._preview.run(False)
        self._player.reset(video=self._presenter.video)
        self._presenter.cancel()

    def _tick(self) -> None:
        self._level.show_level(self._journey.context.devices.level())
        self._presenter.tick()
        self._show_time()

    def _play(self) -> None:
        recording = self._presenter.recording
        if recording is not None:
            recording.seek(0)
            self._player.play(recording.read())

    def _show_time(self) -> None:
        seconds, texts = self._presenter.seconds, self.look.texts
        running = self._presenter.since is not None
        share = seconds / self._presenter.limit if running else 0.0
        self._ring.show_time(texts.minutes(seconds), self.look.t("used"), share, "recording" if running else "accent")

    def refresh(self) -> None:
        if self._journey.screen is not Screen.PRACTICE:
            return
        presenter, look, kit = self._presenter, self.look, self._journey.kit
        own = kit.practice if kit else None
        self._prompt.setText(
            look.texts.pick(own.prompt)
            if own
            else look.t("Please say in one or two sentences how you came here today.")
        )
        running, busy = presenter.since is not None, self._journey.busy
        done = presenter.proof is not None and not running
        self._record.setVisible(not running)
        self._stop.setVisible(running)
        self._record.setEnabled(not busy)
        self._stop.setEnabled(not busy)
        self._go_on.setEnabled(not busy)
        self._record.setText(look.t("Practise again") if done else look.t("Start practising"))
        self._result.setText(self._checked())
        self._result.setVisible(done)
        self._ring.setVisible(running)
        if done and not self._player.isVisible():
            self._player.reset(video=presenter.video)
        self._player.setVisible(done)
        self._level.setVisible(not done)
        self._preview.setVisible(presenter.video and not done)
        self._preview.say(look.t("No picture"))
        self._player.retranslate()
        self._show_time()

    def _checked(self) -> str:
        proof = self._presenter.proof
        if proof is None:
            return ""
        self._result.tone("error" if proof.silent or proof.black else "ok")
        if proof.silent:
            return self.look.t("We heard nothing. Please check the microphone.")
        if proof.black:
            return self.look.t("The picture is black. Please check the camera.")
        return self.look.t("Sound and picture are fine.") if proof.has_video else self.look.t("Sound is fine.")
