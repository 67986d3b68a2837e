"""At a kiosk: one's own interview after the code, taking the consent back, and receipts that staff print again."""

from __future__ import annotations

import io
from datetime import datetime, timedelta

import pytest
from pypdf import PdfReader
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QLineEdit

from app.interview.states import InterviewState
from app.kiosk.idle import WARNING_SECONDS
from app.kiosk.pin import PinFile
from app.ui import names
from app.ui.names import Screen, Sheet
from contract.errors import ErrorCode, XudaError
from tests.interview.desk import CODE, NAME, PHONE, WRITTEN
from tests.security.watched_client import all_texts
from tests.storage.test_score_book import allow, sheet, take
from tests.ui.booth import Booth
from tests.ui.conftest import Open
from tests.ui.test_kiosk import to_staff
from tests.ui.test_written_interview import answer_all

PIN = "271828"


@pytest.fixture
def done(kiosk: Booth) -> Booth:
    """Somebody has answered everything and gone."""
    kiosk.click(names.ATTRACT_START)
    kiosk.agree()
    kiosk.on(Screen.TEXT)
    answer_all(kiosk)
    kiosk.click(names.FINISH_DONE)
    kiosk.on(Screen.ATTRACT)
    return kiosk


def ask(booth: Booth, text: str) -> None:
    booth.click(names.ATTRACT_START)
    booth.on(Screen.START)
    booth.click(names.START_OWN)
    booth.on(Screen.START, Sheet.OWN)
    booth.find(names.OWN_FIELD).setText(text)
    booth.click(names.OWN_SHOW)


def receipt_code(booth: Booth) -> str:
    interview_id = booth.rows()[0].interview_id
    return str(booth.desk.run(booth.desk.service.printable, interview_id).receipt.qr_text)


def test_who_gives_their_code_again_sees_their_interview_and_nothing_stays_of_it(done: Booth) -> None:
    ask(done, CODE)
    done.wait(lambda: done.visible(names.OWN_WITHDRAW_PREFIX + "0"))
    assert "Engineer" in " ".join(all_texts())
    assert [line.text() for line in done.window.findChildren(QLineEdit) if line.text()] == []
    done.click(names.OWN_CLOSE)
    done.on(Screen.START)
    texts = " ".join(str(item.property("text")) for item in done.window.findChildren(QObject))
    assert "已作答" not in texts
    done.click(names.START_OWN)
    done.on(Screen.START, Sheet.OWN)
    assert done.visible(names.OWN_WITHDRAW_PREFIX + "0") == []


@pytest.mark.parametrize("text", [PHONE, "WXYZ-2345", "nobody", "xuda://r/none/none"])
def test_a_phone_number_or_a_wrong_code_shows_nothing(done: Booth, text: str) -> None:
    ask(done, text)
    assert done.text(names.OWN_MESSAGE)
    assert done.visible(names.OWN_WITHDRAW_PREFIX + "0") == []
    assert NAME not in " ".join(all_texts())


def test_the_code_of_a_receipt_is_a_proof_its_interviews_id_alone_is_none(done: Booth) -> None:
    code = receipt_code(done)
    done.window.journey.arrival.look_up(code)  # as the camera of the attract screen does
    done.on(Screen.ATTRACT, Sheet.OWN)
    done.wait(lambda: done.visible(names.OWN_WITHDRAW_PREFIX + "0"))
    guessed = code.rpartition("/")[0] + "/" + "0" * 32
    with pytest.raises(XudaError) as refused:
        done.desk.run(done.desk.service.own, guessed)
    assert refused.value.code is ErrorCode.INVITATION_UNKNOWN


def test_the_consent_is_taken_back_after_a_second_question_and_the_interview_is_gone(done: Booth) -> None:
    ask(done, CODE)
    done.click(names.OWN_WITHDRAW_PREFIX + "0")
    done.click(names.OWN_KEEP)
    assert [row.state for row in done.rows()] == [InterviewState.FINISHED]
    done.click(names.OWN_WITHDRAW_PREFIX + "0")
    done.click(names.OWN_CONFIRM)
    done.wait(lambda: [row.state for row in done.rows()] == [InterviewState.DELETED])
    done.wait(lambda: done.visible(names.OWN_CLOSE) and not done.visible(names.OWN_WITHDRAW_PREFIX + "0"))
    assert "撤回" in " ".join(all_texts())


def test_who_walks_away_from_their_interview_leaves_nothing_on_the_screen(done: Booth) -> None:
    ask(done, CODE)
    done.wait(lambda: done.visible(names.OWN_WITHDRAW_PREFIX + "0"))
    done.later(done.rules.idle_seconds + 1)
    done.on(Screen.START, Sheet.IDLE)
    done.later(WARNING_SECONDS + 1)
    done.on(Screen.ATTRACT)
    done.click(names.ATTRACT_START)
    done.click(names.START_OWN)
    done.on(Screen.START, Sheet.OWN)
    assert done.visible(names.OWN_WITHDRAW_PREFIX + "0") == []


def test_the_receipt_is_printed_again_for_who_gives_their_code(done: Booth) -> None:
    ask(done, CODE)
    done.click(names.OWN_PRINT_PREFIX + "0")
    done.on(Screen.START, Sheet.PRINT)
    done.click(names.PRINT_START)
    done.wait(lambda: done.press.printed)


def test_outside_a_kiosk_there_is_mine_and_no_such_button(open_booth: Open) -> None:
    booth = open_booth(stages=WRITTEN)
    booth.on(Screen.START)
    assert booth.visible(names.START_OWN) == []


# ---- staff --------------------


def test_staff_print_a_receipt_of_today_again_and_see_no_name(done: Booth) -> None:
    PinFile(done.folder).write(PIN)
    done.local_now = datetime.now().astimezone()
    to_staff(done, PIN)
    done.click(names.STAFF_ACTION_PREFIX + "receipt")
    done.on(Screen.ATTRACT, Sheet.RECEIPTS)
    done.click(names.RECEIPTS_PRINT)
    done.wait(lambda: done.press.printed)
    ((pdf, printer, copies),) = done.press.printed
    assert pdf.startswith(b"%PDF")
    assert (printer, copies) == (done.press.found[0].name, 1)
    said = " ".join(all_texts())
    assert NAME not in said
    assert done.rows()[0].interview_id[:8] in done.find(names.RECEIPTS_INTERVIEW).currentText()
    done.click(names.RECEIPTS_CLOSE)
    done.on(Screen.ATTRACT, Sheet.STAFF)


def test_staff_print_a_report_with_scores_where_hr_lets_them(done: Booth) -> None:
    PinFile(done.folder).write(PIN)
    done.local_now = datetime.now().astimezone()
    kit = done.desk.run(done.desk.service.printable, done.rows()[0].interview_id).kit
    device = done.desk.device
    allow(device, score_on_paper="staff")
    take(device, sheet().model_copy(update={"kit_id": kit.kit_id, "kit_version": kit.version}))
    to_staff(done, PIN)
    done.click(names.STAFF_ACTION_PREFIX + "receipt")
    done.on(Screen.ATTRACT, Sheet.RECEIPTS)
    papers = done.find(names.RECEIPTS_PAPER)
    done.wait(papers.isVisible)
    papers.setCurrentIndex(1)
    assert any("请妥善保管" in text for text in all_texts())
    done.click(names.RECEIPTS_PRINT)
    done.wait(lambda: done.press.printed)
    ((pdf, _, _),) = done.press.printed
    shown = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    assert "面试报告" in shown
    assert "候选人本人留存" not in shown


def test_without_hrs_word_staff_print_receipts_alone(done: Booth) -> None:
    PinFile(done.folder).write(PIN)
    done.local_now = datetime.now().astimezone()
    allow(done.desk.device, score_on_paper="nobody")
    to_staff(done, PIN)
    done.click(names.STAFF_ACTION_PREFIX + "receipt")
    done.wait(lambda: done.find(names.RECEIPTS_PRINT).isEnabled())
    assert done.visible(names.RECEIPTS_PAPER) == []


def test_a_printers_trouble_is_told_to_staff(done: Booth) -> None:
    PinFile(done.folder).write(PIN)
    done.local_now = datetime.now().astimezone()
    done.press.problem = XudaError(ErrorCode.PRINTER_PAPER)
    to_staff(done, PIN)
    done.click(names.STAFF_ACTION_PREFIX + "receipt")
    done.click(names.RECEIPTS_PRINT)
    done.wait(lambda: any("纸" in text for text in all_texts()))
    assert done.find(names.RECEIPTS_PRINT).isEnabled()


def test_only_interviews_of_this_day_are_offered(done: Booth) -> None:
    PinFile(done.folder).write(PIN)
    done.local_now = datetime.now().astimezone() + timedelta(days=1)
    to_staff(done, PIN)
    done.click(names.STAFF_ACTION_PREFIX + "receipt")
    done.wait(lambda: any("今天" in text for text in all_texts()))
    assert not done.find(names.RECEIPTS_PRINT).isEnabled()
