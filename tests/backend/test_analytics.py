"""Analytics: interviews whose fates are known go through the real intake, and the numbers are exactly those."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event

from backend.db.candidate_models import SurveyRow
from backend.db.models import Batch, InvitationRow, Role
from backend.services import analytics, batches, candidates
from backend.services.actor import Actor
from backend.services.analytics_figures import (
    OTHERS,
    Asked,
    Exits,
    Figures,
    Group,
    OnDevice,
    Stretch,
    bucket_starts,
    merged,
    stretches,
)
from backend.services.candidate_pages import answer_survey
from backend.services.candidates import Person
from backend.services.states import NO_CONTACT
from backend.services.wholes_in_sql import Fate
from contract import events as ev
from contract.errors import ErrorCode, XudaError
from contract.events import EventType, make_event
from tests.backend.world import BOTH, COMMAND_LINE, Booth, Served, Talk

DATABASES = BOTH
HEAD_OF_SALES = Actor("x", "head", Role.DEPARTMENT_HEAD, "sales")


@pytest.fixture
def backend(own_backend: Served) -> Served:
    return own_backend


class Day:
    """A campus day: people of one batch, each with a fate."""

    def __init__(self, backend: Served, department: str = "rd") -> None:
        self.backend = backend
        start = datetime.now(UTC) - timedelta(hours=1)
        self.batch_id = batches.add_batch(
            backend.hr,
            COMMAND_LINE,
            kit_id="test",
            title=f"Day of {department}",
            not_before=start,
            not_after=start + timedelta(days=2),
            department_id=department,
        )
        self.count = 0

    def invite(self, at: datetime | None = None) -> str:
        self.count += 1
        with self.backend.hr.db.write() as session:
            batch = session.get_one(Batch, self.batch_id)
            person = Person(f"No {self.count}", phone=f"13{self.count:04d}{abs(hash(self.batch_id)) % 100000:05d}")
            row = candidates.invite(self.backend.hr, session, batch, person)
            if at is not None:
                session.get_one(InvitationRow, row.id).created_at = at
            return row.id

    def talk(self, booth: Booth, at: datetime | None = None) -> Timed:
        return Timed(booth, self.invite(at))


class Timed(Talk):
    """A talk whose events are so many minutes apart by the device's clock."""

    minute = 0.0

    def at(self, minute: float) -> Timed:
        self.minute = minute
        return self

    def tell(self, kind: EventType, data: object) -> Timed:
        number = len(self.envelopes) + 1
        made = make_event(
            interview_id=self.interview_id,
            seq=number,
            kind=kind,
            at=datetime(2026, 11, 2, 9, tzinfo=UTC) + timedelta(minutes=self.minute),
            device_id=self.booth.device_id,
            data=data,  # type: ignore[arg-type]
            interview_key=self.key,
        )
        self.envelopes[number] = self.booth.sign(made)
        return self

    def begin(self) -> Timed:
        self.started()
        opened = self.opened(self.envelopes.pop(1))
        return self.at(0).tell(EventType.STARTED, ev.StartedData.read_value(opened.data))

    def leave(self, minute: float, reason: str, network: str = "", *, final: bool = False) -> Timed:
        environment = {"network": network} if network else {}
        kind = EventType.ABANDONED if final else EventType.PAUSED
        return self.at(minute).tell(kind, ev.ExitData(reason=reason, environment=environment))

    def back(self, minute: float) -> Timed:
        return self.at(minute).tell(EventType.RESUMED, ev.ResumedData())

    def end(self, minute: float, rating: int | None = None) -> Timed:
        self.at(minute).tell(EventType.FINISHED, ev.FinishedData(answers=0))
        if rating is not None:
            said = ev.QuestionnaireData(entrance_clear=rating, flow_smooth=None, overall=rating)
            self.tell(EventType.QUESTIONNAIRE, said)
        return self


def look(backend: Served, actor: Actor = COMMAND_LINE, **asked: object) -> Figures:
    return analytics.take(backend.hr, actor, Asked(**asked))  # type: ignore[arg-type]


def hold_a_day(backend: Served) -> Day:
    """14 people: 7 finished, 2 gave up, 1 declined, 1 interrupted, 1 running, 2 have not begun."""
    day = Day(backend)
    steady, shaky = backend.enrol("Steady"), backend.enrol("Shaky")
    talks = [day.talk(steady).begin().end(12, rating=5) for _ in range(3)]
    talks += [day.talk(steady).begin().leave(5, "network", "offline").back(25).end(35, rating=2) for _ in range(3)]
    talks.append(day.talk(shaky).begin().leave(5, "crash").back(50).end(60, rating=4))
    talks += [day.talk(shaky).begin().leave(3, "give_up", "online", final=True) for _ in range(2)]
    declined = day.talk(shaky).begin()
    talks.append(declined.at(1).tell(EventType.DECLINED, ev.DeclinedData(consent_version="1")))
    talks.append(day.talk(shaky).begin().leave(2, "network", "offline"))
    talks.append(day.talk(shaky).begin())
    for talk in talks:
        talk.put_all()
    for _ in range(2):
        day.invite()
    return day


def test_the_numbers_are_those_of_the_interviews_that_were_held(backend: Served) -> None:
    hold_a_day(backend)
    found = look(backend)
    assert found.invited == 14
    assert found.fates == {
        Fate.DONE: 7,
        Fate.INCOMPLETE: 2,
        Fate.DECLINED: 1,
        Fate.INTERRUPTED: 1,
        Fate.RUNNING: 1,
        Fate.PENDING: 2,
    }
    assert (found.begun, found.finished) == (12, 7)
    # 12 minutes three times, 5 + 10 three times; a crash hides how long the seventh took
    assert found.timed == 6
    assert found.mean_minutes == pytest.approx((3 * 12 + 3 * 15) / 6)
    assert found.times == [Stretch(0, None, 6)]
    assert (found.left, found.unexplained) == (7, 1)
    # giving up (2 people) and the crash (1) are too few to be shown, also together: they take in the larger one
    assert found.exits == [Exits(OTHERS, 7, 7)]
    assert found.devices == [OnDevice("Steady", 6, 3), OnDevice("Shaky", 6, 2)]
    assert found.networks == [Exits(OTHERS, 5, 5)]
    said = found.said["overall"]
    assert (said.people, said.satisfied) == (7, pytest.approx(4 / 7))
    assert said.mean == pytest.approx((3 * 5 + 3 * 2 + 4) / 7)
    assert found.said["flow_smooth"].mean is None
    assert found.departments == [Group({"": "rd"}, 14, 12, 7)]


def test_reasons_of_enough_people_stand_by_themselves(backend: Served) -> None:
    day, booth = Day(backend), backend.enrol()
    for reason, count in (("network", 6), ("technical", 5), ("time", 3), ("other", 3)):
        for _ in range(count):
            day.talk(booth).begin().leave(4, reason, "offline").put_all()
    found = look(backend)
    assert found.exits == [Exits("network", 6, 6), Exits("technical", 5, 5), Exits(OTHERS, 6, 6)]
    assert found.networks == [Exits("offline", 17, 17)]


def test_what_was_said_in_the_candidate_portal_counts_unless_the_client_said_something_too(backend: Served) -> None:
    day, booth = Day(backend), backend.enrol()
    told = [day.talk(booth).begin().end(10, rating=5) for _ in range(4)]
    silent = [day.talk(booth).begin().leave(3, "time", "online", final=True) for _ in range(3)]
    for talk in [*told, *silent]:
        talk.put_all()
    for talk in silent:
        answer_survey(backend.hr, talk.invitation_id, ev.QuestionnaireData(overall=2), "")
    with backend.hr.db.write() as session:  # a form that was answered before the device had delivered its own
        ratings = {"entrance_clear": 1, "flow_smooth": 1, "overall": 1}
        about = {"words_sealed": "", "state": "paused", "answered_at": backend.hr.now()}
        session.add(SurveyRow(invitation_id=told[0].invitation_id, **ratings, **about))
    said = look(backend).said
    assert (said["overall"].people, said["overall"].mean) == (7, (4 * 5 + 3 * 2) / 7)
    assert said["flow_smooth"].people == 0


def test_somebody_who_comes_back_often_is_one_person(backend: Served) -> None:
    day, booth = Day(backend), backend.enrol()
    talk = day.talk(booth).begin()
    for minute in range(1, 9):
        talk.leave(minute, "network").back(minute + 0.5)
    talk.put_all()
    for _ in range(5):
        day.talk(booth).begin().leave(1, "technical").put_all()
    found = look(backend)
    assert found.left == 13
    assert found.exits == [Exits(OTHERS, 13, 6)], "eight times, but one person: not shown alone"


def test_a_silent_device_is_an_unexplained_exit(backend: Served) -> None:
    day, booth = Day(backend), backend.enrol()
    for _ in range(6):
        day.talk(booth).begin().put_all()
    backend.clock.ahead += timedelta(seconds=backend.hr.settings.silent_after + 5)
    found = look(backend)
    assert found.exits == [Exits(NO_CONTACT, 6, 6)]
    assert (found.left, found.unexplained) == (6, 6)


def test_fewer_than_five_people_are_not_shown(backend: Served) -> None:
    day, booth = Day(backend), backend.enrol()
    for _ in range(4):
        day.talk(booth).begin().end(10, rating=1).put_all()
    found = look(backend)
    assert (found.invited, found.too_few, found.said, found.fates) == (4, True, {}, {})
    day.invite()
    shown = look(backend)
    assert not shown.too_few
    assert (shown.timed, shown.mean_minutes) == (0, None)
    assert (shown.said["overall"].mean, shown.said["overall"].satisfied) == (None, None)


def test_departments_batches_and_time_narrow_the_numbers(backend: Served) -> None:
    booth, sales, rd = backend.enrol(), Day(backend, "sales"), Day(backend, "rd")
    old = datetime.now(UTC) - timedelta(days=100)
    for _ in range(6):
        sales.talk(booth).begin().end(10).put_all()
    for _ in range(7):
        rd.invite(old)
    assert look(backend).invited == 13
    assert [(group.invited, group.finished) for group in look(backend).departments] == [(7, 0), (6, 6)]
    assert [group.name for group in look(backend).batches] == ["Day of rd", "Day of sales"]
    assert look(backend, department_id="sales").finished == 6
    assert look(backend, department_id="hq").invited == 13
    assert look(backend, batch_id=rd.batch_id).fates == {Fate.PENDING: 7}
    today = datetime.now().astimezone().date()
    assert look(backend, first=today - timedelta(days=1)).invited == 6
    assert look(backend, last=today - timedelta(days=50)).invited == 7
    trend = look(backend).trend
    assert (trend[0].invited, trend[-1].invited, trend[-1].finished) == (7, 6, 6)
    assert sum(bucket.invited for bucket in trend) == 13
    assert look(backend, HEAD_OF_SALES).invited == 6
    assert look(backend, HEAD_OF_SALES, department_id="rd").too_few


def test_an_auditor_sees_no_analytics(backend: Served) -> None:
    with pytest.raises(XudaError) as caught:
        look(backend, Actor("y", "auditor", Role.AUDITOR))
    assert caught.value.code is ErrorCode.FORBIDDEN


def test_the_number_of_queries_is_fixed(backend: Served) -> None:
    day, booth = Day(backend), backend.enrol()
    for _ in range(5):
        day.talk(booth).begin().end(10, rating=3).put_all()
    few = _queries(backend)
    for department in ("sales", "rd-lab"):
        more = Day(backend, department)
        for _ in range(6):
            more.talk(backend.enrol()).begin().leave(1, "time", "online", final=True).put_all()
    assert _queries(backend) == few


def _queries(backend: Served) -> int:
    count, mine = 0, threading.get_ident()

    def note(*_: object) -> None:
        nonlocal count
        count += threading.get_ident() == mine  # the server has chores of its own

    event.listen(backend.hr.db.engine, "after_cursor_execute", note)
    try:
        look(backend)
    finally:
        event.remove(backend.hr.db.engine, "after_cursor_execute", note)
    return count


@pytest.mark.parametrize(
    ("sizes", "kept"),
    [
        ([], []),
        ([4], []),
        ([2, 2], []),
        ([5], [5]),
        ([9, 7], [9, 7]),
        ([9, 3, 3], [9, 6]),
        ([9, 7, 1], [9, 8]),
        ([9, 1], [10]),
        ([0, 9], [9]),
    ],
)
def test_small_groups_are_put_together_until_nobody_can_be_reckoned_out(sizes: list[int], kept: list[int]) -> None:
    found = merged(sizes, lambda size: size, lambda one, two: one + two)
    assert found == kept
    hidden = sum(sizes) - sum(found)
    assert hidden == 0 or not found, "what is left out is not the difference to a sum of shown ones"


@pytest.mark.parametrize(
    ("counts", "kept"),
    [
        ([6, 0, 0, 0, 0, 0], [Stretch(0, None, 6)]),
        ([5, 5, 0, 0, 0, 5], [Stretch(0, 10, 5), Stretch(10, 20, 5), Stretch(20, None, 5)]),
        ([1, 4, 9, 1, 0, 2], [Stretch(0, 20, 5), Stretch(20, None, 12)]),
        ([0, 0, 0, 0, 0, 5], [Stretch(0, None, 5)]),
    ],
)
def test_times_of_few_people_are_joined_with_their_neighbours(counts: list[int], kept: list[Stretch]) -> None:
    assert stretches(counts) == kept


@pytest.mark.parametrize(
    ("begin", "end", "first", "count"),
    [
        (date(2026, 3, 1), date(2026, 3, 1), date(2026, 3, 1), 1),
        (date(2026, 3, 1), date(2026, 3, 16), date(2026, 3, 1), 16),
        (date(2026, 3, 4), date(2026, 4, 30), date(2026, 3, 2), 9),
        (date(2025, 11, 20), date(2026, 4, 2), date(2025, 11, 1), 6),
        (date(2020, 1, 1), date(2026, 4, 2), date(2024, 5, 1), 24),
    ],
)
def test_times_are_cut_into_days_weeks_or_months(begin: date, end: date, first: date, count: int) -> None:
    starts = bucket_starts(begin, end)
    assert (starts[0], len(starts)) == (first, count)
