"""Setting rows and files straight at the start: nothing that may be needed is removed, nothing is passed over."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from app.interview.states import TakeState
from app.storage.takefile import tail_path
from contract.errors import ErrorCode
from contract.sealed import HEADER_SIZE
from tests.storage.office import Device, Office, new_take


def test_a_cut_take_is_left_for_the_interview(tmp_path: Path, office: Office) -> None:
    with Device(tmp_path, office) as device:
        take = new_take(device.begin().interview_id)
        sink = device.store.begin_take(take)
        sink.write(b"x" * 50_000)
        sink.close()
        path = device.vault.take_path(take.take_id)
        path.write_bytes(path.read_bytes()[:-100])
    with Device(tmp_path, office) as device:
        assert device.store.take(take.take_id).state is TakeState.RECORDING
        with device.store.open_raw(take.take_id) as raw:
            content = raw.read()
            assert content == b"x" * len(content)
            assert len(content) > 45_000
            raw.seek(0)
            stored = device.store.store_object(take.take_id, raw, "video/webm")
        device.store.save_take(replace(take, state=TakeState.RECOVERED))
        assert device.store.take(take.take_id).stored == stored
        with device.store.open_object(take.take_id) as back:
            assert back.read() == content


def test_left_overs_are_removed_and_told(tmp_path: Path, office: Office) -> None:
    with Device(tmp_path, office) as device:
        take = device.record(device.begin().interview_id)
        begun = device.vault.take_path("begun-without-a-row")
        begun.write_bytes(bytes(HEADER_SIZE))
        tail_path(begun).write_bytes(b" " * 100)
        folder = device.data / "objects" / take.interview_id
        (folder / "half.tmp").write_bytes(b"half")
        (folder / "stored-without-a-row.sealed").write_bytes(b"sealed")
        device.vault.take_path(take.take_id).write_bytes(b"raw of a stored take")
    with Device(tmp_path, office) as device:
        assert sorted(device.report.removed) == sorted(
            [
                "takes/begun-without-a-row.part",
                f"takes/{take.take_id}.part",
                f"objects/{take.interview_id}/half.tmp",
                f"objects/{take.interview_id}/stored-without-a-row.sealed",
            ]
        )
        assert device.report.unknown == []
        assert [name for name in device.files() if name.startswith("takes/")] == []
        with device.store.open_object(take.take_id) as stored:
            assert stored.read()


def test_recordings_that_no_row_knows_are_kept_and_told(
    tmp_path: Path, office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    """As after the database was lost or replaced: the recordings may be all there is."""
    with Device(tmp_path, office) as device:
        take = device.record(device.begin().interview_id)
        running = new_take(take.interview_id)
        sink = device.store.begin_take(running)
        sink.write(b"x" * 20_000)
        sink.close()
        kept = {name for name in device.files() if name.startswith(("objects/", "takes/"))}
    for path in (tmp_path / "data").glob("xuda.db*"):
        path.unlink()
    with caplog.at_level(logging.WARNING), Device(tmp_path, office) as device:
        assert set(device.report.unknown) == kept
        assert device.report.removed == []
        assert {name for name in device.files() if name.startswith(("objects/", "takes/"))} == kept
    assert take.interview_id in caplog.text


@pytest.mark.parametrize("how", ["missing", "cut"])
def test_an_object_whose_file_is_not_whole_is_told_and_shown_as_failed(
    tmp_path: Path, office: Office, how: str
) -> None:
    with Device(tmp_path, office) as device:
        take = device.record(device.begin().interview_id)
        device.submit(take)
        assert take.stored is not None
        path = device.vault.object_path(take.interview_id, take.stored.object_id)
        waiting, failed = device.outbox.counts()
    if how == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-1])
    with Device(tmp_path, office) as device:
        assert device.report.damaged == [take.stored.object_id]
        assert device.outbox.counts() == (waiting - 1, failed + 1)
        assert device.store.take(take.take_id).state is TakeState.SUBMITTED


def test_an_object_whose_file_is_brought_back_is_sent_after_all(tmp_path: Path, office: Office) -> None:
    with Device(tmp_path, office) as device:
        take = device.record(device.begin().interview_id)
        device.submit(take)
        assert take.stored is not None
        path = device.vault.object_path(take.interview_id, take.stored.object_id)
        before = device.outbox.counts()
    aside = path.rename(tmp_path / "aside")
    with Device(tmp_path, office) as device:
        assert device.outbox.counts() != before
    aside.rename(path)
    with Device(tmp_path, office) as device:
        assert (device.report.damaged, device.outbox.counts()) == ([], before)


def test_a_discarded_takes_file_that_could_not_be_removed_goes_at_the_next_start(
    tmp_path: Path, office: Office
) -> None:
    with Device(tmp_path, office) as device:
        take = new_take(device.begin().interview_id)
        device.store.begin_take(take).close()
        device.store.save_take(replace(take, state=TakeState.DISCARDED))
        device.vault.take_path(take.take_id).write_bytes(b"x" * 5000)
    with Device(tmp_path, office) as device:
        assert device.report.removed == [f"takes/{take.take_id}.part"]


def test_a_crash_between_storing_and_saving_a_take_loses_nothing(tmp_path: Path, office: Office) -> None:
    with Device(tmp_path, office) as device:
        take = new_take(device.begin().interview_id)
        sink = device.store.begin_take(take)
        sink.write(b"words" * 1000)
        sink.close()
        with device.store.open_raw(take.take_id) as raw:
            device.store.store_object(take.take_id, raw, "video/webm")
    with Device(tmp_path, office) as device:
        found = device.store.take(take.take_id)
        assert found.state is TakeState.RECORDING
        with device.store.open_raw(take.take_id) as raw:
            assert raw.read() == b"words" * 1000
        device.store.save_take(replace(found, state=TakeState.RECOVERED))
        device.submit(device.store.take(take.take_id))


def test_a_damaged_object_keeps_its_streamed_file(tmp_path: Path, office: Office) -> None:
    with Device(tmp_path, office) as device:
        take = device.record(device.begin().interview_id)
        assert take.stored is not None
        device.vault.object_path(take.interview_id, take.stored.object_id).write_bytes(b"")
        device.vault.take_path(take.take_id).write_bytes(b"x" * 9000)
    with Device(tmp_path, office) as device:
        assert device.report.damaged == [take.stored.object_id]
        assert device.vault.take_path(take.take_id).exists()
        assert device.report.removed == []


def test_a_second_start_finds_nothing_to_do(tmp_path: Path, office: Office) -> None:
    with Device(tmp_path, office) as device:
        device.settle(device.finish(device.begin().interview_id).interview_id)
    for _ in range(2):
        with Device(tmp_path, office) as device:
            assert (device.report.removed, device.report.unknown, device.report.damaged) == ([], [], [])
            assert device.outbox.counts() == (0, 0)


def test_codes_of_failed_uploads_are_kept(tmp_path: Path, office: Office) -> None:
    with Device(tmp_path, office) as device:
        device.begin()
        device.outbox.refuse(device.outbox.pending()[0], ErrorCode.CONFLICT)
    with Device(tmp_path, office) as device:
        codes = device.database.call(lambda db: [row["code"] for row in db.query("SELECT code FROM outbox")])
        assert codes == ["conflict", None]
