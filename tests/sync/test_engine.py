"""Self-check, receipts, refusals and news: what the engine makes of what the backend says."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from app.facts import app_version
from app.interview.views import SyncPhase
from app.storage.status import read_status
from contract.errors import ErrorCode
from contract.events import HrState
from tests.sync.device import QUICK, Device, eventually
from tests.sync.faults import (
    Answer,
    Asked,
    Handle,
    problem,
    server_error,
)
from tests.sync.faulty_server import FaultyServer

MakeDevice = Callable[..., Device]


def _delivered(server: FaultyServer, interview_id: str) -> bool:
    return interview_id in server.receipts


def test_what_the_backend_lost_is_found_by_the_self_check_after_a_reconnect(
    server: FaultyServer, device: Device
) -> None:
    interview_id = device.begin()
    device.write(interview_id)
    ref = device.speak(interview_id)
    device.make_engine().run_until_idle(20)
    held = server.events[interview_id]
    del held[2]
    server.uploads.clear()
    server.objects.clear()

    device.make_engine().run_until_idle(20)

    assert sorted(server.events[interview_id]) == [1, 2, 3]
    assert server.objects[interview_id][ref.object_id] == ref


def test_recording_the_backend_lacks_although_it_confirmed_it_is_sent_anew(
    server: FaultyServer, device: Device
) -> None:
    interview_id = device.begin()
    ref = device.speak(interview_id)
    device.make_engine().run_until_idle(20)
    server.objects[interview_id].clear()

    def claim_to_have_it(asked: Asked, handle: Handle) -> Answer:
        if not server.uploads:
            return handle(asked)
        (name,) = server.uploads
        headers = {"Tus-Resumable": "1.0.0", "Location": f"/v1/files/{name}", "Upload-Offset": str(ref.size)}
        return Answer(201, headers=headers)

    server.fail("POST /v1/files", claim_to_have_it)

    device.make_engine().run_until_idle(20)

    assert server.objects[interview_id][ref.object_id] == ref
    assert server.lines("DELETE")


def test_interview_is_checked_right_after_its_candidate_has_left(server: FaultyServer, device: Device) -> None:
    interview_id = device.begin()
    engine = device.make_engine()
    engine.start()
    eventually(lambda: device.news and device.news[-1].phase is SyncPhase.DONE)
    device.pause(interview_id)

    engine.wake()

    def checked_after_leaving() -> bool:
        lines = server.lines(interview_id)
        left = f"PUT /v1/interviews/{interview_id}/events/2"
        return left in lines and f"GET /v1/interviews/{interview_id}/check" in lines[lines.index(left) :]

    eventually(checked_after_leaving)
    eventually(lambda: _delivered(server, interview_id))
    assert server.state(interview_id) is HrState.PAUSED


def test_what_a_manifest_shows_to_be_missing_is_sent_again(server: FaultyServer, device: Device) -> None:
    interview_id, ref = device.interview()

    def forget(asked: Asked, handle: Handle) -> Answer:
        server.events[interview_id].pop(3)
        server.objects[interview_id].clear()
        return handle(asked)

    server.fail("/manifests/", forget, times=1)

    summary = device.make_engine().run_until_idle(20)

    assert (summary.pending, summary.failed) == (0, 0)
    assert _delivered(server, interview_id)
    assert server.objects[interview_id][ref.object_id] == ref


def test_receipt_that_does_not_hold_deletes_nothing(server: FaultyServer, device: Device) -> None:
    interview_id, ref = device.interview()
    honest = server.organisation_key

    def sign_with_another_key(asked: Asked, handle: Handle) -> Answer:
        server.organisation_key = type(honest).generate()
        try:
            return handle(asked)
        finally:
            server.organisation_key = honest

    server.fail("/manifests/", sign_with_another_key)

    summary = device.make_engine().run_until_idle(1.0)

    assert (summary.pending, summary.code) == (1, ErrorCode.RECEIPT_INVALID)
    assert device.recording(interview_id, ref).exists()
    server.heal()
    assert device.make_engine().run_until_idle(20).pending == 0
    assert not device.recording(interview_id, ref).exists()


def test_event_confirmed_with_another_digest_is_not_taken_for_delivered(server: FaultyServer, device: Device) -> None:
    device.begin()
    other = b'{"interview_id": "x", "seq": 1, "digest": "' + b"0" * 64 + b'"}'
    server.fail("/events/", lambda asked, handle: Answer(201, other))

    summary = device.make_engine().run_until_idle(0.5)

    assert (summary.delivered, summary.code) == (0, ErrorCode.SERVER_MISMATCH)
    assert summary.pending == 1


def test_revoked_device_keeps_everything_and_goes_on_once_it_is_known_again(
    server: FaultyServer, device: Device
) -> None:
    interview_id, ref = device.interview()
    known = dict(server.devices)
    server.devices.clear()
    engine = device.make_engine(pace=type(QUICK)())
    engine.start()
    eventually(lambda: device.news and device.news[-1].code is ErrorCode.UNAUTHORIZED)
    assert device.news[-1].phase is SyncPhase.WAITING
    assert device.recording(interview_id, ref).exists()

    server.devices.update(known)
    engine.wake(at_once=True)

    eventually(lambda: _delivered(server, interview_id))


def test_revoked_device_says_so_and_asks_no_more_until_somebody_wants_it(server: FaultyServer, device: Device) -> None:
    interview_id, ref = device.interview()
    server.fail("/v1/bootstrap", problem(401, ErrorCode.DEVICE_REVOKED))
    engine = device.make_engine(pace=replace(QUICK, pause=0.02, heartbeat=0.02))
    engine.start()
    eventually(lambda: device.news and device.news[-1].code is ErrorCode.DEVICE_REVOKED)
    asked = len(server.asked)
    for _ in range(3):
        engine.wake()
        assert engine._line.wait() > 3000
    assert len(server.asked) == asked
    assert device.recording(interview_id, ref).exists()
    assert read_status(device.folder / "data")["standing"].code is ErrorCode.DEVICE_REVOKED

    server.heal()
    engine.wake(at_once=True)

    eventually(lambda: _delivered(server, interview_id))
    assert read_status(device.folder / "data")["standing"].code is None


def test_backend_that_asks_to_wait_is_left_alone_that_long(server: FaultyServer, device: Device) -> None:
    interview_id, _ = device.interview()
    server.fail("/events/", problem(429, ErrorCode.RATE_LIMITED, Retry_After="1"), times=1)
    engine = device.make_engine()
    begun = time.monotonic()

    engine.run_until_idle(0.8)
    asked = len(server.lines("/v1/interviews"))

    assert asked == 1
    engine.run_until_idle(20)
    assert time.monotonic() - begun >= 1.0
    assert _delivered(server, interview_id)


def test_deleted_interview_is_refused_and_kept_for_staff(server: FaultyServer, device: Device) -> None:
    gone, ref = device.interview()
    server.fail(gone, problem(410, ErrorCode.DELETED))
    server.fail("POST /v1/files", problem(410, ErrorCode.DELETED))

    summary = device.make_engine().run_until_idle(5)

    assert (summary.failed, summary.code) == (5, ErrorCode.DELETED)
    assert device.recording(gone, ref).exists()


def test_recording_that_is_gone_from_the_disk_blocks_no_other(server: FaultyServer, device: Device) -> None:
    sick, ref = device.interview(size=100_000)
    well, _ = device.interview(size=400_000)
    device.recording(sick, ref).unlink()

    summary = device.make_engine().run_until_idle(5)

    assert _delivered(server, well)
    assert summary.failed == 1


def test_failing_bootstrap_stops_no_delivery(server: FaultyServer, device: Device) -> None:
    interview_id, _ = device.interview()
    server.fail("/v1/bootstrap", server_error)

    device.make_engine().run_until_idle(10)

    assert _delivered(server, interview_id)


def test_kits_and_time_are_fetched_when_the_backend_is_reached(server: FaultyServer, device: Device) -> None:
    device.make_engine().run_until_idle(10)

    assert device.shelf.server_time() is not None
    assert len(server.lines("/v1/bootstrap")) == 1


def test_backend_hears_from_an_idle_device_what_waits_on_it_and_how_its_machine_is(
    server: FaultyServer, make_device: MakeDevice
) -> None:
    device = make_device(timedelta(days=-400))
    sick, _ = device.interview(size=1000)
    server.fail(f"PUT /v1/interviews/{sick}/events/2", problem(422, ErrorCode.FORMAT_INVALID))
    engine = device.make_engine(pace=type(QUICK)(heartbeat=0.05))
    engine.start()

    eventually(lambda: len(server.contacts) > 4)

    engine.stop()
    said = server.contacts[-1]
    assert (said.pending, said.failed) == (1, 1)  # the manifest waits for the refused event
    assert said.free_bytes
    assert said.app_version == app_version()
    assert timedelta(days=-401) < said.clock - datetime.now(UTC) < timedelta(days=-399)


def test_backend_hears_from_a_device_while_a_long_upload_runs(server: FaultyServer, device: Device) -> None:
    device.interview(size=6 * 256 * 1024)
    engine = device.make_engine(pace=type(QUICK)(heartbeat=0.0))

    engine.run_until_idle(20)

    lines = server.lines("")
    patches = [number for number, line in enumerate(lines) if line.startswith("PATCH")]
    assert "POST /v1/contact" in lines[patches[0] : patches[-1]]


def test_older_backend_that_knows_no_contact_is_reached_all_the_same(server: FaultyServer, device: Device) -> None:
    interview_id, _ = device.interview(size=1000)
    server.fail("/v1/contact", problem(404, ErrorCode.NOT_FOUND))
    engine = device.make_engine()

    summary = engine.run_until_idle(20)

    assert (summary.pending, summary.online, summary.code) == (0, True, None)
    assert engine.facts.network() == "online"
    assert _delivered(server, interview_id)


def test_interview_withdrawn_here_and_deleted_at_hr_is_done_with(server: FaultyServer, device: Device) -> None:
    gone, _ = device.interview(size=1000)
    device.withdraw(gone)
    server.fail(gone, problem(410, ErrorCode.DELETED))

    summary = device.make_engine().run_until_idle(5)

    assert (summary.pending, summary.failed, summary.code) == (0, 0, None)
    asked = len(server.lines(gone))
    device.make_engine().run_until_idle(5)
    assert len(server.lines(gone)) == asked, "and is not asked about any more"


def test_newer_backend_with_further_fields_and_words_is_understood(server: FaultyServer, device: Device) -> None:
    interview_id, ref = device.interview(size=300_000)

    def from_the_future(asked: Asked, handle: Handle) -> Answer:
        answer = handle(asked)
        if answer.media_type == "application/json":
            said = json.loads(answer.body) | {"later": {"deep": [1]}}
            if asked.line == "GET /v1/bootstrap":
                said["results"] = {interview_id: "promoted", "other": "second_round"}
            if asked.path.endswith("/check"):
                said["state"] = "promoted"
                said["objects"] = [{**one, "colour": "red"} for one in said["objects"]]
            answer.body = json.dumps(said).encode()
        return answer

    server.fail("/v1/", from_the_future)

    summary = device.make_engine().run_until_idle(20)

    assert (summary.pending, summary.failed, summary.code) == (0, 0, None)
    assert device.shelf.results() == {"other": HrState.SECOND_ROUND}
    assert not device.recording(interview_id, ref).exists()


def test_news_says_how_much_is_left_after_each_item(server: FaultyServer, device: Device) -> None:
    device.interview()

    device.make_engine().run_until_idle(20)

    pending = [news.pending for news in device.news]
    assert pending == sorted(pending, reverse=True)
    assert (pending[0], pending[-1]) == (6, 0)
    assert device.news[-1].phase is SyncPhase.DONE


def test_open_interview_leaves_nothing_to_wait_for(server: FaultyServer, device: Device) -> None:
    interview_id = device.begin()
    begun = time.monotonic()

    summary = device.make_engine().run_until_idle(20)

    assert time.monotonic() - begun < 5
    assert summary.pending == 0
    assert server.state(interview_id) is HrState.IN_PROGRESS
