"""How well scores agree with people's, with intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from assessment.distributions import student_quantile

Floats = npt.NDArray[np.floating[Any]]
_Measure = Callable[[Floats, Floats], float]
NORMAL_95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Figure:
    """``low``..``high``: the 95 % interval; of :func:`figures` that of bootstrap samples."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Agreement:
    """Bland and Altman's figures of one measure less another; ``deviation`` is that of the differences.

    Between ``lower`` and ``upper`` lie 19 of 20 differences, where they are spread like the normal curve.
    """

    count: int
    bias: Figure
    deviation: float
    lower: Figure
    upper: Figure


def pearson(scores: Floats, ratings: Floats) -> float:
    """0 where one of both does not vary."""
    a, b = scores - scores.mean(), ratings - ratings.mean()
    length = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / length if length > 1e-12 else 0.0


def rmse(scores: Floats, ratings: Floats) -> float:
    return float(np.sqrt(np.mean((scores - ratings) ** 2)))


def quadratic_kappa(scores: Floats, ratings: Floats, step: float) -> float:
    """Cohen's kappa with quadratic weights (1968) of both rounded to multiples of ``step``."""
    a, b = np.round(scores / step), np.round(ratings / step)
    observed = float(np.mean((a - b) ** 2))
    # of all pairs of one's scores with the other's: the mean square splits into variances and means
    expected = float(a.var() + b.var() + (a.mean() - b.mean()) ** 2)
    return 1 - observed / expected if expected > 0 else 1.0


def figures(
    scores: Floats, ratings: Floats, step: float, groups: npt.NDArray[np.int64] | None = None, samples: int = 500
) -> dict[str, Figure]:
    """``pearson``, ``rmse`` and ``kappa`` with intervals; ``groups`` are drawn whole (questions or candidates)."""
    return _drawn(lambda measure, at: measure(scores[at], ratings[at]), len(scores), step, groups, samples)


def differences(
    scores: Floats,
    others: Floats,
    ratings: Floats,
    step: float,
    groups: npt.NDArray[np.int64] | None = None,
    samples: int = 500,
) -> dict[str, Figure]:
    """How much more each figure of ``scores`` is than that of ``others``, both of the same drawn rows."""
    return _drawn(
        lambda measure, at: measure(scores[at], ratings[at]) - measure(others[at], ratings[at]),
        len(scores),
        step,
        groups,
        samples,
    )


def _drawn(
    value: Callable[[_Measure, Any], float],
    count: int,
    step: float,
    groups: npt.NDArray[np.int64] | None,
    samples: int,
) -> dict[str, Figure]:
    measures: Mapping[str, _Measure] = {
        "pearson": pearson,
        "rmse": rmse,
        "kappa": lambda a, b: quadratic_kappa(a, b, step),
    }
    drawn = [_sample(count, groups, np.random.default_rng(seed)) for seed in range(samples)]
    made = {}
    for name, measure in measures.items():
        low, high = np.percentile([value(measure, places) for places in drawn], [2.5, 97.5])
        made[name] = Figure(value(measure, np.arange(count)), float(low), float(high))
    return made


def correlation(a: Floats, b: Floats) -> Figure | None:
    """Pearson's r with Fisher's interval (1921): tanh(artanh r ± 1.96 / √(n - 3)).

    None for fewer than four pairs, and where one of both does not vary. Both are taken to be about normal.
    """
    if len(a) < 4 or not a.std() or not b.std():
        return None
    found = min(max(pearson(a, b), -1.0), 1.0)
    if abs(found) == 1:
        return Figure(found, found, found)
    middle, half = math.atanh(found), NORMAL_95 / math.sqrt(len(a) - 3)
    return Figure(found, math.tanh(middle - half), math.tanh(middle + half))


def bland_altman(scores: Floats, ratings: Floats) -> Agreement | None:
    """Bias and limits of agreement (Bland and Altman 1986) of scores less ratings; None for fewer than three pairs.

    Limits: d ± 1.96 s. Standard errors: of the bias s/√n, of a limit s √(1/n + 1.96² / (2 (n - 1))) (the same authors,
    1999); intervals by Student's t with n - 1 degrees.
    """
    count = len(scores)
    if count < 3:
        return None
    differences = scores - ratings
    mean, deviation = float(differences.mean()), float(differences.std(ddof=1))
    t = student_quantile(0.975, count - 1)
    far = t * deviation * math.sqrt(1 / count + NORMAL_95**2 / (2 * (count - 1)))
    near = t * deviation / math.sqrt(count)
    low, high = mean - NORMAL_95 * deviation, mean + NORMAL_95 * deviation
    return Agreement(
        count,
        Figure(mean, mean - near, mean + near),
        deviation,
        Figure(low, low - far, low + far),
        Figure(high, high - far, high + far),
    )


def _sample(count: int, groups: npt.NDArray[np.int64] | None, draw: np.random.Generator) -> npt.NDArray[np.int64]:
    if groups is None:
        return draw.integers(0, count, count)
    kinds = np.unique(groups)
    chosen = draw.choice(kinds, len(kinds))
    return np.concatenate([np.flatnonzero(groups == kind) for kind in chosen])
