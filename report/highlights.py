"""The few parts of a score that a reader needs first: what earned most, and what could have earned most."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from report.score_model import AssessmentInfo, QuestionScoreInfo, ScorePartInfo

_WELL, _POORLY = 0.8, 0.5
# an answer that guards have taken most of shows no strengths
_KEPT = 0.5
_FROM = 0.05


@dataclass(frozen=True, slots=True)
class Highlight:
    """A part of the answer's score. ``points``: of the whole interview that it earned, or that it did not."""

    answer_id: str
    part: ScorePartInfo
    points: float


def strengths(info: AssessmentInfo, count: int = 3) -> list[Highlight]:
    """The most important first; those that can be quoted before the others."""
    found = _each(info, _earned)
    return _different(sorted(found, key=lambda one: (not one.part.quotes, -one.points)), count)


def gaps(info: AssessmentInfo, count: int = 3) -> list[Highlight]:
    """The most important first."""
    return _different(sorted(_each(info, _missed), key=lambda one: -one.points), count)


def _each(info: AssessmentInfo, points_of: Callable[[QuestionScoreInfo, ScorePartInfo], float]) -> Iterator[Highlight]:
    for question in info.questions:
        for part in question.score.parts:
            points = points_of(question, part) * question.share
            if points >= _FROM:
                yield Highlight(question.answer_id, part, points)


def _earned(question: QuestionScoreInfo, part: ScorePartInfo) -> float:
    earned = sum(one.points for one in question.score.parts if one.most)
    taken = -sum(one.points for one in question.score.parts if not one.most and not _learned(one))
    kept = 1 - taken / earned if earned else 0.0
    return part.points * kept if part.most and part.value >= _WELL and kept >= _KEPT else 0.0


def _missed(_: QuestionScoreInfo, part: ScorePartInfo) -> float:
    poor = not part.most or part.value < _POORLY
    return part.most - part.points if poor and not _learned(part) else 0.0


def _learned(part: ScorePartInfo) -> bool:
    return part.name.startswith("learned_")


def _different(found: list[Highlight], count: int) -> list[Highlight]:
    """A measure once, by its best; a key point once for each answer."""
    kept: dict[tuple[str, ...], Highlight] = {}
    for one in found:
        point = one.part.key_point
        kept.setdefault((one.answer_id, point) if point else (one.part.name,), one)
    return list(kept.values())[:count]
