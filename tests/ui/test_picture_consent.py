"""The consent to facts about the picture: asked for by the kit alone, apart, never ticked before, free to refuse."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QAbstractButton

from app.ui import names
from app.ui.names import Screen
from contract.events import ConsentedData, EventType
from tests.interview.desk import WRITTEN
from tests.ui.booth import Booth
from tests.ui.conftest import Open


def at_consent(booth: Booth) -> QAbstractButton:
    booth.enter()
    booth.on(Screen.ENTRY)
    booth.click(names.ENTRY_CONTINUE)
    booth.on(Screen.CONSENT)
    option = booth.window.findChild(QAbstractButton, names.CONSENT_PICTURE_FACTS)
    assert isinstance(option, QAbstractButton)
    return option


def consent(booth: Booth) -> ConsentedData:
    booth.on(Screen.TEXT)
    events = booth.desk.run(booth.desk.device.store.events, booth.rows()[0].interview_id)
    (said,) = [event.parse_data(ConsentedData) for event in events if event.kind is EventType.CONSENTED]
    return said


def test_a_kit_that_does_not_ask_shows_no_item_and_nothing_is_said_of_it(open_booth: Open) -> None:
    booth = open_booth(stages=WRITTEN)
    assert at_consent(booth).isHidden()
    booth.click(names.CONSENT_RECORDING)
    booth.click(names.CONSENT_AGREE)
    assert consent(booth).picture_facts is None


@pytest.mark.parametrize("ticked", [False, True])
def test_the_item_is_not_ticked_and_the_interview_goes_on_either_way(open_booth: Open, ticked: bool) -> None:
    booth = open_booth(stages=WRITTEN, picture_facts=True)
    option = at_consent(booth)
    assert option.isVisible()
    assert not option.isChecked()
    booth.click(names.CONSENT_RECORDING)
    if ticked:
        booth.click(names.CONSENT_PICTURE_FACTS)
    booth.click(names.CONSENT_AGREE)
    said = consent(booth)
    assert (said.recording, said.scoring, said.picture_facts) == (True, False, ticked)


def test_agreeing_to_it_alone_is_no_consent_to_being_recorded(open_booth: Open) -> None:
    booth = open_booth(stages=WRITTEN, picture_facts=True)
    at_consent(booth)
    booth.click(names.CONSENT_PICTURE_FACTS)
    assert not booth.find(names.CONSENT_AGREE).isEnabled()


def test_who_comes_next_finds_it_unticked_again(open_booth: Open) -> None:
    booth = open_booth(stages=WRITTEN, picture_facts=True)
    option = at_consent(booth)
    booth.click(names.CONSENT_PICTURE_FACTS)
    assert option.isChecked()
    booth.window.journey.open_start()
    booth.on(Screen.START)
    assert not at_consent(booth).isChecked()
