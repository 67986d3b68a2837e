"""The client's sync against the reference backend itself, over real sockets."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.interview.states import InterviewState
from app.sync.enrolment import enroll
from app.sync.uploader import Chunks
from backend.db.models import EventRow, Interview, ObjectRow, ReceiptRow
from backend.services import devices
from backend.services.actor import Actor
from contract.errors import ErrorCode
from contract.events import HrState
from tests.backend.world import Served, served
from tests.sync.cutting_proxy import cutting
from tests.sync.device import Device, WrongClock, eventually
from tests.sync.faults import Answer, Asked, FaultyFront, Handle, lose_each_reply_once, running

KIB = 1024
COMMAND_LINE = Actor.command_line()


@pytest.fixture(scope="module")
def hr(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("hr") / "data") as found:
        yield found


@pytest.fixture
def front(hr: Served) -> Iterator[FaultyFront]:
    with running(FaultyFront(hr.url)) as front:
        yield front


def _enrolled(hr: Served, folder: Path, off: timedelta = timedelta(0)) -> Device:
    device = Device(folder, WrongClock(off))
    enroll(hr.url, devices.new_enrolment_code(hr.hr, COMMAND_LINE), "Booth 1", device)
    return device


@pytest.fixture
def booth(hr: Served, tmp_path: Path) -> Iterator[Device]:
    device = _enrolled(hr, tmp_path / "booth")
    yield device
    device.close()


def _state(hr: Served, interview_id: str) -> HrState:
    with hr.hr.db.read() as session:
        return HrState(session.get_one(Interview, interview_id).state)


def _count(hr: Served, table: type, interview_id: str) -> int:
    with hr.hr.db.read() as session:
        query = select(func.count()).select_from(table).where(table.interview_id == interview_id)  # type: ignore[attr-defined]
        return session.scalar(query) or 0


def test_interview_is_delivered_receipted_and_purged(hr: Served, booth: Device) -> None:
    interview_id, ref = booth.interview(size=3_000_000)
    kept = booth.recording(interview_id, ref).read_bytes()

    summary = booth.make_engine(patience=10).run_until_idle(60)

    assert (summary.pending, summary.failed, summary.code) == (0, 0, None)
    assert _state(hr, interview_id) is HrState.PENDING_REVIEW
    with hr.hr.db.read() as session:
        row = session.get_one(ObjectRow, (interview_id, ref.object_id))
    assert hr.hr.store.path(row.storage_key).read_bytes() == kept
    assert not booth.recording(interview_id, ref).exists()
    assert booth.store.interview(interview_id).key_present is False


def test_kits_are_on_the_shelf_after_the_first_contact(hr: Served, booth: Device) -> None:
    booth.make_engine(patience=10).run_until_idle(30)

    assert [kit.kit_id for kit in booth.shelf.kits()] == ["test"]
    assert booth.shelf.refused == ()


def test_each_reply_lost_once_delivers_exactly_once(hr: Served, booth: Device, front: FaultyFront) -> None:
    interview_id, _ = booth.interview(size=600_000)
    lost: set[str] = set()
    front.fail("/v1/", lose_each_reply_once(lost))

    summary = booth.make_engine(url=front.url, patience=10).run_until_idle(60)

    assert (summary.pending, summary.failed) == (0, 0)
    assert len(lost) > 8
    assert _count(hr, EventRow, interview_id) == 4
    assert _count(hr, ObjectRow, interview_id) == 1
    assert _count(hr, ReceiptRow, interview_id) == 1
    assert _state(hr, interview_id) is HrState.PENDING_REVIEW


@pytest.mark.parametrize("days", [-400, 400])
def test_clock_that_is_off_by_a_year_still_delivers(hr: Served, tmp_path: Path, days: int) -> None:
    device = _enrolled(hr, tmp_path / "off", timedelta(days=days))
    try:
        interview_id, _ = device.interview(size=300_000)

        summary = device.make_engine(patience=10).run_until_idle(60)

        assert (summary.pending, summary.failed) == (0, 0)
        assert _state(hr, interview_id) is HrState.PENDING_REVIEW
    finally:
        device.close()


def test_each_cut_of_the_line_costs_at_most_one_chunk(hr: Served, booth: Device) -> None:
    interview_id, ref = booth.interview(size=2_500_000)
    chunk = 256 * KIB
    with cutting(int(hr.url.rsplit(":", 1)[1])) as proxy:
        engine = booth.make_engine(url=proxy.url, chunks=Chunks(chunk, chunk, chunk), patience=10)
        proxy.cuts = [100 * KIB, 400 * KIB, 700 * KIB]
        cuts = len(proxy.cuts)

        summary = engine.run_until_idle(60)

        assert (summary.pending, summary.failed, proxy.cuts) == (0, 0, [])
        other = 100 * KIB  # events, manifest, headers, signs of life
        assert proxy.sent <= ref.size + cuts * chunk + other
    assert _count(hr, ObjectRow, interview_id) == 1


def test_recording_that_rotted_in_the_backends_storage_is_sent_again_before_any_receipt(
    hr: Served, booth: Device, front: FaultyFront
) -> None:
    interview_id, ref = booth.interview(size=600_000)

    def rot(asked: Asked, handle: Handle) -> Answer:
        with hr.hr.db.read() as session:
            path = hr.hr.store.path(session.get_one(ObjectRow, (interview_id, ref.object_id)).storage_key)
        content = bytearray(path.read_bytes())
        content[1000] ^= 1
        path.write_bytes(content)
        return handle(asked)

    front.fail("/manifests/", rot, times=1)

    summary = booth.make_engine(url=front.url, patience=10).run_until_idle(60)

    assert (summary.pending, summary.failed) == (0, 0)
    assert _count(hr, ReceiptRow, interview_id) == 1
    with hr.hr.db.read() as session:
        row = session.get_one(ObjectRow, (interview_id, ref.object_id))
    assert hr.hr.store.sha256(row.storage_key) == ref.sha256


def test_hr_sees_paused_and_resumed_interviews_as_they_are(hr: Served, booth: Device) -> None:
    interview_id = booth.begin()
    booth.write(interview_id)
    engine = booth.make_engine(patience=10)
    engine.start()
    eventually(lambda: booth.news and booth.news[-1].pending == 0)
    assert _state(hr, interview_id) is HrState.IN_PROGRESS

    booth.pause(interview_id)
    engine.wake()
    eventually(lambda: booth.store.interview(interview_id).receipt_serial == 3)
    assert _state(hr, interview_id) is HrState.PAUSED

    booth.resume(interview_id)
    engine.wake()
    eventually(lambda: _state(hr, interview_id) is HrState.IN_PROGRESS)
    booth.finish(interview_id)
    engine.wake()
    eventually(lambda: booth.store.interview(interview_id).key_present is False)

    assert _state(hr, interview_id) is HrState.PENDING_REVIEW
    assert booth.store.interview(interview_id).state is InterviewState.FINISHED


def test_revoked_device_keeps_what_it_has(hr: Served, booth: Device) -> None:
    interview_id, ref = booth.interview(size=50_000)
    devices.revoke(hr.hr, COMMAND_LINE, booth.enrolments.need().device_id)

    summary = booth.make_engine(patience=10).run_until_idle(1)

    assert (summary.delivered, summary.failed, summary.code) == (0, 0, ErrorCode.DEVICE_REVOKED)
    assert booth.recording(interview_id, ref).stat().st_size == ref.size


def test_same_folder_sent_twice_changes_nothing(hr: Served, booth: Device) -> None:
    interview_id = booth.begin()
    booth.write(interview_id)
    ref = booth.speak(interview_id, 300_000)
    booth.make_engine(patience=10).run_until_idle(30)
    before = _count(hr, EventRow, interview_id), _count(hr, ObjectRow, interview_id)

    booth.outbox.requeue(interview_id, [1, 2, 3], [ref.object_id])
    summary = booth.make_engine(patience=10).run_until_idle(30)

    assert (summary.delivered, summary.pending, summary.failed) == (4, 0, 0)
    assert (_count(hr, EventRow, interview_id), _count(hr, ObjectRow, interview_id)) == before
    assert os.path.getsize(booth.recording(interview_id, ref)) == ref.size
