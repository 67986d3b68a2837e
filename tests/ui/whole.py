"""A whole interview as a script: what is done on each screen, whatever it is done with. Used by keyboard and touch."""

from __future__ import annotations

from typing import Any

from app.interview.states import InterviewState, TakeState
from app.ui import names
from app.ui.names import Screen, Sheet
from tests.ui.booth import Booth
from tests.ui.hands import Hands

_WORDS: dict[str, dict[str, str]] = {
    "film": {"zh_CN": "请介绍一个您主导过的项目。", "ar": "حدّثنا عن مشروع قدته بنفسك في Platform Engineering."},
    "sound": {"zh_CN": "您的团队有多大?", "ar": "كم عدد أعضاء فريقك؟"},
    "text": {"zh_CN": "您用过哪些工具?", "ar": "ما الأدوات التي استخدمتها؟"},
    "one": {"zh_CN": "您更喜欢哪一种?", "ar": "أيّهما تفضّل؟"},
    "many": {"zh_CN": "哪些做法是对的?", "ar": "أيّ هذه الطرق صحيحة؟"},
    "left": {"zh_CN": "第一种", "ar": "الأولى (A)"},
    "right": {"zh_CN": "第二种", "ar": "الثانية (B)"},
    "both": {"zh_CN": "第三种", "ar": "الثالثة (C)"},
}
_CHOICES = [_WORDS["left"], _WORDS["right"], _WORDS["both"]]


def _question(key: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"question_id": key, "kind": kind, "prompt": _WORDS[key], "answer_seconds": 60, **more}


STAGES: list[dict[str, Any]] = [
    {
        "stage_id": "said",
        "title": {"zh_CN": "自我介绍", "ar": "تعريف بالنفس"},
        "questions": [
            _question("film", "video", takes=2, thinking_seconds=30),
            _question("sound", "audio", takes=2, thinking_seconds=30),
        ],
    },
    {
        "stage_id": "written",
        "title": {"zh_CN": "笔试", "ar": "أسئلة مكتوبة"},
        "questions": [
            _question("text", "text", max_characters=200),
            _question("one", "single_choice", choices=_CHOICES),
            _question("many", "multiple_choice", choices=_CHOICES),
        ],
    },
]


def until_practised(hands: Hands) -> None:
    """From the entry page through consent, devices and a practice recording to the first question."""
    hands.on(Screen.ENTRY)
    hands.press(names.ENTRY_CONTINUE)
    hands.on(Screen.CONSENT)
    hands.press(names.CONSENT_RECORDING)
    hands.press(names.CONSENT_SCORING)
    hands.press(names.CONSENT_AGREE)
    hands.on(Screen.DEVICES)
    hands.press(names.DEVICES_CONTINUE)
    hands.on(Screen.PRACTICE)
    hands.press(names.PRACTICE_RECORD)
    hands.press(names.PRACTICE_STOP)
    hands.booth.wait(lambda: hands.booth.visible(names.PRACTICE_PLAY))
    hands.press(names.PRACTICE_CONTINUE)
    hands.on(Screen.QUESTION)


def answer(hands: Hands) -> None:
    """From the question to the proof; the answer ends when the sound has ended."""
    booth = hands.booth
    booth.desk.news.clear()
    booth.desk.run(booth.desk.recorder.set_microphone, booth.devices.microphone)
    hands.press(names.QUESTION_ANSWER)
    hands.on(Screen.RECORDING)
    hands.wait_for_the_sound()
    hands.press(names.RECORDING_DONE)
    hands.on(Screen.PROOF)


def best_of_two(hands: Hands, correction: str) -> None:
    """Answer, record again, choose the first take, correct its words and hand it in."""
    answer(hands)
    hands.press(names.PROOF_RETAKE)
    hands.on(Screen.QUESTION)
    answer(hands)
    hands.press(names.PROOF_TAKE_PREFIX + "1")
    hands.on(Screen.PROOF)
    booth = hands.booth
    booth.wait(lambda: booth.visible(names.PROOF_TRANSCRIPT), 60)
    hands.write(names.PROOF_TRANSCRIPT, correction)
    hands.press(names.PROOF_SUBMIT)
    hands.on(Screen.QUESTION)
    takes = booth.desk.run(booth.desk.device.store.takes, booth.rows()[0].interview_id)
    assert [(take.number, take.state) for take in takes] == [(1, TakeState.SUBMITTED), (2, TakeState.DISCARDED)]
    review = booth.desk.run(booth.desk.service.review, takes[0].take_id)
    assert review.correction is not None
    assert correction in review.correction


def leave(hands: Hands) -> None:
    """In the middle, with a reason, to come back."""
    hands.press(names.TOPBAR_LEAVE)
    hands.on(Screen.QUESTION, Sheet.LEAVE)
    hands.press(names.LEAVE_REASON_PREFIX + "time")
    hands.press(names.LEAVE_SAVE)
    hands.on(Screen.LEFT)
    assert [row.state for row in hands.booth.rows()] == [InterviewState.PAUSED]
    hands.press(names.LEFT_DONE)


def come_back(hands: Hands) -> None:
    """The code has been given again: the way on is offered, the devices are looked at, the open question is there."""
    hands.on(Screen.START, Sheet.RESUME)
    hands.press(names.RESUME_YES)
    hands.on(Screen.DEVICES)
    hands.press(names.DEVICES_CONTINUE)
    hands.on(Screen.QUESTION)


def the_rest(hands: Hands, words: str) -> None:
    """Spoken, written and chosen answers, and what the candidate thinks of it all."""
    answer(hands)
    hands.press(names.PROOF_SUBMIT)
    hands.on(Screen.TEXT)
    hands.write(names.TEXT_EDIT, words)
    hands.press(names.TEXT_SUBMIT)
    hands.on(Screen.CHOICE)
    hands.press(names.CHOICE_OPTION_PREFIX + "1")
    hands.press(names.CHOICE_SUBMIT)
    hands.on(Screen.CHOICE)
    hands.press(names.CHOICE_OPTION_PREFIX + "0")
    hands.press(names.CHOICE_OPTION_PREFIX + "2")
    hands.press(names.CHOICE_SUBMIT)
    hands.on(Screen.FINISH)
    assert [row.state for row in hands.booth.rows()] == [InterviewState.FINISHED]
    hands.press(names.FINISH_RATING_PREFIX + "flow_smooth_5")
    hands.press(names.FINISH_RATING_PREFIX + "overall_4")
    hands.write(names.FINISH_WORDS, "thanks")


def print_one(hands: Hands, button: str, paper: str, where: Screen) -> None:
    """On the printer that is offered; the sheet is closed afterwards and the focus is back."""
    hands.press(button)
    hands.on(where, Sheet.PRINT)
    hands.press(names.PRINT_PAPER_PREFIX + paper)
    hands.press(names.PRINT_START)
    said = hands.booth
    said.wait(lambda: "Booth" in " ".join(label.text() for label in _labels(said)), 60)
    hands.press(names.PRINT_CLOSE)
    hands.on(where)


def _labels(booth: Booth) -> list[Any]:
    from app.ui.widgets.basic import Label

    return [label for label in booth.window.findChildren(Label) if label.isVisible()]
