"""Scenes of a booth: the attract screen, nobody there, the staff panel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from PySide6.QtWidgets import QLineEdit

from app.interview.states import InterviewState
from app.kiosk.pin import Attempt
from app.ui import names
from app.ui.names import Screen, Sheet
from contract.events import HrState
from tests.ui import stage, stage_interview
from tests.ui.scene_set import Set


def kiosk_messages(s: Set) -> None:
    """Shown to whoever has given a code, and only before the interview."""
    s.service.messages.list = stage_interview.MESSAGES
    s.window.journey.arrival.look_up("ABCD-EFGH")
    s.settle()


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


def _staff_in_an_interview(s: Set) -> None:
    s.window.journey.arrival.look_up("ABCD-EFGH")
    s.settle()
    s.click(names.TOPBAR_STAFF)
    for digit in stage.StageLock.PIN:
        s.click(names.PIN_DIGIT_PREFIX + digit)
    s.click(names.PIN_OPEN)
    s.click(names.STAFF_ACTION_PREFIX + "adjust")


def kiosk_consent(s: Set) -> None:
    """Before the first box is ticked."""
    s.window.journey.arrival.look_up("ABCD-EFGH")
    s.settle()
    s.click(names.ENTRY_CONTINUE)


def own(s: Set) -> None:
    kiosk_start(s)
    s.click(names.START_OWN)


def own_missing(s: Set) -> None:
    own(s)
    _give_code(s)


def own_found(s: Set) -> None:
    s.service.list = [
        stage_interview.summary(InterviewState.FINISHED, HrState.PENDING_REVIEW, 4),
        stage_interview.summary(InterviewState.ABANDONED, HrState.INCOMPLETE, 2),
    ]
    own_missing(s)


def own_words(s: Set) -> None:
    s.service.words.late_words = {"i1": stage_interview.late(s.service.language, "i1")}
    own_found(s)


def own_withdraw(s: Set) -> None:
    own_found(s)
    s.click(names.OWN_WITHDRAW_PREFIX + "0")


def _give_code(s: Set) -> None:
    field = s.find(QLineEdit, names.OWN_FIELD)
    assert isinstance(field, QLineEdit)
    field.setText("ABCD-EFGH")
    s.click(names.OWN_SHOW)


def staff_receipts(s: Set) -> None:
    summary = stage_interview.summary(InterviewState.FINISHED, HrState.PENDING_REVIEW, 4)
    s.service.list = [replace(summary, updated_at=datetime.now(UTC))]
    staff(s)
    s.click(names.STAFF_ACTION_PREFIX + "receipt")


def staff_receipts_none(s: Set) -> None:
    staff(s)
    s.click(names.STAFF_ACTION_PREFIX + "receipt")


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
    "staff-receipts": staff_receipts,
    "staff-receipts-none": staff_receipts_none,
    "kiosk-consent": kiosk_consent,
    "own": own,
    "own-missing": own_missing,
    "own-found": own_found,
    "own-withdraw": own_withdraw,
    "own-words": own_words,
    "staff-giving": _staff_in_an_interview,
    "staff-giving-nobody": giving_nobody,
}
