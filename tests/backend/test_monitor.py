"""The live monitor's counts, lists and warnings, told by events that devices really send."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import delete, event, select

from backend.db.models import Device, Interview, InterviewFact, InterviewStep, InvitationRow, Role
from backend.services import interview_facts, monitor
from backend.services.actor import Actor
from backend.services.booths import Trouble
from backend.services.monitor import Snapshot, View
from backend.services.states import NO_CONTACT
from backend.services.wholes_in_sql import Fate
from contract import events as ev
from contract.api import Contact
from contract.canonical import b64encode
from contract.events import EventType
from contract.keys import SigningKey
from tests.backend.world import BOTH, COMMAND_LINE, Booth, Served, Talk, invite

DATABASES = BOTH
HEAD_OF_SALES = Actor("x", "head", Role.DEPARTMENT_HEAD, "sales")
AUDITOR = Actor("y", "auditor", Role.AUDITOR)


@pytest.fixture
def backend(own_backend: Served) -> Served:
    return own_backend


def begin(booth: Booth, hr: Served, name: str = "候选人", *, department: str | None = None) -> Talk:
    talk = Talk(booth, invite(hr.hr, name, phone="", department=department))
    talk.started()
    talk.consented()
    return talk


def look(backend: Served, listed: Fate | None = Fate.RUNNING, actor: Actor = COMMAND_LINE, **view: object) -> Snapshot:
    return monitor.take(backend.hr, actor, View(listed, **view))  # type: ignore[arg-type]


def say(booth: Booth, *, pending: int = 0, failed: int = 0, free: int = 50 * 1000**3, clock: float = 0) -> None:
    said = Contact(
        pending=pending, failed=failed, free_bytes=free, clock=booth.now() + timedelta(seconds=clock), app_version="2.5"
    )
    answer = booth.call("POST", "/v1/contact", said.model_dump_json().encode())
    assert answer.status_code == 200, answer.text


def fates(snapshot: Snapshot) -> dict[Fate, int]:
    return {fate: count for fate, count in snapshot.tally.fates.items() if count}


def test_everybody_is_counted_once_where_they_stand(backend: Served) -> None:
    booth = backend.enrol()
    running = begin(booth, backend, "Runner")
    paused = begin(booth, backend, "Pauser")
    paused.paused("technical")
    finished = begin(booth, backend)
    finished.written("words")
    finished.finished()
    gone = begin(booth, backend)
    gone.add(EventType.ABANDONED, ev.ExitData(reason="give_up"))
    declined = begin(booth, backend)
    declined.add(EventType.DECLINED, ev.DeclinedData(consent_version="1"))
    invite(backend.hr, "Waiting", phone="")
    for talk in (running, paused, finished, gone, declined):
        talk.put_all()
    assert finished.deliver(finished.manifest([])).status_code == 200

    seen = look(backend)
    assert fates(seen) == {
        Fate.RUNNING: 1,
        Fate.INTERRUPTED: 1,
        Fate.DONE: 1,
        Fate.INCOMPLETE: 1,
        Fate.DECLINED: 1,
        Fate.PENDING: 1,
    }
    assert seen.tally.awaited == 2, "given up and declined, without a receipt yet"
    assert [sight.candidate for sight in seen.listed] == ["Runner"]
    [left] = look(backend, Fate.INTERRUPTED).listed
    assert (left.candidate, left.reason, left.pauses) == ("Pauser", "technical", 1)
    assert left.known_at is not None
    assert left.seen_at is not None
    assert [sight.candidate for sight in look(backend, Fate.PENDING).listed] == ["Waiting"]
    assert len(look(backend, None).listed) == 2


def test_a_silent_device_interrupts_and_contact_brings_back(backend: Served) -> None:
    booth = backend.enrol()
    talk = begin(booth, backend)
    talk.put_all()
    backend.clock.ahead += timedelta(seconds=backend.hr.settings.silent_after + 5)
    [sight] = look(backend, Fate.INTERRUPTED).listed
    assert sight.reason == NO_CONTACT
    booth.seconds_off = backend.clock.ahead.total_seconds()
    say(booth)
    assert fates(look(backend)) == {Fate.RUNNING: 1}


def test_a_new_attempt_takes_the_place_of_the_one_that_was_given_up(backend: Served) -> None:
    booth = backend.enrol()
    first = begin(booth, backend)
    first.add(EventType.ABANDONED, ev.ExitData(reason="time"))
    second = Talk(booth, first.invitation_id)
    second.started(attempt=2)
    first.put_all()
    second.put_all()
    assert fates(look(backend)) == {Fate.RUNNING: 1}


def test_a_department_head_sees_the_own_department_and_no_devices(backend: Served) -> None:
    booth = backend.enrol()
    for department in ("rd", "sales"):
        begin(booth, backend, department, department=department).put_all()
    mine = look(backend, actor=HEAD_OF_SALES)
    assert (fates(mine), [sight.candidate for sight in mine.listed]) == ({Fate.RUNNING: 1}, ["sales"])
    assert mine.stations is None
    assert fates(look(backend, actor=HEAD_OF_SALES, department_id="rd")) == {}
    assert fates(look(backend, department_id="hq")) == {Fate.RUNNING: 2}, "with the departments below"


def test_warnings_name_restless_interviews_and_troubled_devices(backend: Served) -> None:
    booth, quiet = backend.enrol("Booth 1"), backend.enrol("Quiet")
    talk = begin(booth, backend, "Restless")
    for _ in range(3):
        talk.paused("network")
        talk.resumed()
    talk.put_all()
    say(quiet, pending=2)
    backend.clock.ahead += timedelta(seconds=backend.hr.settings.warn_silent + 5)
    booth.seconds_off = backend.clock.ahead.total_seconds()
    say(booth, failed=1, free=1000**3, clock=-300)
    seen = look(backend)
    assert [(sight.candidate, sight.pauses) for sight in seen.restless] == [("Restless", 3)]
    assert seen.stations is not None
    stations = {station.name: station for station in seen.stations}
    assert set(stations["Booth 1"].troubles) == {Trouble.CLOCK, Trouble.DISK, Trouble.REFUSED}
    assert (stations["Booth 1"].running, stations["Booth 1"].version) == (1, "2.5")
    assert -302 <= (stations["Booth 1"].clock_off or 0) <= -298
    assert stations["Quiet"].troubles == (Trouble.SILENT,)
    # put away with nothing on it, it is no trouble after a day
    say(booth)
    backend.clock.ahead += timedelta(days=2)
    assert seen.at < backend.hr.now()
    troubled = {station.name for station in look(backend).stations or [] if station.troubles}
    assert troubled == {"Booth 1", "Quiet"}, "one holds an interview, the other two items"


def test_facts_are_the_same_in_any_order_and_made_again_from_the_events(backend: Served) -> None:
    booth = backend.enrol()
    talk = begin(booth, backend)
    talk.written("x")
    talk.paused("network")
    talk.resumed()
    talk.finished()
    talk.add(EventType.QUESTIONNAIRE, ev.QuestionnaireData(entrance_clear=5, flow_smooth=None, overall=2))
    for seq in (7, 4, 1, 6, 2, 5, 3, 4, 7):
        assert talk.put(seq).status_code in (200, 201)
    told = _facts(backend, talk.interview_id)
    assert told["last_seq"] == 7
    assert (told["answers"], told["pauses"], told["overall"], told["flow_smooth"]) == (1, 1, 2, None)
    assert told["busy"] is False
    with backend.hr.db.write() as session:
        for table in (InterviewStep, InterviewFact):
            session.execute(delete(table))
    assert interview_facts.catch_up(backend.hr) == 1
    assert interview_facts.catch_up(backend.hr) == 0
    assert _facts(backend, talk.interview_id) == told


def test_only_codes_are_kept_in_clear(backend: Served) -> None:
    talk = begin(backend.enrol(), backend)
    environment = {"network": "张伟的手机"}
    talk.add(EventType.PAUSED, ev.ExitData(reason="mother is ill", environment=environment))
    talk.put_all()
    with backend.hr.db.read() as session:
        step = session.scalars(select(InterviewStep).where(InterviewStep.kind == "paused")).one()
    assert (step.reason, step.network) == ("unknown", "unknown")


def test_an_interview_of_two_devices_is_one(backend: Served) -> None:
    first, second = backend.enrol("A"), backend.enrol("B")
    talk = begin(first, backend)
    talk.paused()
    other = Talk(second, talk.invitation_id)
    other.started()
    talk.put_all()
    other.put_all()
    seen = look(backend)
    assert fates(seen) == {Fate.RUNNING: 1}
    assert seen.listed[0].pauses == 1
    assert seen.listed[0].seen_at == _seen(backend, second)


def test_the_number_of_queries_does_not_grow_with_interviews_and_200_devices(backend: Served) -> None:
    booth = backend.enrol()
    begin(booth, backend, "One").put_all()
    few = _count_queries(backend)
    for number in range(6):
        begin(booth, backend, f"No {number}").put_all()
    now = backend.hr.now()
    with backend.hr.db.write() as session:
        for number in range(200):
            key = b64encode(SigningKey.generate().public)
            session.add(
                Device(name=f"Booth {number}", platform="p", app_version="1", public_key=key, enrolled_at=now,
                       seen_at=now)
            )  # fmt: skip
    assert _count_queries(backend) == few
    assert len(look(backend).stations or []) == 201


def _facts(backend: Served, interview_id: str) -> dict[str, object]:
    with backend.hr.db.read() as session:
        row = session.get_one(InterviewFact, interview_id)
        return {column.key: getattr(row, column.key) for column in InterviewFact.__table__.columns}


def _seen(backend: Served, booth: Booth) -> object:
    with backend.hr.db.read() as session:
        return session.get_one(Device, booth.device_id).seen_at


def _count_queries(backend: Served) -> int:
    count, mine = 0, threading.get_ident()

    def note(*_: object) -> None:
        nonlocal count
        count += threading.get_ident() == mine  # the server has chores of its own

    event.listen(backend.hr.db.engine, "after_cursor_execute", note)
    try:
        for listed in (*Fate, None):
            look(backend, listed)
    finally:
        event.remove(backend.hr.db.engine, "after_cursor_execute", note)
    return count


def test_what_was_deleted_is_counted_no_more(backend: Served) -> None:
    from backend.services import deletion

    talk = begin(backend.enrol(), backend)
    talk.finished()
    talk.put_all()
    deletion.delete_interview(backend.hr, COMMAND_LINE, talk.interview_id)
    assert fates(look(backend)) == {}
    with backend.hr.db.read() as session:
        assert session.scalars(select(InterviewStep)).all() == []
        assert session.scalars(select(InterviewFact)).all() == []
        assert session.scalars(select(Interview)).one().deleted_at is not None
        assert session.scalars(select(InvitationRow)).one().cancelled_at is not None


def test_an_auditor_sees_no_monitor(backend: Served) -> None:
    from contract.errors import ErrorCode, XudaError

    with pytest.raises(XudaError) as caught:
        look(backend, actor=AUDITOR)
    assert caught.value.code is ErrorCode.FORBIDDEN
