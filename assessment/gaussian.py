"""Regression by a Gaussian process (Rasmussen and Williams 2006) on what the rubric model leaves over.

Its prior mean is the rubric's score. So few ratings change little, answers unlike all that were rated keep the rubric's
score with a wide range, and many ratings of one question outweigh it. Everything is numpy; the same function computes
on device and backend.

The kernel is a sum, so a score is too::

    scale + slope * r r' + answers * exp(-|z - z'|^2 / (2 width^2 d)) + same question * (level + wording * t t')

with ``r`` the rubric's score, ``z`` standardised features (d of them), ``t`` rows of length 1 for what was said.
The last term is kept as one row per question, the sum of its answers' rows.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]
Ints = npt.NDArray[np.int64]

_MOST_TUNED = 900  # rows that the kernel's settings are chosen with
_STEPS = (0.5, 2.0)
_ROUNDS = 2
_STEPS_ALONG = 12


@dataclass(frozen=True, slots=True)
class Settings:
    """Variances of the kernel's terms, in units of the ratings' variance; ``width`` is a length."""

    scale: float = 1.0
    slope: float = 0.3
    answers: float = 1.0
    width: float = 1.0
    level: float = 0.15
    wording: float = 0.8
    noise: float = 0.4


@dataclass(frozen=True, slots=True)
class Rows:
    """Answers as numbers: ``rubric`` 0..1 (n,), ``z`` (n, d), ``text`` (n, w), ``question`` (n,), -1: never seen."""

    rubric: Floats
    z: Floats
    text: Floats
    question: Ints

    def __len__(self) -> int:
        return len(self.rubric)

    def at(self, places: Ints) -> Rows:
        return Rows(self.rubric[places], self.z[places], self.text[places], self.question[places])


@dataclass(frozen=True, slots=True)
class Fitted:
    """``rubric`` (n,), ``z`` (n, d) and ``alpha`` (n,) of every rated row; ``level`` (q,) and ``wording`` (q, w) per
    question. ``spread``: how far ratings lie apart from the rubric, all moved alike (standard deviation), 0..1."""

    settings: Settings
    rubric: Floats
    z: Floats
    alpha: Floats
    level: Floats
    wording: Floats
    spread: float


def fit(rows: Rows, ratings: Floats, settings: Settings | None = None) -> Fitted:
    """``ratings``: 0..1 (n,). Without ``settings`` they are chosen by the likelihood of the ratings."""
    left = ratings - rows.rubric
    # few ratings say little about their own spread: a fifth of the scale is assumed until they do
    spread = float(np.sqrt((np.sum((left - left.mean()) ** 2) + 5 * 0.2**2) / (len(left) + 5)))
    chosen = settings or tuned(rows, left / spread)
    alpha: Floats = np.linalg.solve(_whole(rows, chosen) + chosen.noise * np.eye(len(rows)), left / spread)
    questions = int(rows.question.max(initial=-1)) + 1
    level, wording = np.zeros(questions), np.zeros((questions, rows.text.shape[1]))
    seen = rows.question >= 0
    np.add.at(level, rows.question[seen], chosen.level * alpha[seen])
    np.add.at(wording, rows.question[seen], chosen.wording * alpha[seen, None] * rows.text[seen])
    return Fitted(chosen, rows.rubric, rows.z, alpha, level, wording, spread)


def predict(fitted: Fitted, rows: Rows) -> Floats:
    """(n, 3): what scale, likeness to rated answers and the question itself add to the rubric's score, on 0..1."""
    scale = _scale(rows.rubric, fitted.rubric, fitted.settings) @ fitted.alpha
    answers = _answers(rows.z, fitted.z, fitted.settings) @ fitted.alpha
    question = np.zeros(len(rows))
    seen = (rows.question >= 0) & (rows.question < len(fitted.level))
    known = rows.question[seen]
    question[seen] = fitted.level[known] + (rows.text[seen] * fitted.wording[known]).sum(axis=1)
    made: Floats = np.stack([scale, answers, question], axis=1) * fitted.spread
    return made


def by_feature(fitted: Fitted, z: Floats) -> tuple[float, Floats]:
    """What likeness to rated answers adds, split: for an answer whose features are all in the middle, and then for each
    feature (d,), on 0..1. Integrated gradients (Sundararajan, Taly and Yan 2017) along the way from the middle to ``z``
    (d,); what the sum misses by its steps is spread evenly, so that the split is exact."""
    length = fitted.settings.width**2 * max(1, len(z))
    steps = (np.arange(_STEPS_ALONG) + 0.5)[:, None] / _STEPS_ALONG * z[None]
    pull = _answers(steps, fitted.z, fitted.settings) * fitted.alpha[None]
    slopes = (pull @ fitted.z - pull.sum(axis=1, keepdims=True) * steps) / length
    split = z * slopes.mean(axis=0)
    ends = _answers(np.stack([np.zeros_like(z), z]), fitted.z, fitted.settings) @ fitted.alpha
    split += (ends[1] - ends[0] - split.sum()) / max(1, len(z))
    return float(ends[0]) * fitted.spread, split * fitted.spread


def _scale(ours: Floats, theirs: Floats, settings: Settings) -> Floats:
    made: Floats = settings.scale + settings.slope * 4 * np.outer(ours - 0.5, theirs - 0.5)
    return made


def _answers(ours: Floats, theirs: Floats, settings: Settings) -> Floats:
    apart = (ours**2).sum(1)[:, None] + (theirs**2).sum(1)[None] - 2 * ours @ theirs.T
    length = 2 * settings.width**2 * max(1, ours.shape[1])
    made: Floats = settings.answers * np.exp(-np.maximum(apart, 0) / length)
    return made


def _whole(rows: Rows, settings: Settings) -> Floats:
    """(n, n): the kernel among rated rows."""
    same = (rows.question[:, None] == rows.question[None]) & (rows.question[:, None] >= 0)
    question = same * (settings.level + settings.wording * (rows.text @ rows.text.T))
    made: Floats = _scale(rows.rubric, rows.rubric, settings) + _answers(rows.z, rows.z, settings) + question
    return made


def tuned(rows: Rows, left: Floats) -> Settings:
    """Coordinate by coordinate, doubling or halving. With few ratings the settings stay near what they are."""
    if len(rows) > _MOST_TUNED:
        places = _some(rows.question, np.random.default_rng(0))
        rows, left = rows.at(places), left[places]
    best, most = Settings(), _likelihood(rows, left, Settings())
    for _ in range(_ROUNDS):
        for field in fields(Settings):
            for step in _STEPS:
                tried = replace(best, **{field.name: getattr(best, field.name) * step})
                likelihood = _likelihood(rows, left, tried)
                if likelihood > most:
                    best, most = tried, likelihood
                    break
    return best


def _some(question: Ints, draw: np.random.Generator) -> Ints:
    """Whole questions up to the limit, so that both kinds of likeness are seen."""
    order = draw.permutation(np.unique(question))
    places: list[int] = []
    for one in order:
        places.extend(int(at) for at in np.flatnonzero(question == one))
        if len(places) >= _MOST_TUNED:
            break
    return np.array(places[:_MOST_TUNED])


def _likelihood(rows: Rows, left: Floats, settings: Settings) -> float:
    """Logarithm, up to a constant, with a weak pull to the settings one begins with."""
    whole = _whole(rows, settings) + settings.noise * np.eye(len(rows))
    lower = np.linalg.cholesky(whole)
    solved = np.linalg.solve(lower, left)
    start = Settings()
    pull = sum(np.log(getattr(settings, field.name) / getattr(start, field.name)) ** 2 for field in fields(Settings))
    return float(-0.5 * solved @ solved - np.log(np.diag(lower)).sum() - 0.5 * pull)
