"""Figures of agreement, fairness and drift: published values, and what must hold whatever the numbers."""

from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessment.agreement import bland_altman, correlation, quadratic_kappa
from assessment.distributions import student_quantile
from assessment.drift import RUN, control_chart, monday_of
from assessment.fairness import fisher_exact, impact, shift
from assessment.raters import between, pairs

# Bland and Altman 1986, table 1: peak flow of 17 people, large and mini meter, first readings
_LARGE = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427]
_MINI = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451]
# Krippendorff 2011: four observers, None: not rated
_OBSERVERS = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
    [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
]
# Shrout and Fleiss 1979, table 2
_JUDGES = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]


@pytest.mark.parametrize(("share", "freedom", "value"), [(0.975, 1, 12.7062), (0.975, 16, 2.1199), (0.995, 30, 2.75)])
def test_students_t_is_that_of_the_tables(share: float, freedom: float, value: float) -> None:
    assert student_quantile(share, freedom) == pytest.approx(value, abs=1e-4)


def test_bland_and_altmans_example_comes_out_as_they_printed_it() -> None:
    found = bland_altman(np.array(_LARGE, float), np.array(_MINI, float))
    assert found is not None
    assert found.count == 17
    assert (found.bias.value, found.deviation) == (pytest.approx(-2.1, abs=0.05), pytest.approx(38.8, abs=0.05))
    assert (found.bias.low, found.bias.high) == (pytest.approx(-22.0, abs=0.1), pytest.approx(17.8, abs=0.1))
    # they take 2 and √3 where this takes 1.96 and the formula of 1999
    assert (found.lower.value, found.upper.value) == (pytest.approx(-79.7, abs=2), pytest.approx(75.5, abs=2))
    assert (found.lower.low, found.upper.high) == (pytest.approx(-114.3, abs=3), pytest.approx(110.1, abs=3))
    assert bland_altman(np.array([1.0, 2]), np.array([1.0, 2])) is None


def test_the_interval_of_a_correlation_is_that_of_zars_birds() -> None:
    wing = np.array([10.4, 10.8, 11.1, 10.2, 10.3, 10.2, 10.7, 10.5, 10.8, 11.2, 10.6, 11.4])
    tail = np.array([7.4, 7.6, 7.9, 7.2, 7.4, 7.1, 7.4, 7.2, 7.8, 7.7, 7.8, 8.3])
    found = correlation(wing, tail)
    assert found is not None
    assert found.value == pytest.approx(0.870, abs=5e-4)
    assert (found.low, found.high) == (pytest.approx(0.592, abs=5e-4), pytest.approx(0.963, abs=5e-4))
    assert correlation(wing, np.ones(12)) is None
    assert correlation(wing[:3], tail[:3]) is None


def test_kappa_of_two_classes_is_cohens_own() -> None:
    a, b = np.repeat([1.0, 1, 0, 0], [20, 5, 10, 15]), np.repeat([1.0, 0, 1, 0], [20, 5, 10, 15])
    assert quadratic_kappa(a, b, 1) == pytest.approx(0.4)


def test_nineteen_of_twenty_intervals_hold_the_truth() -> None:
    draw, held, limits = np.random.default_rng(5), 0, 0
    for _ in range(400):
        a = draw.normal(size=40)
        b = 0.6 * a + 0.8 * draw.normal(size=40)
        found, agreed = correlation(a, b), bland_altman(a + 1, a + draw.normal(size=40))
        assert found is not None
        assert agreed is not None
        held += found.low <= 0.6 <= found.high
        limits += agreed.upper.low <= 1 + 1.96 <= agreed.upper.high
    assert 370 <= held <= 392
    assert 365 <= limits <= 395


def test_krippendorffs_example_comes_out_as_printed() -> None:
    units = [[value for value in unit if value is not None] for unit in zip(*_OBSERVERS, strict=True)]
    found = between(units)
    assert found is not None
    assert found.alpha is not None
    assert (found.units, found.ratings) == (11, 40)
    assert found.alpha.value == pytest.approx(0.849, abs=5e-4)
    assert found.alpha.low < 0.849 < found.alpha.high
    assert found.ranks is not None
    assert found.ranks.value == pytest.approx(0.815, abs=5e-4)


def test_shrout_and_fleiss_judges_agree_as_printed() -> None:
    found = between(_JUDGES)
    assert found is not None
    assert found.single is not None
    assert found.single.value == pytest.approx(0.17, abs=5e-3)
    assert found.apart == pytest.approx(18.5 / 6)


def test_people_who_give_the_same_agree_wholly_and_those_who_dice_not_at_all() -> None:
    draw = np.random.default_rng(2)
    same = between([[value, value] for value in (10.0, 40, 70, 90)])
    diced = between(draw.uniform(0, 100, (300, 3)).tolist())
    assert same is not None
    assert same.alpha is not None
    assert same.single is not None
    assert (same.alpha.value, same.single.value, same.apart) == (1, 1, 0)
    assert diced is not None
    assert diced.alpha is not None
    assert abs(diced.alpha.value) < 0.1
    assert between([[50.0], []]) is None
    alike = between([[50.0, 50], [50, 50]])
    assert alike is not None
    assert (alike.alpha, alike.single) == (None, None)


def test_pairs_are_those_who_rated_enough_of_the_same() -> None:
    given = [
        {"a": 10.0 * n, "b": 10.0 * n + 5, "c": 50.0} if n < 3 else {"a": 10.0 * n, "b": 10.0 * n} for n in range(8)
    ]
    found = pairs(given, step=10, fewest=5)
    assert [(pair.first, pair.second, pair.count) for pair in found] == [("a", "b", 8)]
    assert found[0].bias == pytest.approx(-15 / 8)
    assert found[0].kappa > 0.9


def test_fishers_twins_and_other_tables() -> None:
    assert fisher_exact(12, 10, 18, 3) == pytest.approx(0.0005367, abs=5e-8)  # Fisher 1935, both sides
    assert fisher_exact(8, 4, 8, 4) == pytest.approx(1)
    assert fisher_exact(40, 12, 50, 30) == pytest.approx(0.00586436, abs=1e-8)
    assert fisher_exact(500, 200, 500, 260) == pytest.approx(0.00017848, abs=1e-8)


@given(st.integers(1, 60), st.integers(1, 60), st.data())
def test_fishers_test_is_a_share_and_does_not_mind_the_order(people: int, others: int, data: st.DataObject) -> None:
    chosen, more = data.draw(st.integers(0, people)), data.draw(st.integers(0, others))
    found = fisher_exact(people, chosen, others, more)
    assert 0 < found <= 1
    assert found == pytest.approx(fisher_exact(others, more, people, chosen))
    assert found == pytest.approx(fisher_exact(people, people - chosen, others, others - more))


def test_four_fifths_are_told_with_their_interval_and_their_chance() -> None:
    # the example of the Uniform Guidelines' questions and answers (1979), no. 11: 80 of 120 and 48 of 100
    found = {one.group: one for one in impact({"w": (120, 80), "b": (100, 48)})}
    assert found["w"].ratio is None
    ratio = found["b"].ratio
    assert ratio is not None
    assert ratio.value == pytest.approx(0.72)
    assert found["b"].below
    assert not found["b"].small
    known = impact({"a": (40, 12), "b": (50, 30)})[0]
    assert known.ratio is not None
    assert known.chance == pytest.approx(0.00586436, abs=1e-8)
    assert (known.ratio.low, known.ratio.high) == (pytest.approx(0.295868, abs=1e-6), pytest.approx(0.844971, abs=1e-6))


def test_small_numbers_are_said_to_be_small() -> None:
    few = {one.group: one for one in impact({"a": (10, 5), "b": (8, 3)})}
    assert few["b"].below
    assert few["b"].small
    # 0.79 with one person more it is above four fifths
    turning = {one.group: one for one in impact({"a": (100, 50), "b": (100, 39)})}
    assert turning["b"].below
    assert turning["b"].small
    sure = {one.group: one for one in impact({"a": (400, 200), "b": (400, 120)})}
    assert sure["b"].below
    assert not sure["b"].small
    none = {one.group: one for one in impact({"a": (50, 25), "b": (40, 0), "empty": (0, 0)})}
    assert set(none) == {"a", "b"}
    ratio = none["b"].ratio
    assert ratio is not None
    assert ratio.value == 0
    assert 0 < ratio.high < 0.8
    assert [one.ratio for one in impact({"a": (5, 0), "b": (6, 0)})] == [None, None]
    assert impact({}) == []


def test_a_shift_is_welchs_and_hedges() -> None:
    a, b = np.array([4.1, 5.2, 6.3, 7.1, 5.9, 6.6]), np.array([3.9, 4.4, 5.0, 5.1, 6.2])
    found = shift(a, b)
    assert found is not None
    assert found.difference.low == pytest.approx(-0.3786039, abs=1e-6)
    assert found.difference.high == pytest.approx(2.2719374, abs=1e-6)
    assert found.effect == pytest.approx(0.947 * (1 - 3 / 35), abs=0.05)
    assert shift(a[:2], b) is None
    still = shift(np.ones(4), np.ones(4))
    assert still is not None
    assert (still.difference.low, still.difference.high, still.effect) == (0, 0, 0)


def _weeks(count: int, each: int, step: float, since: int) -> tuple[list[date], np.ndarray]:
    draw = np.random.default_rng(9)
    days = [date(2026, 1, 5) + timedelta(weeks=week, days=n % 5) for week in range(count) for n in range(each)]
    moved = np.repeat([step if week >= since else 0.0 for week in range(count)], each)
    return days, 60 + draw.normal(0, 10, count * each) + moved


def test_a_shift_of_the_mean_is_found_in_its_week() -> None:
    found = control_chart(*_weeks(20, 30, 8.0, 13))
    assert found is not None
    assert found.baseline == 8
    assert found.since == date(2026, 1, 5) + timedelta(weeks=13)
    assert not any(week.outside for week in found.weeks[:13])
    assert sum(week.outside for week in found.weeks[13:]) >= 5
    assert all(week.high - week.low == pytest.approx(6 * found.deviation / math.sqrt(30)) for week in found.weeks)


def test_a_small_lasting_shift_is_found_by_its_run_and_none_where_there_is_none() -> None:
    days, values = _weeks(26, 40, 0.0, 26)
    steady = control_chart(days, values)
    assert steady is not None
    assert steady.since is None
    mean = [values[40 * n : 40 * n + 40].mean() for n in range(26)]
    for week in range(8, 26):  # each week 1 above the centre: within the limits, all on one side
        values[40 * week : 40 * week + 40] += steady.centre + 1 - mean[week]
    found = control_chart(days, values)
    assert found is not None
    assert not any(week.outside for week in found.weeks)
    assert [week.run for week in found.weeks].index(True) == 8 + RUN - 1
    assert found.since is not None


def test_weeks_begin_on_monday_and_small_ones_are_left_out() -> None:
    assert monday_of(date(2027, 1, 3)) == date(2026, 12, 28)
    days, values = _weeks(6, 5, 0.0, 6)
    found = control_chart([*days, date(2026, 6, 1)], np.append(values, 99.0))
    assert found is not None
    assert [week.count for week in found.weeks] == [5] * 6
    assert control_chart(days[:15], values[:15]) is None
