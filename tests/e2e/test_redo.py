"""A question answered again at another booth without a network: real clients, a real backend, a crash in the middle."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.interview.states import InterviewState
from backend.services import redo
from contract.errors import ErrorCode, XudaError
from contract.events import HrState
from contract.redo import RedoState
from tests.backend.staffing import somebody
from tests.e2e.hall import Hall, Stand, hall
from tests.speech.say import say
from tests.support.waiting import wait_for

SPOKEN = "i lead the team ."


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Hall]:
    with hall(tmp_path) as made:
        made.stand()
        made.stand()
        yield made


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    path = tmp_path / "say.wav"
    say(SPOKEN, "en", path)
    return path


def finish(stand: Stand, sound: Path) -> None:
    while stand.question is not None:
        stand.answer(f"from {stand.name}", sound)
    stand.run(stand.service.finish)
    stand.run(stand.service.start_page)


def delivered(stand: Stand) -> None:
    wait_for(lambda: stand.deliver() == 0 and stand.sealed() == [], "everything delivered and removed")


def used(stand: Stand, code: str) -> bool:
    with pytest.raises(XudaError) as caught:
        stand.run(stand.service.look_up, code)
    return caught.value.code is ErrorCode.INVITATION_USED


def test_a_question_is_answered_again_offline_through_a_crash_and_counts_at_hr(place: Hall, sound: Path) -> None:
    hr, (first, second) = place.backend.hr, place.stands
    code = place.invite("spoken")
    first.deliver()
    one = first.go_on(code)
    finish(first, sound)
    delivered(first)
    old = place.report(one)
    until = hr.now() + timedelta(days=3)
    redo.grant(hr, somebody(hr), one, "q2", "录音没有声音", until)
    second.deliver()
    with place.offline():
        entry = second.look_up(code, ask=False)
        assert entry.redo is not None
        assert (entry.redo.number, entry.redo.reason) == (2, "录音没有声音")
        two = second.go_on(code, ask=False)
        assert second.question == "q2"
        second.client.devices.set_microphone(f"file:{sound}")
        second.run(second.service.begin_take, "q2")
        wait_for(lambda: second.client.recorder.elapsed > 0.5, "some of the answer")
        second.reopen()
        assert second.state(two) is InterviewState.PAUSED
        second.run(second.service.resume, two)
        step = second.run(second.service.step)
        assert step.recovered is not None, "what was said before the crash is offered back"
        assert (step.takes_left, step.total_seconds_left) == (3, None)
        second.run(second.service.discard_take, step.recovered.take_id)
        finish(second, sound)
    delivered(second)
    assert (place.state(one), place.state(two)) == ("pending_review", "pending_review")
    report = place.report(one)
    told = [(a.question_id, a.part, a.superseded, a.again) for a in report.answers if a.question_id == "q2"]
    assert told == [("q2", 1, True, False), ("q2", 2, False, True)]
    assert report.answers[1] == old.answers[1].model_copy(update={"superseded": True}), "the first one is as it was"
    assert report.redos[0].state is RedoState.ANSWERED
    assert (report.state.code, report.unanswered) == (HrState.PENDING_REVIEW, [])
    assert [part.relation.value for part in report.parts] == ["first", "again"]
    assert all(part.receipt for part in report.parts)
    for stand in (first, second):
        stand.deliver()
        assert used(stand, code), "once, and nowhere else"
