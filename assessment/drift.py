"""Whether scores drift: a control chart of means over ISO weeks, with limits from the weeks at its beginning."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from assessment.agreement import Floats

# Shewhart's limits (1931): a mean beyond three standard errors
SIGMAS = 3.0
# this many weeks in a row on one side of the centre (Nelson 1984, rule 2)
RUN = 9
BASELINE_WEEKS = 8
FEWEST_IN_WEEK = 5


@dataclass(frozen=True, slots=True)
class Week:
    """Values of the ISO week that begins on ``monday``; ``low`` and ``high``: its limits.

    ``outside`` of the limits; ``run``: it ends as many weeks on one side of the centre as :data:`RUN` says.
    """

    monday: date
    count: int
    mean: float
    low: float
    high: float
    outside: bool
    run: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """``centre`` and ``deviation`` (within weeks) are those of the first ``baseline`` weeks.

    ``since``: the first week from which on the means are best told from those before, None where no week is outside
    and there is no run.
    """

    centre: float
    deviation: float
    baseline: int
    weeks: list[Week]
    since: date | None


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def control_chart(days: Sequence[date], values: Floats, fewest: int = FEWEST_IN_WEEK) -> Chart | None:
    """X-bar chart: centre ± 3 s / √n for a week of n values; s is pooled within the weeks of the baseline.

    Weeks of fewer than ``fewest`` values are left out. The baseline is the first half of the weeks, at most
    :data:`BASELINE_WEEKS`; it is never itself judged by runs. None for fewer than four weeks.
    """
    mondays = np.array([monday_of(day).toordinal() for day in days])
    kept = [(int(week), values[mondays == week]) for week in np.unique(mondays)]
    kept = [(week, found) for week, found in kept if len(found) >= max(fewest, 2)]
    if len(kept) < 4:
        return None
    baseline = min(len(kept) // 2, BASELINE_WEEKS)
    first = [found for _, found in kept[:baseline]]
    centre = float(np.concatenate(first).mean())
    inner = sum(float(((found - found.mean()) ** 2).sum()) for found in first)
    deviation = math.sqrt(inner / (sum(map(len, first)) - baseline))
    weeks: list[Week] = []
    for place, (week, found) in enumerate(kept):
        half, mean = SIGMAS * deviation / math.sqrt(len(found)), float(found.mean())
        low, high = centre - half, centre + half
        last = [*(week.mean for week in weeks[baseline:]), mean][-RUN:] if place >= baseline else []
        run = len(last) == RUN and (min(last) > centre or max(last) < centre)
        outside = not low <= mean <= high
        weeks.append(Week(date.fromordinal(week), len(found), mean, low, high, outside, run))
    told = any(week.outside or week.run for week in weeks)
    since = weeks[_split(kept)].monday if told else None
    return Chart(centre, deviation, baseline, weeks, since)


def _split(weeks: Sequence[tuple[int, Floats]]) -> int:
    """The place of the week from which on the mean differs most from that before: the most likely time of one change
    of the mean (Hinkley 1970), which is where the squares within both parts are least."""
    counts = np.array([len(found) for _, found in weeks], dtype=float)
    sums = np.array([float(found.sum()) for _, found in weeks])
    before, ahead = np.cumsum(counts)[:-1], counts.sum() - np.cumsum(counts)[:-1]
    told = np.cumsum(sums)[:-1]
    between = told**2 / before + (sums.sum() - told) ** 2 / ahead
    return int(np.argmax(between)) + 1
