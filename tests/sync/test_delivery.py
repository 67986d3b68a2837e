"""Delivering the outbox: in which order, past poisoned items, lost replies, lost networks and kills."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.interview.views import SyncPhase
from app.sync.enrolment import enroll
from contract.errors import ErrorCode
from contract.events import HrState
from tests.sync.device import QUICK, Device, deliver_in_a_process, eventually
from tests.sync.faults import (
    Answer,
    Asked,
    Handle,
    Silence,
    captive_portal,
    lose_each_reply_once,
    lose_reply,
    problem,
    refuse_connection,
    server_error,
)
from tests.sync.faulty_server import FaultyServer

MakeDevice = Callable[..., Device]


def _delivered(server: FaultyServer, interview_id: str) -> bool:
    return interview_id in server.receipts


def test_everything_is_delivered_receipted_and_then_purged(server: FaultyServer, device: Device) -> None:
    interview_id, ref = device.interview()
    kept = device.recording(interview_id, ref).read_bytes()

    summary = device.make_engine().run_until_idle(20)

    assert (summary.pending, summary.failed, summary.online, summary.code) == (0, 0, True, None)
    assert summary.delivered == 6
    assert server.state(interview_id) is HrState.PENDING_REVIEW
    (stored,) = server.uploads.values()
    assert bytes(stored) == kept
    assert not device.recording(interview_id, ref).exists()
    assert device.store.interview(interview_id).key_present is False


def test_all_words_go_before_any_video_and_small_videos_before_large(server: FaultyServer, device: Device) -> None:
    first, large = device.interview(size=900_000)
    second, small = device.interview(size=300_000)

    device.make_engine().run_until_idle(20)

    kinds = [line.split()[0] for line in server.stored]
    assert kinds[:8] == ["event"] * 8
    objects = [line for line in server.stored if line.startswith("object")]
    assert objects == [f"object {second} {small.object_id}", f"object {first} {large.object_id}"]


def test_words_saved_during_a_large_upload_overtake_it(server: FaultyServer, device: Device) -> None:
    device.interview(size=2_000_000)
    second: list[str] = []

    def answer_meanwhile(asked: Asked, handle: Handle) -> Answer:
        second.append(device.begin())
        return handle(asked)

    server.fail("PATCH", answer_meanwhile, times=1)

    device.make_engine().run_until_idle(20)

    place = server.stored.index(f"event {second[0]} 1")
    assert any(line.startswith("object") for line in server.stored[place:])


@pytest.mark.parametrize(
    "fault",
    [
        problem(422, ErrorCode.FORMAT_INVALID),
        problem(409, ErrorCode.CONFLICT),
        server_error,
        refuse_connection,
        captive_portal,
    ],
    ids=["refused", "conflict", "breaks the backend", "cut each time", "answered by another"],
)
def test_poisoned_item_blocks_nothing_else_and_is_kept(
    server: FaultyServer,
    device: Device,
    fault: Callable[[Asked, Handle], Answer],
) -> None:
    sick, _ = device.interview()
    well, _ = device.interview()
    server.fail(f"PUT /v1/interviews/{sick}/events/2", fault)

    engine = device.make_engine()
    engine.start()
    eventually(lambda: _delivered(server, well) and server.objects.get(sick))
    eventually(lambda: sum(device.outbox.counts()) == 2)  # the event, and the manifest that waits for it
    engine.stop()

    assert sorted(server.events[sick]) == [1, 3, 4]
    assert device.outbox.event(sick, 2).digest
    server.heal()
    if device.outbox.counts() == (2, 0):
        device.make_engine().run_until_idle(20)
        assert _delivered(server, sick)


def test_poisoned_recording_blocks_no_other_recording(server: FaultyServer, device: Device) -> None:
    sick, ref = device.interview(size=100_000)
    well, _ = device.interview(size=400_000)

    def poison(asked: Asked, handle: Handle) -> Answer:
        if int(asked.headers["upload-length"]) == ref.size:
            raise TimeoutError
        return handle(asked)

    server.fail("POST /v1/files", poison)

    device.make_engine().start()

    eventually(lambda: _delivered(server, well))
    assert sorted(server.events[sick]) == [1, 2, 3, 4]
    assert device.recording(sick, ref).exists()


def test_each_reply_lost_once_delivers_exactly_once(server: FaultyServer, device: Device) -> None:
    interview_id, ref = device.interview(size=600_000)
    lost: set[str] = set()
    server.fail("/v1/", lose_each_reply_once(lost))

    summary = device.make_engine().run_until_idle(30)

    assert (summary.pending, summary.failed) == (0, 0)
    assert len(lost) > 8
    assert sorted(server.stored) == sorted(
        [
            *(f"event {interview_id} {seq}" for seq in range(1, 5)),
            f"object {interview_id} {ref.object_id}",
            *[f"manifest {interview_id}"] * server.stored.count(f"manifest {interview_id}"),
        ]
    )
    assert server.state(interview_id) is HrState.PENDING_REVIEW


@pytest.mark.parametrize("days", [-400, 400])
def test_clock_that_is_off_by_a_year_still_delivers(server: FaultyServer, make_device: MakeDevice, days: int) -> None:
    device = make_device(timedelta(days=days))
    interview_id, _ = device.interview()

    summary = device.make_engine().run_until_idle(20)

    assert (summary.pending, summary.failed) == (0, 0)
    assert _delivered(server, interview_id)


def test_captive_portal_delivers_nothing_and_harms_nothing(server: FaultyServer, device: Device) -> None:
    interview_id, ref = device.interview()
    server.fail("/", captive_portal)
    engine = device.make_engine()

    summary = engine.run_until_idle(0.4)

    assert (summary.delivered, summary.online, summary.code) == (0, False, ErrorCode.SERVER_NOT_XUDA)
    assert device.news[-1].phase is SyncPhase.OFFLINE
    assert device.recording(interview_id, ref).exists()
    server.heal()
    engine.run_until_idle(20)
    assert _delivered(server, interview_id)


def test_backend_that_comes_back_is_noticed_and_gets_everything(server: FaultyServer, device: Device) -> None:
    interview_id, _ = device.interview()
    server.stop()
    engine = device.make_engine()
    engine.start()
    eventually(lambda: device.news and device.news[-1].phase is SyncPhase.OFFLINE)
    assert engine.facts.network() == "offline"

    server.start()

    eventually(lambda: device.news[-1].phase is SyncPhase.DONE)
    assert _delivered(server, interview_id)
    assert engine.facts.network() == "online"
    assert device.news[-1].pending == 0


def test_network_lost_in_the_middle_goes_on_where_it_was(server: FaultyServer, device: Device) -> None:
    interview_id, ref = device.interview(size=3_000_000)
    engine = device.make_engine()
    taken, second, stopped = itertools.count(1), threading.Event(), threading.Event()

    def stop_at_second(asked: Asked, handle: Handle) -> Answer:
        answer = handle(asked)
        if next(taken) == 2:
            second.set()
            stopped.wait(30)
            raise Silence
        return answer

    server.fail("PATCH", stop_at_second)
    engine.start()
    assert second.wait(10)
    server.stop()
    stopped.set()
    eventually(lambda: device.news[-1].phase is SyncPhase.OFFLINE, 30)
    server.release.clear()

    server.start()

    eventually(lambda: device.news[-1].phase is SyncPhase.DONE, 30)
    assert _delivered(server, interview_id)
    sent = sum(len(asked.body) for asked in server.asked if asked.method == "PATCH")
    assert sent <= ref.size + 2 * 1024 * 1024


def test_line_that_is_cut_after_every_chunk_still_gets_a_recording_through(
    server: FaultyServer, device: Device
) -> None:
    interview_id, ref = device.interview(size=20 * 256 * 1024)
    server.fail("PATCH", lose_reply)
    patient = replace(QUICK, longest_retry=600)

    device.make_engine(pace=patient).run_until_idle(30)

    assert _delivered(server, interview_id)
    assert sum(len(asked.body) for asked in server.asked if asked.method == "PATCH") == ref.size


def test_waiting_for_the_network_costs_no_processor_time(device: Device, server: FaultyServer) -> None:
    device.interview()
    server.stop()
    engine = device.make_engine(pace=type(QUICK)())
    engine.start()
    eventually(lambda: device.news and device.news[-1].phase is SyncPhase.OFFLINE)
    begun, used = time.monotonic(), time.process_time()

    eventually(lambda: time.monotonic() - begun > 1.0)

    assert time.process_time() - used < 0.2


def test_stop_is_quick_while_the_backend_hangs_and_loses_nothing(server: FaultyServer, device: Device) -> None:
    interview_id, ref = device.interview()
    server.fail("PATCH", server.hang)
    engine = device.make_engine()
    assert device.transport is not None
    device.transport._timeouts = (5.0, 30.0)
    engine.start()
    eventually(lambda: server.lines("PATCH"))
    begun = time.monotonic()

    engine.stop()

    assert time.monotonic() - begun < 2.0
    assert not any(thread.name == "sync" for thread in threading.enumerate())
    assert device.news[-1].phase is SyncPhase.OFF
    assert device.recording(interview_id, ref).exists()
    server.heal()
    server.release.set()
    engine.start()
    eventually(lambda: device.news[-1].phase is SyncPhase.DONE)
    assert _delivered(server, interview_id)


@pytest.mark.parametrize("moment", ["events/2", "PATCH", "manifests/"])
@pytest.mark.parametrize("acted", [False, True], ids=["before the backend acts", "after it acted"])
def test_kill_in_the_middle_of_delivery_loses_and_doubles_nothing(
    server: FaultyServer, tmp_path: Path, moment: str, acted: bool
) -> None:
    folder = tmp_path / "killed"
    device = Device(folder)
    enroll(server.url, server.enrolment_code, "Booth 1", device)
    interview_id, ref = device.interview(size=900_000)
    device.close()
    reached = threading.Event()

    def hold(asked: Asked, handle: Handle) -> Answer:
        if acted:
            handle(asked)
        reached.set()
        return server.hang(asked, handle)

    server.fail(moment, hold, times=1)
    process = deliver_in_a_process(folder)
    try:
        assert reached.wait(30)
    finally:
        process.kill()
        process.wait()
        server.release.set()

    device = Device(folder)
    try:
        summary = device.make_engine().run_until_idle(20)

        assert (summary.pending, summary.failed) == (0, 0)
        delivered = [line for line in server.stored if not line.startswith("manifest")]
        assert delivered == [
            *(f"event {interview_id} {seq}" for seq in range(1, 5)),
            f"object {interview_id} {ref.object_id}",
        ]
        assert _delivered(server, interview_id)
    finally:
        device.close()
