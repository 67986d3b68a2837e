"""The rules of an interview together: stages, kinds, thinking and takes, budget, other ways to answer, tips."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from app.interview.states import InterviewState
from contract.errors import ErrorCode, XudaError
from contract.events import AnswerData, AnswerSealed, EventType
from contract.invitation import Adjustments
from contract.kit import Kit, QuestionKind, Tip
from tests.interview.desk import Desk, make_kit
from tests.speech.say import say
from tests.storage.office import Office


@pytest.fixture(scope="module")
def office() -> Office:
    return Office()


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sound") / "say.wav"
    say("i lead the team and we built the server .", "en", path)
    return path


def question(question_id: str, kind: str, **more: Any) -> dict[str, Any]:
    choices = {"choices": ["A", "B", "C"]} if kind.endswith("choice") else {}
    return {"question_id": question_id, "kind": kind, "prompt": "?", **choices, **more}


STAGES = [
    {"stage_id": "intro", "title": "自我介绍", "weight": 1, "difficulty": 1, "questions": [question("a", "text")]},
    {
        "stage_id": "work",
        "title": "专业问题",
        "weight": 2,
        "difficulty": 3,
        "questions": [question("b", "single_choice"), question("c", "multiple_choice")],
    },
    {"stage_id": "scene", "title": "情景模拟", "weight": 1, "difficulty": 5, "questions": [question("d", "audio")]},
]


def test_questions_come_stage_by_stage_from_easy_to_hard_and_each_kind_is_answered_in_its_way(
    tmp_path: Path, office: Office, sound: Path
) -> None:
    with Desk(tmp_path, office, stages=STAGES) as desk:
        desk.begin()
        seen = []
        answers = {
            "a": lambda: desk.run(desk.service.submit_text, "a", "文字"),
            "b": lambda: desk.run(desk.service.submit_choice, "b", [1]),
            "c": lambda: desk.run(desk.service.submit_choice, "c", [2, 0]),
            "d": lambda: desk.run(desk.service.submit_take, desk.record("d", sound).take_id),
        }
        while (step := desk.run(desk.service.step)) is not None:
            seen.append((step.question.question_id, step.stage_index, step.index))
            answers[step.question.question_id]()
        assert seen == [("a", 0, 0), ("b", 1, 1), ("c", 1, 2), ("d", 2, 3)]
        assert desk.run(desk.service.finish).state is InterviewState.FINISHED
        row = desk.run(desk.device.store.interviews)[0]
        saved = [e for e in desk.run(desk.device.store.events, row.interview_id) if e.kind is EventType.ANSWER_SAVED]
        picked = desk.run(desk.device.store.open_sealed, saved[2], AnswerSealed)
        assert isinstance(picked, AnswerSealed)
        assert picked.choices == [0, 2]


def test_weights_are_shares_of_the_whole_and_stages_never_become_easier(office: Office) -> None:
    kit = make_kit(office, stages=STAGES)
    assert [kit.share(stage) for stage in kit.stages] == [0.25, 0.5, 0.25]
    with pytest.raises(ValidationError, match="easy to hard"):
        make_kit(office, stages=[STAGES[2], STAGES[0]])


def test_thinking_and_takes_work_together(tmp_path: Path, office: Office, sound: Path) -> None:
    """Each take has its own time to think, and both are told to HR."""
    stages = [{"stage_id": "s", "title": "t", "questions": [question("a", "audio", takes=2, thinking_seconds=20)]}]
    with Desk(tmp_path, office, stages=stages) as desk:
        desk.begin()
        for thought in (4.0, 12.5):
            desk.recorder.set_microphone(f"file:{sound}")
            desk.run(desk.service.begin_take, "a", thinking_used=thought)
            desk.wait_for_voice()
            desk.run(desk.service.end_take)
        step = desk.run(desk.service.step)
        assert step is not None
        assert (step.thinking_seconds, step.takes_left, len(step.takes)) == (20, 0, 2)
        desk.run(desk.service.submit_take, step.takes[1].take_id)
        row = desk.run(desk.device.store.interviews)[0]
        event = desk.run(desk.device.store.events, row.interview_id)[-1]
        answer = event.parse_data(AnswerData)
        assert (answer.take, answer.takes_used, answer.thinking_used) == (2, 2, 12.5)


@pytest.mark.parametrize(
    ("way", "kinds"),
    [
        (None, ["video", "audio", "text", "single_choice"]),
        ("audio", ["audio", "audio", "text", "single_choice"]),
        ("text", ["text", "text", "text", "single_choice"]),
    ],
)
def test_another_way_to_answer_changes_spoken_questions_only(
    tmp_path: Path, office: Office, way: str | None, kinds: list[str]
) -> None:
    with Desk(tmp_path, office, adjustments=Adjustments(answer_as=way)) as desk:
        desk.begin()
        assert desk.run(desk.service.remaining_kinds) == {QuestionKind(kind) for kind in kinds}
        step = desk.run(desk.service.step)
        assert step is not None
        assert step.question.kind == kinds[0]


def test_sound_instead_of_video_needs_no_camera(tmp_path: Path, office: Office, sound: Path) -> None:
    with Desk(tmp_path, office, adjustments=Adjustments(answer_as="audio")) as desk:
        desk.begin()
        take = desk.record("q1", sound)  # no camera is set
        assert (take.has_video, take.proof is not None and take.proof.has_video) == (False, False)
        desk.run(desk.service.submit_take, take.take_id)


def test_a_factor_lengthens_thinking_answer_and_budget_alike(tmp_path: Path, office: Office) -> None:
    with Desk(tmp_path, office, adjustments=Adjustments(time_factor=1.25), total_seconds=100) as desk:
        desk.begin()
        step = desk.run(desk.service.step)
        assert step is not None
        assert (step.thinking_seconds, step.answer_seconds, step.total_seconds_left) == (38, 75, 125)


def test_a_take_more_than_allowed_is_refused(tmp_path: Path, office: Office, sound: Path) -> None:
    stages = [{"stage_id": "s", "title": "t", "questions": [question("a", "audio", takes=1)]}]
    with Desk(tmp_path, office, stages=stages) as desk:
        desk.begin()
        desk.record("a", sound)
        with pytest.raises(XudaError) as caught:
            desk.run(desk.service.begin_take, "a")
        assert caught.value.code is ErrorCode.ILLEGAL_STATE


def test_tips_are_chosen_by_the_kind_of_question_and_the_position(office: Office) -> None:
    def kit(**position: str) -> Kit:
        tips = [
            Tip(text={"": "all"}),
            Tip(text={"": "spoken"}, kinds=[QuestionKind.VIDEO, QuestionKind.AUDIO]),
            Tip(text={"": "engineers"}, positions=["工程师", "engineer"]),
        ]
        return make_kit(office, position=position, question_tips=[tip.model_dump() for tip in tips])

    engineer, sales = kit(en="Software Engineer"), kit(zh_CN="销售", en="Sales")
    assert [t[""] for t in engineer.tips_for(QuestionKind.VIDEO)] == ["all", "spoken", "engineers"]
    assert [t[""] for t in engineer.tips_for(QuestionKind.TEXT)] == ["all", "engineers"]
    assert [t[""] for t in sales.tips_for(QuestionKind.AUDIO)] == ["all", "spoken"]
