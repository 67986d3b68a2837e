"""From ratings to a model, measured in folds that keep a question's or a candidate's answers together."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from assessment.agreement import figures, pearson
from assessment.content import Asked
from assessment.gaussian import Rows, fit, predict
from assessment.learned import Card, Model, mark_of, texts
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


@dataclass(frozen=True)
class Example:
    """A rated answer as numbers, without its words: what training keeps of it. ``rubric``: hundredths of a point;
    ``text`` (w,): see :func:`assessment.learned.texts`; ``question``: what the question is known by."""

    features: Mapping[str, float]
    text: npt.NDArray[np.float32]
    rubric: int
    question: str
    rating: float
    candidate: str


def example(one: Rated) -> Example | None:
    """None for an answer with too little speech to be scored."""
    rubric = score_read(one.asked, one.taken).whole.hundredths
    if rubric is None:
        return None
    given = (one.asked, one.taken)
    text = texts([given])[0].astype(np.float32)
    return Example(features(*given), text, rubric, mark_of(one.asked), one.rating, one.candidate)


def prepare_ratings(rated: Sequence[Rated], lowest: float, highest: float) -> Prepared:
    """As :func:`prepare`, of answers with their words; those with too little speech to be scored are left out."""
    return prepare([made for one in rated if (made := example(one)) is not None], lowest, highest)


def prepare(used: Sequence[Example], lowest: float, highest: float) -> Prepared:
    """Raises ValueError for fewer than :data:`FEWEST`."""
    if len(used) > _MOST_ROWS:
        drawn = np.random.default_rng(0).choice(len(used), _MOST_ROWS, replace=False)
        used = [used[at] for at in sorted(drawn)]
    if len(used) < FEWEST or highest <= lowest:
        raise ValueError("too few ratings")
    names = tuple(used[0].features)
    known = tuple(dict.fromkeys(one.question for one in used))
    index = {mark: at for at, mark in enumerate(known)}
    question = np.array([index[one.question] for one in used], np.int64)
    raw = np.array([[one.features[name] for name in names] for one in used], np.float64)
    ratings = np.array([(one.rating - lowest) / (highest - lowest) for one in used])
    text = np.stack([one.text for one in used]).astype(np.float64)
    rows = Rows(np.array([one.rubric / WHOLE for one in used]), raw, text, question)
    return Prepared(names, rows, raw, ratings, known, _numbered([one.candidate for one in used]))


def _numbered(names: Sequence[str]) -> Ints:
    """Nobody's answers (no name) are each on their own."""
    seen: dict[str, int] = {}
    return np.array([seen.setdefault(name or f"\0{at}", len(seen)) for at, name in enumerate(names)], np.int64)


def train(
    prepared: Prepared,
    lowest: float,
    highest: float,
    embeddings: str | None,
    made: str = "",
    *,
    pulse: Callable[[], None] = lambda: None,
) -> Model:
    """A model of all ratings, its card measured in folds. ``pulse`` is called now and then, and may raise to stop."""
    unseen = crossed(prepared, by_question(prepared), pulse=pulse)
    seen = crossed(prepared, by_candidate(prepared), pulse=pulse)
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


def by_question(prepared: Prepared) -> list[Fold]:
    return grouped(prepared.rows.question, 10)


def by_candidate(prepared: Prepared) -> list[Fold]:
    return grouped(prepared.candidates, 5)


def crossed(
    prepared: Prepared,
    folds: Sequence[Fold],
    *,
    of: npt.NDArray[np.bool_] | None = None,
    pulse: Callable[[], None] = lambda: None,
) -> Floats | None:
    """For every row the prediction 0..1 of a model that has not seen its fold; None where there is but one fold.

    ``of`` (n,): the rows that models may learn from at all; where a fold leaves too few of them, the rubric answers.
    """
    if len(folds) < 2:
        return None
    made = np.zeros(len(prepared.ratings))
    settings = None  # seven figures, chosen with the first fold's rows: choosing them anew each time takes long
    for learn, test in folds:
        pulse()
        learned = learn if of is None else learn[of[learn]]
        if len(learned) < FEWEST:
            made[test] = prepared.rows.rubric[test]
            continue
        rows, _, _ = prepared.standardised(learned)
        fitted = fit(rows.at(learned), prepared.ratings[learned], settings)
        settings = fitted.settings
        made[test] = np.clip(rows.rubric[test] + predict(fitted, rows.at(test)).sum(axis=1), 0, 1)
    return made


def by_model(prepared: Prepared, model: Model) -> Floats | None:
    """For every row what a model that is made already gives, 0..1; None for one that measures answers otherwise."""
    width = model.fitted.wording.shape[1]
    if model.card.names != prepared.names or width != prepared.rows.text.shape[1]:
        return None
    index = {mark: at for at, mark in enumerate(model.known)}
    theirs = np.array([index.get(mark, -1) for mark in prepared.known], np.int64)
    z = (prepared.raw - model.mean) / model.deviation
    rows = Rows(prepared.rows.rubric, z, prepared.rows.text, theirs[prepared.rows.question])
    made: Floats = np.clip(rows.rubric + predict(model.fitted, rows).sum(axis=1), 0, 1)
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
