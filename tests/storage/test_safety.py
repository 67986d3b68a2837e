"""A damaged database: restored from its copy with every saved answer, and never thrown away."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from app.storage.safety import Copy, Safety, quarantined
from contract.errors import ErrorCode, XudaError
from tests.storage.office import Device, Office, text_answer

DATABASE = "xuda.db"


def damage(path: Path) -> bytes:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    return bytes(data)


def answered(device: Device) -> str:
    interview_id = device.begin().interview_id
    device.submit(device.record(interview_id))
    device.store.append(interview_id, [text_answer()])
    return interview_id


def test_one_wrong_byte_brings_the_copy_back_and_keeps_what_was_found(tmp_path: Path, office: Office) -> None:
    with Device(tmp_path, office) as device:
        interview_id = answered(device)
        events = device.store.events(interview_id)
    found = damage(device.data / DATABASE)
    with Device(tmp_path, office, device.keystore) as again:
        assert again.database.restored is not None
        assert again.store.events(interview_id) == events
        (take,) = again.store.takes(interview_id)
        with again.store.open_object(take.take_id) as stream:
            assert stream.read() == b"sound" * 3000
    (aside,) = quarantined(device.data)
    assert (device.data / aside / DATABASE).read_bytes() == found
    with Device(tmp_path, office, device.keystore) as later:
        assert later.database.restored is None


def test_a_log_that_has_lost_a_saved_answer_is_noticed(tmp_path: Path, office: Office) -> None:
    with Device(tmp_path, office) as device:
        interview_id = answered(device)
        shutil.copytree(device.data, tmp_path / "killed" / "data", ignore=shutil.ignore_patterns("*-shm", "*.lock"))
        count = len(device.store.events(interview_id))
    log = tmp_path / "killed" / "data" / f"{DATABASE}-wal"
    log.write_bytes(log.read_bytes()[: log.stat().st_size // 2])
    cut = log.read_bytes()
    with Device(tmp_path / "killed", office, device.keystore) as again:
        assert again.database.restored is not None
        assert len(again.store.events(interview_id)) == count
    kept = [(again.data / aside / log.name) for aside in quarantined(again.data)]
    assert cut in [path.read_bytes() for path in kept if path.exists()]


@pytest.mark.parametrize("how", ["gone", "empty"])
def test_a_database_that_is_gone_comes_back_instead_of_a_new_one(tmp_path: Path, office: Office, how: str) -> None:
    with Device(tmp_path, office) as device:
        interview_id = answered(device)
    if how == "gone":
        (device.data / DATABASE).unlink()
    else:
        (device.data / DATABASE).write_bytes(b"")
    with Device(tmp_path, office, device.keystore) as again:
        assert [row.interview_id for row in again.store.interviews()] == [interview_id]


def test_without_a_whole_copy_a_damaged_database_is_refused_and_left(tmp_path: Path, office: Office) -> None:
    with Device(tmp_path, office) as device:
        answered(device)
    found = damage(device.data / DATABASE)
    damage(device.data / f"{DATABASE}.copy")
    with pytest.raises(XudaError) as caught:
        Device(tmp_path, office, device.keystore)
    assert caught.value.code is ErrorCode.DATABASE_DAMAGED
    assert (device.data / DATABASE).read_bytes() == found
    assert quarantined(device.data) == []


def test_a_restored_booth_removes_no_recording_that_its_older_rows_do_not_know(tmp_path: Path, office: Office) -> None:
    with Device(tmp_path, office) as device:
        interview_id = answered(device)
        older = (device.data / f"{DATABASE}.copy").read_bytes()
        take = device.record(interview_id, question_id="q9")
        assert take.stored is not None
        path = device.vault.object_path(interview_id, take.stored.object_id)
    (device.data / f"{DATABASE}.copy").write_bytes(older)
    damage(device.data / DATABASE)
    with Device(tmp_path, office, device.keystore) as again:
        assert path.relative_to(device.data).as_posix() in again.report.unknown
    assert path.exists()


def test_a_destroyed_key_is_not_promised_by_an_older_copy(tmp_path: Path, office: Office) -> None:
    with Device(tmp_path, office) as device:
        interview_id = answered(device)
        older = (device.data / f"{DATABASE}.copy").read_bytes()
        device.store.withdraw(interview_id, None)
    (device.data / f"{DATABASE}.copy").write_bytes(older)
    damage(device.data / DATABASE)
    with Device(tmp_path, office, device.keystore) as again:
        assert not again.store.interview(interview_id).key_present
        assert again.store.candidate_name(interview_id) is None


def test_the_copy_holds_each_answer_as_soon_as_it_is_saved_and_nothing_of_one_that_was_destroyed(
    tmp_path: Path, office: Office
) -> None:
    with Device(tmp_path, office) as device:
        safety = Safety(device.data / DATABASE)
        interview_id = device.begin().interview_id
        before = safety.copy()
        device.store.append(interview_id, [text_answer()])
        after = safety.copy()
        assert isinstance(before, Copy)
        assert isinstance(after, Copy)
        assert after.counter > before.counter
        assert len(after.image) >= len(before.image)
        sealed = device.database.call(
            lambda db: db.execute("SELECT candidate_name FROM interviews").fetchone()[0]
        ).encode()
        assert sealed in after.image
        device.store.withdraw(interview_id, None)
        last = safety.copy()
        assert isinstance(last, Copy)
        assert sealed not in last.image
