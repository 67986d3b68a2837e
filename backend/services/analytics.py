"""How interviews go as a whole: counted by the database, over the people somebody has invited in a time.

Each person is counted once, where the newest attempt stands; interruptions and what was said of the interview are those
of every attempt. Groups of fewer than :data:`FEWEST` people are not shown on their own. The number of queries is fixed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, select
from sqlalchemy.orm import Session

from backend.db.models import (
    Batch,
    Department,
    Device,
    Interview,
    InterviewFact,
    InterviewStep,
    InvitationRow,
    Role,
    window_end,
)
from backend.runtime import Runtime
from backend.services import scope
from backend.services import wholes_in_sql as sql
from backend.services.actor import Actor
from backend.services.interview_facts import UNKNOWN
from backend.services.states import NO_CONTACT
from backend.services.wholes_in_sql import Fate
from contract.events import EventType, HrState

FEWEST = 5
OTHERS = "others"
# nobody has said why: the program ended, the device fell silent, or the word is not known here
UNEXPLAINED = frozenset({"crash", NO_CONTACT, UNKNOWN})
MINUTES = (10, 20, 30, 45, 60)
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


def take(hr: Runtime, actor: Actor, asked: Asked) -> Figures:
    """Raises XudaError(FORBIDDEN) for roles that see no interviews."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR, Role.DEPARTMENT_HEAD)
    with hr.db.read() as session:
        return _Count(hr, session, actor, asked).figures()


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


class _Count:
    def __init__(self, hr: Runtime, session: Session, actor: Actor, asked: Asked) -> None:
        self._session, self._actor, self._asked = session, actor, asked
        self._now = hr.now()
        self._cutoff = self._now - timedelta(seconds=hr.settings.silent_after)

    def figures(self) -> Figures:
        groups, silent = self._groups()
        fates: dict[Fate, int] = {}
        for _, _, fate, count in groups:
            fates[fate] = fates.get(fate, 0) + count
        invited = sum(fates.values())
        if invited < FEWEST:
            return Figures(invited)
        exits = self._exits(silent)
        timed, mean, times = self._times()
        return Figures(
            invited=invited,
            too_few=False,
            fates=fates,
            departments=self._departments(groups),
            batches=self._batches(groups),
            timed=timed,
            mean_minutes=mean,
            times=times,
            exits=_merged_exits(exits),
            left=sum(found.times for found in exits),
            unexplained=sum(found.times for found in exits if found.reason in UNEXPLAINED),
            devices=self._devices(),
            networks=_merged_exits(self._networks()),
            said=self._said(),
            trend=self._trend(),
        )

    # ---- who ---------------------------------------------------------------------------------------------------------

    def _people(self, *columns: Any) -> Select[Any]:
        """One row for each invited person, with the interview that stands for the newest attempt, if there is any."""
        lead = and_(Interview.invitation_id == InvitationRow.id, Interview.deleted_at.is_(None), sql.leads())
        query = scope.invitations(self._actor).with_only_columns(*columns)
        return query.outerjoin(Interview, lead).where(*self._wanted())

    def _interviews(self, *columns: Any) -> Select[Any]:
        """One row for each interview (part) that one of these people gave, whatever the attempt."""
        mine = scope.invitations(self._actor).with_only_columns(InvitationRow.id).where(*self._wanted())
        return (
            select(*columns)
            .select_from(Interview)
            .where(Interview.invitation_id.in_(mine), Interview.deleted_at.is_(None))
        )

    def _wanted(self) -> list[ColumnElement[bool]]:
        asked, found = self._asked, []
        if asked.batch_id:
            found.append(InvitationRow.batch_id == asked.batch_id)
        if asked.department_id:
            found.append(Batch.department_id.in_(scope.departments_below(asked.department_id)))
        if asked.first:
            found.append(InvitationRow.created_at >= _midnight(asked.first))
        if asked.last:
            found.append(InvitationRow.created_at < _midnight(asked.last + timedelta(days=1)))
        return found

    def _fate(self) -> Any:
        late = case((window_end() < self._now, Fate.MISSED.value), else_=Fate.PENDING.value)
        return case((Interview.id.is_(None), late), else_=sql.fate(self._cutoff))

    def _groups(self) -> tuple[list[tuple[str, str, Fate, int]], int]:
        """Department, batch, fate and people; and how many are interrupted because their device is silent."""
        progress = case((Interview.state == HrState.IN_PROGRESS.value, 1), else_=0).label("progress")
        columns = Batch.department_id, InvitationRow.batch_id, self._fate().label("fate"), progress
        found = self._people(*columns).subquery()
        keys = found.c.department_id, found.c.batch_id, found.c.fate
        counts = func.count(), func.sum(found.c.progress)
        rows = self._session.execute(select(*keys, *counts).group_by(*keys)).all()
        silent = sum(row[4] for row in rows if row[2] == Fate.INTERRUPTED.value)
        return [(row[0], row[1], Fate(row[2]), row[3]) for row in rows], silent

    def _departments(self, groups: list[tuple[str, str, Fate, int]]) -> list[Group]:
        names = {row.id: row.name for row in self._session.execute(select(Department.id, Department.name))}
        return _merged_groups([(names.get(department, {}), fate, count) for department, _, fate, count in groups])

    def _batches(self, groups: list[tuple[str, str, Fate, int]]) -> list[Group]:
        ids = {batch for _, batch, _, _ in groups}
        rows = self._session.execute(select(Batch.id, Batch.title).where(Batch.id.in_(ids)))
        titles = {row.id: row.title for row in rows}
        return _merged_groups([(titles[batch], fate, count) for _, batch, fate, count in groups])

    # ---- how it went -------------------------------------------------------------------------------------------------

    def _times(self) -> tuple[int, float | None, list[Stretch]]:
        known = self._people(sql.active_seconds().label("seconds"))
        known = known.where(Interview.state == HrState.PENDING_REVIEW.value)
        found = known.subquery()
        place = case(
            *((found.c.seconds < 60 * most, number) for number, most in enumerate(MINUTES)), else_=len(MINUTES)
        )
        query = select(place, func.count(), func.sum(found.c.seconds)).where(found.c.seconds.is_not(None))
        rows = self._session.execute(query.group_by(place)).all()
        count = sum(row[1] for row in rows)
        if count < FEWEST:
            return 0, None, []
        times = [0] * (len(MINUTES) + 1)
        for number, people, _ in map(tuple, rows):
            times[number] = people
        return count, sum(row[2] for row in rows) / count / 60, stretches(times)

    def _exits(self, silent: int) -> list[Exits]:
        people = func.count(Interview.invitation_id.distinct())
        reason = func.coalesce(InterviewStep.reason, UNKNOWN)
        query = self._interviews(reason, func.count(), people)
        query = query.join(InterviewStep, InterviewStep.interview_id == Interview.id)
        rows = self._session.execute(query.where(InterviewStep.kind.in_(sql.LEFT)).group_by(reason))
        found = [Exits(*row) for row in map(tuple, rows)]
        return [*found, Exits(NO_CONTACT, silent, silent)] if silent else found

    def _networks(self) -> list[Exits]:
        people = func.count(Interview.invitation_id.distinct())
        network = func.coalesce(InterviewStep.network, UNKNOWN)
        query = self._interviews(network, func.count(), people)
        query = query.join(InterviewStep, InterviewStep.interview_id == Interview.id)
        rows = self._session.execute(query.where(InterviewStep.kind == EventType.PAUSED.value).group_by(network))
        return [Exits(*row) for row in map(tuple, rows)]

    def _devices(self) -> list[OnDevice]:
        people = func.count(Interview.invitation_id.distinct())
        times = func.coalesce(func.sum(InterviewFact.pauses), 0)
        query = self._interviews(Device.name, people, times).join(Device, Device.id == Interview.device_id)
        query = query.outerjoin(InterviewFact, InterviewFact.interview_id == Interview.id)
        rows = self._session.execute(query.group_by(Device.id, Device.name))
        lines = merged(
            [OnDevice(*row) for row in map(tuple, rows)],
            lambda line: line.people,
            lambda one, two: OnDevice(OTHERS, one.people + two.people, one.times + two.times),
        )
        return sorted(lines, key=lambda line: (line.name == OTHERS, -line.times, line.name))

    def _said(self) -> dict[str, Said]:
        columns = InterviewFact.entrance_clear, InterviewFact.flow_smooth, InterviewFact.overall
        votes = [
            func.coalesce(func.sum(case((column == vote, 1), else_=0)), 0) for column in columns for vote in _VOTES
        ]
        query = self._interviews(*votes).join(InterviewFact, InterviewFact.interview_id == Interview.id)
        row = tuple(self._session.execute(query).one())
        size = len(_VOTES)
        return {column.key: _said(row[size * n : size * (n + 1)]) for n, column in enumerate(columns)}

    def _trend(self) -> list[Bucket]:
        span = self._people(func.min(InvitationRow.created_at), func.max(InvitationRow.created_at))
        begin, end = self._session.execute(span).one()
        starts = bucket_starts(begin.astimezone().date(), end.astimezone().date())
        first_of = case(
            *((InvitationRow.created_at >= _midnight(day), literal(n)) for n, day in reversed(list(enumerate(starts)))),
            else_=literal(-1),
        ).label("place")
        found = self._people(first_of, self._fate().label("fate")).subquery()
        rows = self._session.execute(
            select(found.c.place, found.c.fate, func.count()).group_by(found.c.place, found.c.fate)
        )
        counts = [[0, 0, 0] for _ in starts]
        for place, fate, people in map(tuple, rows):
            if place >= 0:
                _add(counts[place], Fate(fate), people)
        return [Bucket(day, *count) for day, count in zip(starts, counts, strict=True)]


_VOTES = (1, 2, 3, 4, 5)


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


def _midnight(day: date) -> datetime:
    """The beginning of a day at the server's place."""
    return datetime.combine(day, time()).astimezone()


def _said(votes: Sequence[int]) -> Said:
    people = sum(votes)
    if people < FEWEST:
        return Said(people)
    mean = sum(vote * n for vote, n in zip(_VOTES, votes, strict=True)) / people
    return Said(people, mean, sum(votes[3:]) / people)


def _merged_exits(lines: list[Exits]) -> list[Exits]:
    kept = merged(
        lines,
        lambda line: line.people,
        lambda one, two: Exits(OTHERS, one.times + two.times, one.people + two.people),
    )
    return sorted(kept, key=lambda line: (line.reason == OTHERS, -line.times, line.reason))


def _merged_groups(rows: list[tuple[dict[str, str] | str, Fate, int]]) -> list[Group]:
    counts: dict[str, tuple[dict[str, str] | str, list[int]]] = {}
    for name, fate, people in rows:
        _add(counts.setdefault(str(name), (name, [0, 0, 0]))[1], fate, people)
    lines = merged(
        [Group(name, *count) for name, count in counts.values()],
        lambda line: line.invited,
        lambda one, two: Group(OTHERS, one.invited + two.invited, one.begun + two.begun, one.finished + two.finished),
    )
    return sorted(lines, key=lambda line: (line.name == OTHERS, -line.invited, str(line.name)))


def _add(count: list[int], fate: Fate, people: int) -> None:
    """``count``: invited, begun, finished."""
    count[0] += people
    count[1] += 0 if fate in (Fate.PENDING, Fate.MISSED) else people
    count[2] += people if fate is Fate.DONE else 0
