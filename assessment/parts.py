"""Scores as sums: whole hundredths of a point, so that parts add up to the score exactly, not nearly."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from assessment.values import Measure, Quote

WHOLE = 10_000  # hundredths: 100 points


class Guard(StrEnum):
    """Why points are taken away again."""

    OFF_TOPIC = "off_topic"
    ECHO = "echo"
    REPEATED = "repeated"
    LISTED = "listed"
    SCRAMBLED = "scrambled"


class Learned(StrEnum):
    """What a learned model adds to the rubric's score; see :mod:`assessment.learned`."""

    SCALE = "learned_scale"
    CONTENT = "learned_content"
    MANNER = "learned_manner"
    LENGTH = "learned_length"
    QUESTION = "learned_question"
    BOUNDS = "learned_bounds"


@dataclass(frozen=True, slots=True)
class Part:
    """A share of a score. ``hundredths`` may be negative. ``most``: hundredths it could have been at best, not rounded;
    0 for what only corrects. ``value``: the measure itself, 0..1 (1 is best); ``figure``: what was measured in its own
    unit (words a minute, seconds), None where there is none."""

    name: Measure | Guard | Learned
    hundredths: int
    value: float
    key_point: str = ""
    quotes: tuple[Quote, ...] = ()
    figure: float | None = None
    most: float = 0.0

    @property
    def points(self) -> float:
        return self.hundredths / 100


def exactly(shares: Sequence[float], total: int | None = None) -> list[int]:
    """Whole numbers near ``shares`` that add up to ``total`` (default: the rounded sum). Largest remainder first."""
    wanted = round(math.fsum(shares)) if total is None else total
    floors = [math.floor(share) for share in shares]
    left = wanted - sum(floors)
    order = sorted(range(len(shares)), key=lambda at: (floors[at] - shares[at], at))
    if not shares:
        return []
    each, rest = divmod(left, len(shares))
    for place, at in enumerate(order):
        floors[at] += each + (place < rest)
    return floors
