"""The scenes: every screen and state of the client, opened as a candidate would come to it.

A scene is a function that takes a :class:`Set` to its state; :data:`SCENES` names them all. A screen that is added gets
a scene here; tests/ui/gallery.py draws it, tests/ui/test_every_screen.py checks it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QPushButton, QWidget

from app.interview.states import InterviewState, TakeState
from app.interview.views import PartialText, StartPage, Step, SyncNews, SyncPhase, WalkInPlace
from app.kiosk.pin import Attempt
from app.ui import names
from app.ui.application import MainWindow
from app.ui.dress import Appearance
from app.ui.names import Screen, Sheet
from app.ui.presenters.transfer import Drive, TransferState
from app.ui.screens.export import ExportSheet
from app.ui.widgets.option import Option
from app.ui.widgets.picture import FitPicture
from contract.errors import ErrorCode, XudaError
from contract.events import HrState
from contract.invitation import Adjustments
from tests.ui import stage
from tests.ui.stage import StageDevices, StageService

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Set:
    """What a scene works on."""

    window: MainWindow
    service: StageService
    devices: StageDevices

    def settle(self) -> None:
        for _ in range(6):
            QApplication.processEvents()

    def find(self, kind: type[QWidget], name: str) -> QWidget:
        found = self.window.findChild(kind, name)
        assert found is not None, name
        return found

    def click(self, name: str) -> None:
        button = self.find(QPushButton, name)
        assert isinstance(button, QPushButton)
        button.click()
        self.settle()

    def tick(self, name: str) -> None:
        option = self.find(Option, name)
        assert isinstance(option, Option)
        option.click()
        self.settle()

    def to_entry(self) -> None:
        field = self.find(QLineEdit, names.START_FIELD)
        assert isinstance(field, QLineEdit)
        field.setText("ABCD-EFGH")
        self.click(names.START_BEGIN)

    def to_devices(self) -> None:
        self.to_entry()
        self.click(names.ENTRY_CONTINUE)
        self.tick(names.CONSENT_RECORDING)
        self.click(names.CONSENT_AGREE)

    def to_question(self, index: int = 0) -> None:
        self.service.current = stage.step(index)
        self.to_devices()
        self.click(names.DEVICES_CONTINUE)
        self.click(names.PRACTICE_CONTINUE)

    def to_recording(self) -> None:
        self.to_question()
        self.click(names.QUESTION_ANSWER)

    def to_proof(self) -> None:
        self.to_recording()
        self.click(names.RECORDING_DONE)


def start(s: Set) -> None:
    s.service.page = replace(s.service.page, pending_uploads=2)
    s.window.journey.open_start()


def start_unfinished(s: Set) -> None:
    paused = stage.summary(InterviewState.PAUSED, HrState.PAUSED, 2)
    s.service.page = StartPage(s.service.page.organisation, (stage.KIT,), 0, (paused,))
    s.window.journey.open_start()


def walk_in(s: Set) -> None:
    s.service.page = replace(s.service.page, walk_ins=(WalkInPlace("b1", stage.KIT),))
    s.window.journey.open_start()
    s.click(names.START_WALK_IN)


def walk_in_wrong(s: Set) -> None:
    walk_in(s)
    s.click(names.WALK_IN_REGISTER)


def start_scan(s: Set) -> None:
    s.click(names.START_WAY_PREFIX + "scan")


def start_error(s: Set) -> None:
    s.window.journey.fail(XudaError(ErrorCode.INVITATION_EXPIRED, date="2026-11-20"))


def interviews(s: Set) -> None:
    start_unfinished(s)
    s.click(names.TOPBAR_INTERVIEWS)


def mine(s: Set) -> None:
    s.service.list = [
        stage.summary(InterviewState.PAUSED, HrState.PAUSED, 2, key="a"),
        stage.summary(InterviewState.FINISHED, HrState.SECOND_ROUND, 4, delivered=True, key="b"),
        stage.summary(InterviewState.DELETED, HrState.INCOMPLETE, 3, key="c"),
    ]
    s.click(names.TOPBAR_MINE)


def start_messages(s: Set) -> None:
    s.service.page = replace(s.service.page, unread=1)
    s.window.journey.open_start()


def mine_messages(s: Set) -> None:
    s.service.messages.list = stage.MESSAGES
    mine(s)
    s.click(names.MESSAGE_PREFIX + "0")


def kiosk_messages(s: Set) -> None:
    """Shown to whoever has given a code, and only before the interview."""
    s.service.messages.list = stage.MESSAGES
    s.window.journey.arrival.look_up("ABCD-EFGH")
    s.settle()


def mine_elsewhere(s: Set) -> None:
    s.service.list = [
        stage.summary(InterviewState.MOVED, HrState.PAUSED, 2, delivered=True, key="a"),
        replace(stage.summary(InterviewState.DELETED, HrState.INCOMPLETE, 3, key="b"), certificate=stage.CERTIFICATE),
    ]
    s.click(names.TOPBAR_MINE)


def continue_here(s: Set) -> None:
    s.service.elsewhere = stage.ELSEWHERE
    s.to_entry()


def entry_elsewhere(s: Set) -> None:
    continue_here(s)
    s.click(names.CONTINUE_HERE_YES)


def withdraw(s: Set) -> None:
    mine(s)
    s.click(names.MINE_WITHDRAW_PREFIX + "1")


def export(s: Set) -> ExportSheet:
    """The sheet with a stick plugged in."""
    mine(s)
    s.click(names.MINE_EXPORT)
    sheet = s.window.findChild(ExportSheet)
    assert isinstance(sheet, ExportSheet)
    presenter = sheet._presenter
    stick = Drive(Path("/media/booth/KINGSTON"), "KINGSTON", 28_300_000_000, removable=True)
    presenter._drives = lambda: [stick]
    presenter.look()
    s.settle()
    return sheet


def export_running(s: Set) -> None:
    presenter = export(s)._presenter
    presenter.state = TransferState.RUNNING
    presenter._progress = (46, 100)
    presenter.changed()


def export_done(s: Set) -> None:
    export(s)
    s.click(names.EXPORT_START)


def export_failed(s: Set) -> None:
    export(s)
    s.service.transfer.problem = XudaError(ErrorCode.TARGET_LOST)
    s.click(names.EXPORT_START)


def export_receipts(s: Set) -> None:
    export(s)._presenter.take_receipts(Path("receipts.json"))


def consent(s: Set) -> None:
    s.to_entry()
    s.click(names.ENTRY_CONTINUE)
    s.tick(names.CONSENT_RECORDING)


def decline(s: Set) -> None:
    consent(s)
    s.click(names.CONSENT_DECLINE)


def declined(s: Set) -> None:
    decline(s)
    s.click(names.DECLINE_CONFIRM)


def devices_failed(s: Set) -> None:
    s.devices.present = False
    s.to_devices()


def practice(s: Set) -> None:
    s.to_devices()
    s.click(names.DEVICES_CONTINUE)


def practice_done(s: Set) -> None:
    practice(s)
    s.click(names.PRACTICE_RECORD)
    s.click(names.PRACTICE_STOP)


def question_recovered(s: Set) -> None:
    cut = stage.review(s.service.language, state=TakeState.RECOVERED, duration=31.0, counted=False)
    s.to_devices()
    s.service.current = stage.step(0, takes=(cut,))
    s.click(names.DEVICES_CONTINUE)
    s.click(names.PRACTICE_CONTINUE)


def question_picture(s: Set) -> None:
    _ask(s, stage.asked(stage.step(0), "timeline.png", stage.PICTURE_WORDS))


def question_sound(s: Set) -> None:
    _ask(s, stage.asked(stage.step(0), "complaint.ogg", stage.SOUND_WORDS, plays=2))


def text_picture(s: Set) -> None:
    _ask(s, stage.asked(stage.step(1), "timeline.png", stage.PICTURE_WORDS))


def picture_enlarged(s: Set) -> None:
    question_picture(s)
    button = s.window.findChild(FitPicture, names.PROMPT_PICTURE)
    assert button is not None
    button.click()
    s.settle()


def _ask(s: Set, step: Step) -> None:
    s.to_devices()
    s.service.current = step
    s.click(names.DEVICES_CONTINUE)
    s.click(names.PRACTICE_CONTINUE)


def entry_missing(s: Set) -> None:
    s.service.missing = 2
    s.service.adjustments = Adjustments(time_factor=1.5, answer_as="audio")
    s.to_entry()


def adjust(s: Set) -> None:
    s.to_entry()
    s.click(names.ENTRY_ADJUST)


def adjust_done(s: Set) -> None:
    adjust(s)
    field = s.find(QLineEdit, names.ADJUST_FIELD)
    assert isinstance(field, QLineEdit)
    field.setText("XUDA://A/1")
    s.click(names.ADJUST_APPLY)


def adjust_refused(s: Set) -> None:
    s.service.refusal = XudaError(ErrorCode.ADJUSTMENT_OTHER)
    adjust_done(s)


def recording(s: Set) -> None:
    s.to_recording()
    s.window.answering._recording_since = s.window.journey.clock() - 42
    text = stage.said(s.service.language)[0]
    s.window.journey.on_news(PartialText("t1", text))


def proof(s: Set) -> None:
    takes = (
        stage.review(s.service.language),
        stage.review(s.service.language, take_id="t2", number=2, duration=56.0),
    )
    s.to_recording()
    s.service.current = stage.step(0, takes=takes, used=2)
    s.click(names.RECORDING_DONE)


def proof_silent(s: Set) -> None:
    s.service.reviewed = stage.review(
        s.service.language, proof=stage.SILENT, duration=12.0, transcript=None, transcribing=False, counted=False
    )
    s.to_proof()


def device_lost(s: Set) -> None:
    s.to_recording()
    s.window.answering.fault = ErrorCode.CAMERA_LOST.value
    s.click(names.RECORDING_DONE)


def text(s: Set) -> None:
    s.to_question(1)
    edit = s.find(QPlainTextEdit, names.TEXT_EDIT)
    assert isinstance(edit, QPlainTextEdit)
    words = {
        "zh_CN": "先看监控,确认是从什么时候开始变慢的、是全部请求还是部分请求;再对比那段时间的发布和配置变更……",
        "en": "First I look at the monitoring: since when, for all requests or for some? Then at the releases…",
    }
    edit.setPlainText(words.get(s.service.language, words["en"]))
    s.window.findChild(QPlainTextEdit, names.TEXT_EDIT)
    s.window.deck.pages[Screen.TEXT].left()


def choice(s: Set) -> None:
    s.to_question(2)
    s.tick(names.CHOICE_OPTION_PREFIX + "0")
    s.tick(names.CHOICE_OPTION_PREFIX + "2")


def leave(s: Set) -> None:
    s.to_question()
    s.click(names.TOPBAR_LEAVE)
    s.tick(names.LEAVE_REASON_PREFIX + "other")


def left(s: Set) -> None:
    s.to_question()
    s.click(names.TOPBAR_LEAVE)
    s.tick(names.LEAVE_REASON_PREFIX + "time")
    s.click(names.LEAVE_SAVE)


def resume(s: Set) -> None:
    s.service.unfinished = stage.summary(InterviewState.PAUSED, HrState.PAUSED, 2)
    s.to_entry()


def finish(s: Set) -> None:
    s.to_devices()
    s.service.current = None
    s.click(names.DEVICES_CONTINUE)
    s.click(names.PRACTICE_CONTINUE)
    s.click(names.FINISH_RATING_PREFIX + "entrance_clear_5")
    s.window.journey.on_news(SyncNews(SyncPhase.OFFLINE, 9))


def receipt(s: Set) -> None:
    finish(s)
    bar = s.window.deck.pages[Screen.FINISH]._scroll.verticalScrollBar()
    s.settle()
    bar.setValue(bar.maximum())


def printing(s: Set) -> None:
    finish(s)
    s.click(names.FINISH_PRINT)


def printing_done(s: Set) -> None:
    printing(s)
    s.click(names.PRINT_START)


def printing_failed(s: Set) -> None:
    s.service.press.problem = XudaError(ErrorCode.PRINTER_PAPER)
    printing_done(s)


def printing_delivered(s: Set) -> None:
    """What was said has left this device, and there is no printer."""
    s.service.readable = False
    s.service.press.found = []
    mine(s)
    s.click(names.MINE_PRINT_PREFIX + "1")


def kiosk_printing(s: Set) -> None:
    """Nowhere to print: the code on the screen is what is left."""
    s.service.press.found = []
    s.service.current = None
    s.window.journey.arrival.look_up("ABCD-EFGH")
    s.settle()
    s.click(names.ENTRY_CONTINUE)
    s.tick(names.CONSENT_RECORDING)
    s.click(names.CONSENT_AGREE)
    if s.window.journey.screen is Screen.DEVICES:
        s.click(names.DEVICES_CONTINUE)
        s.click(names.PRACTICE_CONTINUE)
    s.click(names.FINISH_PRINT)


def time_up(s: Set) -> None:
    finish(s)
    s.window.journey.open_sheet(Sheet.TIME_UP)


def help_panel(s: Set) -> None:
    s.to_question()
    s.click(names.TOPBAR_HELP)


def attract(s: Set) -> None:
    """Where a kiosk begins."""
    s.service.page = replace(s.service.page, pending_uploads=2)
    s.window.journey.open_start()


def attract_no_camera(s: Set) -> None:
    s.devices.present = False
    s.window.journey.open_start()


def asleep(s: Set) -> None:
    s.window.journey.go(Screen.ASLEEP)


def kiosk_start(s: Set) -> None:
    s.click(names.ATTRACT_START)


def idle(s: Set) -> None:
    s.window.journey.arrival.look_up("ABCD-EFGH")
    s.settle()
    s.click(names.ENTRY_CONTINUE)
    s.tick(names.CONSENT_RECORDING)
    s.click(names.CONSENT_AGREE)
    s.window.journey.open_sheet(Sheet.IDLE)


def pin(s: Set) -> None:
    s.click(names.ATTRACT_STAFF)
    for digit in "1357":
        s.click(names.PIN_DIGIT_PREFIX + digit)


def _wrong_pin(s: Set) -> None:
    s.click(names.ATTRACT_STAFF)
    for digit in "111222":
        s.click(names.PIN_DIGIT_PREFIX + digit)
    s.click(names.PIN_OPEN)


def pin_locked(s: Set) -> None:
    lock = s.window._context.booth.lock
    lock.answer = Attempt(False, 120.0, 0)
    _wrong_pin(s)


def pin_missing(s: Set) -> None:
    s.window._context.booth.lock.present = False
    s.click(names.ATTRACT_STAFF)


def staff(s: Set) -> None:
    s.click(names.ATTRACT_STAFF)
    for digit in stage.StageLock.PIN:
        s.click(names.PIN_DIGIT_PREFIX + digit)
    s.click(names.PIN_OPEN)


def staff_asked(s: Set) -> None:
    staff(s)
    s.click(names.STAFF_ACTION_PREFIX + "close")


def staff_done(s: Set) -> None:
    staff(s)
    s.click(names.STAFF_ACTION_PREFIX + "diagnostics")
    s.click(names.STAFF_YES)


def staff_export(s: Set) -> None:
    staff(s)
    s.click(names.STAFF_ACTION_PREFIX + "export")


def appearance(s: Set) -> None:
    s.to_question()
    s.click(names.TOPBAR_APPEARANCE)


def _staff_in_an_interview(s: Set) -> None:
    s.window.journey.arrival.look_up("ABCD-EFGH")
    s.settle()
    s.click(names.TOPBAR_STAFF)
    for digit in stage.StageLock.PIN:
        s.click(names.PIN_DIGIT_PREFIX + digit)
    s.click(names.PIN_OPEN)
    s.click(names.STAFF_ACTION_PREFIX + "adjust")


def giving_nobody(s: Set) -> None:
    staff(s)
    s.click(names.STAFF_ACTION_PREFIX + "adjust")


KIOSK_SCENES: dict[str, Callable[[Set], None]] = {
    "attract": attract,
    "attract-no-camera": attract_no_camera,
    "asleep": asleep,
    "kiosk-start": kiosk_start,
    "idle": idle,
    "kiosk-printing": kiosk_printing,
    "kiosk-messages": kiosk_messages,
    "pin": pin,
    "pin-wrong": _wrong_pin,
    "pin-locked": pin_locked,
    "pin-missing": pin_missing,
    "staff": staff,
    "staff-asked": staff_asked,
    "staff-done": staff_done,
    "staff-export": staff_export,
    "staff-giving": _staff_in_an_interview,
    "staff-giving-nobody": giving_nobody,
}
SCENES: dict[str, Callable[[Set], None]] = {
    "start": start,
    "start-unfinished": start_unfinished,
    "start-scan": start_scan,
    "walk-in": walk_in,
    "walk-in-wrong": walk_in_wrong,
    "start-error": start_error,
    "start-messages": start_messages,
    "interviews": interviews,
    "mine": mine,
    "mine-messages": mine_messages,
    "mine-elsewhere": mine_elsewhere,
    "mine-withdraw": withdraw,
    "export": lambda s: export(s) and None,
    "export-running": export_running,
    "export-done": export_done,
    "export-failed": export_failed,
    "export-receipts": export_receipts,
    "entry": lambda s: s.to_entry(),
    "consent": consent,
    "consent-decline": decline,
    "declined": declined,
    "devices": lambda s: s.to_devices(),
    "devices-failed": devices_failed,
    "practice": practice,
    "practice-done": practice_done,
    "question": lambda s: s.to_question(),
    "question-recovered": question_recovered,
    "question-picture": question_picture,
    "question-sound": question_sound,
    "picture-enlarged": picture_enlarged,
    "text-picture": text_picture,
    "entry-missing": entry_missing,
    "adjust": adjust,
    "adjust-done": adjust_done,
    "adjust-refused": adjust_refused,
    "recording": recording,
    "proof": proof,
    "proof-silent": proof_silent,
    "device-lost": device_lost,
    "text": text,
    "choice": choice,
    "leave": leave,
    "left": left,
    "resume": resume,
    "continue-here": continue_here,
    "entry-elsewhere": entry_elsewhere,
    "finish": finish,
    "finish-receipt": receipt,
    "printing": printing,
    "printing-done": printing_done,
    "printing-failed": printing_failed,
    "printing-delivered": printing_delivered,
    "time-up": time_up,
    "help": help_panel,
    "appearance": appearance,
    **KIOSK_SCENES,
}


def make_window(
    language: str,
    size: QSize,
    *,
    appearance: Appearance = stage.PLAIN,
    zoom: float = 1.0,
    kiosk: bool = False,
) -> Set:
    service, devices = StageService(language), StageDevices()
    window = MainWindow(stage.context(service, devices, appearance=appearance, zoom=zoom, kiosk=kiosk))
    if window.kiosk is not None:
        window.kiosk.stop()  # else it is brought back to the full screen
        window.setWindowState(Qt.WindowState.WindowNoState)
    window.resize(size)
    window.show()
    made = Set(window, service, devices)
    window.journey.on_news(SyncNews(SyncPhase.WAITING, 0))
    made.settle()
    return made
