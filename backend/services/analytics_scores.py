"""What scores are like and worth: spread, agreement with people, between people, with performance, and over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from assessment.agreement import Agreement, Figure, Floats, bland_altman, correlation, figures, quadratic_kappa
from assessment.drift import Chart, control_chart, monday_of
from assessment.raters import Between, Pair, between, pairs
from backend.db.models import Role, User
from backend.runtime import Runtime
from backend.services import analytics_scored, scope
from backend.services.actor import Actor
from backend.services.analytics_figures import FEWEST, Asked
from backend.services.analytics_scored import Scored

# scores of 0-100 are compared in steps of ten
STEP = 10
# weeks with fewer pairs have no kappa of their own
_FEWEST_FOR_KAPPA = 10
_CELL = 5
_MOST_PAIRS = 12


@dataclass(frozen=True, slots=True)
class Bin:
    """Interviews with scores from ``low`` to less than ``high`` (100: and just that): the scoring's, people's."""

    low: int
    high: int
    machine: int
    people: int


@dataclass(frozen=True, slots=True)
class Cell:
    """``count`` interviews about this mean of both scores, and this difference."""

    mean: float
    difference: float
    count: int


@dataclass(frozen=True, slots=True)
class Agreed:
    """The scoring beside the mean of what people gave."""

    count: int
    kappa: Figure
    pearson: Figure | None
    rmse: Figure
    limits: Agreement | None
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class Predicted:
    """Correlation with later performance; ``what``: machine or people."""

    what: str
    count: int
    pearson: Figure


@dataclass(frozen=True, slots=True)
class Drift:
    """By ISO week: ``scores`` of the scoring, ``differences`` to people's; ``kappas``: Monday -> agreement."""

    scores: Chart | None
    differences: Chart | None
    kappas: dict[date, float]


@dataclass(frozen=True, slots=True)
class ScoreFigures:
    """``finished`` interviews, of which ``machine`` have a score of the scoring and ``people`` one of people; ``means``
    in the same order. None, or empty, is what too few interviews tell of."""

    finished: int = 0
    machine: int = 0
    people: int = 0
    too_few: bool = True
    spread: list[Bin] = field(default_factory=list)
    means: tuple[float | None, float | None] = (None, None)
    agreed: Agreed | None = None
    raters: Between | None = None
    pairs: list[Pair] = field(default_factory=list)
    performance: list[Predicted] = field(default_factory=list)
    drift: Drift | None = None


def take(hr: Runtime, actor: Actor, asked: Asked) -> ScoreFigures:
    """Raises XudaError(FORBIDDEN) for roles that see no scores of people."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.read() as session:
        rows = analytics_scored.read(session, actor, asked)
        machine = [row.points for row in rows if row.points is not None]
        people = [row.people for row in rows if row.people is not None]
        if max(len(machine), len(people)) < FEWEST:
            return ScoreFigures(len(rows), len(machine), len(people))
        return ScoreFigures(
            finished=len(rows),
            machine=len(machine),
            people=len(people),
            too_few=False,
            spread=_spread(machine, people),
            means=(_mean(machine), _mean(people)),
            agreed=_agreed(rows),
            raters=_raters(rows),
            pairs=_pairs(session, rows),
            performance=_performance(rows),
            drift=_drift(rows),
        )


def both(rows: Sequence[Scored]) -> tuple[Floats, Floats]:
    """Scores of those that have one of either: the scoring's, and the mean of people's."""
    found = [(row.points, row.people) for row in rows if row.points is not None and row.people is not None]
    return np.array([one for one, _ in found], dtype=float), np.array([other for _, other in found], dtype=float)


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if len(values) >= FEWEST else None


def _spread(machine: Sequence[float], people: Sequence[float]) -> list[Bin]:
    """In tens; neighbours are joined until each holds enough people of one of both."""
    counts = [np.histogram(values, bins=range(0, 101, 10))[0] for values in (machine, people)]
    found: list[Bin] = []
    low, one, other = 0, 0, 0
    for place in range(10):
        one, other = one + int(counts[0][place]), other + int(counts[1][place])
        if max(one, other) >= FEWEST:
            found.append(Bin(low, 10 * place + 10, one, other))
            low, one, other = 10 * place + 10, 0, 0
    if found and low < 100:
        last = found.pop()
        found.append(Bin(last.low, 100, last.machine + one, last.people + other))
    return found


def _agreed(rows: Sequence[Scored]) -> Agreed | None:
    scores, ratings = both(rows)
    if len(scores) < FEWEST:
        return None
    made = figures(scores, ratings, STEP, samples=300)
    return Agreed(
        count=len(scores),
        kappa=made["kappa"],
        pearson=correlation(scores, ratings),
        rmse=made["rmse"],
        limits=bland_altman(scores, ratings),
        cells=_cells(scores, ratings),
    )


def _cells(scores: Floats, ratings: Floats) -> list[Cell]:
    places = np.stack([np.round((scores + ratings) / 2 / _CELL), np.round((scores - ratings) / _CELL)], axis=1)
    found, counts = np.unique(places, axis=0, return_counts=True)
    return [
        Cell(float(mean) * _CELL, float(difference) * _CELL, int(count))
        for (mean, difference), count in zip(found, counts, strict=True)
    ]


def _raters(rows: Sequence[Scored]) -> Between | None:
    found = between([list(row.given.values()) for row in rows])
    return found if found is not None and found.units >= FEWEST else None


def _pairs(session: Session, rows: Sequence[Scored]) -> list[Pair]:
    names = {row.id: row.display_name or row.username for row in session.scalars(select(User))}
    given = [{names[name]: float(score) for name, score in row.given.items()} for row in rows]
    return pairs(given, STEP, FEWEST)[:_MOST_PAIRS]


def _performance(rows: Sequence[Scored]) -> list[Predicted]:
    """Employees whose file holds a performance, with their interview."""
    linked = [row for row in rows if row.performance is not None]
    found = []
    for what, values in (("machine", [row.points for row in linked]), ("people", [row.people for row in linked])):
        known = [(value, row.performance) for value, row in zip(values, linked, strict=True) if value is not None]
        if len(known) >= FEWEST:
            scores, later = np.array(known, dtype=float).T
            figure = correlation(scores, later)
            if figure is not None:
                found.append(Predicted(what, len(known), figure))
    return found


def _drift(rows: Sequence[Scored]) -> Drift | None:
    scored = [row for row in rows if row.points is not None]
    compared = [row for row in scored if row.people is not None]
    scores, ratings = both(compared)
    made = control_chart([row.day for row in scored], np.array([row.points for row in scored], dtype=float))
    apart = control_chart([row.day for row in compared], scores - ratings)
    if made is None and apart is None:
        return None
    weeks = np.array([monday_of(row.day).toordinal() for row in compared])
    kappas = {
        date.fromordinal(int(week)): quadratic_kappa(scores[weeks == week], ratings[weeks == week], STEP)
        for week in np.unique(weeks)
        if int((weeks == week).sum()) >= _FEWEST_FOR_KAPPA
    }
    return Drift(made, apart, kappas)
