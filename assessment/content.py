"""Which key points an answer makes, by which words."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from assessment.doubt import heard_instead
from assessment.embeddings import Embedder
from assessment.matching import Matrix, Side, likeness, side_of_text
from assessment.topic import Subject, subject_of
from assessment.units import terms_of, units_of_text
from assessment.values import KeyPoint, Question
from assessment.wordlists import GENERAL

# from this share of a point's words on something is said of it; at that share it is made. Between them the first words
# count most: whoever says most of it has made it, and a word that recognition lost then costs little
_FROM, _UNTIL, _POWER = 0.05, 1.0, 2
_ASKED_WEIGHT = np.float32(0.2)  # of a point's word that the question has too
_GENERAL_WEIGHT = 0.4
_OWN_WEIGHT = 0.4  # of how much each of a point's words says; the rest is the same for all
_LEAST_WEIGHT = 0.5  # a point of words of any talk alone is made by nobody for sure
_SAME = 0.8
_QUOTED = 0.6  # nearer than this a word is shown as what speaks of a point
_NARROWEST = 24  # terms that a point may be spread over


@dataclass(frozen=True)
class Wanted:
    """A key point made ready: its text and its synonyms, with the weight of each term. ``whole``: a model answer,
    which may be met anywhere, not within a few sentences."""

    point: KeyPoint
    ways: tuple[tuple[Side, Matrix], ...]
    whole: bool


@dataclass(frozen=True)
class Asked:
    """A question made ready once for many answers."""

    question: Question
    prompt: Side
    wanted: tuple[Wanted, ...]
    embedder: Embedder | None
    subject: Subject


@dataclass(frozen=True, slots=True)
class Met:
    """``strength``: 0 not mentioned to 1 made. ``coverage``: share of the point's words that were found.
    ``places``: the words of the answer that speak of it (first, last), runs in order."""

    wanted: Wanted
    strength: float
    coverage: float
    places: tuple[tuple[int, int], ...]


def prepare(question: Question, embedder: Embedder | None = None) -> Asked:
    prompt = side_of_text(question.prompt, embedder)
    whole = {point.text for one in question.dimensions if one.exemplar for point in one.key_points}
    wanted = tuple(_wanted(point, prompt, embedder, point.text in whole) for point in question.key_points)
    points = "\n".join(point.text for point in question.key_points)
    subject = subject_of(f"{question.prompt}\n{question.subject}", points)
    return Asked(question, prompt, wanted, embedder, subject)


def _wanted(point: KeyPoint, prompt: Side, embedder: Embedder | None, whole: bool) -> Wanted:
    sides = [side_of_text(text, embedder) for text in (point.text, *point.synonyms)]
    return Wanted(point, tuple((one, _evened(term_weights(one, prompt))) for one in sides if one.terms), whole)


def _evened(weights: Matrix) -> Matrix:
    """More alike than they are: a point does not hang on one word, which recognition may lose."""
    made: Matrix = _OWN_WEIGHT * weights + (1 - _OWN_WEIGHT) * weights.mean()
    return made


def term_weights(ours: Side, prompt: Side) -> Matrix:
    """(terms of ours,): words of the question count little, and words of any talk less than others."""
    own = np.array([_GENERAL_WEIGHT if term.form in general_terms() else 1 for term in ours.terms], np.float32)
    near = Side(ours.units, ours.terms), Side(prompt.units, prompt.terms)  # by words: meaning would take away too much
    asked = likeness(*near).max(axis=1, initial=0) >= _SAME
    if asked.all():
        return own
    return np.where(asked, _ASKED_WEIGHT * own, own).astype(np.float32)


@functools.cache
def general_terms() -> frozenset[str]:
    """Forms of :data:`assessment.wordlists.GENERAL`."""
    words = [word for line in GENERAL.values() for word in line.split()]
    return frozenset(term.form for word in words for term in terms_of(units_of_text(word)))


def met(wanted: Wanted, answer: Side) -> Met:
    """The way of saying it that is met best."""
    found = [_met(wanted, ours, weights, answer) for ours, weights in wanted.ways]
    return max(found, key=lambda one: one.coverage, default=Met(wanted, 0.0, 0.0, ()))


def _met(wanted: Wanted, ours: Side, weights: Matrix, answer: Side) -> Met:
    matrix = likeness(ours, answer)
    if not matrix.size:
        return Met(wanted, 0.0, 0.0, ())
    width = matrix.shape[1] if wanted.whole else max(_NARROWEST, 3 * len(ours.terms))
    begin = _best_window(matrix, weights, width)
    window = matrix[:, begin : begin + width]
    best = window.max(axis=1)
    alike = best >= _QUOTED
    instead = heard_instead(ours.terms, answer.terms[begin : begin + width], window, alike, weights)
    coverage = _coverage(np.maximum(best, instead), alike, weights)
    strength = 1 - (1 - min(1.0, max(0.0, (coverage - _FROM) / (_UNTIL - _FROM)))) ** _POWER
    places = _places(window, answer, begin) if strength > 0 else ()
    return Met(wanted, strength, coverage, places)


def _coverage(best: Matrix, alike: npt.NDArray[np.bool_], weights: Matrix) -> float:
    """Share of a point's words that are there. What is only somewhat alike counts beside what is alike, up to as much:
    by itself, and among words in no order, there is always something somewhat alike."""
    sure = float(weights[alike] @ best[alike])
    return (sure + min(sure, float(weights[~alike] @ best[~alike]))) / max(float(weights.sum()), _LEAST_WEIGHT)


def _best_window(matrix: Matrix, weights: Matrix, width: int) -> int:
    """Where the ``width`` terms begin that together have most of the point."""
    last = matrix.shape[1] - width
    if last <= 0:
        return 0
    begins = range(0, last + 1, max(1, width // 8))
    scores = [float(weights @ matrix[:, at : at + width].max(axis=1)) for at in (*begins, last)]
    best: int = (*begins, last)[int(np.argmax(scores))]
    return best


def _places(window: Matrix, answer: Side, begin: int) -> tuple[tuple[int, int], ...]:
    best = window.argmax(axis=1)
    hit = {int(at) for row, at in enumerate(best) if window[row, at] >= _QUOTED}
    return runs((answer.terms[begin + at].first, answer.terms[begin + at].last) for at in hit)


def runs(spans: Iterable[tuple[int, int]], apart: int = 3) -> tuple[tuple[int, int], ...]:
    """Spans of words joined where fewer than ``apart`` words lie between them, in order."""
    joined: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if joined and first - joined[-1][1] <= apart:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return tuple(joined)


def all_met(asked: Asked, answer: Side) -> list[Met]:
    return [met(wanted, answer) for wanted in asked.wanted]


def share_met(found: Sequence[Met]) -> float:
    """How much of everything wanted is said, 0..1; 0 where nothing is wanted."""
    whole = sum(one.wanted.point.weight for one in found)
    return sum(one.strength * one.wanted.point.weight for one in found) / whole if whole else 0.0
