"""Figures of how interviews go, and how small groups are joined so that nobody is shown on their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TypeVar

from sqlalchemy import ColumnElement

from backend.db.models import Batch, InvitationRow
from backend.services import scope
from backend.services.wholes_in_sql import Fate

FEWEST = 5
OTHERS = "others"
MINUTES = (10, 20, 30, 45, 60)
VOTES = (1, 2, 3, 4, 5)
_MOST_BUCKETS = 24
Line = TypeVar("Line")


@dataclass(frozen=True, slots=True)
class Asked:
    """``first`` and ``last``: days on which people were invited, both included."""

    department_id: str | None = None
    batch_id: str | None = None
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A department or a batch. ``name`` is a text by language, or a title; ``OTHERS``: several small ones."""

    name: dict[str, str] | str
    invited: int
    begun: int
    finished: int


@dataclass(frozen=True, slots=True)
class Exits:
    """How often interviews were left for ``reason``, and by how many people."""

    reason: str
    times: int
    people: int


@dataclass(frozen=True, slots=True)
class OnDevice:
    """``people`` interviewed on it, and how often one was interrupted."""

    name: str
    people: int
    times: int


@dataclass(frozen=True, slots=True)
class Said:
    """Answers from 1 to 5 to one question of the questionnaire. ``mean``, and the share of those who said 4 or 5, are
    None for too few."""

    people: int
    mean: float | None = None
    satisfied: float | None = None


@dataclass(frozen=True, slots=True)
class Stretch:
    """Finished interviews that took from ``low`` to less than ``high`` minutes; None: and more."""

    low: int
    high: int | None
    people: int


@dataclass(frozen=True, slots=True)
class Bucket:
    """People invited from ``start`` until the next bucket."""

    start: date
    invited: int
    begun: int
    finished: int


@dataclass(frozen=True, slots=True)
class Figures:
    """``too_few``: fewer people than may be shown; nothing else is filled then."""

    invited: int = 0
    too_few: bool = True
    fates: dict[Fate, int] = field(default_factory=dict)
    departments: list[Group] = field(default_factory=list)
    batches: list[Group] = field(default_factory=list)
    timed: int = 0
    mean_minutes: float | None = None
    times: list[Stretch] = field(default_factory=list)
    exits: list[Exits] = field(default_factory=list)
    left: int = 0
    unexplained: int = 0
    devices: list[OnDevice] = field(default_factory=list)
    networks: list[Exits] = field(default_factory=list)
    said: dict[str, Said] = field(default_factory=dict)
    trend: list[Bucket] = field(default_factory=list)

    @property
    def begun(self) -> int:
        return self.invited - self.fates.get(Fate.PENDING, 0) - self.fates.get(Fate.MISSED, 0)

    @property
    def finished(self) -> int:
        return self.fates.get(Fate.DONE, 0)


def within(asked: Asked) -> list[ColumnElement[bool]]:
    """Conditions on invitations and their batches."""
    found = []
    if asked.batch_id:
        found.append(InvitationRow.batch_id == asked.batch_id)
    if asked.department_id:
        found.append(Batch.department_id.in_(scope.departments_below(asked.department_id)))
    if asked.first:
        found.append(InvitationRow.created_at >= midnight(asked.first))
    if asked.last:
        found.append(InvitationRow.created_at < midnight(asked.last + timedelta(days=1)))
    return found


def midnight(day: date) -> datetime:
    """The beginning of a day at the server's place."""
    return datetime.combine(day, time()).astimezone()


def merged(lines: Sequence[Line], people: Callable[[Line], int], join: Callable[[Line, Line], Line]) -> list[Line]:
    """``lines`` with the small ones joined into one, the last; it takes in a larger one where it would be small itself,
    so that nobody gets at it by taking the others from the sum. Nothing is left of too few people."""
    ranked = sorted((line for line in lines if people(line)), key=people)
    if not ranked:
        return []
    small = [line for line in ranked if people(line) < FEWEST]
    rest = ranked[len(small) :]
    while small and sum(map(people, small)) < FEWEST and rest:
        small.append(rest.pop(0))
    if sum(map(people, small)) < FEWEST:
        return list(reversed(rest))
    others = small[0]
    for line in small[1:]:
        others = join(others, line)
    return [*reversed(rest), others]


def stretches(counts: Sequence[int]) -> list[Stretch]:
    """``counts``: interviews below each of :data:`MINUTES`, and above the last; neighbours are joined until each has
    enough people. Together they are enough."""
    edges = (0, *MINUTES, None)
    found: list[Stretch] = []
    low, people = 0, 0
    for number, count in enumerate(counts):
        people += count
        if people >= FEWEST:
            found.append(Stretch(low, edges[number + 1], people))
            low, people = edges[number + 1] or 0, 0
    if found and (found[-1].high is not None):
        last = found.pop()
        found.append(Stretch(last.low, None, last.people + people))
    return found


def bucket_starts(begin: date, end: date) -> list[date]:
    """Days, weeks (from Monday) or months, whichever gives few enough; of more than two years the newest months."""
    days = (end - begin).days + 1
    if days <= 16:
        return [begin + timedelta(days=n) for n in range(days)]
    if days <= 7 * 16:
        monday = begin - timedelta(days=begin.weekday())
        return [monday + timedelta(weeks=n) for n in range((end - monday).days // 7 + 1)]
    months = (end.year - begin.year) * 12 + end.month - begin.month
    starts = [_month_later(begin.replace(day=1), n) for n in range(months + 1)]
    return starts[-_MOST_BUCKETS:]


def _month_later(day: date, months: int) -> date:
    number = day.year * 12 + day.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def said_of(votes: Sequence[int]) -> Said:
    """``votes``: how many gave each of :data:`VOTES`."""
    people = sum(votes)
    if people < FEWEST:
        return Said(people)
    mean = sum(vote * n for vote, n in zip(VOTES, votes, strict=True)) / people
    return Said(people, mean, sum(votes[3:]) / people)


def merged_exits(lines: list[Exits]) -> list[Exits]:
    kept = merged(
        lines,
        lambda line: line.people,
        lambda one, two: Exits(OTHERS, one.times + two.times, one.people + two.people),
    )
    return sorted(kept, key=lambda line: (line.reason == OTHERS, -line.times, line.reason))


def merged_groups(rows: list[tuple[dict[str, str] | str, Fate, int]]) -> list[Group]:
    counts: dict[str, tuple[dict[str, str] | str, list[int]]] = {}
    for name, fate, people in rows:
        add(counts.setdefault(str(name), (name, [0, 0, 0]))[1], fate, people)
    lines = merged(
        [Group(name, *count) for name, count in counts.values()],
        lambda line: line.invited,
        lambda one, two: Group(OTHERS, one.invited + two.invited, one.begun + two.begun, one.finished + two.finished),
    )
    return sorted(lines, key=lambda line: (line.name == OTHERS, -line.invited, str(line.name)))


def add(count: list[int], fate: Fate, people: int) -> None:
    """``count``: invited, begun, finished."""
    count[0] += people
    count[1] += 0 if fate in (Fate.PENDING, Fate.MISSED) else people
    count[2] += people if fate is Fate.DONE else 0
