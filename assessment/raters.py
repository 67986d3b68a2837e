"""Agreement between people who rate the same interviews, each as many of them as they like."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from assessment.agreement import Figure, Floats, quadratic_kappa

Ratings = Sequence[Sequence[float]]


@dataclass(frozen=True, slots=True)
class Between:
    """``units`` were rated by at least two, ``ratings`` are theirs, ``apart`` the mean distance of two ratings.

    ``alpha``: Krippendorff's, ``single``: the intraclass correlation of one rating. Each is None where ratings of all
    units are alike, or there is too little.
    """

    units: int
    ratings: int
    apart: float
    alpha: Figure | None
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
    found = [_with_interval(units, measure, samples) for measure in (interval_alpha, intraclass)]
    return Between(len(units), sum(map(len, units)), sum(apart) / len(apart), found[0], found[1])


def interval_alpha(units: Sequence[Floats]) -> float | None:
    """Krippendorff's alpha (2011) with squared differences: 1 - observed / expected disagreement.

    Observed: the mean over all ratings of squared differences to the others of the same unit; expected: that of all
    pairs of ratings whatever their unit. ``units``: each two ratings or more.
    """
    values = np.concatenate(list(units))
    count = len(values)
    expected = 2 * count * float(((values - values.mean()) ** 2).sum()) / (count * (count - 1))
    if expected < 1e-12:
        return None
    observed = sum(2 * len(unit) * float(((unit - unit.mean()) ** 2).sum()) / (len(unit) - 1) for unit in units)
    return 1 - observed / count / expected


def ordinal_alpha(units: Sequence[Floats]) -> float | None:
    """Krippendorff's alpha for ranks: its metric for them is the squared difference of the ratings' mean ranks."""
    values = np.concatenate(list(units))
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return interval_alpha(np.split(ranks, np.cumsum([len(unit) for unit in units])[:-1]))


def intraclass(units: Sequence[Floats]) -> float | None:
    """ICC(1,1) of Shrout and Fleiss (1979), for unequal numbers of ratings: (B - W) / (B + (k - 1) W).

    B, W: mean squares between and within units; k: the mean number of ratings, less their variance over their sum.
    """
    sizes = np.array([len(unit) for unit in units], dtype=float)
    total = float(sizes.sum())
    if len(units) < 2:
        return None
    means = np.array([unit.mean() for unit in units])
    middle = float((means * sizes).sum()) / total
    inner = sum(float(((unit - mean) ** 2).sum()) for unit, mean in zip(units, means, strict=True))
    within = inner / (total - len(units))
    outer = float((sizes * (means - middle) ** 2).sum()) / (len(units) - 1)
    size = (total - float((sizes**2).sum()) / total) / (len(units) - 1)
    whole = outer + (size - 1) * within
    return (outer - within) / whole if whole > 1e-12 else None


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


def _with_interval(
    units: list[Floats], measure: Callable[[Sequence[Floats]], float | None], samples: int
) -> Figure | None:
    value = measure(units)
    if value is None:
        return None
    draw = np.random.default_rng(0)
    drawn = []
    for _ in range(samples):
        sample = measure([units[place] for place in draw.integers(0, len(units), len(units))])
        if sample is not None:
            drawn.append(sample)
    if not drawn:
        return None
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Figure(value, float(low), float(high))
