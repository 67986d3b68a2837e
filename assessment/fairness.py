"""Whether groups of people fare differently: impact ratios of who is chosen, and shifts of scores.

A difference says that a cause must be looked for; it does not say which, and it is adjusted by nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from assessment.agreement import NORMAL_95, Figure, Floats
from assessment.distributions import student_quantile

FOUR_FIFTHS = 0.8
# below, a table is called small (Cochran 1954)
_FEWEST_EXPECTED = 5


@dataclass(frozen=True, slots=True)
class Impact:
    """``ratio``: the group's rate over that of the group with the highest; None for that group itself.

    ``chance``: how likely so great a difference or a greater one is where both groups are chosen alike. ``small``: too
    few people to conclude from, or one person more or fewer would turn the verdict. ``below``: of four fifths.
    """

    group: str
    people: int
    chosen: int
    rate: float
    ratio: Figure | None = None
    chance: float | None = None
    small: bool = False
    below: bool = False


@dataclass(frozen=True, slots=True)
class Shift:
    """How much higher the mean of a group is than that of those it is compared with, in points.

    ``effect``: the same in standard deviations (Hedges' g).
    """

    people: int
    others: int
    mean: float
    others_mean: float
    difference: Figure
    effect: float


def impact(groups: Mapping[str, tuple[int, int]]) -> list[Impact]:
    """Impact ratios by the four-fifths rule (29 CFR 1607.4 D): each group's rate over the highest of all rates.

    ``groups``: group -> people, chosen; empty ones are left out. The interval is Katz's (1978), of the logarithm of the
    ratio. Where nobody is chosen at all there are no ratios. The highest rate of several is high by luck as well: of
    groups that are treated alike the ratios lie below 1, the further the smaller the groups.
    """
    counted = {name: given for name, given in groups.items() if given[0]}
    if not counted:
        return []
    best = max(counted, key=lambda name: (counted[name][1] / counted[name][0], counted[name][0], name))
    if not counted[best][1]:
        return [Impact(name, people, 0, 0.0) for name, (people, _) in counted.items()]
    return [
        Impact(name, *given, given[1] / given[0]) if name == best else _compared(name, given, counted[best])
        for name, given in counted.items()
    ]


def fisher_exact(people: int, chosen: int, others: int, others_chosen: int) -> float:
    """Fisher's exact test (1935), two-sided: how likely a table at most as likely as this one is, by its margins.

    The tables follow the hypergeometric distribution; those within 1e-7 of the same likelihood count as equal.
    """
    total, taken = people + others, chosen + others_chosen
    whole = _choose(total, taken)
    likely = [
        math.exp(_choose(people, n) + _choose(others, taken - n) - whole)
        for n in range(max(0, taken - others), min(people, taken) + 1)
    ]
    seen = likely[chosen - max(0, taken - others)]
    return min(1.0, sum(share for share in likely if share <= seen * (1 + 1e-7)))


def shift(group: Floats, others: Floats) -> Shift | None:
    """The difference of means with Welch's interval (1947) and Hedges' g (1981); None for fewer than three of either.

    g = difference / s · (1 - 3 / (4 n - 9)), with s pooled over both and n people in all.
    """
    counts = len(group), len(others)
    if min(counts) < 3:
        return None
    parts = [float(values.var(ddof=1)) / len(values) for values in (group, others)]
    error = math.sqrt(sum(parts))
    middle = float(group.mean() - others.mean())
    pooled = math.sqrt(
        sum((n - 1) * float(values.var(ddof=1)) for n, values in zip(counts, (group, others), strict=True))
        / (sum(counts) - 2)
    )
    half = 0.0
    if error:
        freedom = sum(parts) ** 2 / sum(part**2 / (n - 1) for part, n in zip(parts, counts, strict=True))
        half = student_quantile(0.975, freedom) * error
    effect = middle / pooled * (1 - 3 / (4 * sum(counts) - 9)) if pooled else 0.0
    return Shift(
        *counts, float(group.mean()), float(others.mean()), Figure(middle, middle - half, middle + half), effect
    )


def _compared(name: str, given: tuple[int, int], best: tuple[int, int]) -> Impact:
    (people, chosen), (others, others_chosen) = given, best
    ratio = _ratio(given, best)
    below = ratio < FOUR_FIFTHS
    taken = chosen + others_chosen
    rare = min(taken, people + others - taken) * min(people, others) / (people + others) < _FEWEST_EXPECTED
    one = chosen + (1 if below else -1)
    turned = 0 <= one <= people and (_ratio((people, one), best) < FOUR_FIFTHS) is not below
    return Impact(
        name,
        people,
        chosen,
        chosen / people,
        _katz(given, best),
        fisher_exact(people, chosen, others, others_chosen),
        small=rare or turned,
        below=below,
    )


def _ratio(given: tuple[int, int], best: tuple[int, int]) -> float:
    return given[1] / given[0] / (best[1] / best[0])


def _katz(given: tuple[int, int], best: tuple[int, int]) -> Figure:
    more = 0.0 if given[1] else 0.5  # where nobody is chosen there would be no interval (Walter 1975)
    people, chosen, others, others_chosen = (value + more for value in (*given, *best))
    error = math.sqrt(1 / chosen - 1 / people + 1 / others_chosen - 1 / others)
    ratio = chosen / people / (others_chosen / others)
    low = ratio * math.exp(-NORMAL_95 * error) if given[1] else 0.0
    return Figure(_ratio(given, best), low, ratio * math.exp(NORMAL_95 * error))


def _choose(all_of: int, taken: int) -> float:
    """Logarithm of the number of ways to take so many of all."""
    return math.lgamma(all_of + 1) - math.lgamma(taken + 1) - math.lgamma(all_of - taken + 1)
