"""How interviews go as a whole: counted by the database, over the people somebody has invited in a time.

Each person is counted once, where the newest attempt stands; interruptions and what was said of the interview are those
of every attempt. Groups of fewer than :data:`FEWEST` people are not shown on their own. The number of queries is fixed.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Select, and_, case, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from backend.db.candidate_models import SurveyRow
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
from backend.services.analytics_figures import (
    FEWEST,
    MINUTES,
    OTHERS,
    VOTES,
    Asked,
    Bucket,
    Exits,
    Figures,
    Group,
    OnDevice,
    Said,
    Stretch,
    add,
    bucket_starts,
    merged,
    merged_exits,
    merged_groups,
    midnight,
    said_of,
    stretches,
    within,
)
from backend.services.interview_facts import UNKNOWN
from backend.services.states import NO_CONTACT
from backend.services.wholes_in_sql import Fate
from contract.events import EventType, HrState

# nobody has said why: the program ended, the device fell silent, or the word is not known here
UNEXPLAINED = frozenset({"crash", NO_CONTACT, UNKNOWN})
_ASKED = ("entrance_clear", "flow_smooth", "overall")


def take(hr: Runtime, actor: Actor, asked: Asked) -> Figures:
    """Raises XudaError(FORBIDDEN) for roles that see no interviews."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR, Role.DEPARTMENT_HEAD)
    with hr.db.read() as session:
        return _Count(hr, session, actor, asked).figures()


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
            exits=merged_exits(exits),
            left=sum(found.times for found in exits),
            unexplained=sum(found.times for found in exits if found.reason in UNEXPLAINED),
            devices=self._devices(),
            networks=merged_exits(self._networks()),
            said=self._said(),
            trend=self._trend(),
        )

    # ---- who ---------------------------------------------------------------------------------------------------------

    def _people(self, *columns: Any) -> Select[Any]:
        """One row for each invited person, with the interview that stands for the newest attempt, if there is any."""
        lead = and_(Interview.invitation_id == InvitationRow.id, Interview.deleted_at.is_(None), sql.leads())
        query = scope.invitations(self._actor).with_only_columns(*columns)
        return query.outerjoin(Interview, lead).where(*within(self._asked))

    def _interviews(self, *columns: Any) -> Select[Any]:
        """One row for each interview (part) that one of these people gave, whatever the attempt."""
        mine = scope.invitations(self._actor).with_only_columns(InvitationRow.id).where(*within(self._asked))
        return (
            select(*columns)
            .select_from(Interview)
            .where(Interview.invitation_id.in_(mine), Interview.deleted_at.is_(None), Interview.redo_id.is_(None))
        )

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
        return merged_groups([(names.get(department, {}), fate, count) for department, _, fate, count in groups])

    def _batches(self, groups: list[tuple[str, str, Fate, int]]) -> list[Group]:
        ids = {batch for _, batch, _, _ in groups}
        rows = self._session.execute(select(Batch.id, Batch.title).where(Batch.id.in_(ids)))
        titles = {row.id: row.title for row in rows}
        return merged_groups([(titles[batch], fate, count) for _, batch, fate, count in groups])

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
        """What was said in the client; of those who said nothing there, what they said in the candidate portal."""
        told = self._interviews(*_votes(InterviewFact))
        told = told.join(InterviewFact, InterviewFact.interview_id == Interview.id)
        here = aliased(Interview)
        spoken = or_(*(getattr(InterviewFact, name).is_not(None) for name in _ASKED))
        client = select(here.id).join(InterviewFact, InterviewFact.interview_id == here.id)
        client = client.where(here.invitation_id == InvitationRow.id, here.deleted_at.is_(None), spoken)
        portal = scope.invitations(self._actor).with_only_columns(*_votes(SurveyRow)).where(*within(self._asked))
        portal = portal.join(SurveyRow, SurveyRow.invitation_id == InvitationRow.id)
        portal = portal.where(~client.correlate(InvitationRow).exists())
        rows = zip(*(tuple(self._session.execute(query).one()) for query in (told, portal)), strict=True)
        votes, size = [one + other for one, other in rows], len(VOTES)
        return {name: said_of(votes[size * n : size * (n + 1)]) for n, name in enumerate(_ASKED)}

    def _trend(self) -> list[Bucket]:
        span = self._people(func.min(InvitationRow.created_at), func.max(InvitationRow.created_at))
        begin, end = self._session.execute(span).one()
        starts = bucket_starts(begin.astimezone().date(), end.astimezone().date())
        first_of = case(
            *((InvitationRow.created_at >= midnight(day), literal(n)) for n, day in reversed(list(enumerate(starts)))),
            else_=literal(-1),
        ).label("place")
        found = self._people(first_of, self._fate().label("fate")).subquery()
        rows = self._session.execute(
            select(found.c.place, found.c.fate, func.count()).group_by(found.c.place, found.c.fate)
        )
        counts = [[0, 0, 0] for _ in starts]
        for place, fate, people in map(tuple, rows):
            if place >= 0:
                add(counts[place], Fate(fate), people)
        return [Bucket(day, *count) for day, count in zip(starts, counts, strict=True)]


def _votes(table: type[InterviewFact] | type[SurveyRow]) -> list[Any]:
    """How often each of :data:`VOTES` was given to each question."""
    columns = [getattr(table, name) for name in _ASKED]
    return [func.coalesce(func.sum(case((column == vote, 1), else_=0)), 0) for column in columns for vote in VOTES]
