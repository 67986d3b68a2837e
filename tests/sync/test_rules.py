"""Sending as HR allows it: slower, later, or not at all; small things first all the same."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.interview.views import SyncPhase
from app.sync.rules import Throttle
from app.sync.transport import Transport
from app.sync.uploader import Uploader
from contract.errors import ErrorCode
from tests.sync.device import QUICK, Device, eventually
from tests.sync.faults import Answer, Asked, Handle
from tests.sync.faulty_server import FaultyServer

KB = 1000
MONDAY_NOON = datetime(2026, 11, 23, 12)  # noqa: DTZ001 - a local time
MONDAY_NIGHT = datetime(2026, 11, 23, 22)  # noqa: DTZ001


class Arrivals:
    """When how many bytes of recordings reached the server."""

    def __init__(self, server: FaultyServer, at_first: Callable[[], None] = lambda: None) -> None:
        self.seen: list[tuple[float, int]] = []
        self._at_first = at_first
        server.fail("PATCH /v1/files", self._note)

    def _note(self, asked: Asked, handle: Handle) -> Answer:
        if not self.seen:
            self._at_first()
        self.seen.append((time.monotonic(), len(asked.body)))
        return handle(asked)

    @property
    def total(self) -> int:
        return sum(size for _, size in self.seen)


@given(
    limit=st.integers(8 * KB, 10_000 * KB),
    steps=st.lists(st.tuples(st.floats(0, 60), st.integers(1, 8_000_000)), min_size=1, max_size=40),
)
def test_in_no_stretch_of_time_more_is_sent_than_the_limit_and_one_second(
    limit: int, steps: list[tuple[float, int]]
) -> None:
    now = [0.0]
    throttle = Throttle(lambda: limit, lambda: now[0])
    sent: list[tuple[float, int]] = []
    for pause, wanted in steps:
        now[0] += pause
        size = throttle.piece(wanted)
        while wait := throttle.wait(size):
            now[0] += wait
        throttle.spend(size)
        sent.append((now[0], size))
    for first in range(len(sent)):
        amount = 0
        for at, size in sent[first:]:
            amount += size
            assert amount <= limit * (at - sent[first][0]) + max(16 * 1024, limit) + len(sent)


def test_without_a_limit_nothing_is_cut_small_or_waited_for() -> None:
    throttle = Throttle(lambda: None)
    assert throttle.piece(8_000_000) == 8_000_000
    throttle.spend(8_000_000)
    assert throttle.wait(8_000_000) == 0.0


def test_time_in_which_nothing_was_sent_is_not_made_up_for() -> None:
    now = [0.0]
    throttle = Throttle(lambda: 100 * KB, lambda: now[0])
    now[0] = 3600.0
    assert throttle.wait(100 * KB) == 0.0
    throttle.spend(100 * KB)
    assert throttle.wait(100 * KB) == pytest.approx(1.0)


def test_a_recording_takes_as_long_as_the_limit_says(transport: Transport, make_upload: object) -> None:
    assert callable(make_upload)
    took = []
    for name, limit in (("slow", 150 * KB), ("fast", 450 * KB)):
        upload = make_upload(600 * KB, name)
        begun = time.monotonic()
        Uploader(transport, throttle=Throttle(lambda limit=limit: limit)).upload(upload)  # type: ignore[misc]
        took.append(time.monotonic() - begun)
        assert took[-1] >= 0.95 * upload.ref.size / limit
    # three times the limit, about three times the speed; a busy machine may be slower than it is allowed to be
    assert took[0] / took[1] >= 1.5


def test_small_things_overtake_a_recording_that_is_sent_slowly(server: FaultyServer, device: Device) -> None:
    server.set_device(upload_limit=100)
    first = device.begin()
    ref = device.speak(first, 500_000)
    engine = device.make_engine()
    arrivals = Arrivals(server)
    engine.start()
    eventually(lambda: arrivals.total)
    second = device.begin()
    device.write(second)
    engine.wake()

    eventually(lambda: len(server.events.get(second, {})) == 2)

    assert arrivals.total < ref.size
    server.set_device()  # the limit is lifted while the recording is under way
    eventually(lambda: ref.object_id in server.objects.get(first, {}), seconds=20)


def test_a_limit_that_is_set_during_an_upload_holds_at_once(server: FaultyServer, device: Device) -> None:
    interview_id = device.begin()
    ref = device.speak(interview_id, 8_000_000)
    engine = device.make_engine(pace=replace(QUICK, heartbeat=0.001))
    arrivals = Arrivals(server, lambda: server.set_device(upload_limit=200))
    engine.start()

    eventually(lambda: sum(size <= 200 * KB for _, size in arrivals.seen) >= 4)

    slow = [(at, size) for at, size in arrivals.seen if size <= 200 * KB]
    assert sum(size for _, size in slow[1:]) / (slow[-1][0] - slow[0][0]) <= 300 * KB
    assert arrivals.total < ref.size


def test_in_hours_without_video_answers_go_and_recordings_stay(server: FaultyServer, device: Device) -> None:
    server.set_device(no_video_hours=[{"days": [1, 2, 3, 4, 5], "start": "09:00", "end": "18:00"}])
    interview_id = device.begin()
    ref = device.speak(interview_id)
    device.write(interview_id)

    summary = device.make_engine(at=MONDAY_NOON).run_until_idle(20)

    assert len(server.events[interview_id]) == 3
    assert server.objects == {}
    assert (summary.pending, summary.failed, summary.code) == (1, 0, ErrorCode.RECORDINGS_LATER)
    assert device.news[-1].phase is SyncPhase.WAITING

    summary = device.make_engine(at=MONDAY_NIGHT).run_until_idle(20)
    assert server.objects[interview_id] == {ref.object_id: ref}
    assert summary.code is None


def test_hours_without_video_that_begin_during_an_upload_stop_it_after_its_chunk(
    server: FaultyServer, device: Device
) -> None:
    interview_id = device.begin()
    ref = device.speak(interview_id, 8_000_000)
    engine = device.make_engine(pace=replace(QUICK, heartbeat=0.001), at=MONDAY_NOON)
    arrivals = Arrivals(server, lambda: server.set_device(no_video_hours=[{"start": "09:00", "end": "18:00"}]))

    summary = engine.run_until_idle(20)

    assert summary.code is ErrorCode.RECORDINGS_LATER
    assert 0 < arrivals.total < ref.size
    assert device.make_engine(at=MONDAY_NIGHT).run_until_idle(20).pending == 0
    assert arrivals.total == ref.size  # it went on where it had stopped


def test_a_paused_device_sends_nothing_of_interviews_and_hears_when_it_may_again(
    server: FaultyServer, device: Device
) -> None:
    server.set_device(sync_paused=True)
    engine = device.make_engine(pace=replace(QUICK, heartbeat=0.05))
    assert engine.run_until_idle(5).code is None  # nothing waits, so there is nothing to say
    interview_id = device.begin()
    device.write(interview_id)
    engine.start()
    eventually(lambda: device.news[-1].code is ErrorCode.SENDING_PAUSED)
    assert (server.events, device.news[-1].phase) == ({}, SyncPhase.WAITING)

    server.set_device(sync_paused=False)

    eventually(lambda: len(server.events.get(interview_id, {})) == 2)


def test_a_device_says_which_settings_it_goes_by_and_which_it_cannot_use(server: FaultyServer, device: Device) -> None:
    server.set_device(idle_minutes=5, video_height=721)
    engine = device.make_engine(pace=replace(QUICK, heartbeat=0.001))
    engine.start()

    eventually(lambda: server.contacts and server.contacts[-1].settings and server.contacts[-1].settings.version == 1)

    said = server.contacts[-1].settings
    assert said is not None
    assert said.refused == ["video_height"]
    assert said.digest == device.storage.settings.current.digest


def test_settings_that_are_refused_are_not_fetched_again_and_again(server: FaultyServer, device: Device) -> None:
    server.set_device(idle_minutes=5)
    engine = device.make_engine(pace=replace(QUICK, heartbeat=0.001))
    engine.start()
    eventually(lambda: device.storage.settings.current.version == 1)
    server.settings_version = 0  # HR was restored from an older backup: what it has now is older than what is here
    server.set_device(idle_minutes=6)
    server.settings_version = 1
    before = len(server.lines("GET /v1/bootstrap"))
    contacts = len(server.contacts)

    eventually(lambda: len(server.contacts) > contacts + 10)

    assert len(server.lines("GET /v1/bootstrap")) <= before + 1
    assert device.storage.settings.current.settings.idle_minutes == 5


def test_the_pieces_of_a_slow_recording_come_evenly(
    server: FaultyServer, transport: Transport, make_upload: object
) -> None:
    assert callable(make_upload)
    arrivals = Arrivals(server)
    Uploader(transport, throttle=Throttle(lambda: 64 * 1024)).upload(make_upload(200 * 1024))
    assert max(size for _, size in arrivals.seen) <= 64 * 1024
    gaps = [later - earlier for (earlier, _), (later, _) in pairwise(arrivals.seen)]
    assert min(gaps[:-1]) > 0.5
