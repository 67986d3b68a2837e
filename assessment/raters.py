"""Agreement between people who rate the same interviews, each as many of them as they like."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from assessment.agreement import Figure, Floats, quadratic_kappa

Ratings = Sequence[Sequence[float]]
_TINY = 1e-12


@dataclass(frozen=True, slots=True)
class Between:
    """``units`` were rated by at least two, ``ratings`` are theirs, ``apart`` the mean distance of two ratings.

    ``alpha``: Krippendorff's, of the numbers; ``ranks``: the same of their order alone; ``single``: the intraclass
    correlation of one rating. Each is None where ratings of all units are alike, or there is too little.
    """

    units: int
    ratings: int
    apart: float
    alpha: Figure | None
    ranks: Figure | None
    single: Figure | None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two people who rated ``count`` of the same units. ``bias``: how much higher the first rates."""

    first: str
    second: str
    count: int
    kappa: float
    bias: float


def between(ratings: Ratings, samples: int = 300) -> Between | None:
    """``ratings``: those of each unit, in any order; units with fewer than two tell nothing and are left out.

    Intervals: 95 % of bootstrap samples of units. None where no unit was rated twice.
    """
    units = [np.asarray(unit, dtype=float) for unit in ratings if len(unit) > 1]
    if not units:
        return None
    apart = [float(np.abs(unit[:, None] - unit).sum()) / (len(unit) * (len(unit) - 1)) for unit in units]
    values, ranks = _summed(units), _summed(_ranked(units))
    return Between(
        units=len(units),
        ratings=sum(map(len, units)),
        apart=sum(apart) / len(apart),
        alpha=_with_interval(values, _alpha, samples),
        ranks=_with_interval(ranks, _alpha, samples),
        single=_with_interval(values, _intraclass, samples),
    )


def _summed(units: Sequence[Floats]) -> Floats:
    """Of each unit: how many ratings, their mean, and the squares of their distances from it."""
    return np.array([(len(unit), unit.mean(), ((unit - unit.mean()) ** 2).sum()) for unit in units])


def _ranked(units: Sequence[Floats]) -> list[Floats]:
    """Mean ranks instead of ratings: the metric of Krippendorff's alpha for ranks is the squared difference of them."""
    _, place, counts = np.unique(np.concatenate(list(units)), return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return np.split(ranks, np.cumsum([len(unit) for unit in units])[:-1])


def _alpha(units: Floats) -> float | None:
    """Krippendorff's alpha (2011) with squared differences: 1 - observed / expected disagreement.

    Observed: the mean over all ratings of squared differences to the others of the same unit; expected: that of all
    pairs of ratings whatever their unit.
    """
    sizes, means, inner = units.T
    count = sizes.sum()
    middle = (sizes * means).sum() / count
    expected = 2 * (inner.sum() + (sizes * (means - middle) ** 2).sum()) / (count - 1)
    if expected < _TINY:
        return None
    observed = (2 * sizes * inner / (sizes - 1)).sum() / count
    return float(1 - observed / expected)


def _intraclass(units: Floats) -> float | None:
    """ICC(1,1) of Shrout and Fleiss (1979), for unequal numbers of ratings: (B - W) / (B + (k - 1) W).

    B, W: mean squares between and within units; k: the mean number of ratings, less their variance over their sum.
    """
    sizes, means, inner = units.T
    count, total = len(units), sizes.sum()
    if count < 2:
        return None
    within = inner.sum() / (total - count)
    outer = (sizes * (means - (sizes * means).sum() / total) ** 2).sum() / (count - 1)
    size = (total - (sizes**2).sum() / total) / (count - 1)
    whole = outer + (size - 1) * within
    return float((outer - within) / whole) if whole > _TINY else None


def pairs(given: Sequence[dict[str, float]], step: float, fewest: int) -> list[Pair]:
    """Each two people who rated at least ``fewest`` of the same units, the most first. ``given``: person -> rating.

    The kappa is Cohen's with quadratic weights, of ratings rounded to ``step``.
    """
    both: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for unit in given:
        people = sorted(unit)
        for place, one in enumerate(people):
            for other in people[place + 1 :]:
                both.setdefault((one, other), []).append((unit[one], unit[other]))
    found = []
    for (one, other), values in both.items():
        if len(values) >= fewest:
            a, b = np.array(values, dtype=float).T
            found.append(Pair(one, other, len(values), quadratic_kappa(a, b, step), float((a - b).mean())))
    return sorted(found, key=lambda pair: (-pair.count, pair.first, pair.second))


def _with_interval(units: Floats, measure: Callable[[Floats], float | None], samples: int) -> Figure | None:
    value = measure(units)
    if value is None:
        return None
    draw = np.random.default_rng(0)
    drawn = [measure(units[draw.integers(0, len(units), len(units))]) for _ in range(samples)]
    low, high = np.percentile([sample for sample in drawn if sample is not None] or [value], [2.5, 97.5])
    return Figure(value, float(low), float(high))
