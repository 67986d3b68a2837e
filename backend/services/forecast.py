"""Whom the organisation will want to hire in the next three months, by who leaves and which places are open.

It proposes and creates nothing: a person turns a proposal into the draft of a requisition, which others approve, or
dismisses it (services.forecast_answers).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from backend.db.employee_models import EmployeeRow
from backend.db.growth_models import ForecastWord
from backend.db.models import Department, Position, Role
from backend.runtime import Runtime
from backend.services import facts, forecast_places, leavers, scope
from backend.services.actor import Actor
from backend.services.forecast_places import Places
from backend.services.leaving_rates import Prior, Seen, Span, expected, leaning_on, pooled, rate
from backend.services.requisition_states import ASKERS
from contract.errors import ErrorCode, XudaError

HEADS_FACT = "forecast_for_heads"
WINDOWS = (12, 24)
AHEAD = 3
# a proposal that was dismissed stays aside for so long, unless more people are proposed by then
ASIDE = timedelta(days=90)
# below so many leavers, or people, the numbers say little
FEW_LEAVERS, FEW_PEOPLE = 5, 10
_DAYS = 365.25 / 12


@dataclass(frozen=True, slots=True)
class Window:
    """What is looked back on: ``months`` calendar months, of which the last is this one."""

    months: int
    start: datetime
    now: datetime

    @property
    def length(self) -> float:
        """In months, this one as far as it has come."""
        return (self.now - self.start).total_seconds() / 86400 / _DAYS

    def labels(self) -> list[tuple[int, int]]:
        """(year, month), oldest first."""
        first = self.start.year * 12 + self.start.month - 1
        return [divmod(first + place, 12) for place in range(self.months)]


@dataclass(frozen=True, slots=True)
class Outlook:
    """People leaving. ``seen``: in the window; ``by_month`` as its labels; ``known``: those noted for each month to
    come; ``to_come``: beyond them, over all three months."""

    seen: int
    by_month: list[int]
    rate: Span
    known: list[int]
    to_come: Span


@dataclass(frozen=True, slots=True)
class Line:
    """A position. ``proposed``: people to ask for in each month to come; ``now``: of them those for whom there is room
    already. ``few``: the numbers say little. ``dismissed``: the newest word that sets it aside."""

    position: Position
    places: Places
    outlook: Outlook
    proposed: list[int]
    few: bool
    dismissed: ForecastWord | None = None

    @property
    def total(self) -> int:
        return sum(self.proposed)

    @property
    def now(self) -> int:
        return min(self.total, max(0, self.places.free - self.places.asked))


@dataclass(frozen=True, slots=True)
class Branch:
    """A department without those below it. ``unplaced``: leavers whose position is none of the department's."""

    department: Department
    people: int
    outlook: Outlook
    proposed: int
    unplaced: int
    few: bool


@dataclass(frozen=True, slots=True)
class Forecast:
    """``ends``: the last days of the months to come. ``lines``: those with something proposed first."""

    window: Window
    ends: list[date]
    lines: list[Line]
    branches: list[Branch]
    by_month: list[int]
    organisation: Span

    @property
    def few(self) -> bool:
        return sum(self.by_month) < FEW_LEAVERS


@dataclass(slots=True)
class _Left:
    """Leavers of one department: (position as the table says it, folded; day)."""

    days: list[tuple[str, datetime]] = field(default_factory=list)


def readable(hr: Runtime, actor: Actor) -> bool:
    """Whether the actor may see it: heads of departments once HR shows it to them. Raises XudaError(FORBIDDEN)."""
    scope.require(actor, *ASKERS)
    with hr.db.read() as session:
        return _readable(session, actor)


def take(hr: Runtime, actor: Actor, months: int = 0) -> Forecast:
    """``months``: 12 or 24 to look back on; else 24 where leavers are known for so long. Always the same number of
    queries.

    Raises XudaError(FORBIDDEN), with ``field`` forecast for a head to whom it is not shown.
    """
    with hr.db.read() as session:
        return taken(session, hr.now(), actor, months)


def taken(session: Session, now: datetime, actor: Actor, months: int = 0) -> Forecast:
    """:func:`take` in the caller's transaction."""
    scope.require(actor, *ASKERS)
    if not _readable(session, actor):
        raise XudaError(ErrorCode.FORBIDDEN, field="forecast")
    window = _window(session, now, months)
    ends = _ends(now)
    left = _left(session, window, ends)
    people = _people(session, now)
    prior = pooled([Seen(_seen(left.get(name), now), n * window.length) for name, n in people.items()])
    query = scope.positions(actor).where(Position.closed_at.is_(None)).options(joinedload(Position.department))
    rows = session.scalars(query.order_by(Position.department_id, Position.created_at, Position.id)).all()
    places = forecast_places.of(session, rows)
    words = _words(session, [row.id for row in rows], now)
    own: dict[str, list[Line]] = {}
    for row in rows:
        theirs = left.get(row.department_id, _Left())
        of_department = Seen(_seen(theirs, now), people.get(row.department_id, 0) * window.length)
        mine = [day for name, day in theirs.days if name in _names(row)]
        outlook = _outlook(mine, row.staffed, window, ends, leaning_on(of_department, prior))
        line = _line(row, places[row.id], outlook, ends, now, words.get(row.id, []))
        own.setdefault(row.department_id, []).append(line)
    branches = [
        _branch(row, own.get(row.id, []), left.get(row.id, _Left()), people.get(row.id, 0), window, ends, prior)
        for row in session.scalars(scope.departments(actor))
    ]
    lines = [line for found in own.values() for line in found]
    lines.sort(key=lambda line: (line.dismissed is not None, -line.total))
    by_month = [sum(branch.outlook.by_month[at] for branch in branches) for at in range(window.months)]
    return Forecast(window, ends, lines, branches, by_month, rate(Seen(0, 0), prior))


def shown_to_heads(hr: Runtime) -> bool:
    with hr.db.read() as session:
        return bool(facts.get(session, HEADS_FACT))


def _readable(session: Session, actor: Actor) -> bool:
    return actor.role is not Role.DEPARTMENT_HEAD or bool(facts.get(session, HEADS_FACT))


def _window(session: Session, now: datetime, months: int) -> Window:
    here = now.astimezone()
    if months not in WINDOWS:
        oldest = session.scalar(select(func.min(EmployeeRow.left_at)))
        known = oldest is not None and oldest < _month(here, 1 - WINDOWS[0])
        months = WINDOWS[1] if known else WINDOWS[0]
    return Window(months, _month(here, 1 - months), here)


def _month(here: datetime, shift: int) -> datetime:
    """The beginning of a month."""
    year, month = divmod(here.year * 12 + here.month - 1 + shift, 12)
    return datetime(year, month + 1, 1).astimezone()


def _ends(now: datetime) -> list[date]:
    """Today in one, two and three months."""
    today = now.astimezone().date()
    found = []
    for ahead in range(1, AHEAD + 1):
        year, month = divmod(today.year * 12 + today.month - 1 + ahead, 12)
        last = (date(year + month // 11, (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
        found.append(date(year, month + 1, min(today.day, last)))
    return found


def _left(session: Session, window: Window, ends: Sequence[date]) -> dict[str, _Left]:
    over = datetime.combine(ends[-1] + timedelta(days=1), datetime.min.time()).astimezone()
    query = select(EmployeeRow.department_id, EmployeeRow.position, EmployeeRow.left_at)
    query = query.where(EmployeeRow.left_at >= window.start, EmployeeRow.left_at < over)
    found: dict[str, _Left] = {}
    for department_id, position, day in session.execute(query):
        if day is not None:
            found.setdefault(department_id, _Left()).days.append((_folded(position), day))
    return found


def _people(session: Session, now: datetime) -> dict[str, int]:
    """Those in positions, or those the list of employees has where these are more."""
    staffed = select(Position.department_id, func.sum(Position.staffed)).where(Position.closed_at.is_(None))
    listed = select(EmployeeRow.department_id, func.count()).where(leavers.is_here(now))
    found: dict[str, int] = {}
    for query in (
        staffed.group_by(Position.department_id),
        listed.where(EmployeeRow.person_sealed != "").group_by(EmployeeRow.department_id),
    ):
        for department_id, number in session.execute(query):
            found[department_id] = max(found.get(department_id, 0), int(number))
    return found


def _seen(left: _Left | None, now: datetime) -> int:
    return sum(day <= now for _, day in left.days) if left else 0


def _outlook(days: Sequence[datetime], people: int, window: Window, ends: Sequence[date], prior: Prior) -> Outlook:
    past = [day.astimezone() for day in days if day <= window.now]
    labels = window.labels()
    by_month = [sum((day.year, day.month - 1) == label for day in past) for label in labels]
    coming = [day.astimezone().date() for day in days if day > window.now]
    known = [sum(low < day <= high for day in coming) for low, high in zip([date.min, *ends], ends, strict=False)]
    seen = Seen(len(past), people * window.length)
    staying = max(0, people - len(coming))
    to_come = expected(seen, prior, staying * AHEAD)
    return Outlook(len(past), by_month, rate(seen, prior), known, to_come)


def _line(
    row: Position, places: Places, outlook: Outlook, ends: Sequence[date], now: datetime, words: Sequence[ForecastWord]
) -> Line:
    proposed: list[int] = []
    for ahead in range(1, AHEAD + 1):
        gone = sum(outlook.known[:ahead]) + outlook.to_come.mean * ahead / AHEAD
        wanted = max(0, math.floor(places.free - places.asked + gone + 0.5))
        proposed.append(max(0, wanted - sum(proposed)))
    total = sum(proposed)
    aside = [word for word in words if word.said == "dismissed" and word.wanted >= total > 0]
    few = outlook.seen < FEW_LEAVERS or row.staffed < FEW_PEOPLE
    return Line(row, places, outlook, proposed, few, aside[0] if aside else None)


def _branch(
    row: Department,
    lines: Sequence[Line],
    left: _Left,
    people: int,
    window: Window,
    ends: Sequence[date],
    prior: Prior,
) -> Branch:
    outlook = _outlook([day for _, day in left.days], people, window, ends, prior)
    placed = sum(line.outlook.seen for line in lines)
    few = outlook.seen < FEW_LEAVERS or people < FEW_PEOPLE
    proposed = sum(line.total for line in lines if line.dismissed is None)
    return Branch(row, people, outlook, proposed, max(0, outlook.seen - placed), few)


def _words(session: Session, ids: Sequence[str], now: datetime) -> Mapping[str, list[ForecastWord]]:
    """What was said of each position lately, newest first."""
    lately = ForecastWord.position_id.in_(ids), ForecastWord.ended_at.is_(None), ForecastWord.said_at > now - ASIDE
    query: Any = select(ForecastWord).where(*lately).order_by(ForecastWord.said_at.desc(), ForecastWord.id)
    found: dict[str, list[ForecastWord]] = {}
    for row in session.scalars(query):
        found.setdefault(row.position_id, []).append(row)
    return found


def _names(row: Position) -> set[str]:
    """What tables may call the position."""
    return {_folded(name) for name in (*row.title.values(), row.code or "") if name.strip()}


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()
