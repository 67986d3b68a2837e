"""One question answered again on a booth: only that one, once, in time, at HR's signed word, and after a crash too."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.interview.model import ExitReason
from app.interview.states import InterviewState
from app.interview.views import Entry
from contract.errors import ErrorCode, XudaError
from contract.events import AnswerData, EventType, StartedData
from contract.progress import Carried, PartRef
from contract.redo import Redo
from tests.interview.desk import CODE, PHONE, WRITTEN, Desk, make_kit
from tests.storage.office import Office


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def desk(tmp_path: Path, office: Office) -> Iterator[Desk]:
    """The interview is finished: both questions are answered."""
    with Desk(tmp_path, office, stages=WRITTEN, total_seconds=600) as opened:
        give(opened)
        yield opened


def give(desk: Desk) -> None:
    desk.begin()
    desk.run(desk.service.submit_text, "q3", "first")
    desk.run(desk.service.submit_choice, "q4", [0])
    desk.run(desk.service.finish)
    desk.run(desk.service.farewell)


def word(desk: Desk, question: str = "q3", *, days: float = 3, **changes: Any) -> Redo:
    others = [one for one in ("q3", "q4") if one != question]
    parts = [PartRef(interview_id="part-1", last_seq=5)]
    usual = {
        "redo_id": "word-1",
        "question_id": question,
        "kit_version": 1,
        "reason": "没有声音",
        "not_after": desk.clock.now() + timedelta(days=days),
        "carried": Carried(attempt=1, parts=parts, answered=others, redo=changes.get("redo_id", "word-1")),
    }
    return Redo.model_validate({**usual, **changes})


def look_up(desk: Desk) -> Entry:
    return desk.run(desk.service.look_up, CODE)


def refused(desk: Desk) -> ErrorCode:
    with pytest.raises(XudaError) as caught:
        look_up(desk)
    return caught.value.code


def begin(desk: Desk) -> str:
    entry = look_up(desk)
    assert entry.redo is not None
    desk.run(desk.service.begin, language="zh_CN", scoring=True)
    assert desk.service.active_id is not None
    return desk.service.active_id


def question(desk: Desk) -> str | None:
    step = desk.run(desk.service.step)
    return step.question.question_id if step else None


def test_only_that_question_is_asked_and_the_first_answer_stays(desk: Desk, office: Office) -> None:
    before = desk.run(desk.device.store.interviews)[0]
    old = desk.run(desk.device.store.events, before.interview_id)
    assert refused(desk) is ErrorCode.INVITATION_USED
    desk.ask_again(office, word(desk))
    listed = desk.run(desk.service.mine)[0].offer
    entry = look_up(desk)
    assert entry.redo == listed
    assert entry.redo is not None
    assert (entry.redo.number, entry.redo.reason, entry.unfinished) == (1, "没有声音", None)
    desk.clock.seconds += 10_000  # the time of the whole interview was used long ago
    part = begin(desk)
    step = desk.run(desk.service.step)
    assert step is not None
    assert (step.question.question_id, step.index, step.total, step.total_seconds_left) == ("q3", 0, 2, None)
    desk.run(desk.service.submit_text, "q3", "second")
    assert question(desk) is None
    receipt = desk.run(desk.service.finish)
    assert (receipt.again, [line.question_id for line in receipt.lines]) == (True, ["q3"])
    desk.run(desk.service.farewell)
    events = desk.run(desk.device.store.events, part)
    started = events[0].parse_data(StartedData)
    assert started.carried == word(desk).carried
    answered = [event.parse_data(AnswerData).question_id for event in events if event.kind is EventType.ANSWER_SAVED]
    assert answered == ["q3"]
    assert desk.run(desk.device.store.events, before.interview_id) == old
    shown = desk.run(desk.service.mine)
    assert [(one.redo, one.answered, one.total, one.offer) for one in shown] == [(1, 1, 1, None), (None, 2, 2, None)]
    assert refused(desk) is ErrorCode.INVITATION_USED, "once"


def test_a_crash_in_the_middle_goes_on_with_it(tmp_path: Path, office: Office) -> None:
    with Desk(tmp_path, office, stages=WRITTEN) as desk:
        give(desk)
        desk.ask_again(office, word(desk, days=1))
        part = begin(desk)
        desk.run(desk.service.save_draft, "q3", "half")
    with Desk(tmp_path, office) as again:
        again.run(again.service.recover)
        again.clock.wall += timedelta(days=2)
        again.clock.seconds += 2 * 86400
        entry = look_up(again)
        assert entry.unfinished is not None
        assert (entry.unfinished.interview_id, entry.unfinished.redo) == (part, 1)
        again.run(again.service.resume, part)
        assert (question(again), again.run(again.service.draft, "q3")) == ("q3", "half")
        again.run(again.service.submit_text, "q3", "second")
        again.run(again.service.finish)
        assert again.run(again.device.store.interview, part).state is InterviewState.FINISHED


def test_hrs_reason_is_for_who_has_shown_a_code(desk: Desk, office: Office) -> None:
    desk.ask_again(office, word(desk))
    by_number = desk.run(desk.service.look_up, PHONE).redo
    assert by_number is not None
    assert (by_number.number, by_number.reason) == (1, ""), "others may know the number"


def test_who_gives_it_up_has_used_it(desk: Desk, office: Office) -> None:
    desk.ask_again(office, word(desk))
    begin(desk)
    desk.run(desk.service.abandon, ExitReason.TIME)
    assert refused(desk) is ErrorCode.INVITATION_USED
    desk.ask_again(office, word(desk, redo_id="word-2"))
    assert look_up(desk).redo is not None, "HR may ask once more"


def test_it_cannot_be_declined_like_an_interview(desk: Desk, office: Office) -> None:
    desk.ask_again(office, word(desk))
    look_up(desk)
    with pytest.raises(XudaError) as caught:
        desk.run(desk.service.decline, language="zh_CN")
    assert caught.value.code is ErrorCode.ILLEGAL_STATE
    assert len(desk.run(desk.device.store.interviews)) == 1


def test_its_time_ends_also_without_a_network(desk: Desk, office: Office) -> None:
    desk.ask_again(office, word(desk, days=1))
    desk.clock.seconds += 86_000
    assert look_up(desk).redo is not None
    desk.clock.seconds += 1_000
    assert refused(desk) is ErrorCode.INVITATION_USED
    assert desk.run(desk.service.mine)[0].offer is None


def test_it_outlives_the_window_of_the_invitation(desk: Desk, office: Office) -> None:
    desk.ask_again(office, word(desk, days=30))
    desk.clock.seconds += 20 * 86_400
    assert look_up(desk).redo is not None


def test_what_hr_has_taken_back_is_gone_with_the_next_contact(desk: Desk, office: Office) -> None:
    desk.ask_again(office, word(desk))
    desk.ask_again(office, None)
    assert refused(desk) is ErrorCode.INVITATION_USED


@pytest.mark.parametrize("case", ["another key", "another device"])
def test_a_word_that_is_not_hrs_for_this_device_is_not_heard(desk: Desk, office: Office, case: str) -> None:
    entry = desk.entry.model_copy(update={"redo": word(desk)})
    roster = Office().roster([entry]) if case == "another key" else office.roster([entry], "device-2")
    now: datetime = desk.clock.now()
    desk.device.shelf.save_bootstrap(office.bootstrap([], roster, server_time=now), desk.clock.monotonic())
    assert refused(desk) is ErrorCode.INVITATION_USED


def test_another_booth_asks_with_the_version_of_the_kit_that_asked_first(tmp_path: Path, office: Office) -> None:
    with Desk(tmp_path, office, stages=WRITTEN) as desk:
        newer = make_kit(office, stages=WRITTEN[:1], version=2, guide="another")
        desk.ask_again(office, word(desk), newer)
        entry = look_up(desk)
        assert (entry.kit.version, entry.redo is not None, entry.elsewhere) == (1, True, None)
        part = begin(desk)
        assert desk.run(desk.device.store.interview, part).kit_version == 1
        assert question(desk) == "q3"
        desk.run(desk.service.withdraw, part)
        assert desk.run(desk.device.store.interview, part).state is InterviewState.DELETED
        assert refused(desk) is ErrorCode.INVITATION_USED
