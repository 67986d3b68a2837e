"""How well scores agree with people's, with intervals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Figure:
    """``low``..``high``: 95 % of bootstrap samples."""

    value: float
    low: float
    high: float


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
    measures: Mapping[str, Callable[[Floats, Floats], float]] = {
        "pearson": pearson,
        "rmse": rmse,
        "kappa": lambda a, b: quadratic_kappa(a, b, step),
    }
    drawn = [_sample(len(scores), groups, np.random.default_rng(seed)) for seed in range(samples)]
    made = {}
    for name, measure in measures.items():
        values = [measure(scores[places], ratings[places]) for places in drawn]
        low, high = np.percentile(values, [2.5, 97.5])
        made[name] = Figure(measure(scores, ratings), float(low), float(high))
    return made


def _sample(count: int, groups: npt.NDArray[np.int64] | None, draw: np.random.Generator) -> npt.NDArray[np.int64]:
    if groups is None:
        return draw.integers(0, count, count)
    kinds = np.unique(groups)
    chosen = draw.choice(kinds, len(kinds))
    return np.concatenate([np.flatnonzero(groups == kind) for kind in chosen])
