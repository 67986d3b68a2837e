"""Interviews of several parts: their state and the answers that count, for every combination and any order."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract import events as ev
from contract.envelope import WireModel
from contract.events import Event, EventType, HrState, derive_state, make_event
from contract.kit import QuestionKind
from contract.parts import (
    PRECEDENCE,
    Part,
    Relation,
    carry,
    counting_parts,
    derive_whole_state,
    merge_states,
    relation,
    superseded,
)
from contract.progress import Carried

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
QUESTIONS = ("q1", "q2", "q3")
# how a part can stand, and the events that bring it there after STARTED
ENDS: dict[HrState, tuple[EventType, ...]] = {
    HrState.IN_PROGRESS: (),
    HrState.PAUSED: (EventType.PAUSED,),
    HrState.PENDING_REVIEW: (EventType.FINISHED,),
    HrState.INCOMPLETE: (EventType.ABANDONED,),
    HrState.DECLINED: (EventType.DECLINED,),
}
DATA: dict[EventType, WireModel] = {
    EventType.PAUSED: ev.ExitData(reason="network"),
    EventType.RESUMED: ev.ResumedData(),
    EventType.ABANDONED: ev.ExitData(reason="time"),
    EventType.FINISHED: ev.FinishedData(answers=1),
    EventType.DECLINED: ev.DeclinedData(consent_version="1"),
    EventType.WITHDRAWN: ev.WithdrawnData(),
}


def a_part(number: int, *steps: EventType | str, carried: Carried | None = None, ticket: bool = False) -> Part:
    """A part whose steps are events, or ids of questions that are answered."""
    name = f"part-{number}"
    started = ev.StartedData(
        invitation_id="i",
        kit_id="k",
        kit_version=1,
        attempt=1,
        wrapped_key="w",
        language="en",
        app_version="1",
        environment={},
        carried=carried,
    )
    found = [_event(name, 1, EventType.STARTED, started)]
    for seq, step in enumerate(steps, start=2):
        if isinstance(step, EventType):
            found.append(_event(name, seq, step, DATA[step]))
        else:
            found.append(_event(name, seq, EventType.ANSWER_SAVED, _answer(name, step)))
    return Part(name, number, found, handed_over=ticket)


def _event(name: str, seq: int, kind: EventType, data: WireModel) -> Event:
    return make_event(interview_id=name, seq=seq, kind=kind, at=NOW, device_id=name, data=data)


def _answer(name: str, question_id: str) -> ev.AnswerData:
    return ev.AnswerData(
        answer_id=f"{name}-{question_id}",
        question_id=question_id,
        kind=QuestionKind.TEXT,
        take=1,
        takes_used=1,
        duration=10,
        thinking_used=5,
    )


def whole(*parts: Part) -> HrState:
    return derive_whole_state(parts)


# ---- states ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", list(ENDS))
def test_one_part_alone_is_what_its_events_say(state: HrState) -> None:
    assert whole(a_part(1, *ENDS[state])) is state is derive_state(a_part(1, *ENDS[state]).events)


@pytest.mark.parametrize(("first", "second", "third"), list(itertools.product(ENDS, repeat=3)))
def test_parts_beside_each_other_have_the_state_that_comes_first_in_the_table(
    first: HrState, second: HrState, third: HrState
) -> None:
    parts = [a_part(number, *ENDS[state]) for number, state in enumerate((first, second, third), start=1)]
    expected = next(state for state in PRECEDENCE if state in (first, second, third))
    for order in itertools.permutations(parts):
        assert derive_whole_state(order) is expected


# every pair, written out: how the first part stands, how the second, the whole beside each other, and when the second
# has gone on from the first
TABLE = [
    ("in_progress", "in_progress", "in_progress", "in_progress"),
    ("in_progress", "paused", "in_progress", "paused"),
    ("in_progress", "pending_review", "pending_review", "pending_review"),
    ("in_progress", "incomplete", "in_progress", "incomplete"),
    ("in_progress", "declined", "in_progress", "declined"),
    ("paused", "in_progress", "in_progress", "in_progress"),
    ("paused", "paused", "paused", "paused"),
    ("paused", "pending_review", "pending_review", "pending_review"),
    ("paused", "incomplete", "paused", "incomplete"),
    ("paused", "declined", "declined", "declined"),
    ("pending_review", "in_progress", "pending_review", "in_progress"),
    ("pending_review", "paused", "pending_review", "paused"),
    ("pending_review", "pending_review", "pending_review", "pending_review"),
    ("pending_review", "incomplete", "pending_review", "incomplete"),
    ("pending_review", "declined", "pending_review", "declined"),
    ("incomplete", "in_progress", "in_progress", "in_progress"),
    ("incomplete", "paused", "paused", "paused"),
    ("incomplete", "pending_review", "pending_review", "pending_review"),
    ("incomplete", "incomplete", "incomplete", "incomplete"),
    ("incomplete", "declined", "declined", "declined"),
    ("declined", "in_progress", "in_progress", "in_progress"),
    ("declined", "paused", "declined", "paused"),
    ("declined", "pending_review", "pending_review", "pending_review"),
    ("declined", "incomplete", "declined", "incomplete"),
    ("declined", "declined", "declined", "declined"),
]


def test_the_table_names_every_pair() -> None:
    assert {row[:2] for row in TABLE} == {(a.value, b.value) for a, b in itertools.product(ENDS, repeat=2)}


@pytest.mark.parametrize(("first", "second", "beside", "continued"), TABLE)
def test_two_parts_have_the_state_the_table_says(first: str, second: str, beside: str, continued: str) -> None:
    earlier = a_part(1, *ENDS[HrState(first)])
    assert whole(earlier, a_part(2, *ENDS[HrState(second)])).value == beside
    after = a_part(2, *ENDS[HrState(second)], carried=carry([earlier], 1), ticket=True)
    assert whole(earlier, after).value == whole(after, earlier).value == continued


def test_a_part_that_went_on_after_it_was_handed_over_counts_again() -> None:
    known = a_part(1, "q1", EventType.PAUSED)
    later = a_part(1, "q1", EventType.PAUSED, EventType.RESUMED)
    other = a_part(2, EventType.PAUSED, carried=carry([known], 1), ticket=True)
    assert superseded(known, [known, other])
    assert not superseded(later, [later, other])
    assert (whole(known, other), whole(later, other)) == (HrState.PAUSED, HrState.IN_PROGRESS)


@pytest.mark.parametrize("state", list(ENDS))
def test_a_withdrawal_of_one_part_ends_the_whole(state: HrState) -> None:
    withdrawn = a_part(1, "q1", EventType.PAUSED, EventType.WITHDRAWN)
    assert whole(withdrawn, a_part(2, *ENDS[state])) is HrState.INCOMPLETE
    only_word = Part("part-1", 1, [_event("part-1", 7, EventType.WITHDRAWN, ev.WithdrawnData())])
    assert whole(only_word, a_part(2, *ENDS[state])) is HrState.INCOMPLETE


def redone(number: int, *steps: EventType | str, allowed: str | None, before: Part) -> Part:
    """A part in which q1 is answered again; ``allowed``: the question, by HR's own word."""
    others = [question for question in QUESTIONS if question != "q1"]
    given = carry([before], 1).model_copy(update={"answered": others, "takes_used": {}, "redo": "word"})
    return replace(a_part(number, *steps, carried=given), redo=allowed)


@pytest.mark.parametrize("state", list(ENDS))
@pytest.mark.parametrize("allowed", ["q1", None])
def test_answering_again_leaves_a_finished_interview_finished(state: HrState, allowed: str | None) -> None:
    first = a_part(1, *QUESTIONS, EventType.FINISHED)
    again = redone(2, "q1", *ENDS[state], allowed=allowed, before=first)
    assert whole(first, again) is whole(again, first) is HrState.PENDING_REVIEW
    assert not superseded(first, [first, again])
    assert not superseded(again, [first, again])
    assert relation(again, [first, again]) is (Relation.AGAIN if allowed else Relation.PARALLEL)
    assert counting_parts([again, first]) == {"q1": 2 if allowed else 1, "q2": 1, "q3": 1}
    gone = redone(2, EventType.WITHDRAWN, allowed=allowed, before=first)
    assert whole(first, gone) is HrState.INCOMPLETE, "a withdrawal there is one of the whole"


@pytest.mark.parametrize("state", list(ENDS))
def test_answering_again_finishes_no_interview(state: HrState) -> None:
    first = a_part(1, "q1", *ENDS[state])
    forged = redone(2, "q1", "q2", EventType.FINISHED, allowed=None, before=first)
    assert whole(first, forged) is state, "a device cannot make up that an interview was finished"
    assert counting_parts([first, forged]) == {"q1": 1}


def test_only_the_question_that_hr_named_is_answered_again_and_the_newest_counts() -> None:
    first = a_part(1, *QUESTIONS, EventType.FINISHED)
    second = redone(2, "q1", "q2", allowed="q1", before=first)
    third = redone(3, "q1", "q3", allowed="q1", before=first)
    stranger = redone(4, "q1", "q9", allowed=None, before=first)
    assert counting_parts([stranger, third, second, first]) == {"q1": 3, "q2": 1, "q3": 1}
    assert carry([first, second], 1) == carry([first], 1), "what goes on elsewhere knows nothing of it"


def test_no_part_at_all_is_invited() -> None:
    assert whole() is merge_states([]) is HrState.INVITED


# ---- answers -----------------------------------------------------------------------------------------------------


def test_of_parts_that_did_not_know_of_each_other_the_earlier_answer_counts_once() -> None:
    parts = [a_part(1, "q1", "q2"), a_part(2, "q1", "q3")]
    assert counting_parts(parts) == counting_parts(reversed(parts)) == {"q1": 1, "q2": 1, "q3": 2}
    assert relation(parts[1], parts) is Relation.PARALLEL


def test_the_device_that_was_handed_the_interview_decides_its_open_questions() -> None:
    first = a_part(1, "q1", EventType.PAUSED)
    second = a_part(2, "q2", carried=carry([first], 1), ticket=True)
    secretly = a_part(1, "q1", EventType.PAUSED, EventType.RESUMED, "q2")
    assert counting_parts([secretly, second]) == {"q1": 1, "q2": 2}
    assert relation(second, [first, second]) is Relation.CONTINUED


def test_an_answer_that_was_known_at_the_hand_over_is_not_replaced() -> None:
    first = a_part(1, "q1", EventType.PAUSED)
    second = a_part(2, "q1", "q2", carried=carry([first], 1), ticket=True)
    assert counting_parts([first, second]) == {"q1": 1, "q2": 2}


def test_going_on_by_the_roster_alone_overrules_nobody() -> None:
    first = a_part(1, "q1", EventType.PAUSED)
    second = a_part(2, "q2", carried=carry([first], 1))
    secretly = a_part(1, "q1", EventType.PAUSED, EventType.RESUMED, "q2")
    assert relation(second, [first, second]) is Relation.CONTINUED
    assert relation(second, [secretly, second]) is Relation.PARALLEL
    assert counting_parts([secretly, second]) == {"q1": 1, "q2": 1}


def test_takes_and_time_are_carried_over_three_devices() -> None:
    left = ev.ExitData(reason="time", takes_used={"q2": 1}, seconds_used=100)
    first = Part("part-1", 1, [*a_part(1, "q1").events, _event("part-1", 3, EventType.PAUSED, left)])
    begun = carry([first], 1)
    assert (begun.answered, begun.takes_used, begun.seconds_used) == (["q1"], {"q2": 1}, 100)
    again = ev.ExitData(reason="time", takes_used={"q2": 2}, seconds_used=160)
    second = Part("part-2", 2, [*a_part(2, carried=begun).events, _event("part-2", 2, EventType.PAUSED, again)])
    assert carry([second, first], 1).takes_used == {"q2": 2}
    assert carry([second, first], 1).seconds_used == 160
    silent = a_part(3, "q2", carried=carry([first, second], 1))
    assert carry([first, second, silent], 1).seconds_used == 175
    assert carry([first, second, silent], 1).takes_used == {}


step_lists = st.lists(
    st.sampled_from([*QUESTIONS, EventType.PAUSED, EventType.RESUMED, EventType.FINISHED]), max_size=6
)


@st.composite
def interviews(draw: st.DrawFn) -> list[Part]:
    """Up to four parts, each begun with or without knowledge of what the earlier ones had done at some moment."""
    parts: list[Part] = []
    for number in range(1, draw(st.integers(1, 4)) + 1):
        known = [_cut(part, draw(st.integers(0, len(part.events)))) for part in parts if draw(st.booleans())]
        known = [part for part in known if part.events]
        carried = carry(known, 1) if known else None
        ticket = carried is not None and draw(st.booleans())
        parts.append(a_part(number, *draw(step_lists), carried=carried, ticket=ticket))
    return parts


def _cut(part: Part, length: int) -> Part:
    return Part(part.interview_id, part.number, part.ordered[:length], part.handed_over)


def shuffled(parts: Sequence[Part], seed: int) -> list[Part]:
    """The same parts and events in another order, some of them twice."""
    chance = random.Random(seed)
    found = [
        Part(
            part.interview_id,
            part.number,
            chance.sample([*part.events, *part.events[:2]], len(part.events) + min(2, len(part.events))),
            part.handed_over,
        )
        for part in parts
    ]
    return chance.sample(found, len(found))


@settings(max_examples=150, deadline=None)
@given(interviews(), st.integers(0, 2**16))
def test_the_order_of_delivery_changes_nothing(parts: list[Part], seed: int) -> None:
    other = shuffled(parts, seed)
    assert derive_whole_state(other) is derive_whole_state(parts)
    assert counting_parts(other) == counting_parts(parts)
    assert carry(other, 1) == carry(parts, 1)
    by_id = {part.interview_id: part for part in other}
    for part in parts:
        assert relation(by_id[part.interview_id], other) is relation(part, parts)


@settings(max_examples=150, deadline=None)
@given(interviews())
def test_every_answered_question_counts_exactly_once_and_in_a_part_that_has_it(parts: list[Part]) -> None:
    counting = counting_parts(parts)
    assert set(counting) == set().union(*(part.answered for part in parts))
    assert set(carry(parts, 1).answered) == set(counting)
    numbered = {part.number: part for part in parts}
    assert all(question in numbered[number].answered for question, number in counting.items())


@settings(max_examples=150, deadline=None)
@given(interviews())
def test_the_whole_has_the_state_of_one_of_its_parts_and_more_events_never_lose_an_answer(parts: list[Part]) -> None:
    assert derive_whole_state(parts) in {part.state for part in parts}
    fewer = [_cut(part, max(1, len(part.events) - 1)) for part in parts]
    assert set(counting_parts(fewer)) <= set(counting_parts(parts))
