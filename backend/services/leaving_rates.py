"""How often people leave, and how many will: a rate per person and month, leaning on the organisation's where little
is known.

Leavers of a place are taken as Poisson with a rate of its own; rates of places as Gamma around the organisation's. The
weight of the organisation's rate, in person-months, is the one that makes the departments' numbers most likely
(empirical Bayes; Gelman et al., Bayesian Data Analysis, section 2.6). What is to come is then negative binomial.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

# the middle 80 in 100
_TAIL = 0.1
# person-months that the organisation's rate may count as: 5 people for a year to 160
_WEIGHTS = (60.0, 120.0, 240.0, 480.0, 960.0, 1920.0)
_FEW_PLACES, _USUAL = 3, 240.0


@dataclass(frozen=True, slots=True)
class Span:
    """``low`` to ``high`` holds 80 of 100 cases."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Prior:
    """Rate per person and month, and how many person-months it counts as."""

    rate: float
    weight: float


@dataclass(frozen=True, slots=True)
class Seen:
    """``leavers`` in ``person_months``."""

    leavers: int
    person_months: float


def pooled(places: Sequence[Seen]) -> Prior:
    """The organisation's rate and its weight. Half a leaver is added, so that nobody stays for ever."""
    known = [place for place in places if place.person_months > 0]
    whole = sum(place.person_months for place in known)
    if not whole:
        return Prior(0.0, _USUAL)
    rate = (sum(place.leavers for place in known) + 0.5) / whole
    if len(known) < _FEW_PLACES:
        return Prior(rate, _USUAL)
    return Prior(rate, max(_WEIGHTS, key=lambda weight: sum(_likelihood(place, rate, weight) for place in known)))


def rate(seen: Seen, prior: Prior) -> Span:
    """Per person and month."""
    if not prior.rate:
        return Span(0.0, 0.0, 0.0)
    shape, scale = prior.rate * prior.weight + seen.leavers, prior.weight + seen.person_months
    return Span(shape / scale, _gamma_quantile(shape, _TAIL) / scale, _gamma_quantile(shape, 1 - _TAIL) / scale)


def leaning_on(seen: Seen, prior: Prior) -> Prior:
    """The prior of what lies within the place."""
    return Prior(rate(seen, prior).mean, prior.weight)


def expected(seen: Seen, prior: Prior, person_months: float) -> Span:
    """People who will leave among so many for so long; the ends are whole numbers."""
    if not prior.rate or person_months <= 0:
        return Span(0.0, 0, 0)
    shape, scale = prior.rate * prior.weight + seen.leavers, prior.weight + seen.person_months
    mean = shape / scale * person_months
    share = scale / (scale + person_months)
    return Span(mean, _count_quantile(shape, share, _TAIL), _count_quantile(shape, share, 1 - _TAIL))


def _likelihood(place: Seen, mean: float, weight: float) -> float:
    """Logarithm, without what does not depend on the weight."""
    shape, y, months = mean * weight, place.leavers, place.person_months
    together = weight + months
    return (
        math.lgamma(shape + y)
        - math.lgamma(shape)
        + shape * math.log(weight / together)
        + y * math.log(months / together)
    )


def _count_quantile(shape: float, share: float, wanted: float) -> int:
    """Of the negative binomial: smallest number that reaches ``wanted``."""
    chance, count = share**shape, 0
    reached = chance
    while reached < wanted and chance > 1e-12:
        chance *= (shape + count) / (count + 1) * (1 - share)
        count += 1
        reached += chance
    return count


def _gamma_quantile(shape: float, wanted: float) -> float:
    """Of the Gamma distribution with scale 1, by halving."""
    low, high = 0.0, shape + 10 * math.sqrt(shape) + 10
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _gamma_below(shape, middle) < wanted else (low, middle)
    return (low + high) / 2


def _gamma_below(shape: float, value: float) -> float:
    """The regularised lower incomplete gamma function, by its series."""
    if value <= 0:
        return 0.0
    term = total = 1 / shape
    step = shape
    while term > total * 1e-12:
        step += 1
        term *= value / step
        total += term
    return total * math.exp(shape * math.log(value) - value - math.lgamma(shape))
