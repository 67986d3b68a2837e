"""The device check: picture left, one row for each thing right, with what to do."""

from __future__ import annotations

from typing import BinaryIO

from PySide6.QtCore import QSignalBlocker, Qt, QTimer
from PySide6.QtWidgets import QFrame, QWidget

from app.interview.model import CheckName, CheckResult, CheckState, DeviceInfo
from app.ui import names
from app.ui.i18n import N_
from app.ui.names import Screen
from app.ui.presenters.devices import TEST_SECONDS, DevicesPresenter
from app.ui.presenters.journey import Journey
from app.ui.style import Look
from app.ui.widgets.basic import Button, Card, IconLabel, Label, column, divider, row
from app.ui.widgets.columns import SIDE_EM, Columns
from app.ui.widgets.meters import LevelBar
from app.ui.widgets.page import Page
from app.ui.widgets.preview import LivePreview
from app.ui.widgets.select import Select
from app.ui.widgets.sound import NOTES, SoundPlayer

_LIST_MS = 2000
_METER_MS = 60

ROWS = (
    (CheckName.CAMERA, "camera", N_("Camera")),
    (CheckName.MICROPHONE, "microphone", N_("Microphone")),
    (CheckName.SPEAKER, "speaker", N_("Speaker")),
    (CheckName.DISK, "disk", N_("Free space")),
    (CheckName.BATTERY, "battery", N_("Power")),
    (CheckName.CLOCK, "clock", N_("Clock")),
    (CheckName.MODEL, "model", N_("Speech model")),
)
ADVICE = {
    "battery_low": N_("Please connect the charger."),
    "camera_dark": N_("The picture is black. Open the camera's cover or turn on a light."),
    "microphone_quiet": N_("We hardly hear you. Come closer or raise the input level."),
    "microphone_clipping": N_("Too loud. Lower the input level or move back a little."),
    "camera_dim": N_("The picture is rather dark. Turn to a window or a lamp."),
    "camera_covered": N_("The picture shows nothing. Open the camera's cover or wipe the lens."),
    "microphone_muted": N_("This microphone is muted in the system's settings or by its own switch. Turn it on there."),
    "microphone_elsewhere": N_("This microphone hears nothing, but another one hears you."),
    "microphone_narrow": N_(
        "This headset sounds like a telephone while its microphone is on. Your answer is recorded all the same; "
        "another microphone sounds better."
    ),
    "room_noisy": N_("It is loud here. Come close to the microphone or use a headset; words are recognised less well."),
    "speaker_missing": N_("No speaker found. You can still go on; questions are shown as text."),
    "clock_wrong": N_("The clock of this machine is wrong. The interview works; tell the staff."),
    "model_missing": N_("Your words will be recognised later; recording works as usual."),
    "disk_full": N_("Not enough free space for this interview. Please tell the staff."),
}
_SIGNS = {
    CheckState.OK: ("check-circle", "accent"),
    CheckState.WARNING: ("warning", "warning"),
    CheckState.FAILED: ("error", "error"),
}


class CheckRow(QFrame):
    """Icon, name, state, selector and advice of one thing."""

    def __init__(self, look: Look, name: CheckName, icon: str) -> None:
        super().__init__()
        self._look = look
        self.setObjectName(names.DEVICES_ROW_PREFIX + name.value)
        self.title, self.value, self.advice = Label("strong", wrap=False), Label("muted", wrap=False), Label("caption")
        self.sign = IconLabel(look)
        self.line = row(look, gap=1.5)
        self.line.addWidget(IconLabel(look, icon))
        self.line.addWidget(self.title)
        self.line.addStretch(1)
        self.line.addWidget(self.value)
        self.line.addWidget(self.sign)
        self.below = row(look, gap=1)
        layout = column(look, gap=0.5)
        layout.addLayout(self.line)
        layout.addLayout(self.below)
        layout.addWidget(self.advice)
        self._layout = layout
        self.setLayout(layout)

    def add(self, button: Button) -> None:
        """Below the advice: the way out of it."""
        button.hide()
        self._layout.addWidget(button, 0, Qt.AlignmentFlag.AlignLeading)

    def show_state(self, state: CheckState | None, value: str, advice: str) -> None:
        icon, colour = _SIGNS.get(CheckState(state), ("wait", "muted")) if state is not None else ("wait", "muted")
        self.sign.show_icon(icon, colour)
        self.value.setText(value)
        self.advice.setText(advice)
        self.advice.setVisible(bool(advice))
        self.advice.tone({"warning": "warning", "error": "error"}.get(colour, "muted"))
        self.setAccessibleName(f"{self.title.text()}: {value} {advice}".strip())


class DevicesScreen(Page):
    place = Screen.DEVICES
    station = 1
    wide = True

    def __init__(self, look: Look, journey: Journey) -> None:
        super().__init__(look)
        self._journey = journey
        self._presenter = DevicesPresenter(journey)
        self._sound = SoundPlayer(self)
        self._title, self._lead = Label("question"), Label("muted")
        head = column(look, gap=0.25)
        head.addWidget(self._title)
        head.addWidget(self._lead)
        self.column.addLayout(head)
        sides = Columns(look, least_em=SIDE_EM, most=2, gap=3, top=True)
        sides.add(self._picture_side())
        sides.add(self._row_side())
        self.column.addWidget(sides)
        self.column.addStretch(1)
        self._footer_buttons()
        self._listing, self._metering = QTimer(self), QTimer(self)
        self._listing.setInterval(_LIST_MS)
        self._metering.setInterval(_METER_MS)
        self._listing.timeout.connect(self._presenter.refresh)
        self._metering.timeout.connect(self._meter)
        self.hear(journey)
        self.hear(self._presenter)
        self._fixed_words()

    def _picture_side(self) -> QWidget:
        side = QWidget()
        layout = column(self.look, gap=1.5)
        self._preview = LivePreview(self.look, self._journey.context.devices)
        self._level = LevelBar(self.look)
        self._level_words = Label("caption")
        meter = row(self.look, gap=1.5)
        meter.addWidget(IconLabel(self.look, "microphone"))
        meter.addWidget(self._level, 1)
        layout.addWidget(self._preview)
        layout.addLayout(meter)
        layout.addWidget(self._level_words)
        side.setLayout(layout)
        return side

    def _row_side(self) -> Card:
        card = Card(self.look, steps=2, gap=1)
        self._rows = {name: CheckRow(self.look, name, icon) for name, icon, _ in ROWS}
        self._cameras = self._select(names.DEVICES_CAMERA, CheckName.CAMERA)
        self._microphones = self._select(names.DEVICES_MICROPHONE, CheckName.MICROPHONE)
        self._speakers = self._select(names.DEVICES_SPEAKER, CheckName.SPEAKER)
        self._cameras.activated.connect(lambda _: self._presenter.open(camera=self._cameras.currentData()))
        self._microphones.activated.connect(lambda _: self._presenter.open(microphone=self._microphones.currentData()))
        self._test = Button(self.look, "link", name=names.DEVICES_TEST_MICROPHONE)
        self._test.clicked.connect(lambda: self._presenter.test_microphone(self._play))
        self._tone = Button(self.look, "link", name=names.DEVICES_TEST_SPEAKER)
        self._tone.clicked.connect(self._play_tone)
        self._better = Button(self.look, "link", name=names.DEVICES_BETTER_MICROPHONE)
        self._better.clicked.connect(self._presenter.use_better_microphone)
        self._rows[CheckName.MICROPHONE].add(self._better)
        self._rows[CheckName.MICROPHONE].below.addWidget(self._test)
        self._rows[CheckName.SPEAKER].below.addWidget(self._tone)
        for index, check in enumerate(self._rows.values()):
            if index:
                card.body.addWidget(divider())
            card.body.addWidget(check)
        return card

    def _select(self, name: str, check: CheckName) -> Select:
        select = Select(self.look, name=name)
        self._rows[check].below.addWidget(select, 1)
        return select

    def _footer_buttons(self) -> None:
        self._refresh = Button(self.look, "quiet", name=names.DEVICES_REFRESH, icon="retake")
        self._refresh.clicked.connect(self._presenter.enter)
        self._continue = Button(self.look, "primary", name=names.DEVICES_CONTINUE)
        self._continue.clicked.connect(self._journey.devices_done)
        self._why = Label("caption")
        self._why.setAlignment(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignTrailing)
        self.bar.addWidget(self._refresh)
        self.bar.addWidget(self._why, 1)
        self.bar.addWidget(self._continue)
        self.footer.show()

    def _fixed_words(self) -> None:
        self.say(self._title.setText, N_("Let's check your devices"))
        self.say(self._lead.setText, N_("Can you see yourself? Say something: the bar should move."))
        for name, _, message in ROWS:
            self.say(self._rows[name].title.setText, message)
        self.say(self._cameras.setAccessibleName, N_("Choose the camera"))
        self.say(self._microphones.setAccessibleName, N_("Choose the microphone"))
        self.say(self._speakers.setAccessibleName, N_("Choose the speaker"))
        self.say(self._tone.setText, N_("Play a tone"))
        self.say(self._refresh.setText, N_("Check again"))
        self.say(self._continue.setText, N_("Continue"))
        self.say(self._level.setAccessibleName, N_("Level of the microphone"))

    # ---- life --------------------

    def entered(self) -> None:
        self.retranslate()
        self._presenter.enter()
        self._listing.start()
        self._metering.start()
        self._preview.run(self._presenter.needs_camera)
        self.scroll_to_top()

    def first(self) -> QWidget | None:
        """The way on as soon as the devices are fine, else what mends them; nothing while they are looked at."""
        looking = self._presenter.machine is None or self._presenter.opening or self._presenter.can_continue
        return super().first() if self._continue.isEnabled() or not looking else None

    def left(self) -> None:
        self._listing.stop()
        self._metering.stop()
        self._preview.run(False)
        self._sound.stop()
        self._presenter.cancel_test()

    def _meter(self) -> None:
        self._level.show_level(self._journey.context.devices.level())
        self._presenter.tick()

    def _play_tone(self) -> None:
        self._sound.tone(self._speakers.currentText())
        self._presenter.tone_played(NOTES)

    def _play(self, stream: BinaryIO) -> None:
        self._sound.play(stream.read())

    # ---- shown --------------------

    def refresh(self) -> None:
        if self._journey.screen is not Screen.DEVICES:
            return
        presenter, look = self._presenter, self.look
        machine = presenter.machine
        self._fill(self._cameras, machine.cameras if machine else (), presenter.camera)
        self._fill(self._microphones, machine.microphones if machine else (), presenter.microphone)
        self._fill(self._speakers, machine.speakers if machine else (), self._speakers.currentData() or "")
        self._rows[CheckName.CAMERA].setVisible(presenter.needs_camera)
        self._preview.setVisible(presenter.needs_camera)
        self._preview.say(look.t("Opening the camera…") if presenter.opening else look.t("No picture"))
        for name, _, _ in ROWS:
            self._show_row(name)
        testing = presenter.testing_since is not None
        self._test.setText(
            look.t("Listening… {n} s", n=round(TEST_SECONDS)) if testing else look.t("Record 3 s and listen")
        )
        self._test.setEnabled(presenter.microphone_open and not testing and not self._journey.busy)
        self._level_words.setText(self._heard())
        self._show_better()
        self._continue.setEnabled(presenter.can_continue and not self._journey.busy)
        self._why.setText(
            ""
            if presenter.can_continue or presenter.opening or testing
            else look.t("Please solve the points marked red first.")
        )

    def _heard(self) -> str:
        heard = self._presenter.heard
        if heard is None:
            return ""
        if heard.silent:
            return self.look.t("We heard nothing. Choose another microphone or speak louder.")
        return self.look.t("We heard you for {seconds}.", seconds=self.look.texts.span(heard.voice_seconds))

    def _show_better(self) -> None:
        check = self._presenter.check(CheckName.MICROPHONE)
        better = check.better if check is not None else None
        self._better.setVisible(better is not None and not self._presenter.opening)
        if better is not None:
            self._better.setText(self.look.t("Use “{name}”", name=better.name))

    def _fill(self, select: Select, devices: tuple[DeviceInfo, ...], chosen: str) -> None:
        entries = [(device.name, device.spec) for device in devices]
        if [(select.itemText(i), select.itemData(i)) for i in range(select.count())] != entries:
            with QSignalBlocker(select):
                select.clear()
                for name, spec in entries:
                    select.addItem(name, spec)
        select.setVisible(bool(entries))
        default = next((i for i, device in enumerate(devices) if device.is_default), 0)
        place = next((i for i, (_, spec) in enumerate(entries) if spec == chosen), default)
        if entries and select.currentIndex() != place and not select.view().isVisible():
            with QSignalBlocker(select):
                select.setCurrentIndex(place)

    def _show_row(self, name: CheckName) -> None:
        presenter, look = self._presenter, self.look
        check = presenter.check(name)
        error = {CheckName.CAMERA: presenter.camera_error, CheckName.MICROPHONE: presenter.microphone_error}.get(name)
        if error is not None:
            from app.ui.widgets.notice import error_words

            title, advice = error_words(look, error)
            self._rows[name].show_state(CheckState.FAILED, title, advice)
        elif check is None:
            self._rows[name].show_state(None, look.t("Checking…"), "")
        else:
            self._rows[name].show_state(CheckState(check.state), self._value(check), self._advice(check))

    def _value(self, check: CheckResult) -> str:
        value, look = check.value, self.look
        if check.name == CheckName.DISK and value is not None:
            return look.t("{n} GB free", n=look.texts.number(value / 1e9, 1))
        if check.name == CheckName.BATTERY and value is not None:
            return f"{value:.0f} %"
        if check.name == CheckName.SPEAKER and check.state == CheckState.OK:
            return ""
        return look.t("Working") if check.state == CheckState.OK else ""

    def _advice(self, check: CheckResult) -> str:
        if check.name == CheckName.SPEAKER and self._presenter.echo:
            return self.look.t(
                "The microphone hears the loudspeaker: both work. In a quiet hall headphones are kinder to others."
            )
        code = check.code or ""
        if not code or check.state == CheckState.OK:
            return ""
        if code in ADVICE:
            return self.look.t(ADVICE[code])
        from contract.errors import ErrorCode
        from contract.texts import code_text

        found = code_text(ErrorCode(code), self.look.texts.language)
        return f"{found.title}. {found.action}"
