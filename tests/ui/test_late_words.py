"""Words that come after an answer was handed in: the candidate is told, reads them over and corrects them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from app.interview.model import Transcript, Word
from app.interview.states import InterviewState
from app.kiosk.idle import WARNING_SECONDS
from app.ui import names
from app.ui.names import Screen, Sheet
from contract.errors import ErrorCode, XudaError
from contract.events import CorrectedSealed, EventType
from tests.interview.desk import CODE
from tests.security.watched_client import all_texts
from tests.ui.booth import Booth
from tests.ui.conftest import Open

SPOKEN = [
    {
        "stage_id": "s",
        "title": "one",
        "questions": [
            {"question_id": "q1", "kind": "audio", "prompt": "first?", "takes": 1, "answer_seconds": 60},
            {"question_id": "q2", "kind": "audio", "prompt": "second?", "takes": 1, "answer_seconds": 60},
        ],
    }
]


def heard(text: str, doubtful: str = "") -> Transcript:
    words = [Word(one, at / 2, at / 2 + 0.4, 0.3 if one == doubtful else 0.9) for at, one in enumerate(text.split(" "))]
    return Transcript(text, tuple(words), "en", "tiny@0123456789ab")


FIRST, SECOND = heard("i lead the teem", "teem"), heard("we bild it", "bild")


def answer(booth: Booth) -> None:
    booth.on(Screen.QUESTION)
    booth.click(names.QUESTION_ANSWER)
    booth.on(Screen.RECORDING)
    booth.wait(lambda: booth.window.answering.seconds_used > 0.6)
    booth.click(names.RECORDING_DONE)
    booth.on(Screen.PROOF)
    booth.click(names.PROOF_SUBMIT)


def answered(open_booth: Open, sound: Path, **more: Any) -> Booth:
    """Both questions are answered, and of neither are there words."""
    booth = open_booth(stages=SPOKEN, **more)
    booth.devices.microphone = f"file:{sound}"
    if more.get("kiosk"):
        booth.on(Screen.ATTRACT)
        booth.click(names.ATTRACT_START)
    booth.agree()
    for screen, button in ((Screen.DEVICES, names.DEVICES_CONTINUE), (Screen.PRACTICE, names.PRACTICE_CONTINUE)):
        booth.on(screen)
        booth.click(button)
    answer(booth)
    answer(booth)
    booth.on(Screen.FINISH)
    return booth


def takes(booth: Booth) -> list[str]:
    interview_id = booth.rows()[0].interview_id
    return [take.take_id for take in booth.desk.run(booth.desk.device.store.takes, interview_id)]


def recognise(booth: Booth, *transcripts: Transcript) -> None:
    """The words of the answers come."""
    for take_id, transcript in zip(takes(booth), transcripts, strict=False):
        booth.desk.run(booth.desk.service._takes._on_transcript, take_id, transcript)


def corrections(booth: Booth) -> list[str]:
    """What HR will hear, in order."""
    store, interview_id = booth.desk.device.store, booth.rows()[0].interview_id
    events = [event for event in booth.desk.run(store.events, interview_id) if event.kind is EventType.CORRECTED]
    sealed = [booth.desk.run(store.open_sealed, event, CorrectedSealed) for event in events]
    return [part.text for part in sealed if isinstance(part, CorrectedSealed)]


def test_the_last_page_says_that_words_have_come_and_leads_through_them(open_booth: Open, sound: Path) -> None:
    booth = answered(open_booth, sound)
    assert booth.visible(names.FINISH_READ) == []
    recognise(booth, FIRST, SECOND)
    booth.click(names.FINISH_READ)
    booth.on(Screen.FINISH, Sheet.WORDS)
    edit = booth.find(names.WORDS_TRANSCRIPT)
    assert edit.toPlainText() == FIRST.text
    assert "teem" in edit.accessibleDescription()
    booth.click(names.WORDS_NEXT_DOUBT)
    QTest.keyClicks(edit, "team")
    booth.click(names.WORDS_NEXT)
    booth.wait(lambda: edit.toPlainText() == SECOND.text)
    booth.click(names.WORDS_NEXT)
    booth.on(Screen.FINISH)
    assert corrections(booth) == ["i lead the team"], "what was only read is no correction"
    booth.wait(lambda: any("核对过" in text for text in all_texts()))


def test_what_was_corrected_later_is_corrected_again_and_goes_back_to_the_recognised_words(
    open_booth: Open, sound: Path
) -> None:
    booth = answered(open_booth, sound)
    recognise(booth, FIRST)
    for text in ("i led the team", ""):
        booth.click(names.FINISH_READ)
        booth.on(Screen.FINISH, Sheet.WORDS)
        edit = booth.find(names.WORDS_TRANSCRIPT)
        if text:
            edit.setPlainText(text)
        else:
            assert edit.toPlainText() == "i led the team"
            booth.click(names.WORDS_ORIGINAL)
            assert edit.toPlainText() == FIRST.text
        booth.click(names.WORDS_NEXT)
        booth.on(Screen.FINISH)
    assert corrections(booth) == ["i led the team", FIRST.text]
    [answer, _] = booth.desk.run(booth.desk.service.answers, booth.rows()[0].interview_id)
    assert answer.text == FIRST.text


def test_words_that_are_on_their_way_are_spoken_of_and_hold_nobody(
    open_booth: Open, sound: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    class Heard(QAccessibleAnnouncementEvent):
        def __init__(self, widget: QWidget, text: str) -> None:
            super().__init__(widget, text)
            told.append(text)

    monkeypatch.setattr("app.ui.announce.QAccessibleAnnouncementEvent", Heard)
    QAccessible.setActive(True)
    booth = answered(open_booth, sound)
    booth.desk.service._takes._transcribing.update(takes(booth))
    booth.window.deck.pages[Screen.FINISH].entered()
    booth.wait(lambda: any("仍在识别" in text for text in told))
    button = booth.find(names.FINISH_READ)
    assert not button.isEnabled()
    place = button.mapTo(booth.window, button.rect().topLeft())
    recognise(booth, FIRST, SECOND)
    booth.wait(button.isEnabled)
    assert button.mapTo(booth.window, button.rect().topLeft()) == place, "nothing moves under a finger"
    assert any("提交之后" in text for text in told)
    booth.click(names.FINISH_READ)
    booth.on(Screen.FINISH, Sheet.WORDS)
    assert "first?" in told[-1], "the question is read out with the sheet"
    booth.click(names.WORDS_NEXT)
    booth.wait(lambda: "second?" in told[-1])
    booth.click(names.WORDS_NEXT)
    booth.on(Screen.FINISH)
    booth.click(names.FINISH_DONE)
    booth.on(Screen.START)


def test_words_that_were_there_on_the_proof_are_not_offered_again(open_booth: Open, sound: Path) -> None:
    booth = open_booth(stages=SPOKEN)
    booth.devices.microphone = f"file:{sound}"
    booth.agree()
    for screen, button in ((Screen.DEVICES, names.DEVICES_CONTINUE), (Screen.PRACTICE, names.PRACTICE_CONTINUE)):
        booth.on(screen)
        booth.click(button)
    booth.on(Screen.QUESTION)
    booth.click(names.QUESTION_ANSWER)
    booth.on(Screen.RECORDING)
    booth.wait(lambda: booth.window.answering.seconds_used > 0.6)
    booth.click(names.RECORDING_DONE)
    booth.on(Screen.PROOF)
    recognise(booth, FIRST)
    booth.click(names.PROOF_SUBMIT)
    answer(booth)
    booth.on(Screen.FINISH)
    booth.desk.run(booth.desk.service._takes._on_transcript, takes(booth)[1], SECOND)
    late = booth.desk.run(booth.desk.service.words.late, booth.rows()[0].interview_id)
    assert [answer.number for answer in late.answers] == [2]
    booth.click(names.FINISH_READ)
    booth.on(Screen.FINISH, Sheet.WORDS)
    assert booth.find(names.WORDS_TRANSCRIPT).toPlainText() == SECOND.text


def test_keys_alone_lead_through_the_sheet_and_out_of_it(open_booth: Open, sound: Path) -> None:
    booth = answered(open_booth, sound)
    recognise(booth, FIRST, SECOND)
    button = booth.find(names.FINISH_READ)
    booth.wait(button.isEnabled)
    button.setFocus()
    booth.key(Qt.Key.Key_Space)
    booth.on(Screen.FINISH, Sheet.WORDS)
    edit = booth.find(names.WORDS_TRANSCRIPT)
    booth.wait(edit.hasFocus)
    edit.selectAll()
    QTest.keyClicks(edit, "by keys")
    booth.key(Qt.Key.Key_Escape)
    booth.on(Screen.FINISH)
    assert corrections(booth) == ["by keys"]
    booth.wait(lambda: booth.find(names.FINISH_READ).hasFocus())


def test_under_mine_they_are_read_over_later_and_after_a_restart(open_booth: Open, sound: Path) -> None:
    booth = answered(open_booth, sound)
    booth.click(names.FINISH_DONE)
    booth.on(Screen.START)
    again = open_booth(stages=SPOKEN)
    recognise(again, FIRST, SECOND)
    again.click(names.TOPBAR_MINE)
    again.on(Screen.MINE)
    again.click(names.MINE_READ_PREFIX + "0")
    again.on(Screen.MINE, Sheet.WORDS)
    again.find(names.WORDS_TRANSCRIPT).setPlainText("from mine")
    again.click(names.WORDS_NEXT)
    again.click(names.WORDS_CLOSE) if again.visible(names.WORDS_CLOSE) else again.click(names.WORDS_NEXT)
    again.on(Screen.MINE)
    assert corrections(again) == ["from mine"]


def test_what_was_being_typed_is_there_again_after_a_crash(open_booth: Open, sound: Path) -> None:
    booth = answered(open_booth, sound)
    recognise(booth, FIRST)
    booth.click(names.FINISH_READ)
    booth.on(Screen.FINISH, Sheet.WORDS)
    booth.find(names.WORDS_TRANSCRIPT).setPlainText("half a cor")
    interview_id = booth.rows()[0].interview_id

    def kept() -> str | None:
        return booth.desk.run(booth.desk.service.words.late, interview_id).answers[0].typed

    booth.wait(lambda: kept() == "half a cor")
    assert corrections(booth) == [], "HR hears of what is done"
    again = open_booth(stages=SPOKEN)
    again.click(names.TOPBAR_MINE)
    again.on(Screen.MINE)
    again.click(names.MINE_READ_PREFIX + "0")
    again.on(Screen.MINE, Sheet.WORDS)
    assert again.find(names.WORDS_TRANSCRIPT).toPlainText() == "half a cor"


def test_the_end_of_the_program_keeps_what_was_typed(open_booth: Open, sound: Path) -> None:
    booth = answered(open_booth, sound)
    recognise(booth, FIRST)
    booth.desk.run(booth.desk.service.words.open, booth.rows()[0].interview_id)
    booth.desk.run(booth.desk.service.words.keep, takes(booth)[0], "typed to the end")
    booth.desk.run(booth.desk.service.shutdown)
    assert corrections(booth) == ["typed to the end"]


def test_after_the_withdrawal_nothing_is_offered(open_booth: Open, sound: Path) -> None:
    booth = answered(open_booth, sound)
    recognise(booth, FIRST)
    booth.click(names.FINISH_DONE)
    booth.on(Screen.START)
    booth.click(names.TOPBAR_MINE)
    booth.on(Screen.MINE)
    booth.find(names.MINE_READ_PREFIX + "0")
    booth.click(names.MINE_WITHDRAW_PREFIX + "0")
    booth.click(names.WITHDRAW_CONFIRM)
    booth.wait(lambda: booth.rows()[0].state is InterviewState.DELETED)
    booth.wait(lambda: booth.visible(names.MINE_READ_PREFIX + "0") == [])
    late = booth.desk.run(booth.desk.service.words.late, booth.rows()[0].interview_id)
    assert late.answers == ()


def test_a_disk_that_is_full_is_told_in_the_sheet_and_the_words_stay_there(
    open_booth: Open, sound: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    booth = answered(open_booth, sound)
    recognise(booth, FIRST)
    booth.click(names.FINISH_READ)
    booth.on(Screen.FINISH, Sheet.WORDS)
    edit = booth.find(names.WORDS_TRANSCRIPT)
    edit.setPlainText("not lost")
    desk = booth.desk.service.words

    def full(*_: object) -> None:
        raise XudaError(ErrorCode.DISK_FULL)

    monkeypatch.setattr(desk, "settle", full)
    booth.click(names.WORDS_NEXT)
    booth.wait(lambda: booth.visible(names.WORDS_CLOSE))
    assert booth.window.sheet_name() == Sheet.WORDS.value
    assert edit.toPlainText() == "not lost"
    monkeypatch.undo()
    booth.click(names.WORDS_NEXT)
    booth.on(Screen.FINISH)
    assert corrections(booth) == ["not lost"]


def test_what_has_gone_from_the_device_since_is_said_and_nothing_can_be_typed(open_booth: Open, sound: Path) -> None:
    booth = answered(open_booth, sound)
    recognise(booth, FIRST)
    booth.click(names.FINISH_DONE)
    booth.on(Screen.START)
    booth.click(names.TOPBAR_MINE)
    booth.find(names.MINE_READ_PREFIX + "0")
    booth.desk.run(booth.desk.service.withdraw, booth.rows()[0].interview_id)  # as a receipt may do in this moment
    booth.click(names.MINE_READ_PREFIX + "0")
    booth.on(Screen.MINE, Sheet.WORDS)
    assert booth.visible(names.WORDS_TRANSCRIPT) == []
    assert booth.find(names.WORDS_CLOSE).hasFocus()
    booth.click(names.WORDS_CLOSE)
    booth.on(Screen.MINE)


# ---- at a kiosk --------------------


def test_at_a_kiosk_who_walks_away_leaves_the_correction_and_nothing_on_the_screen(
    open_booth: Open, sound: Path
) -> None:
    booth = answered(open_booth, sound, kiosk=True)
    recognise(booth, FIRST)
    booth.click(names.FINISH_READ)
    booth.on(Screen.FINISH, Sheet.WORDS)
    booth.find(names.WORDS_TRANSCRIPT).setPlainText("i led a secret team")
    booth.later(booth.rules.idle_seconds + 1)
    booth.on(Screen.FINISH, Sheet.IDLE)
    booth.later(WARNING_SECONDS + 1)
    booth.on(Screen.ATTRACT)
    booth.wait(lambda: corrections(booth) == ["i led a secret team"])
    assert [text for text in all_texts() if "secret" in text or "teem" in text or "first?" in text] == []
    assert booth.window._maker.words.found == {}


def test_at_a_kiosk_the_code_leads_to_them_later(open_booth: Open, sound: Path) -> None:
    booth = answered(open_booth, sound, kiosk=True)
    booth.click(names.FINISH_DONE)
    booth.on(Screen.ATTRACT)
    recognise(booth, FIRST)
    booth.click(names.ATTRACT_START)
    booth.click(names.START_OWN)
    booth.on(Screen.START, Sheet.OWN)
    booth.find(names.OWN_FIELD).setText(CODE)
    booth.click(names.OWN_SHOW)
    booth.click(names.OWN_READ_PREFIX + "0")
    booth.on(Screen.START, Sheet.WORDS)
    booth.find(names.WORDS_TRANSCRIPT).setPlainText("after the code")
    booth.click(names.WORDS_NEXT)
    booth.on(Screen.START)
    assert corrections(booth) == ["after the code"]
    assert [text for text in all_texts() if "teem" in text or "after the code" in text] == []
