"""The recognised words on the proof: uncertain ones are found, a correction is kept, the original comes back."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.interview.model import Transcript, Word
from app.ui import names
from app.ui.names import Screen, Sheet
from contract.events import CorrectedSealed, EventType
from tests.speech.say import say
from tests.ui.booth import Booth
from tests.ui.conftest import Open

HEARD = Transcript(
    "i lead the teem and we bild it",
    tuple(
        Word(text, at / 2, at / 2 + 0.4, 0.3 if text in ("teem", "bild") else 0.9)
        for at, text in enumerate(["i", "lead", "the", "teem", "and", "we", "bild", "it"])
    ),
    "en",
    "tiny@0123456789ab",
)
ONE = [
    {
        "stage_id": "s",
        "title": "one",
        "questions": [
            {"question_id": "q1", "kind": "audio", "prompt": "?", "takes": 2, "answer_seconds": 60},
            {"question_id": "q2", "kind": "text", "prompt": "?", "max_characters": 40},
        ],
    }
]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sound") / "say.wav"
    say("i lead the team and we built it .", "en", path)
    return path


def proof(open_booth: Open, sound: Path, language: str = "zh_CN") -> Booth:
    """A candidate before the proof of an answer in which two words are uncertain."""
    booth = open_booth(stages=ONE, language=language)
    booth.devices.microphone = f"file:{sound}"
    booth.agree()
    for screen, button in ((Screen.DEVICES, names.DEVICES_CONTINUE), (Screen.PRACTICE, names.PRACTICE_CONTINUE)):
        booth.on(screen)
        booth.click(button)
    booth.on(Screen.QUESTION)
    booth.click(names.QUESTION_ANSWER)
    booth.on(Screen.RECORDING)
    booth.wait(lambda: booth.window.answering.seconds_used > 1.0)
    booth.click(names.RECORDING_DONE)
    booth.on(Screen.PROOF)
    review = booth.window.answering.review
    assert review is not None
    booth.desk.run(booth.desk.service._takes._on_transcript, review.take_id, HEARD)
    booth.wait(lambda: booth.visible(names.PROOF_TRANSCRIPT))
    return booth


@pytest.mark.parametrize("language", ["zh_CN", "ar"])
def test_keys_alone_lead_to_each_uncertain_word_and_replace_it(open_booth: Open, sound: Path, language: str) -> None:
    booth = proof(open_booth, sound, language)
    edit, button = booth.find(names.PROOF_TRANSCRIPT), booth.find(names.PROOF_NEXT_DOUBT)
    assert "teem" in edit.accessibleDescription()
    for right in ("team", "built"):
        button.setFocus()
        QTest.keyClick(button, Qt.Key.Key_Space)
        assert edit.hasFocus()
        QTest.keyClicks(edit, right)
    assert edit.toPlainText() == "i lead the team and we built it"
    assert not booth.visible(names.PROOF_NEXT_DOUBT)
    booth.click(names.PROOF_SUBMIT)
    booth.on(Screen.TEXT)
    [answer] = booth.desk.run(booth.desk.service.answers, booth.rows()[0].interview_id)
    assert (answer.text, answer.correction) == (HEARD.text, "i lead the team and we built it")


def test_the_original_comes_back_with_one_click_and_hr_sees_no_correction(open_booth: Open, sound: Path) -> None:
    booth = proof(open_booth, sound)
    edit = booth.find(names.PROOF_TRANSCRIPT)
    assert not booth.visible(names.PROOF_ORIGINAL)
    edit.setPlainText("something else")
    booth.click(names.PROOF_ORIGINAL)
    assert edit.toPlainText() == HEARD.text
    assert booth.visible(names.PROOF_NEXT_DOUBT)
    assert not booth.visible(names.PROOF_ORIGINAL)
    booth.click(names.PROOF_SUBMIT)
    booth.on(Screen.TEXT)
    [answer] = booth.desk.run(booth.desk.service.answers, booth.rows()[0].interview_id)
    assert (answer.text, answer.correction) == (HEARD.text, None)


def test_a_text_that_was_emptied_is_no_correction_and_leaves_none_behind(open_booth: Open, sound: Path) -> None:
    booth = proof(open_booth, sound)
    edit = booth.find(names.PROOF_TRANSCRIPT)
    edit.setPlainText("half a th")
    booth.window.answering.keep_edit()
    edit.setPlainText("")
    booth.click(names.PROOF_SUBMIT)
    booth.on(Screen.TEXT)
    [answer] = booth.desk.run(booth.desk.service.answers, booth.rows()[0].interview_id)
    assert answer.correction is None


def test_a_correction_in_progress_is_there_again_after_a_crash(open_booth: Open, sound: Path) -> None:
    booth = proof(open_booth, sound)
    take = booth.window.answering.review
    assert take is not None
    booth.find(names.PROOF_TRANSCRIPT).setPlainText("i lead the team and")
    booth.wait(lambda: booth.desk.run(booth.desk.service.review, take.take_id).correction == "i lead the team and")
    again = open_booth(stages=ONE)  # nothing was submitted, left or closed in order
    again.devices.microphone = f"file:{sound}"
    again.enter()
    again.on(Screen.START, Sheet.RESUME)
    again.click(names.RESUME_YES)
    again.on(Screen.DEVICES)
    again.click(names.DEVICES_CONTINUE)
    again.on(Screen.QUESTION)
    again.window.answering.look_at_takes()
    again.on(Screen.PROOF)
    assert again.find(names.PROOF_TRANSCRIPT).toPlainText() == "i lead the team and"
    assert again.visible(names.PROOF_ORIGINAL)


def test_corrections_of_a_submitted_answer_reach_hr_as_versions_and_so_does_going_back(
    open_booth: Open, sound: Path
) -> None:
    booth = proof(open_booth, sound)
    review = booth.window.answering.review
    assert review is not None
    booth.click(names.PROOF_SUBMIT)
    booth.on(Screen.TEXT)
    for text in ("first version", "first version", "second version", HEARD.text):
        booth.desk.run(booth.desk.service.correct, review.take_id, text)
    interview_id, store = booth.rows()[0].interview_id, booth.desk.device.store
    events = [event for event in booth.desk.run(store.events, interview_id) if event.kind is EventType.CORRECTED]
    sealed = [booth.desk.run(store.open_sealed, event, CorrectedSealed) for event in events]
    assert [part.text for part in sealed if part] == ["first version", "second version", HEARD.text]
