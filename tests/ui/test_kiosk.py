"""A kiosk through the real window: attract, interview, nobody there, attract, and the same candidate again."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QPlainTextEdit

from app.interview.states import InterviewState
from app.kiosk.again import CLOSED_BY_STAFF, RESTARTED_BY_STAFF
from app.kiosk.desk import Rules
from app.kiosk.idle import STAFF_SECONDS, WARNING_SECONDS
from app.kiosk.pin import PinFile
from app.ui import names
from app.ui.names import Screen, Sheet
from contract.adjusting import AdjustmentReason
from contract.events import EventType, ExitData
from contract.settings import parse_hours
from tests.interview.desk import CODE, NAME, WRITTEN
from tests.interview.test_adjusting import delegation
from tests.security.watched_client import all_texts
from tests.storage.office import Office
from tests.ui.booth import Booth
from tests.ui.conftest import Open
from tests.ui.test_written_interview import answer_all

PIN = "271828"


TYPED = "planted words of a candidate zx61"


MINUTES = Rules().idle_seconds


def to_question(booth: Booth) -> None:
    booth.click(names.ATTRACT_START)
    booth.agree()
    booth.on(Screen.TEXT)


def gone(booth: Booth) -> None:
    """The candidate walks away."""
    booth.later(MINUTES + 1)
    assert booth.window.sheet_name() == Sheet.IDLE.value
    booth.later(WARNING_SECONDS + 1)


def to_staff(booth: Booth, pin: str = PIN) -> None:
    booth.click(names.ATTRACT_STAFF if booth.window.screen_name() == Screen.ATTRACT.value else names.TOPBAR_STAFF)
    booth.wait(lambda: booth.window.sheet_name() == Sheet.PIN.value)
    for digit in pin:
        booth.click(names.PIN_DIGIT_PREFIX + digit)
    booth.click(names.PIN_OPEN)


def last_exit(booth: Booth) -> ExitData:
    events = booth.desk.run(booth.desk.device.store.events, booth.rows()[0].interview_id)
    paused = [event for event in events if event.kind is EventType.PAUSED][-1]
    return ExitData.model_validate(paused.data)


def labels(booth: Booth) -> list[QLabel]:
    return [label for label in booth.window.findChildren(QLabel) if label.isVisible()]


# ---- nobody there --------------------


def test_a_candidate_who_walks_away_is_saved_and_only_their_own_code_brings_the_interview_back(kiosk: Booth) -> None:
    to_question(kiosk)
    kiosk.type(names.TEXT_EDIT, TYPED)
    gone(kiosk)
    kiosk.on(Screen.ATTRACT)
    assert [row.state for row in kiosk.rows()] == [InterviewState.PAUSED]
    assert last_exit(kiosk).reason == "idle"
    assert last_exit(kiosk).environment["os"] == "test"
    left = " ".join(all_texts())
    assert TYPED not in left
    assert NAME not in left
    assert [line.text() for line in kiosk.window.findChildren(QLineEdit) if line.text()] == []
    assert kiosk.visible(names.START_UNFINISHED_PREFIX + "0") == []
    kiosk.click(names.ATTRACT_START)
    kiosk.enter()
    kiosk.on(Screen.START, Sheet.RESUME)
    kiosk.click(names.RESUME_YES)
    kiosk.on(Screen.TEXT)
    editor = kiosk.find(names.TEXT_EDIT)
    assert isinstance(editor, QPlainTextEdit)
    kiosk.wait(lambda: editor.toPlainText() == TYPED)
    editor.clear()
    answer_all(kiosk)
    kiosk.click(names.FINISH_DONE)
    kiosk.on(Screen.ATTRACT)


def test_the_question_whether_somebody_is_there_stops_nothing_and_a_touch_takes_it_back(kiosk: Booth) -> None:
    to_question(kiosk)
    kiosk.later(MINUTES + 1)
    kiosk.on(Screen.TEXT, Sheet.IDLE)
    assert "30" in kiosk.text(names.IDLE_SECONDS)
    kiosk.later(10)
    kiosk.wait(lambda: "20" in kiosk.text(names.IDLE_SECONDS))
    assert kiosk.desk.run(lambda: kiosk.desk.service.active_id) is not None
    kiosk.click(names.IDLE_STAY)
    kiosk.on(Screen.TEXT)
    kiosk.later(MINUTES - 5)
    kiosk.on(Screen.TEXT)


def test_the_touch_that_answers_does_not_press_what_lies_below(kiosk: Booth) -> None:
    to_question(kiosk)
    kiosk.type(names.TEXT_EDIT, "words")
    button = kiosk.find(names.TEXT_SUBMIT)
    kiosk.later(MINUTES + 1)
    place = QPointF(button.mapTo(kiosk.window, QPoint(20, 20)))
    handle = kiosk.window.windowHandle()
    assert handle is not None
    assert kiosk.window.kiosk is not None
    kiosk.window.kiosk.guard.look_after()
    for kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease):
        left = Qt.MouseButton.LeftButton
        event = QMouseEvent(kind, place, handle.mapToGlobal(place), left, left, Qt.KeyboardModifier.NoModifier)
        QCoreApplication.sendEvent(handle, event)
    kiosk.on(Screen.TEXT)
    assert kiosk.rows()[0].answered == 0


def test_a_sheet_that_was_open_is_there_again_after_the_question(kiosk: Booth) -> None:
    to_question(kiosk)
    kiosk.click(names.TOPBAR_LEAVE)
    kiosk.on(Screen.TEXT, Sheet.LEAVE)
    kiosk.later(MINUTES + 1)
    kiosk.on(Screen.TEXT, Sheet.IDLE)
    kiosk.click(names.IDLE_STAY)
    kiosk.on(Screen.TEXT, Sheet.LEAVE)


def test_before_an_interview_has_begun_nothing_is_saved_and_nothing_stays(kiosk: Booth) -> None:
    kiosk.click(names.ATTRACT_START)
    kiosk.enter()
    kiosk.on(Screen.ENTRY)
    assert NAME in " ".join(all_texts())
    gone(kiosk)
    kiosk.on(Screen.ATTRACT)
    assert kiosk.rows() == []
    assert NAME not in " ".join(all_texts())
    kiosk.wait(lambda: kiosk.desk.service._entry._admission is None)


def test_the_offer_to_go_on_does_not_stay_for_the_next_person(kiosk: Booth) -> None:
    to_question(kiosk)
    gone(kiosk)
    kiosk.on(Screen.ATTRACT)
    kiosk.window.journey.arrival.look_up(CODE)  # as the camera does
    kiosk.on(Screen.ATTRACT, Sheet.RESUME)
    gone(kiosk)
    kiosk.on(Screen.ATTRACT)
    assert kiosk.window.journey.arrival.unfinished is None


def test_the_next_candidate_finds_the_language_of_the_booth(kiosk: Booth) -> None:
    kiosk.window.switch_language("en")
    to_question(kiosk)
    gone(kiosk)
    kiosk.on(Screen.ATTRACT)
    assert kiosk.window.texts.language == "zh_CN"
    assert kiosk.saved_languages == [], "what a candidate has chosen is not kept for the next start"


def test_a_language_that_was_chosen_at_the_attract_screen_goes_with_whoever_chose_it(kiosk: Booth) -> None:
    kiosk.on(Screen.ATTRACT)
    kiosk.window.switch_language("en")
    kiosk.later(kiosk.rules.idle_seconds / 2)
    assert kiosk.window.texts.language == "en"
    kiosk.later(kiosk.rules.idle_seconds)
    kiosk.wait(lambda: kiosk.window.texts.language == "zh_CN")


def test_another_language_of_the_booth_is_spoken_once_nobody_is_there(kiosk: Booth) -> None:
    to_question(kiosk)
    kiosk.rules = replace(kiosk.rules, language="en")
    assert kiosk.window.texts.language == "zh_CN"
    gone(kiosk)
    kiosk.on(Screen.ATTRACT)
    assert kiosk.window.texts.language == "en"


def test_the_next_start_after_a_crash_shows_the_attract_screen_and_no_one_elses_interview(open_booth: Open) -> None:
    first = open_booth(stages=WRITTEN, kiosk=True)
    first.on(Screen.ATTRACT)
    to_question(first)
    first.window.abort()  # as if killed: the interview is still active on the disk
    again = open_booth(stages=WRITTEN, kiosk=True)
    again.on(Screen.ATTRACT)
    said = " ".join(label.text() for label in again.window.findChildren(QLabel))
    assert NAME not in said
    assert again.visible(names.START_UNFINISHED_PREFIX + "0") == []
    again.click(names.ATTRACT_START)
    again.enter()
    again.on(Screen.START, Sheet.RESUME)


# ---- sleep --------------------


def test_in_sleep_hours_the_screen_is_dark_until_somebody_touches_it(open_booth: Open) -> None:
    booth = open_booth(stages=WRITTEN, kiosk=True, rules=Rules(sleep_hours=tuple(parse_hours("20:00-07:00"))))
    booth.on(Screen.ATTRACT)
    booth.later(3600)
    booth.on(Screen.ATTRACT)
    booth.local_now = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)
    booth.later(1)
    booth.on(Screen.ASLEEP)
    booth.click(names.ASLEEP_WAKE)
    booth.on(Screen.ATTRACT)
    booth.later(30)
    booth.on(Screen.ATTRACT)
    booth.later(61)
    booth.on(Screen.ASLEEP)
    booth.local_now = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
    booth.later(1)
    booth.on(Screen.ATTRACT)


def test_a_booth_that_starts_again_in_sleep_hours_shows_the_attract_screen_and_then_goes_dark(open_booth: Open) -> None:
    """After a crash or a reboot at night: nothing of the last candidate, and the morning wakes it."""
    rules = Rules(sleep_hours=tuple(parse_hours("20:00-07:00")))
    first = open_booth(stages=WRITTEN, kiosk=True, rules=rules)
    to_question(first)
    first.type(names.TEXT_EDIT, TYPED)
    first.local_now = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)
    first.later(90)
    first.on(Screen.TEXT)  # nobody is sent to sleep while they answer
    first.window.abort()  # as if killed
    night = open_booth(stages=WRITTEN, kiosk=True, rules=rules)
    night.local_now = datetime(2026, 11, 20, 23, 5, tzinfo=UTC)
    night.on(Screen.ATTRACT)
    night.later(61)
    night.on(Screen.ASLEEP)
    left = " ".join(all_texts())
    assert TYPED not in left
    assert NAME not in left
    assert [row.state for row in night.rows()] == [InterviewState.PAUSED]
    night.local_now = datetime(2026, 11, 21, 7, 30, tzinfo=UTC)
    night.later(1)
    night.on(Screen.ATTRACT)


# ---- staff --------------------


def test_staff_get_in_with_their_pin_alone_and_what_they_covered_is_there_again(kiosk: Booth) -> None:
    PinFile(kiosk.folder).write(PIN)
    to_question(kiosk)
    kiosk.click(names.TOPBAR_LEAVE)
    kiosk.on(Screen.TEXT, Sheet.LEAVE)
    assert kiosk.window.kiosk is not None
    kiosk.window.kiosk.ask_for_staff()
    kiosk.on(Screen.TEXT, Sheet.PIN)
    for digit in "111112":
        kiosk.click(names.PIN_DIGIT_PREFIX + digit)
    kiosk.click(names.PIN_OPEN)
    kiosk.wait(lambda: "4" in kiosk.text(names.PIN_MESSAGE))
    QTest.keyClicks(kiosk.find(names.PIN_CANCEL), PIN)
    QTest.keyClick(kiosk.find(names.PIN_CANCEL), Qt.Key.Key_Return)
    kiosk.on(Screen.TEXT, Sheet.STAFF)
    kiosk.click(names.STAFF_CLOSE)
    kiosk.on(Screen.TEXT, Sheet.LEAVE)


def test_the_pin_is_shown_as_dots_and_stays_nowhere(kiosk: Booth) -> None:
    PinFile(kiosk.folder).write(PIN)
    kiosk.click(names.ATTRACT_STAFF)
    for digit in PIN:
        kiosk.click(names.PIN_DIGIT_PREFIX + digit)
    assert kiosk.text(names.PIN_SHOWN).split() == ["●"] * len(PIN)
    assert PIN not in " ".join(all_texts())
    kiosk.click(names.PIN_CANCEL)
    kiosk.on(Screen.ATTRACT)
    assert kiosk.window.kiosk is not None
    assert kiosk.window.kiosk.pin.count == 0


def test_without_a_pin_the_pad_says_where_it_is_set(kiosk: Booth) -> None:
    kiosk.click(names.ATTRACT_STAFF)
    kiosk.wait(lambda: "xuda kiosk pin" in kiosk.text(names.PIN_MESSAGE))
    assert not kiosk.find(names.PIN_OPEN).isEnabled()


def test_a_panel_that_staff_have_left_open_closes_by_itself(kiosk: Booth) -> None:
    PinFile(kiosk.folder).write(PIN)
    to_staff(kiosk)
    kiosk.on(Screen.ATTRACT, Sheet.STAFF)
    kiosk.later(STAFF_SECONDS + 1)
    kiosk.on(Screen.ATTRACT)


def test_the_export_is_a_part_of_the_panel_and_leads_back_to_it(kiosk: Booth) -> None:
    PinFile(kiosk.folder).write(PIN)
    to_staff(kiosk)
    kiosk.click(names.STAFF_ACTION_PREFIX + "export")
    kiosk.on(Screen.ATTRACT, Sheet.EXPORT)
    kiosk.wait(kiosk.find(names.EXPORT_CLOSE).isEnabled)
    kiosk.click(names.EXPORT_CLOSE)
    kiosk.on(Screen.ATTRACT, Sheet.STAFF)


def test_staff_give_the_candidate_who_sits_there_more_time_within_what_hr_allows(kiosk: Booth, office: Office) -> None:
    PinFile(kiosk.folder).write(PIN)
    own = kiosk.desk.device.enrolments.need()
    allowed = delegation(own.device_key, kiosk.desk.clock.now(), device_id=own.device_id, most_time_factor=1.5)
    kiosk.desk.trust(office, allowed)
    to_question(kiosk)
    before = kiosk.window.journey.step
    assert before is not None
    to_staff(kiosk)
    kiosk.click(names.STAFF_ACTION_PREFIX + "adjust")
    kiosk.on(Screen.TEXT, Sheet.GIVING)
    time_select, reason = kiosk.find(names.GIVING_TIME), kiosk.find(names.GIVING_REASON)
    assert [time_select.itemData(place) for place in range(time_select.count())] == [1.0, 1.25, 1.5]
    for select, value in ((time_select, 1.5), (reason, AdjustmentReason.INTERRUPTION.value)):
        assert not kiosk.find(names.GIVING_GIVE).isEnabled()
        select.setCurrentIndex(select.findData(value))
        select.activated.emit(select.currentIndex())
    kiosk.click(names.GIVING_GIVE)
    kiosk.wait(lambda: "50" in kiosk.text(names.GIVING_RESULT))
    kiosk.click(names.GIVING_CLOSE)
    kiosk.on(Screen.TEXT, Sheet.STAFF)
    kiosk.click(names.STAFF_CLOSE)
    kiosk.on(Screen.TEXT)
    after = kiosk.window.journey.step
    assert after is not None
    assert after.answer_seconds == round(before.answer_seconds * 1.5)


def test_where_hr_allows_it_not_the_panel_says_so(kiosk: Booth) -> None:
    PinFile(kiosk.folder).write(PIN)
    to_question(kiosk)
    to_staff(kiosk)
    kiosk.click(names.STAFF_ACTION_PREFIX + "adjust")
    kiosk.on(Screen.TEXT, Sheet.GIVING)
    kiosk.wait(lambda: any("HR" in label.text() and "调整" in label.text() for label in labels(kiosk)))
    assert kiosk.visible(names.GIVING_GIVE) == []


@pytest.mark.parametrize(("action", "code"), [("close", CLOSED_BY_STAFF), ("restart", RESTARTED_BY_STAFF)])
def test_staff_end_the_program_after_a_yes_and_the_progress_is_saved_first(
    kiosk: Booth, action: str, code: int
) -> None:
    PinFile(kiosk.folder).write(PIN)
    to_question(kiosk)
    kiosk.type(names.TEXT_EDIT, "half an answer")
    to_staff(kiosk)
    kiosk.on(Screen.TEXT, Sheet.STAFF)
    kiosk.click(names.STAFF_ACTION_PREFIX + action)
    kiosk.click(names.STAFF_NO)
    kiosk.on(Screen.TEXT, Sheet.STAFF)
    kiosk.click(names.STAFF_ACTION_PREFIX + action)
    kiosk.click(names.STAFF_YES)
    kiosk.wait(lambda: not kiosk.window.isVisible())
    assert kiosk.window.exit_code == code
    assert [row.state for row in kiosk.rows()] == [InterviewState.PAUSED]


# ---- the attract screen --------------------


def test_the_attract_screen_says_who_interviews_for_what_and_that_nothing_is_recorded(kiosk: Booth) -> None:
    said = " ".join(label.text() for label in kiosk.window.findChildren(QLabel) if label.isVisible())
    assert "Engineer" in said
    assert "不录制" in said
    assert [button.objectName() for button in kiosk.window.findChildren(QAbstractButton) if button.isVisible()]
    assert QGuiApplication.clipboard().text() == ""


def test_without_a_camera_the_attract_screen_is_quiet_and_tries_again(kiosk: Booth) -> None:
    end = time.monotonic() + 15
    kiosk.wait(lambda: kiosk.window.error() is None and time.monotonic() < end)
    kiosk.click(names.ATTRACT_START)
    kiosk.on(Screen.START)
    assert kiosk.window.error() is None
