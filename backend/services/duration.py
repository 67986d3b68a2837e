"""How long an interview takes, from its questions alone, and how long it should be for a position of a level.

The device check, the consent and the practice question are not counted: nobody can know how long they take.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from backend.settings import Settings
from contract.kit import Kit, Question

# of a question that may be answered again, this part of the candidates is expected to do so once
RETAKES = 0.25
# reading without hurry: Chinese, Japanese and Korean characters, and words of other languages
CHARACTERS_PER_SECOND, WORDS_PER_SECOND = 5.0, 10 / 3
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_WORD = re.compile(r"[^\W\d_]+|\d+")


class Level(StrEnum):
    """For which positions a kit is meant."""

    JUNIOR = "junior"
    MANAGEMENT = "management"


# shorter than this there is hardly enough to judge somebody by
SHORTEST_MINUTES = {Level.JUNIOR: 15, Level.MANAGEMENT: 15}


@dataclass(frozen=True, slots=True)
class Length:
    """Seconds. ``expected``: each answer in full length, and some taken again; ``longest``: every take used in full.

    ``prompt``: played or read before there is time to think; ``thinking``, ``answering`` and ``retakes`` make up the
    rest of ``expected``.
    """

    prompt: float = 0.0
    thinking: float = 0.0
    answering: float = 0.0
    retakes: float = 0.0
    longest: float = 0.0
    budget: float | None = None

    @property
    def expected(self) -> float:
        whole = self.prompt + self.thinking + self.answering + self.retakes
        return whole if self.budget is None else min(whole, self.budget)

    @property
    def minutes(self) -> int:
        """What is shown to people: whole minutes, rounded up."""
        return max(1, math.ceil(self.expected / 60))

    @property
    def longest_minutes(self) -> int:
        return max(1, math.ceil(min(self.longest, self.budget or self.longest) / 60))


def of_question(question: Question) -> Length:
    """A question that is only read may be read while one thinks; one that is played comes before."""
    media = question.media
    played = media.seconds if media is not None and media.kind.played else 0.0
    reading = max((_reading(text) for text in question.prompt.values()), default=0.0)
    prompt = played or max(0.0, reading - question.thinking_seconds)
    thinking, answering = float(question.thinking_seconds), float(question.answer_seconds)
    again = question.takes - 1 if question.kind.spoken else 0
    once_more = thinking + answering
    return Length(
        prompt=prompt,
        thinking=thinking,
        answering=answering,
        retakes=RETAKES * once_more if again else 0.0,
        longest=prompt + once_more * (1 + again),
    )


def of_questions(questions: Iterable[Question], total_seconds: int | None = None) -> Length:
    """``total_seconds``: the time budget after which the interview ends."""
    found = [of_question(question) for question in questions]
    return Length(
        prompt=sum(length.prompt for length in found),
        thinking=sum(length.thinking for length in found),
        answering=sum(length.answering for length in found),
        retakes=sum(length.retakes for length in found),
        longest=sum(length.longest for length in found),
        budget=total_seconds,
    )


def of_kit(kit: Kit) -> Length:
    return of_questions(kit.questions, kit.total_seconds)


def most_minutes(settings: Settings, level: Level) -> int:
    """How long a kit of a level may be without a reason."""
    return {Level.JUNIOR: settings.kit_minutes_junior, Level.MANAGEMENT: settings.kit_minutes_management}[level]


def _reading(text: str) -> float:
    wide = len(_WIDE.findall(text))
    words = len(_WORD.findall(_WIDE.sub(" ", text)))
    return wide / CHARACTERS_PER_SECOND + words / WORDS_PER_SECOND
