"""What is assessed: a question with its dimensions, and an answer with its words. Plain data, frozen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

_SPACED = re.compile(r"\S+")
# Chinese is not spaced: written text is cut at every character, so that a quote can begin and end anywhere
_PIECE = re.compile(r"[\u3400-\u9fff]|[^\s\u3400-\u9fff]+")


class Measure(StrEnum):
    """What a dimension may be made of; :mod:`assessment.weights` says how much each counts."""

    CONTENT = "content"
    SUBJECT = "subject"
    OPENING = "opening"
    ORDER = "order"
    STORY = "story"
    CLOSING = "closing"
    FILLERS = "fillers"
    VARIETY = "variety"
    HEDGES = "hedges"
    FIRST_WORD = "first_word"
    PACE = "pace"
    PAUSES = "pauses"


@dataclass(frozen=True, slots=True)
class Heard:
    """A word of the transcript. ``start`` and ``end``: seconds into the take; ``probability``: 0..1."""

    text: str
    start: float = 0.0
    end: float = 0.0
    probability: float = 1.0


@dataclass(frozen=True, slots=True)
class KeyPoint:
    """What a good answer says; ``synonyms`` are other words for the same. ``weight``: beside the other points."""

    text: str
    synonyms: tuple[str, ...] = ()
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Dimension:
    """One scale of 0-100. ``measures``: measure -> weight; empty: what :mod:`assessment.weights` gives by default.

    ``exemplar``: the key points are the text of a model answer, so that saying the same is no listing.
    """

    dimension_id: str
    key_points: tuple[KeyPoint, ...] = ()
    weight: float = 1.0
    measures: Mapping[Measure, float] = field(default_factory=dict)
    exemplar: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """``weight``: within its stage. ``subject``: what else says what it is about (the position, its skills)."""

    question_id: str
    prompt: str
    dimensions: tuple[Dimension, ...]
    weight: float = 1.0
    subject: str = ""

    @property
    def key_points(self) -> list[KeyPoint]:
        """Of all its dimensions, each text once."""
        return list({point.text: point for one in self.dimensions for point in one.key_points}.values())


@dataclass(frozen=True, slots=True)
class Answer:
    """``language``: ``zh``, ``en``, …; ``seconds``: length of the take, None for a written answer.

    ``faults``: (start, end) in seconds of technical trouble; nothing within them counts.
    """

    words: tuple[Heard, ...]
    language: str
    seconds: float | None = None
    faults: tuple[tuple[float, float], ...] = ()

    @property
    def spoken(self) -> bool:
        return self.seconds is not None

    @property
    def text(self) -> str:
        return joined([word.text for word in self.words])


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of the answer, from ``first`` to ``last`` (places in it, both included), and their times if spoken."""

    text: str
    first: int
    last: int
    start: float | None = None
    end: float | None = None


def written(text: str, language: str) -> Answer:
    """An answer that has no times: each word and each Chinese character by itself."""
    return Answer(tuple(Heard(found.group()) for found in _PIECE.finditer(text)), language)


def quote(answer: Answer, first: int, last: int) -> Quote:
    """The words ``first``..``last`` as they were recognised. The only way a quote is made: it cannot be invented."""
    words = answer.words[first : last + 1]
    text = joined([word.text for word in words])
    return Quote(text, first, last, words[0].start, words[-1].end) if answer.spoken else Quote(text, first, last)


def joined(texts: list[str]) -> str:
    """Words as one reads them: no space between Chinese characters, one between others."""
    line = ""
    for text in (part for raw in texts for part in _SPACED.findall(raw)):
        apart = line and not (_wide(line[-1]) or _wide(text[0]))
        line += f" {text}" if apart else text
    return line


def _wide(character: str) -> bool:
    return ord(character) >= 0x2E80
