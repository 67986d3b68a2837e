"""What of a language model's answer is kept: points whose quotes stand in the answer they are about, and no more.

Whatever else it writes is dropped and counted. Its text is data: one line without control characters, never markup.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from backend.opinion.asking import NOT_UNDERSTOOD, NotAnswered
from backend.opinion.quotes import LONGEST, clean
from backend.opinion.words import LONGEST_POINT, MOST_POINTS, Asked

_MOST_LISTED = 500
_M = TypeVar("_M", bound=BaseModel)


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


class _Said(_Strict):
    kind: Literal["strength", "gap"]
    text: str = Field(max_length=4 * LONGEST_POINT)
    quote: str = Field(max_length=4 * LONGEST)


class _About(_Strict):
    """``level`` and ``points`` are looked at one by one: one that is wrong does not spoil the others."""

    id: str = Field(max_length=20)
    level: Any = None
    points: list[Any] = Field(max_length=_MOST_LISTED)


class _Reply(_Strict):
    questions: list[Any] = Field(max_length=_MOST_LISTED)


class Point(BaseModel):
    """``quote``: as it stands in the answer. Seconds from the start of the take; None for a written answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: Literal["strength", "gap"]
    text: str
    quote: str
    start: float | None
    end: float | None


class About(BaseModel):
    """``level``: 1-5, only beside points; it is part of nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    question_id: str
    answer_id: str
    level: int | None
    points: list[Point]


class Opinion(BaseModel):
    """``asked``: about how many answers. ``dropped``: how much of what came was thrown away."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    questions: list[About]
    asked: int
    dropped: int


def read(text: str, asked: Mapping[str, Asked]) -> Opinion:
    """``asked``: by the names the service was given. Raises NotAnswered for what is not of the form."""
    try:
        reply = _Reply.model_validate_json(text)
    except ValidationError as error:
        # the reason would quote the answer
        raise NotAnswered(NOT_UNDERSTOOD) from error
    made: dict[str, About] = {}
    dropped = 0
    for given in reply.questions:
        about = _valid(_About, given)
        if about is None or about.id not in asked or about.id in made:
            dropped += 1
            continue
        kept = [point for one in about.points if (point := _point(one, asked[about.id])) is not None][:MOST_POINTS]
        dropped += len(about.points) - len(kept)
        one = asked[about.id]
        level = _level(about.level) if kept else None
        made[about.id] = About(question_id=one.question_id, answer_id=one.answer_id, level=level, points=kept)
    said = [made[name] for name in asked if name in made and made[name].points]
    return Opinion(questions=said, asked=len(asked), dropped=dropped)


def _valid(model: type[_M], given: Any) -> _M | None:
    try:
        return model.model_validate(given)
    except ValidationError:
        return None


def _point(given: Any, asked: Asked) -> Point | None:
    """None without words, or without a quote that stands in the answer."""
    said = _valid(_Said, given)
    text = clean(said.text, LONGEST_POINT) if said else ""
    quote = asked.passage.find(said.quote) if said and text else None
    shown = clean(quote.text, 2 * LONGEST) if quote else ""
    if said is None or quote is None or not shown:
        return None
    return Point(kind=said.kind, text=text, quote=shown, start=quote.start, end=quote.end)


def _level(given: Any) -> int | None:
    whole = isinstance(given, int) and not isinstance(given, bool)
    return given if whole and 1 <= given <= 5 else None
