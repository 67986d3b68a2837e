"""What answers are rated by: dimensions with anchored levels, for the people of HR alone.

A rubric goes with a version of a kit and is never part of the signed document that devices get.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from assessment.values import Measure
from assessment.weights import WITH_KEY_POINTS, WITHOUT_KEY_POINTS
from backend.services.kit_file import invalid
from contract.kit import Kit, Question
from contract.text import Localized

LEVELS = (1, 2, 3, 4, 5)
# what a level is worth of 100; 3 is a pass and 4 is good, as marks are understood (docs/adr/0028)
POINTS = {1: 0, 2: 40, 3: 60, 4: 80, 5: 100}
_LANGUAGES = ("zh_CN", "en")
_ID = r"^[A-Za-z0-9_.-]+$"


def _number(value: Any) -> Any:
    if type(value) not in (int, float):
        raise ValueError("a number, please")
    return value


def _levels(value: Any) -> Any:
    """Level -> words; JSON has its names as text."""
    if not isinstance(value, dict):
        raise ValueError("level 1 to 5, each with its words")
    named = {str(name): words for name, words in value.items() if type(name) in (int, str)}
    if lost := [str(level) for level in LEVELS if str(level) not in named]:
        raise ValueError(f"level {', '.join(lost)} is missing")
    if len(value) != len(LEVELS):
        raise ValueError("there are only the levels 1 to 5")
    return {level: named[str(level)] for level in LEVELS}


def _told(text: dict[str, str]) -> bool:
    return bool(text.get("", "").strip()) or all(text.get(tag, "").strip() for tag in _LANGUAGES)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class KeyPoint(_Part):
    """What a good answer says; ``synonyms``: other words for the same."""

    text: Localized
    synonyms: list[Annotated[str, Field(min_length=1, max_length=100)]] = Field(default_factory=list, max_length=50)


class Dimension(_Part):
    """One scale: ``levels`` says in words what 1 (lowest) to 5 mean. ``weight``: within its question.

    ``measures``: what the assessment makes its score of, measure -> weight; empty: what it does by default.
    """

    dimension_id: str = Field(min_length=1, max_length=40, pattern=_ID)
    title: Localized
    weight: Annotated[float, BeforeValidator(_number)] = 1.0
    key_points: list[KeyPoint] = Field(default_factory=list, max_length=50)
    measures: dict[str, Annotated[float, BeforeValidator(_number)]] = Field(default_factory=dict)
    levels: Annotated[dict[int, Localized], BeforeValidator(_levels)]

    @field_validator("weight")
    @classmethod
    def _weighs(cls, weight: float) -> float:
        if not (math.isfinite(weight) and 0 < weight <= 100):
            raise ValueError("a weight is more than 0 and at most 100")
        return weight

    @field_validator("measures")
    @classmethod
    def _measured(cls, measures: dict[str, float]) -> dict[str, float]:
        if unknown := sorted(measures.keys() - {measure.value for measure in Measure}):
            raise ValueError(f"there is no measure {', '.join(unknown)}; known: {', '.join(Measure)}")
        if any(not (math.isfinite(weight) and 0 <= weight <= 100) for weight in measures.values()):
            raise ValueError("the weight of a measure is 0 to 100")
        if measures and not any(measures.values()):
            raise ValueError("one measure at least has to count")
        return measures

    @field_validator("title")
    @classmethod
    def _named(cls, title: dict[str, str]) -> dict[str, str]:
        if not _told(title):
            raise ValueError("needs its words in zh_CN and en")
        return title

    @field_validator("levels")
    @classmethod
    def _anchored(cls, levels: dict[int, dict[str, str]]) -> dict[int, dict[str, str]]:
        for level, words in levels.items():
            if not _told(words):
                raise ValueError(f"level {level} needs its words in zh_CN and en")
        return levels


def measured(dimension: Dimension) -> dict[str, float]:
    """What the assessment makes of a dimension: measure -> percent, own weights or the default ones, heaviest first."""
    default = WITH_KEY_POINTS if dimension.key_points else WITHOUT_KEY_POINTS
    weights = dimension.measures or {measure.value: weight for measure, weight in default.items()}
    whole = sum(weights.values())
    shares = {name: weight / whole * 100 for name, weight in weights.items() if weight}
    return dict(sorted(shares.items(), key=lambda one: -one[1]))


def _each_once(dimensions: list[Dimension]) -> list[Dimension]:
    _refuse_twice("dimension", (dimension.dimension_id for dimension in dimensions))
    return dimensions


class QuestionRubric(_Part):
    question_id: str
    dimensions: list[Dimension] = Field(min_length=1, max_length=10)

    _different = field_validator("dimensions")(_each_once)


class Rubric(_Part):
    """``general`` rates every question that is spoken or written and has no ``dimensions`` of its own."""

    general: list[Dimension] = Field(default_factory=list, max_length=10)
    questions: list[QuestionRubric] = Field(default_factory=list, max_length=200)

    _different = field_validator("general")(_each_once)

    def of(self, question: Question) -> list[Dimension]:
        """How a question is rated; empty: it is not."""
        for own in self.questions:
            if own.question_id == question.question_id:
                return own.dimensions
        return [] if question.kind.choice else self.general

    def kept_for(self, kit: Kit) -> Rubric:
        """Without what is about questions the kit does not have."""
        known = {question.question_id for question in kit.questions}
        return Rubric(general=self.general, questions=[own for own in self.questions if own.question_id in known])

    def rates_something(self, kit: Kit) -> bool:
        return any(self.of(question) for question in kit.questions)


def weights(kit: Kit, rubric: Rubric) -> Iterator[tuple[Question, Dimension, float]]:
    """Each dimension of each question in the order they are asked, with its share of the whole interview.

    Stage's share x question's weight within its stage x dimension's weight within its question.
    """
    for stage in kit.stages:
        questions = sum(question.weight for question in stage.questions)
        for question in stage.questions:
            dimensions = rubric.of(question)
            together = sum(dimension.weight for dimension in dimensions)
            for dimension in dimensions:
                share = kit.share(stage) * question.weight / questions * dimension.weight / together
                yield question, dimension, share


def total(kit: Kit, rubric: Rubric, given: Mapping[tuple[str, str], int]) -> float | None:
    """The weighted mean of what was rated, 0-100. ``given``: (question, dimension) -> level. None: nothing was."""
    rated = [
        (share, POINTS[given[question.question_id, dimension.dimension_id]])
        for question, dimension, share in weights(kit, rubric)
        if (question.question_id, dimension.dimension_id) in given
    ]
    whole = sum(share for share, _ in rated)
    # six places: all fours are 80 and not a hair more
    return round(sum(share * points for share, points in rated) / whole, 6) if whole else None


def build_rubric(values: Any, kit: Kit, node: yaml.Node) -> Rubric:
    """The rubric of a kit file. Raises XudaError(KIT_INVALID) with ``field``, ``row`` and ``detail`` of the mistake."""
    try:
        found = Rubric.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise invalid(node, ("rubric", *first["loc"]), first["msg"]) from error
    known = {question.question_id for question in kit.questions}
    seen: set[str] = set()
    for place, own in enumerate(found.questions):
        where = ("rubric", "questions", place, "question_id")
        if own.question_id not in known:
            raise invalid(node, where, f"the kit has no question {own.question_id}")
        if own.question_id in seen:
            raise invalid(node, where, f"question {own.question_id} is rated twice")
        seen.add(own.question_id)
    if not found.rates_something(kit):
        raise invalid(node, ("rubric",), "no question of the kit is rated")
    return found


@functools.cache
def default_rubric() -> Rubric:
    """A few dimensions that fit any spoken or written answer."""
    text = resources.files("resources").joinpath("rubrics", "default.yaml").read_text(encoding="utf-8")
    return Rubric.model_validate(yaml.safe_load(text))


def default_for(kit: Kit) -> Rubric:
    """The default; where a kit has nothing but choices, for these."""
    rubric = default_rubric()
    if rubric.rates_something(kit):
        return rubric
    own = [QuestionRubric(question_id=q.question_id, dimensions=rubric.general) for q in kit.questions]
    return Rubric(questions=own)


def _refuse_twice(what: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"{what} {name} is used twice")
        seen.add(name)
