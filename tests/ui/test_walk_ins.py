"""Registering on the spot through the real window: start, form, entry, agreement, first question."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QObject

from app.ui import names
from app.ui.names import Screen, Sheet
from contract.events import StartedData
from tests.interview.desk import WRITTEN
from tests.storage.office import Office
from tests.ui.booth import Booth
from tests.ui.conftest import Open

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


def test_where_hr_has_not_opened_it_nobody_is_offered_to_register(open_booth: Open) -> None:
    booth = open_booth(stages=WRITTEN)
    booth.on(Screen.START)
    assert booth.visible(names.START_WALK_IN) == []
