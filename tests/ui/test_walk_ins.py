"""Registering on the spot through the real window: start, form, entry, agreement, first question."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QObject

from app.kiosk.idle import WARNING_SECONDS
from app.kiosk.pin import PinFile
from app.ui import names
from app.ui.names import Screen, Sheet
from contract.events import StartedData
from tests.interview.desk import WRITTEN
from tests.storage.office import Office
from tests.ui.booth import Booth
from tests.ui.conftest import Open

PIN = "271828"
FIELD = names.WALK_IN_FIELD_PREFIX


def fill(booth: Booth, **given: str) -> None:
    for key, text in given.items():
        booth.find(FIELD + key).setText(text)
    booth.click(names.WALK_IN_REGISTER)


@pytest.fixture(params=[False, True], ids=["window", "kiosk"])
def hall(request: pytest.FixtureRequest, open_booth: Open, office: Office) -> Booth:
    open_booth(stages=WRITTEN).desk.take_walk_ins(office)
    return open_booth(stages=WRITTEN, kiosk=request.param)


def test_somebody_without_an_invitation_registers_and_answers(hall: Booth) -> None:
    kiosk = hall.window.kiosk is not None
    hall.click(names.ATTRACT_WALK_IN if kiosk else names.START_WALK_IN)
    hall.on(Screen.START, Sheet.WALK_IN)
    fill(hall, name="赵不请", phone="12")
    assert hall.text(names.WALK_IN_MESSAGE)
    assert hall.window.focusWidget() is hall.find(FIELD + "phone"), "where it has to be put right"
    fill(hall, phone="139 1234 5678", email="walk@example.com")
    hall.on(Screen.ENTRY)
    hall.click(names.ENTRY_CONTINUE)
    hall.on(Screen.CONSENT)
    hall.click(names.CONSENT_RECORDING)
    hall.click(names.CONSENT_AGREE)
    hall.on(Screen.TEXT)
    (row,) = hall.rows()
    event = hall.desk.run(hall.desk.device.store.events, row.interview_id)[0]
    assert event.parse_data(StartedData).walk_in


def test_a_form_that_is_closed_keeps_nothing_of_what_was_typed(hall: Booth) -> None:
    kiosk = hall.window.kiosk is not None
    hall.click(names.ATTRACT_WALK_IN if kiosk else names.START_WALK_IN)
    hall.on(Screen.START, Sheet.WALK_IN)
    hall.find(FIELD + "name").setText("planted name")
    hall.click(names.WALK_IN_CANCEL)
    hall.on(Screen.START)
    texts = [str(item.property("text")) for item in hall.window.findChildren(QObject)]
    assert not [text for text in texts if "planted name" in text]


@pytest.fixture
def kiosk_hall(open_booth: Open, office: Office) -> Booth:
    open_booth(stages=WRITTEN).desk.take_walk_ins(office)
    return open_booth(stages=WRITTEN, kiosk=True)


def half_filled(kiosk: Booth) -> None:
    kiosk.click(names.ATTRACT_WALK_IN)
    kiosk.on(Screen.START, Sheet.WALK_IN)
    fill(kiosk, name="planted name", phone="12")
    assert kiosk.text(names.WALK_IN_MESSAGE)
    kiosk.later(kiosk.rules.idle_seconds + 1)
    kiosk.on(Screen.START, Sheet.IDLE)


def test_who_says_that_they_are_still_there_finds_the_form_as_they_left_it(kiosk_hall: Booth) -> None:
    half_filled(kiosk_hall)
    kiosk_hall.click(names.IDLE_STAY)
    kiosk_hall.on(Screen.START, Sheet.WALK_IN)
    assert [kiosk_hall.find(FIELD + key).text() for key in ("name", "phone")] == ["planted name", "12"]
    assert kiosk_hall.text(names.WALK_IN_MESSAGE)


def test_who_asks_staff_while_filling_the_form_finds_it_as_they_left_it(kiosk_hall: Booth) -> None:
    PinFile(kiosk_hall.folder).write(PIN)
    kiosk_hall.click(names.ATTRACT_WALK_IN)
    kiosk_hall.on(Screen.START, Sheet.WALK_IN)
    kiosk_hall.find(FIELD + "name").setText("planted name")
    assert kiosk_hall.window.kiosk is not None
    kiosk_hall.window.kiosk.ask_for_staff()
    for digit in PIN:
        kiosk_hall.click(names.PIN_DIGIT_PREFIX + digit)
    kiosk_hall.click(names.PIN_OPEN)
    kiosk_hall.on(Screen.START, Sheet.STAFF)
    kiosk_hall.click(names.STAFF_CLOSE)
    kiosk_hall.on(Screen.START, Sheet.WALK_IN)
    assert kiosk_hall.find(FIELD + "name").text() == "planted name"


def test_a_half_filled_form_of_somebody_who_has_gone_is_empty_for_the_next(kiosk_hall: Booth) -> None:
    half_filled(kiosk_hall)
    kiosk_hall.later(WARNING_SECONDS + 1)
    kiosk_hall.on(Screen.ATTRACT)
    texts = [str(item.property("text")) for item in kiosk_hall.window.findChildren(QObject)]
    assert not [text for text in texts if "planted name" in text]
    kiosk_hall.click(names.ATTRACT_WALK_IN)
    kiosk_hall.on(Screen.START, Sheet.WALK_IN)
    assert [kiosk_hall.find(FIELD + key).text() for key in ("name", "phone")] == ["", ""]


def test_where_hr_has_not_opened_it_nobody_is_offered_to_register(open_booth: Open) -> None:
    booth = open_booth(stages=WRITTEN)
    booth.on(Screen.START)
    assert booth.visible(names.START_WALK_IN) == []
