"""How often people leave: the organisation's rate where little is known, one's own where much is."""

from __future__ import annotations

import math
import random

import pytest

from backend.services.leaving_rates import Prior, Seen, expected, leaning_on, pooled, rate

ORGANISATION = [Seen(24, 1200), Seen(2, 240), Seen(1, 36), Seen(0, 24)]


def test_a_small_place_leans_on_the_organisation_and_a_large_one_on_itself() -> None:
    prior = pooled(ORGANISATION)
    assert prior.rate == pytest.approx(27.5 / 1500)
    small, large = rate(Seen(3, 12), prior), rate(Seen(600, 24_000), prior)
    assert abs(small.mean - prior.rate) < abs(small.mean - 3 / 12), "three of one person-year say little"
    assert large.mean == pytest.approx(600 / 24_000, rel=0.05)
    assert small.high - small.low > large.high - large.low
    assert small.low < small.mean < small.high


def test_departments_that_differ_much_are_believed_more() -> None:
    alike = pooled([Seen(20, 1000)] * 6)
    unlike = pooled([Seen(0, 1000), Seen(60, 1000), Seen(2, 1000), Seen(55, 1000), Seen(1, 1000), Seen(2, 1000)])
    assert alike.rate == pytest.approx(unlike.rate, rel=0.01)
    assert unlike.weight < alike.weight


def test_the_interval_is_that_of_the_gamma_distribution() -> None:
    # shape 1 is the exponential distribution, whose quantiles are known: -ln(1 - p)
    found = rate(Seen(0, 0), Prior(0.01, 100))
    assert found.mean == pytest.approx(0.01)
    assert found.low == pytest.approx(-math.log(0.9) / 100, rel=1e-6)
    assert found.high == pytest.approx(-math.log(0.1) / 100, rel=1e-6)


def test_what_is_to_come_lies_in_the_interval_eight_times_in_ten() -> None:
    prior, seen = Prior(0.02, 240), Seen(6, 400)
    span = expected(seen, prior, 300)
    dice = random.Random(5)
    shape, scale = 0.02 * 240 + 6, 240 + 400
    hits = 0
    for _ in range(4000):
        mean = dice.gammavariate(shape, 1 / scale) * 300
        left, chance = 0, dice.expovariate(1)
        while chance < mean:
            left, chance = left + 1, chance + dice.expovariate(1)
        hits += span.low <= left <= span.high
    assert 0.78 < hits / 4000 < 0.9, "whole numbers hold a little more than 80 of 100"
    assert span.mean == pytest.approx(shape / scale * 300)


def test_where_nothing_is_known_nothing_is_said() -> None:
    assert pooled([]) == pooled([Seen(0, 0)])
    assert rate(Seen(0, 0), pooled([])).mean == 0
    assert expected(Seen(0, 0), pooled([]), 30).high == 0
    assert expected(Seen(0, 120), pooled(ORGANISATION), 0).mean == 0


def test_a_position_leans_on_its_department() -> None:
    prior = pooled(ORGANISATION)
    busy = leaning_on(Seen(40, 400), prior)
    assert busy.rate > prior.rate
    assert rate(Seen(0, 6), busy).mean > rate(Seen(0, 6), prior).mean
