"""An interview that moves between booths: real clients, a real backend, and a network that comes and goes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.interview.model import ExitReason
from app.interview.states import InterviewState
from contract.envelope import Envelope
from contract.errors import ErrorCode, XudaError
from contract.events import HrState
from contract.parts import Relation
from tests.e2e.hall import Hall, Stand, hall
from tests.speech.say import say
from tests.support.waiting import wait_for
from tests.sync.faults import lose_reply

SPOKEN = "i lead the team ."


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    with hall(tmp_path_factory.mktemp("hall")) as made:
        made.stand()
        made.stand()
        made.stand()
        yield made


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sound") / "say.wav"
    say(SPOKEN, "en", path)
    return path


def invited(place: Hall, kit_id: str) -> str:
    """A new invitation that every booth has heard of."""
    made = place.invite(kit_id)
    for stand in place.stands:
        stand.deliver()
    return made


@pytest.fixture
def code(place: Hall) -> str:
    return invited(place, "written")


def leave(stand: Stand) -> None:
    stand.run(stand.service.pause, ExitReason.NETWORK)
    stand.run(stand.service.start_page)


def give_part(stand: Stand, code: str, text: str = "words") -> str:
    """Begin or go on, answer one question, leave, and let HR know; the id of the part."""
    part = stand.go_on(code)
    stand.answer(text)
    leave(stand)
    stand.deliver()
    return part


def ask_for_ticket(stand: Stand, invitation_id: str) -> tuple[str, Envelope | None]:
    """The id of the part that the booth would give, and HR's word that it may."""
    moving, part = stand.client.moving, stand.run(stand.service.next_part)
    assert moving is not None
    return part, moving.take_over(part, invitation_id)


def begin(stand: Stand, ticket: Envelope | None) -> None:
    stand.run(stand.service.begin, language="en", scoring=True, ticket=ticket)


def finish(stand: Stand, sound: Path | None = None) -> None:
    while stand.question is not None:
        stand.answer(f"from {stand.name}", sound)
    stand.run(stand.service.finish)
    stand.run(stand.service.start_page)


def test_a_candidate_goes_on_at_another_booth_and_hr_sees_one_interview(place: Hall, sound: Path) -> None:
    code = invited(place, "spoken")
    first, second, _ = place.stands
    one = first.go_on(code)
    first.answer("the first answer")
    first.record(sound)
    leave(first)
    assert first.deliver() == 0
    entry = second.look_up(code)
    assert entry.elsewhere is not None
    assert (entry.elsewhere.device, entry.elsewhere.carried.answered) == ("Booth 1", ["q1"])
    assert entry.elsewhere.carried.takes_used == {"q2": 1}
    two = second.go_on(code)
    step = second.run(second.service.step)
    assert (step.question.question_id, step.takes_used, step.takes_left) == ("q2", 1, 2)
    assert step.total_seconds_left < 600, "the time used there is used up here too"
    assert (second.mine(two).answered, second.mine(two).total) == (1, 4)
    second.deliver()
    assert (place.state(one), place.state(two)) == ("in_progress", "in_progress")
    first.deliver()
    assert first.state(one) is InterviewState.MOVED
    wait_for(lambda: first.deliver() == 0 and first.sealed() == [], "the first booth's recordings are gone")
    with pytest.raises(XudaError) as caught:
        first.run(first.service.resume, one)
    assert caught.value.code is ErrorCode.ILLEGAL_STATE
    finish(second, sound)
    wait_for(lambda: second.deliver() == 0 and second.sealed() == [], "delivery")
    assert place.answers(one) == place.answers(two)
    assert {question: part for question, (part, _) in place.answers(one).items()} == {
        "q1": 1,
        "q2": 2,
        "q3": 2,
        "q4": 2,
    }
    report = place.report(two)
    assert (report.state.code, report.unanswered) == (HrState.PENDING_REVIEW, [])
    assert [part.relation for part in report.parts] == [Relation.FIRST, Relation.CONTINUED]
    assert [part.device for part in report.parts] == ["Booth 1", "Booth 2"]
    assert "team" in next(item for item in report.answers if item.question_id == "q2").transcript.text
    third = place.stands[2]
    for stand in (first, third):
        stand.deliver()
        with pytest.raises(XudaError) as caught:
            stand.look_up(code, ask=False)
        assert caught.value.code is ErrorCode.INVITATION_USED, "the roster knows that it is over"


def test_a_reply_that_is_lost_gives_the_same_ticket_again(place: Hall, code: str) -> None:
    first, second, _ = place.stands
    give_part(first, code)
    entry = second.look_up(code)
    place.front.fail("/hand-over", lose_reply, times=1)
    part, lost = ask_for_ticket(second, entry.invitation_id)
    assert lost is None
    again, ticket = ask_for_ticket(second, entry.invitation_id)
    assert again == part
    begin(second, ticket)
    finish(second)
    assert second.deliver() == 0
    assert [item.relation for item in place.report(part).parts] == [Relation.FIRST, Relation.CONTINUED]


def test_a_network_that_goes_right_after_the_hand_over_costs_nothing(place: Hall, code: str) -> None:
    first, second, third = place.stands
    one = first.go_on(code)
    first.answer()
    leave(first)
    first.deliver()
    entry = second.look_up(code)
    part, ticket = ask_for_ticket(second, entry.invitation_id)
    with place.offline():
        begin(second, ticket)
        finish(second)
        second.deliver(0)
    with pytest.raises(XudaError) as caught:
        ask_for_ticket(third, entry.invitation_id)
    assert caught.value.code is ErrorCode.INTERVIEW_ELSEWHERE, "the candidate is on the way to the second"
    assert second.deliver() == 0
    assert [item.relation for item in place.report(one).parts] == [Relation.FIRST, Relation.CONTINUED]
    assert place.state(part) == "pending_review"


def test_nobody_takes_an_interview_from_a_booth_where_it_is_being_given(place: Hall, code: str) -> None:
    first, second, _ = place.stands
    first.go_on(code)
    first.deliver()
    entry = second.look_up(code)
    assert entry.elsewhere is not None
    assert entry.elsewhere.state is HrState.IN_PROGRESS
    with pytest.raises(XudaError) as caught:
        ask_for_ticket(second, entry.invitation_id)
    assert caught.value.code is ErrorCode.INTERVIEW_ELSEWHERE
    leave(first)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_booths_without_a_network_lose_nothing_and_nothing_counts_twice(
    place: Hall, code: str, order: tuple[int, int]
) -> None:
    first, second, _ = place.stands
    with place.offline():
        one = first.go_on(code)
        first.answer("said at the first")
        leave(first)
        two = second.go_on(code)
        assert second.question == "q1", "what it cannot know it cannot skip"
        finish(second)
        assert first.deliver(0) > 0
    for index in order:
        assert place.stands[index].deliver() == 0
    report = place.report(one)
    assert report.state.code is HrState.PENDING_REVIEW
    assert [item.question_id for item in report.answers] == ["q1", "q1", "q2", "q3", "q4"]
    assert [part.relation for part in report.parts] == [Relation.FIRST, Relation.PARALLEL]
    assert report.parts[0].interview_id == (one, two)[order[0]], "numbered as HR learned of them"
    assert len(place.answers(two)) == 4
    assert place.line(one) == place.line(two)
    first.deliver()
    assert first.state(one) is InterviewState.MOVED, "it is over: nothing is left to go on with"


def test_a_booth_that_knows_of_it_from_the_roster_goes_on_without_a_network(place: Hall, code: str) -> None:
    first, second, _ = place.stands
    one = give_part(first, code, "known")
    second.deliver()
    with place.offline():
        two = second.go_on(code)
        assert second.question == "q2"
        second.answer()
        leave(second)
        first.run(first.service.resume, one)
        first.answer()
        first.answer("more from the first")
        leave(first)
    assert second.deliver() == first.deliver() == 0
    assert place.state(one) == "paused"
    report = place.report(one)
    assert [(item.question_id, item.part, item.superseded) for item in report.answers] == [
        ("q1", 1, False),
        ("q2", 1, False),
        ("q2", 2, True),
        ("q3", 1, False),
    ]
    assert report.parts[1].relation is Relation.PARALLEL
    assert second.state(two) is InterviewState.PAUSED, "either may still be gone on with"


def test_three_booths_and_the_first_again_pass_it_on(place: Hall, code: str) -> None:
    first, second, third = place.stands
    one = give_part(first, code, "one")
    give_part(second, code)
    give_part(third, code, "three")
    first.deliver()
    again = first.go_on(code)
    assert first.question == "q4"
    finish(first)
    assert first.deliver() == 0
    assert {question: part for question, (part, _) in place.answers(one).items()} == {
        "q1": 1,
        "q2": 2,
        "q3": 3,
        "q4": 4,
    }
    report = place.report(again)
    assert [part.device for part in report.parts] == ["Booth 1", "Booth 2", "Booth 3", "Booth 1"]
    assert (report.state.code, report.attempt) == (HrState.PENDING_REVIEW, 1)


def test_a_booth_that_crashed_in_mid_interview_hands_over_after_its_restart(place: Hall, code: str) -> None:
    first, second, _ = place.stands
    one = first.go_on(code)
    first.answer("before the crash")
    first.crash()
    assert first.state(one) is InterviewState.PAUSED
    first.deliver()
    two = second.go_on(code)
    assert second.question == "q2"
    finish(second)
    second.deliver()
    assert place.state(one) == place.state(two) == "pending_review"
    assert place.line(one).reasons == ["crash"]


def test_a_new_attempt_on_another_booth_is_an_interview_of_its_own(place: Hall, code: str) -> None:
    first, second, _ = place.stands
    one = first.go_on(code)
    first.answer("given up")
    first.run(first.service.abandon, ExitReason.GIVE_UP)
    first.deliver()
    entry = second.look_up(code)
    assert entry.elsewhere is None
    two = second.go_on(code)
    assert second.question == "q1"
    second.deliver()
    assert (place.state(one), place.state(two)) == ("incomplete", "in_progress")
    assert place.report(two).attempt == 2
    assert len(place.report(one).parts) == 1
    leave(second)


def test_another_booth_learns_no_word_of_what_was_said(place: Hall, code: str) -> None:
    first, second, _ = place.stands
    give_part(first, code, "planted zq97 独一无二")
    before = len(place.front.asked)
    second.go_on(code)
    second.deliver()
    assert len(place.front.asked) > before
    for needle in (b"zq97", "独一无二".encode()):
        assert second.holds(needle) == []
    kept = second.client.storage.keystore
    assert kept.get(f"interview:{first.run(first.service.mine)[0].interview_id}") is None
    leave(second)
