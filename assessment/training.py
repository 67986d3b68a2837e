"""From ratings to a model, measured in folds that keep a question's or a candidate's answers together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from assessment.agreement import figures, pearson
from assessment.content import Asked
from assessment.gaussian import Rows, fit, predict
from assessment.learned import Card, Model, mark_of, table, texts
from assessment.parts import WHOLE
from assessment.scoring import Read, score_read
from assessment.vector import features

FEWEST = 5
_MOST_ROWS = 4_000  # time grows with the cube; what is more is drawn by lot
_NINE_OF_TEN = 90
_FEWEST_FOR_HALF = 20
_FLAT = 0.02  # a feature that hardly varies is not blown up
_HALF_OF_FEW = 2_000
Floats = npt.NDArray[np.floating[Any]]
Ints = npt.NDArray[np.int64]
Fold = tuple[Ints, Ints]


@dataclass(frozen=True)
class Rated:
    """An answer with what a person gave it. ``candidate``: any mark that is the same for one person, or empty."""

    asked: Asked
    taken: Read
    rating: float
    candidate: str = ""


@dataclass(frozen=True)
class Prepared:
    """Ratings as numbers. ``ratings``: 0..1."""

    names: tuple[str, ...]
    rows: Rows
    raw: Floats
    ratings: Floats
    known: tuple[str, ...]
    candidates: Ints

    def standardised(self, places: Ints) -> tuple[Rows, Floats, Floats]:
        """All rows by mean and deviation of some, and these two. What goes with the ratings is stretched, what does not
        is pressed together, so that answers are alike when they are alike in what matters."""
        mean, deviation = self.raw[places].mean(axis=0), self.raw[places].std(axis=0) + _FLAT
        z = (self.raw - mean) / deviation
        stretched = _stretch(z[places], self.ratings[places])
        return Rows(self.rows.rubric, z * stretched, self.rows.text, self.rows.question), mean, deviation / stretched


def _stretch(z: Floats, ratings: Floats) -> Floats:
    """By correlation with the ratings; the fewer they are, the more evenly. The mean square is 1."""
    found = np.array([abs(pearson(column, ratings)) for column in z.T])
    weights = found / max(float(found.max(initial=0)), 0.1) + 0.1 + 2 / np.sqrt(len(ratings))
    made: Floats = weights / np.sqrt(np.mean(weights**2))
    return made


def prepare_ratings(rated: Sequence[Rated], lowest: float, highest: float) -> Prepared:
    """Answers with too little speech to be scored are left out. Raises ValueError for fewer than :data:`FEWEST`."""
    kept = [(one, score_read(one.asked, one.taken).whole.hundredths) for one in rated]
    used = [(one, rubric) for one, rubric in kept if rubric is not None]
    if len(used) > _MOST_ROWS:
        drawn = np.random.default_rng(0).choice(len(used), _MOST_ROWS, replace=False)
        used = [used[at] for at in sorted(drawn)]
    if len(used) < FEWEST or highest <= lowest:
        raise ValueError("too few ratings")
    given = [(one.asked, one.taken) for one, _ in used]
    names = tuple(features(*given[0]))
    marks = [mark_of(asked) for asked, _ in given]
    known = tuple(dict.fromkeys(marks))
    index = {mark: at for at, mark in enumerate(known)}
    question = np.array([index[mark] for mark in marks], np.int64)
    raw = table(given, names)
    ratings = np.array([(one.rating - lowest) / (highest - lowest) for one, _ in used])
    rows = Rows(np.array([rubric / WHOLE for _, rubric in used]), raw, texts(given), question)
    return Prepared(names, rows, raw, ratings, known, _numbered([one.candidate for one, _ in used]))


def _numbered(names: Sequence[str]) -> Ints:
    """Nobody's answers (no name) are each on their own."""
    seen: dict[str, int] = {}
    return np.array([seen.setdefault(name or f"\0{at}", len(seen)) for at, name in enumerate(names)], np.int64)


def train(prepared: Prepared, lowest: float, highest: float, embeddings: str | None, made: str = "") -> Model:
    """A model of all ratings, its card measured in folds."""
    unseen = crossed(prepared, grouped(prepared.rows.question, 10))
    seen = crossed(prepared, grouped(prepared.candidates, 5))
    rows, mean, deviation = prepared.standardised(np.arange(len(prepared.ratings)))
    card = Card(
        prepared.names,
        embeddings,
        len(prepared.ratings),
        len(prepared.known),
        lowest,
        highest,
        {"unseen": _half(unseen, prepared.ratings), "seen": _half(seen, prepared.ratings)},
        {
            "unseen_question": _figures(unseen, prepared, prepared.rows.question),
            "unseen_candidate": _figures(seen, prepared, None),
            "rubric": _figures(prepared.rows.rubric, prepared, prepared.rows.question),
        },
        made,
    )
    return Model(card, fit(rows, prepared.ratings), mean, deviation, prepared.known)


def grouped(groups: Ints, count: int, seed: int = 0) -> list[Fold]:
    """(train, test) places; no group is in both. As many folds as there are groups at most."""
    kinds = np.random.default_rng(seed).permutation(np.unique(groups))
    folds = [np.flatnonzero(np.isin(groups, part)) for part in np.array_split(kinds, min(count, len(kinds)))]
    everything = np.arange(len(groups))
    return [(np.setdiff1d(everything, test), test) for test in folds]


def crossed(prepared: Prepared, folds: Sequence[Fold]) -> Floats | None:
    """For every row the prediction 0..1 of a model that has not seen its fold; None where there is but one fold."""
    if len(folds) < 2:
        return None
    made = np.zeros(len(prepared.ratings))
    settings = None  # seven figures, chosen with the first fold's rows: choosing them anew each time takes long
    for learn, test in folds:
        rows, _, _ = prepared.standardised(learn)
        fitted = fit(rows.at(learn), prepared.ratings[learn], settings)
        settings = fitted.settings
        made[test] = np.clip(rows.rubric[test] + predict(fitted, rows.at(test)).sum(axis=1), 0, 1)
    return made


def _half(predicted: Floats | None, ratings: Floats) -> int:
    if predicted is None or len(ratings) < _FEWEST_FOR_HALF:
        return _HALF_OF_FEW
    return math.ceil(float(np.percentile(np.abs(predicted - ratings), _NINE_OF_TEN)) * WHOLE)


def _figures(predicted: Floats | None, prepared: Prepared, groups: Ints | None) -> Mapping[str, Mapping[str, float]]:
    if predicted is None:
        return {}
    found = figures(predicted * 100, prepared.ratings * 100, 10, groups, samples=200)
    return {name: asdict(figure) for name, figure in found.items()}
