"""Staff's codes in the real window, over the real service."""

from __future__ import annotations

import secrets
from datetime import timedelta

import pytest

from app.ui import names
from app.ui.names import Screen
from contract import adjusting
from contract.adjusting import AdjustmentReason, Grant, subject_of_code
from contract.errors import ErrorCode, XudaError
from contract.invitation import Adjustments
from tests.interview.desk import CODE, WRITTEN
from tests.storage.office import Office
from tests.ui.booth import Booth
from tests.ui.conftest import Open

MORE = Adjustments(time_factor=1.5)


@pytest.fixture
def booth(open_booth: Open) -> Booth:
    return open_booth(stages=WRITTEN, language="en", total_seconds=600)


def code(booth: Booth, office: Office, adjustments: Adjustments = MORE) -> str:
    """Signed by the organisation itself."""
    end = (booth.desk.clock.now() + timedelta(hours=1)).replace(microsecond=0)
    grant = Grant(adjustments, AdjustmentReason.OTHER, end, secrets.token_bytes(6).hex())
    return adjusting.issue(grant, subject_of_code(CODE), office.key)


def apply(booth: Booth, text: str) -> None:
    booth.find(names.ADJUST_FIELD).setText(text)
    booth.click(names.ADJUST_APPLY)


def said(booth: Booth) -> str:
    from app.ui.screens.adjust import AdjustSheet

    sheet = booth.window.findChild(AdjustSheet)
    assert sheet is not None
    return sheet._result.text()


def test_a_code_typed_at_the_entry_page_stands_there_and_counts_from_the_first_question(
    booth: Booth, office: Office
) -> None:
    booth.enter()
    booth.on(Screen.ENTRY)
    booth.click(names.ENTRY_ADJUST)
    apply(booth, code(booth, office))
    booth.wait(lambda: "50 % more time" in said(booth))
    booth.click(names.ADJUST_CLOSE)
    booth.on(Screen.ENTRY)
    booth.click(names.ENTRY_CONTINUE)
    booth.on(Screen.CONSENT)
    booth.click(names.CONSENT_RECORDING)
    booth.click(names.CONSENT_AGREE)
    booth.on(Screen.TEXT)
    assert booth.window.journey.step.total_seconds_left == pytest.approx(900, abs=5)


def test_a_code_typed_during_a_question_changes_its_time_and_keeps_what_was_written(
    booth: Booth, office: Office
) -> None:
    booth.agree()
    booth.on(Screen.TEXT)
    booth.type(names.TEXT_EDIT, "half")
    booth.window.open_help()
    booth.click(names.HELP_ADJUST)
    apply(booth, code(booth, office))
    booth.wait(lambda: "50 % more time" in said(booth))
    booth.click(names.ADJUST_CLOSE)
    booth.on(Screen.TEXT)
    assert booth.window.journey.total_left == pytest.approx(900, abs=10)
    assert booth.find(names.TEXT_EDIT).toPlainText() == "half"


def test_a_code_that_is_refused_says_why_and_what_to_do(booth: Booth, office: Office) -> None:
    booth.enter()
    booth.on(Screen.ENTRY)
    booth.click(names.ENTRY_ADJUST)
    apply(booth, "XUDA://A/123")
    booth.wait(lambda: "not valid" in said(booth))
    assert "ask the staff for a new one" in said(booth)
    good = code(booth, office)
    apply(booth, good)
    booth.wait(lambda: "50 % more time" in said(booth))
    with pytest.raises(XudaError) as caught:
        booth.desk.run(booth.desk.service.adjust, good)
    assert caught.value.code is ErrorCode.ADJUSTMENT_USED
