"""A disk that is full at every stage: it is said, and what was saved before stays."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.interview.states import TakeState
from app.interview.store import InterviewRow
from app.storage.database import Database
from app.storage.keyfile import FileKeyStore, PlainCodec
from app.storage.keystore import KeyStore
from contract.errors import ErrorCode, XudaError
from tests.storage.office import WORDS, Device, Office, new_take, text_answer, wait_until

CHANGE = "UPDATE settings SET value = value"


@contextlib.contextmanager
def disk_of(tmp_path: Path, size: str) -> Iterator[Path]:
    """A file system of its own."""
    if sys.platform != "linux":
        pytest.skip("small file systems are mounted on Linux only")
    mount = tmp_path / "disk"
    mount.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(mount)], capture_output=True)
    if made.returncode:
        pytest.skip("mounting needs root")
    try:
        yield mount
    finally:
        subprocess.run(["umount", "--lazy", str(mount)], check=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """2 MiB: too little to hold any room in reserve."""
    with disk_of(tmp_path, "2m") as mount:
        yield mount


@pytest.fixture
def disk_with_reserve(tmp_path: Path) -> Iterator[Path]:
    with disk_of(tmp_path, "80m") as mount:
        yield mount


@pytest.fixture
def keystore(tmp_path: Path) -> KeyStore:
    return FileKeyStore(tmp_path / "keys.json", PlainCodec())


@contextlib.contextmanager
def filled(mount: Path) -> Iterator[None]:
    """No byte is free inside the block."""
    ballast = mount / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as stream:
        while True:
            stream.write(bytes(4096))
    yield
    ballast.unlink()


def code_of(call: object, *values: object, **more: object) -> ErrorCode:
    assert callable(call)
    with pytest.raises(XudaError) as caught:
        call(*values, **more)
    return caught.value.code


def append_until_full(device: Device, row: InterviewRow, words: str) -> InterviewRow:
    """The row after the last append that was acknowledged."""
    for _ in range(200):
        try:
            row = device.store.append(row.interview_id, [text_answer(words)])
        except XudaError as error:
            if error.code is not ErrorCode.DISK_FULL:
                raise
            return row
    raise AssertionError("the disk was never full")


def test_an_answer_that_does_not_fit_is_refused_and_earlier_ones_stay(
    small_disk: Path, office: Office, keystore: KeyStore
) -> None:
    with Device(small_disk, office, keystore) as device:
        row = device.begin()
        take = device.record(row.interview_id, b"sound" * 20_000)
        row = device.submit(take)
        with filled(small_disk):
            row = append_until_full(device, row, "x" * 15_000)
            assert device.store.interview(row.interview_id) == row
            assert code_of(device.begin) is ErrorCode.DISK_FULL
            assert code_of(device.store.begin_take, new_take(row.interview_id)) is ErrorCode.DISK_FULL
        assert len(device.store.takes(row.interview_id)) == 1
        row = device.store.append(row.interview_id, [text_answer(WORDS)])
    with Device(small_disk, office, keystore) as device:
        assert device.store.interview(row.interview_id) == row
        assert len(device.store.events(row.interview_id)) == row.last_seq
        assert device.report.damaged == device.report.unknown == []
        with device.store.open_object(take.take_id) as stored:
            assert stored.read() == b"sound" * 20_000


def test_a_take_on_a_full_disk_says_so_and_keeps_what_was_written(
    small_disk: Path, office: Office, keystore: KeyStore
) -> None:
    with Device(small_disk, office, keystore) as device:
        take = new_take(device.begin().interview_id)
        sink = device.store.begin_take(take)
        plain = bytes(range(250)) * 400
        sink.write(plain)
        wait_until(lambda: device.store.open_raw(take.take_id).read() == plain)
        with filled(small_disk):

            def overflow() -> bool:
                sink.write(plain[:8000])
                return False

            with pytest.raises(XudaError) as caught:
                wait_until(overflow)
            assert caught.value.code is ErrorCode.DISK_FULL
            assert code_of(sink.write, b"more") is ErrorCode.DISK_FULL
            sink.close()
            with device.store.open_raw(take.take_id) as raw:
                found = raw.read()
            assert found[: len(plain)] == plain[: len(found)]
            assert len(found) > len(plain) - 4096
            with device.store.open_raw(take.take_id) as raw:
                assert code_of(device.store.store_object, take.take_id, raw, "video/webm") is ErrorCode.DISK_FULL
        with device.store.open_raw(take.take_id) as raw:
            device.store.store_object(take.take_id, raw, "video/webm")
        with device.store.open_object(take.take_id) as stored:
            assert stored.read() == found
        assert device.store.take(take.take_id).state is TakeState.RECORDING
        assert not [name for name in device.files() if name.endswith(".tmp")]


def test_a_full_disk_found_out_at_the_end_of_a_take_is_said_by_close(
    small_disk: Path, office: Office, keystore: KeyStore
) -> None:
    with Device(small_disk, office, keystore) as device:
        sink = device.store.begin_take(new_take(device.begin().interview_id))
        with filled(small_disk):
            sink.write(bytes(20_000))
            assert code_of(sink.close) is ErrorCode.DISK_FULL


def test_a_file_that_cannot_be_opened_anew_when_there_is_room_again_is_opened_later(
    small_disk: Path, office: Office, keystore: KeyStore
) -> None:
    with Device(small_disk, office, keystore) as device:
        row = device.begin()
    path, away = device.database.path, device.database.path.with_name("away")
    with filled(small_disk):
        database = Database(path)
        assert code_of(database.transaction, lambda db: db.execute(CHANGE)) is ErrorCode.DISK_FULL
    with contextlib.closing(database):
        os.replace(path, away)
        path.mkdir()
        for _ in range(3):  # there is room, and no file: each call is told, and none waits for ever
            waiting = database.submit(lambda db: db.execute(CHANGE))
            assert isinstance(waiting.exception(10), XudaError)
        path.rmdir()
        os.replace(away, path)
        database.transaction(lambda db: db.execute(CHANGE))
        assert not database.nearly_full()
    with Device(small_disk, office, keystore) as device:
        assert device.store.interview(row.interview_id) == row


def test_a_keystore_on_a_full_disk_keeps_its_secrets(small_disk: Path) -> None:
    store = FileKeyStore(small_disk / "keys.json", PlainCodec())
    store.set("device", b"secret")
    with filled(small_disk):
        assert code_of(store.set, "other", b"x" * 5000) is ErrorCode.DISK_FULL
        assert store.get("other") is None
    assert FileKeyStore(small_disk / "keys.json", PlainCodec()).get("device") == b"secret"


def test_a_data_folder_that_cannot_be_begun_says_why(small_disk: Path, office: Office, keystore: KeyStore) -> None:
    with filled(small_disk):
        assert code_of(Device, small_disk, office, keystore) in (ErrorCode.DISK_FULL, ErrorCode.DISK_ERROR)
    Device(small_disk, office, keystore).database.close()


def test_delivered_interviews_are_purged_on_a_full_disk_or_at_the_next_start(
    small_disk: Path, office: Office, keystore: KeyStore
) -> None:
    with Device(small_disk, office, keystore) as device:
        interview_id = device.finish(device.begin().interview_id).interview_id
        device.deliver()
        sent = device.outbox.manifest(interview_id)
        assert sent is not None
        with filled(small_disk), contextlib.suppress(XudaError):
            device.outbox.save_receipt(interview_id, office.receipt(*sent))
        if device.store.interview(interview_id).receipt_serial is None:
            device.outbox.save_receipt(interview_id, office.receipt(*sent))
    with Device(small_disk, office, keystore) as device:
        assert not device.store.interview(interview_id).key_present
        assert device.store.events(interview_id) == []


@pytest.mark.parametrize("crashed", [False, True])
def test_a_full_disk_is_opened_for_reading_and_written_again_once_there_is_room(
    small_disk: Path, office: Office, keystore: KeyStore, crashed: bool
) -> None:
    with Device(small_disk, office, keystore) as device:
        row = device.store.append(device.begin().interview_id, [text_answer(WORDS)])
        take = device.submit(device.record(row.interview_id))
        if crashed:
            shutil.copytree(device.data, small_disk / "left")
    if crashed:
        shutil.rmtree(device.data)
        (small_disk / "left").rename(device.data)
        device.data.joinpath("xuda.db-shm").unlink()
    with contextlib.ExitStack() as ballast:
        ballast.enter_context(filled(small_disk))
        with Device(small_disk, office, keystore) as device:
            assert len(device.store.events(row.interview_id)) == take.last_seq
            assert code_of(device.store.check_room) is ErrorCode.DISK_FULL
            assert code_of(append_until_refused, device, row.interview_id) is ErrorCode.DISK_FULL
            ballast.close()
            device.store.check_room()
            seen = device.store.interview(row.interview_id).last_seq
            assert device.store.append(row.interview_id, [text_answer(WORDS)]).last_seq == seen + 1


def append_until_refused(device: Device, interview_id: str) -> None:
    for _ in range(200):
        device.store.append(interview_id, [text_answer("x" * 15_000)])


def test_what_is_written_and_delivered_has_room_on_a_disk_that_recordings_have_filled(
    disk_with_reserve: Path, office: Office, keystore: KeyStore
) -> None:
    with Device(disk_with_reserve, office, keystore) as device:
        interview_id = device.begin().interview_id
        device.submit(device.record(interview_id, b"sound" * 20_000))
        with filled(disk_with_reserve):
            for _ in range(20):
                device.store.append(interview_id, [text_answer("x" * 15_000)])
            assert "reserve" not in device.files()
            device.transcribe(device.store.takes(interview_id)[0].take_id)
            device.finish(interview_id)
            device.settle(interview_id)
            assert not device.store.interview(interview_id).key_present
        assert not [name for name in device.files() if name.startswith("objects/")]
    with Device(disk_with_reserve, office, keystore) as device:
        assert len(device.files()["reserve"]) >= 2**20


def test_no_room_is_held_on_a_small_disk(small_disk: Path, office: Office, keystore: KeyStore) -> None:
    with Device(small_disk, office, keystore) as device:
        assert "reserve" not in device.files()
