"""Writing to a stick that is full, pulled out or too small; and what stays on the device."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.interview.transfer import ReceiptFate
from backend.runtime import Runtime
from backend.services.bundles import ImportStatus
from contract.bundle import BundleReader
from contract.errors import ErrorCode, XudaError
from tests.support.stick import Network, take_in
from tests.sync.device import Device

PLANTED = "planted phrase 独一无二 zq97"


@pytest.fixture
def small_stick(tmp_path: Path) -> Iterator[Path]:
    """A drive of 4 MiB."""
    if sys.platform != "linux":
        pytest.skip("small file systems are mounted on Linux only")
    mount = tmp_path / "drive"
    mount.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(mount)], capture_output=True).returncode:
        pytest.skip("mounting needs root")
    try:
        yield mount
    finally:
        subprocess.run(["umount", "--lazy", str(mount)], check=True)


def refused(booth: Device, target: Path, **options: object) -> XudaError:
    with pytest.raises(XudaError) as caught:
        booth.storage.bundles().export(target, **options)  # type: ignore[arg-type]
    return caught.value


def everything(booth: Device, folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("objects/**/*")) if path.is_file()}


def test_a_bundle_shows_ids_sizes_and_times_alone(booth: Device, stick: Path) -> None:
    interview_id = booth.begin()
    booth.write(interview_id, PLANTED)
    booth.finish(interview_id)
    content = booth.storage.bundles().export(stick).bundles[0].path.read_bytes()
    for encoding in ("utf-8", "utf-16-le", "gb18030"):
        assert PLANTED.encode(encoding) not in content
    assert interview_id.encode() in content


def test_an_export_changes_nothing_on_the_device(booth: Device, stick: Path, tmp_path: Path) -> None:
    booth.interview(size=30_000)
    before = everything(booth, tmp_path / "booth")
    waiting = booth.outbox.counts()
    booth.storage.bundles().export(stick)
    assert (everything(booth, tmp_path / "booth"), booth.outbox.counts()) == (before, waiting)


def test_a_drive_without_room_is_said_before_anything_is_written(booth: Device, small_stick: Path) -> None:
    booth.interview(size=6_000_000)
    error = refused(booth, small_stick)
    assert error.code is ErrorCode.TARGET_FULL
    assert error.params["needed"] == "8 MB"
    assert list(small_stick.iterdir()) == []


def test_a_drive_that_fills_up_meanwhile_keeps_no_half_file(booth: Device, small_stick: Path) -> None:
    booth.interview(size=2_000_000)

    def fill(done: int, total: int) -> None:
        if not (small_stick / "other").exists():
            (small_stick / "other").write_bytes(bytes(2_500_000))

    assert refused(booth, small_stick, progress=fill).code is ErrorCode.TARGET_FULL
    assert [path.name for path in small_stick.iterdir()] == ["other"]


def test_a_drive_that_goes_away_keeps_nothing_that_looks_whole(booth: Device, small_stick: Path) -> None:
    booth.interview(size=2_000_000)

    def pull(done: int, total: int) -> None:
        subprocess.run(["mount", "-o", "remount,ro", str(small_stick)], capture_output=True)

    found: list[str] = []
    for at in (0.01, 0.3, 0.7):
        subprocess.run(["mount", "-o", "remount,rw", str(small_stick)], check=True)
        for path in small_stick.iterdir():
            path.unlink()
        error = refused(
            booth, small_stick, progress=lambda done, total, at=at: pull(done, total) if done > at * total else None
        )
        assert error.code is ErrorCode.TARGET_LOST
        found += [path.name for path in small_stick.iterdir() if path.suffix == ".xuda"]
    assert found == []


def test_stopping_leaves_nothing(booth: Device, stick: Path) -> None:
    booth.interview(size=2_000_000)

    class Stopped(Exception):
        pass

    def stop(done: int, total: int) -> None:
        if done > total / 3:
            raise Stopped

    with pytest.raises(Stopped):
        booth.storage.bundles().export(stick, progress=stop)
    assert list(stick.iterdir()) == []


@pytest.mark.parametrize("name", ["no such folder/x.xuda", "n" * 300 + ".xuda", "名" * 120 + ".xuda"])
def test_a_place_that_cannot_be_is_named(booth: Device, stick: Path, name: str) -> None:
    booth.interview(size=1_000)
    assert refused(booth, stick / name).code in (ErrorCode.FILE_MISSING, ErrorCode.TARGET_LOST)
    assert list(stick.iterdir()) == []


def test_the_file_may_be_named_and_two_exports_never_share_a_name(booth: Device, stick: Path) -> None:
    booth.interview(size=1_000)
    desk = booth.storage.bundles()
    assert desk.export(stick / "长沙站 招聘会.xuda").bundles[0].path == stick / "长沙站 招聘会.xuda"
    assert len({desk.export(stick).bundles[0].path for _ in range(3)}) == 3


def test_a_damaged_recording_stays_out_and_the_rest_travels(hr: Runtime, booth: Device, stick: Path) -> None:
    (broken, broken_ref), (short, short_ref), (good, _) = (booth.interview(size=20_000) for _ in range(3))
    file = booth.recording(broken, broken_ref)
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    booth.recording(short, short_ref).write_bytes(b"short")

    result = booth.storage.bundles().export(stick)

    damaged = {item.interview_id: item.damaged for item in result.interviews}
    assert damaged == {broken: (broken_ref.object_id,), short: (short_ref.object_id,), good: ()}
    statuses = {item.interview_id: item for item in take_in(hr, result.bundles[0].path).interviews}
    assert statuses[good].status is ImportStatus.NEW
    assert statuses[broken].missing_objects == (broken_ref.object_id,)
    assert statuses[short].status is ImportStatus.INCOMPLETE


def test_much_is_written_into_several_bundles(hr: Runtime, booth: Device, stick: Path) -> None:
    ids = [booth.interview(size=100_000)[0] for _ in range(5)]
    result = booth.storage.bundles().export(stick / "tour.xuda", most_bytes=250_000)
    assert [bundle.path.name for bundle in result.bundles] == ["tour.xuda", "tour-part2.xuda", "tour-part3.xuda"]
    assert all(bundle.size < 250_000 for bundle in result.bundles)
    outcomes = [item for bundle in result.bundles for item in take_in(hr, bundle.path).interviews]
    assert [(item.interview_id, item.status) for item in outcomes] == [(name, ImportStatus.NEW) for name in ids]


def test_a_delivery_meanwhile_takes_nothing_from_under_the_export(hr: Runtime, booth: Device, stick: Path) -> None:
    interview_id, ref = booth.interview(size=3_000_000)
    network = Network(hr, booth)

    def deliver(done: int, total: int) -> None:
        network.send_all()

    bundle = booth.storage.bundles().export(stick, progress=deliver).bundles[0]

    with bundle.path.open("rb") as file:
        BundleReader(file).check()
    assert not booth.recording(interview_id, ref).exists(), "purged once the export let go"
    assert take_in(hr, bundle.path).interviews[0].status is ImportStatus.PRESENT


def test_progress_counts_writing_and_reading_back(booth: Device, stick: Path) -> None:
    booth.interview(size=3_000_000)
    told: list[tuple[int, int]] = []
    bundle = booth.storage.bundles().export(stick, progress=lambda done, total: told.append((done, total))).bundles[0]
    assert all(total == 2 * bundle.size for _, total in told)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1][0] > 1.9 * bundle.size


def test_receipts_of_a_finished_interview_without_its_words_keep_it(hr: Runtime, booth: Device, stick: Path) -> None:
    import io as _io
    import uuid
    from dataclasses import replace

    from app.interview.states import TakeState
    from app.interview.store import EventDraft, TakeRow
    from contract.events import AnswerData, EventType
    from contract.kit import QuestionKind

    interview_id = booth.begin()
    take = TakeRow(uuid.uuid4().hex, interview_id, "q", 1, TakeState.RECORDING, True)
    booth.store.begin_take(take).close()
    booth.store.save_take(replace(take, state=TakeState.RECORDED))
    booth.store.store_object(take.take_id, _io.BytesIO(b"sound"), "video/webm")
    data = AnswerData(
        answer_id=take.take_id, question_id="q", kind=QuestionKind.VIDEO, take=1, takes_used=1, duration=1
    )
    booth.store.append(
        interview_id, [EventDraft(EventType.ANSWER_SAVED, data)], takes=[replace(take, state=TakeState.SUBMITTED)]
    )
    booth.finish(interview_id)
    report = take_in(hr, booth.storage.bundles().export(stick).bundles[0].path)
    assert report.receipts is not None
    (stick / "r.json").write_bytes(report.receipts.to_bytes())
    fates = booth.storage.bundles().take_receipts(stick / "r.json").fates
    assert fates == {interview_id: ReceiptFate.KEPT}
    assert booth.store.interview(interview_id).key_present
