"""A service outside HR is given what is said only where the kit names it and the candidate ticks that box too."""

from __future__ import annotations

from typing import Any

import pytest

from app.ui import names
from app.ui.names import Screen
from contract.events import ConsentedData, EventType
from tests.interview.desk import WRITTEN
from tests.ui.booth import Booth
from tests.ui.conftest import Open

CONSENT = {"version": "7", "purpose": "p", "full_text": "f", "deletion": "d"}
NAMED = {**CONSENT, "elsewhere": {"zh_CN": "交给示例云的语言模型", "en": "To the model of Example Cloud"}}


def to_consent(open_booth: Open, consent: dict[str, Any]) -> Booth:
    booth = open_booth(stages=WRITTEN, consent=consent)
    booth.enter()
    booth.on(Screen.ENTRY)
    booth.click(names.ENTRY_CONTINUE)
    booth.on(Screen.CONSENT)
    booth.click(names.CONSENT_RECORDING)
    return booth


def agreed(booth: Booth) -> ConsentedData:
    booth.click(names.CONSENT_AGREE)
    booth.on(Screen.TEXT)
    events = booth.desk.run(booth.desk.device.store.events, booth.rows()[0].interview_id)
    (event,) = [one for one in events if one.kind is EventType.CONSENTED]
    return event.parse_data(ConsentedData)


def test_a_kit_that_names_no_service_asks_nobody(open_booth: Open) -> None:
    booth = to_consent(open_booth, CONSENT)
    booth.click(names.CONSENT_SCORING)
    assert booth.visible(names.CONSENT_ELSEWHERE) == []
    found = agreed(booth)
    assert (found.scoring, found.elsewhere) == (True, False)
    assert "elsewhere" not in found.model_dump()


@pytest.mark.parametrize("ticked", [True, False])
def test_the_candidate_is_told_which_service_and_chooses(open_booth: Open, ticked: bool) -> None:
    booth = to_consent(open_booth, NAMED)
    box = booth.find(names.CONSENT_ELSEWHERE)
    assert "交给示例云的语言模型" in box.accessibleDescription()
    booth.click(names.CONSENT_SCORING)
    assert not box.isChecked()
    if ticked:
        booth.click(names.CONSENT_ELSEWHERE)
    assert agreed(booth).elsewhere is ticked


def test_without_scoring_there_is_nothing_to_agree_to(open_booth: Open) -> None:
    booth = to_consent(open_booth, NAMED)
    box = booth.find(names.CONSENT_ELSEWHERE)
    assert not box.isEnabled()
    booth.click(names.CONSENT_SCORING)
    booth.click(names.CONSENT_ELSEWHERE)
    booth.click(names.CONSENT_SCORING)
    assert not box.isChecked()
    found = agreed(booth)
    assert (found.scoring, found.elsewhere) == (False, False)
