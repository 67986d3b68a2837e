"""Where a candidate stands: pure functions from kit, adjustments and events to the next question and its rules."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from contract.events import AnswerData, ConsentedData, Event, EventType, StartedData
from contract.invitation import Adjustments
from contract.kit import Kit, Question, QuestionKind, Stage
from contract.progress import Carried


@dataclass(frozen=True, slots=True)
class Rules:
    """A question's rules for one candidate, adjustments included."""

    kind: QuestionKind
    thinking_seconds: int
    answer_seconds: int
    takes: int


@dataclass(frozen=True, slots=True)
class Place:
    """A question's place in the kit; ``index`` counts over all questions."""

    question: Question
    stage: Stage
    stage_index: int
    index: int


def agreed_to_picture_facts(events: Sequence[Event]) -> bool:
    """By the newest consent; events in their order."""
    said = [event.parse_data(ConsentedData) for event in events if event.kind is EventType.CONSENTED]
    return bool(said) and said[-1].picture_facts is True


def rules_for(question: Question, adjustments: Adjustments) -> Rules:
    kind = question.kind
    if adjustments.answer_as and kind.spoken:
        kind = QuestionKind(adjustments.answer_as)
    return Rules(
        kind=kind,
        thinking_seconds=math.ceil(question.thinking_seconds * adjustments.time_factor),
        answer_seconds=math.ceil(question.answer_seconds * adjustments.time_factor),
        takes=question.takes + adjustments.extra_takes,
    )


def total_seconds(kit: Kit, adjustments: Adjustments) -> float | None:
    """The total time budget, None without one."""
    return None if kit.total_seconds is None else kit.total_seconds * adjustments.time_factor


def carried(events: Iterable[Event]) -> Carried | None:
    """What other devices had done when this part of the interview began here."""
    started = next((event for event in events if event.kind is EventType.STARTED), None)
    return started.parse_data(StartedData).carried if started else None


def answered_questions(events: Sequence[Event]) -> set[str]:
    """Questions that need no answer any more: answered here, or on another device before."""
    here = {event.parse_data(AnswerData).question_id for event in events if event.kind is EventType.ANSWER_SAVED}
    elsewhere = carried(events)
    return here.union(elsewhere.answered) if elsewhere else here


def takes_used(events: Sequence[Event], counted: Iterable[str]) -> dict[str, int]:
    """Takes that counted, per question without an answer. ``counted``: the question of each such take made here."""
    elsewhere = carried(events)
    used = Counter(counted)
    if elsewhere:
        used.update(elsewhere.takes_used)
    done = answered_questions(events)
    return {question_id: number for question_id, number in sorted(used.items()) if question_id not in done}


def places(kit: Kit) -> list[Place]:
    found: list[Place] = []
    for stage_index, stage in enumerate(kit.stages):
        for question in stage.questions:
            found.append(Place(question, stage, stage_index, len(found)))
    return found


def number(kit: Kit, question_id: str) -> int | None:
    """A question's number as people count, from 1; None when the kit does not have it."""
    return next((place.index + 1 for place in places(kit) if place.question.question_id == question_id), None)


def next_place(kit: Kit, answered: set[str]) -> Place | None:
    """The first unanswered question, None when all are answered."""
    return next((place for place in places(kit) if place.question.question_id not in answered), None)
