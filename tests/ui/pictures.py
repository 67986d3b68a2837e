"""The scenes: every screen and state of the client, opened as a candidate would come to it.

A scene is a function that takes a :class:`Set` to its state; :data:`SCENES` names them all. A screen that is added gets
a scene here; tests/ui/gallery.py draws it, tests/ui/test_every_screen.py checks it.
"""

from __future__ import annotations

import os
from collections.abc import Callable

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit

from app.interview.states import InterviewState, TakeState
from app.interview.views import LateWords, PartialText, Step, SyncNews, SyncPhase
from app.ui import names
from app.ui.application import MainWindow
from app.ui.dress import Appearance
from app.ui.names import Screen, Sheet
from app.ui.widgets.picture import FitPicture
from contract.errors import ErrorCode, XudaError
from contract.events import HrState
from contract.invitation import Adjustments
from tests.ui import stage, stage_interview
from tests.ui.scene_set import Set
from tests.ui.scenes_entry import (
    consent,
    consent_elsewhere,
    consent_picture,
    continue_here,
    decline,
    declined,
    devices_advice,
    entry_elsewhere,
    export,
    export_done,
    export_failed,
    export_receipts,
    export_running,
    interviews,
    mine,
    mine_elsewhere,
    mine_messages,
    start,
    start_error,
    start_messages,
    start_scan,
    start_unfinished,
    walk_in,
    walk_in_wrong,
    withdraw,
)
from tests.ui.scenes_kiosk import (
    KIOSK_SCENES,
)
from tests.ui.scenes_redo import REDO_SCENES
from tests.ui.stage import StageDevices, StageService

RECEIPT_ID = stage_interview.RECEIPT.interview_id


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
    cut = stage_interview.review(s.service.language, state=TakeState.RECOVERED, duration=31.0, counted=False)
    s.to_devices()
    s.service.current = stage_interview.step(0, takes=(cut,))
    s.click(names.DEVICES_CONTINUE)
    s.click(names.PRACTICE_CONTINUE)


def question_picture(s: Set) -> None:
    _ask(s, stage_interview.asked(stage_interview.step(0), "timeline.png", stage_interview.PICTURE_WORDS))


def question_sound(s: Set) -> None:
    _ask(s, stage_interview.asked(stage_interview.step(0), "complaint.ogg", stage_interview.SOUND_WORDS, plays=2))


def text_picture(s: Set) -> None:
    _ask(s, stage_interview.asked(stage_interview.step(1), "timeline.png", stage_interview.PICTURE_WORDS))


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
    text = stage_interview.said(s.service.language)[0]
    s.window.journey.on_news(PartialText("t1", text))


def proof(s: Set) -> None:
    takes = (
        stage_interview.review(s.service.language),
        stage_interview.review(s.service.language, take_id="t2", number=2, duration=56.0),
    )
    s.to_recording()
    s.service.current = stage_interview.step(0, takes=takes, used=2)
    s.click(names.RECORDING_DONE)


def proof_silent(s: Set) -> None:
    s.service.reviewed = stage_interview.review(
        s.service.language,
        proof=stage_interview.SILENT,
        duration=12.0,
        transcript=None,
        transcribing=False,
        counted=False,
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
    s.service.unfinished = stage_interview.summary(InterviewState.PAUSED, HrState.PAUSED, 2)
    s.to_entry()


def finish(s: Set) -> None:
    s.to_devices()
    s.service.current = None
    s.click(names.DEVICES_CONTINUE)
    s.click(names.PRACTICE_CONTINUE)
    s.click(names.FINISH_RATING_PREFIX + "entrance_clear_5")
    s.window.journey.on_news(SyncNews(SyncPhase.OFFLINE, 9))


def finish_waiting(s: Set) -> None:
    """The words of the last answers are on their way."""
    s.service.words.late_words = {RECEIPT_ID: LateWords(RECEIPT_ID, (), 2)}
    finish(s)


def finish_words(s: Set) -> None:
    s.service.words.late_words = {RECEIPT_ID: stage_interview.late(s.service.language, RECEIPT_ID)}
    finish(s)


def words(s: Set) -> None:
    finish_words(s)
    s.click(names.FINISH_READ)


def words_last(s: Set) -> None:
    words(s)
    s.click(names.WORDS_NEXT)


def words_gone(s: Set) -> None:
    """Delivered and removed from this device since the line came."""
    finish_words(s)
    s.service.words.late_words = {}
    s.click(names.FINISH_READ)


def left_words(s: Set) -> None:
    s.service.words.late_words = {RECEIPT_ID: stage_interview.late(s.service.language, RECEIPT_ID, read=1)}
    left(s)


def mine_words(s: Set) -> None:
    s.service.words.late_words = {
        "a": stage_interview.late(s.service.language, "a", read=2),
        "b": stage_interview.late(s.service.language, "b"),
    }
    mine(s)


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


def time_up(s: Set) -> None:
    finish(s)
    s.window.journey.open_sheet(Sheet.TIME_UP)


def help_panel(s: Set) -> None:
    s.to_question()
    s.click(names.TOPBAR_HELP)


def appearance(s: Set) -> None:
    s.to_question()
    s.click(names.TOPBAR_APPEARANCE)


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
    "consent-picture": consent_picture,
    "consent-elsewhere": consent_elsewhere,
    "consent-decline": decline,
    "declined": declined,
    "devices": lambda s: s.to_devices(),
    "devices-failed": devices_failed,
    "devices-advice": devices_advice,
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
    "finish-waiting": finish_waiting,
    "finish-words": finish_words,
    "words": words,
    "words-last": words_last,
    "words-gone": words_gone,
    "left-words": left_words,
    "mine-words": mine_words,
    "printing": printing,
    "printing-done": printing_done,
    "printing-failed": printing_failed,
    "printing-delivered": printing_delivered,
    "time-up": time_up,
    "help": help_panel,
    "appearance": appearance,
    **REDO_SCENES,
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
