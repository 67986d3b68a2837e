"""Where a candidate stands: pure functions from kit, adjustments and events to the next question and its rules."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from contract.events import AnswerData, Event, EventType
from contract.invitation import Adjustments
from contract.kit import Kit, Question, QuestionKind, Stage


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


def answered_questions(events: Iterable[Event]) -> set[str]:
    return {event.parse_data(AnswerData).question_id for event in events if event.kind is EventType.ANSWER_SAVED}


def places(kit: Kit) -> list[Place]:
    found: list[Place] = []
    for stage_index, stage in enumerate(kit.stages):
        for question in stage.questions:
            found.append(Place(question, stage, stage_index, len(found)))
    return found


def next_place(kit: Kit, answered: set[str]) -> Place | None:
    """The first unanswered question, None when all are answered."""
    return next((place for place in places(kit) if place.question.question_id not in answered), None)
