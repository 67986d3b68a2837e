"""How sure a score is: a range, whether somebody has to listen, and when there is none at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from assessment.delivery import disturbed
from assessment.parts import WHOLE
from assessment.units import Unit
from assessment.values import Answer

_FEWEST_UNITS = {True: 15, False: 10}  # syllables of Chinese, words else
_SURE_WORD = 0.5
_WEAK_SHARE = 0.25
_WEAK_MEAN = 0.6
_DISTURBED = 0.2
_TOPIC_TOLD = 0.5
# half of the range in hundredths of a point, around a score of the rubric: nine of ten of a careful person's scores
# lie within it where key points are known
_WITH_CONTENT, _WITHOUT_CONTENT = 2_000, 2_600


class Reason(StrEnum):
    """Why there is no score, or why somebody should listen (请听录音)."""

    TOO_LITTLE_SPEECH = "too_little_speech"
    WEAK_TRANSCRIPT = "weak_transcript"
    DISTURBED = "disturbed"
    TOPIC_UNKNOWN = "topic_unknown"
    CORRECTED = "corrected"
    LANGUAGE_UNKNOWN = "language_unknown"
    UNFINISHED = "unfinished"
    NOTHING_RATED = "nothing_rated"


@dataclass(frozen=True, slots=True)
class Certainty:
    """``half``: hundredths to each side of the score. ``listen``: 请听录音, for these reasons."""

    half: int
    listen: tuple[Reason, ...] = ()


def too_little(answer: Answer, units: Sequence[Unit]) -> bool:
    """A spoken answer with too few words says nothing about anybody; a written one has been thought about."""
    hanzi = sum(unit.hanzi for unit in units) * 2 > len(units)
    return answer.spoken and len(units) < _FEWEST_UNITS[hanzi]


def certainty(answer: Answer, *, content: bool, half: float | None = None, topic: float = 1.0) -> Certainty:
    """``content``: whether key points were known; ``half``: a learned model's own; ``topic``: 0..1, whether anything
    tells that the answer is about the question."""
    weak = weakness(answer)
    base = half if half is not None else _WITH_CONTENT if content else _WITHOUT_CONTENT
    listen = []
    if weak:
        listen.append(Reason.WEAK_TRANSCRIPT)
    if disturbed(answer) > _DISTURBED:
        listen.append(Reason.DISTURBED)
    unknown = 1 - topic
    if topic < _TOPIC_TOLD:
        listen.append(Reason.TOPIC_UNKNOWN)
    return Certainty(min(WHOLE, round(base * (1 + weak + disturbed(answer) + unknown))), tuple(listen))


def weakness(answer: Answer) -> float:
    """0 for a transcript that is sure of itself, up to 1."""
    sure = [word.probability for word in answer.words if word.text.strip()]
    if not sure:
        return 0.0
    unsure = sum(probability < _SURE_WORD for probability in sure) / len(sure)
    mean = sum(sure) / len(sure)
    return min(1.0, 2 * unsure + (_WEAK_MEAN - mean)) if unsure > _WEAK_SHARE or mean < _WEAK_MEAN else 0.0
