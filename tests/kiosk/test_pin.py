"""The staff's PIN: kept as a hash, counted on the disk before it is looked at, locked for longer each time."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path

import pytest

from app.__main__ import main
from app.kiosk.pin import FREE_TRIES, PIN_FILE, TRIES_FILE, PinFile, PinLock, pause_after
from contract import pin as contract_pin
from contract.errors import ErrorCode, XudaError
from contract.pin import hash_pin
from tests.interview.desk import TestClock

PIN, WRONG = "271828", "111112"


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contract_pin, "_MEMORY", 64)
    monkeypatch.setattr(contract_pin, "_ROUNDS", 1)


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
def lock(tmp_path: Path, clock: TestClock) -> PinLock:
    PinFile(tmp_path).write(PIN)
    return PinLock(tmp_path, clock)


def goes_by(clock: TestClock, seconds: float) -> None:
    clock.wall += timedelta(seconds=seconds)
    clock.seconds += seconds


def close(lock: PinLock) -> float:
    """Give wrong ones until it is locked; the seconds it says."""
    waits = [lock.check(WRONG).wait for _ in range(FREE_TRIES)]
    assert waits[:-1] == [0.0] * (FREE_TRIES - 1)
    return waits[-1]


def test_the_right_pin_opens_and_a_wrong_one_says_how_many_tries_are_left(lock: PinLock) -> None:
    assert lock.check(PIN).right
    assert [lock.check(WRONG).left for _ in range(3)] == [4, 3, 2]
    assert lock.check(PIN).right
    assert lock.check(WRONG).left == 4, "a right one starts the count anew"


def test_after_five_wrong_tries_not_even_the_right_pin_is_looked_at(lock: PinLock, clock: TestClock) -> None:
    assert close(lock) == 60.0
    assert not lock.check(PIN).right
    goes_by(clock, 59)
    assert not lock.check(PIN).right
    goes_by(clock, 2)
    assert lock.check(PIN).right


def test_each_further_wrong_try_doubles_the_pause_up_to_an_hour() -> None:
    assert [pause_after(wrong) for wrong in (4, 5, 6, 7, 10, 11, 12, 500)] == [0, 60, 120, 240, 1920, 3600, 3600, 3600]


def test_the_lock_stays_closed_over_a_restart(tmp_path: Path, lock: PinLock, clock: TestClock) -> None:
    close(lock)
    clock.seconds = 3.0  # of the next start's clock
    again = PinLock(tmp_path, clock)
    assert again.wait() == pytest.approx(60.0, abs=1)
    assert not again.check(PIN).right
    goes_by(clock, 61)
    assert again.check(WRONG).wait == 120.0


def test_a_program_that_dies_while_it_looks_has_counted_the_try(
    tmp_path: Path, lock: PinLock, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr("app.kiosk.pin.pin_fits", dies)
    for _ in range(FREE_TRIES):
        with pytest.raises(KeyboardInterrupt):
            PinLock(tmp_path, clock).check(WRONG)
    assert PinLock(tmp_path, clock).wait() == 60.0


def test_a_clock_that_is_set_back_makes_nobody_wait_longer_than_the_pause(
    tmp_path: Path, lock: PinLock, clock: TestClock
) -> None:
    close(lock)
    clock.wall -= timedelta(days=400)
    assert PinLock(tmp_path, clock).wait() <= 60.0 + clock.seconds
    assert PinLock(tmp_path, TestClock()).wait() <= 60.0


def test_a_clock_that_is_set_on_does_not_open_the_lock_of_a_running_program(lock: PinLock, clock: TestClock) -> None:
    close(lock)
    clock.wall += timedelta(days=400)
    assert not lock.check(PIN).right


def test_without_a_pin_nobody_gets_in(tmp_path: Path, clock: TestClock) -> None:
    lock = PinLock(tmp_path, clock)
    assert not lock.present
    assert not lock.check("").right
    assert not lock.check(PIN).right


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"pin": 5}', b'{"pin": "271828"}', b"\xff\x00"])
def test_a_damaged_file_lets_nobody_in(tmp_path: Path, clock: TestClock, content: bytes) -> None:
    (tmp_path / PIN_FILE).write_bytes(content)
    lock = PinLock(tmp_path, clock)
    assert not lock.present
    assert not lock.check(PIN).right


@pytest.mark.parametrize("content", [b"", b"[]", b'{"wrong": "x", "at": 7}', b'{"wrong": 9, "at": "noon"}'])
def test_a_damaged_count_of_tries_breaks_nothing(
    tmp_path: Path, lock: PinLock, clock: TestClock, content: bytes
) -> None:
    (tmp_path / TRIES_FILE).write_bytes(content)
    assert PinLock(tmp_path, clock).check(PIN).right


def test_hrs_pin_counts_before_the_one_of_this_machine(tmp_path: Path, lock: PinLock, clock: TestClock) -> None:
    of_hr: list[str] = []
    both = PinLock(tmp_path, clock, lambda: of_hr[0] if of_hr else None)
    assert both.check(PIN).right
    of_hr.append(hash_pin("314159"))
    assert not both.check(PIN).right
    assert both.check("314159").right


def test_a_full_disk_keeps_staff_from_nothing_and_still_counts(lock: PinLock, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.kiosk.pin.replace_file", full)
    assert lock.check(PIN).right
    assert close(lock) == 60.0
    assert not lock.check(PIN).right


def test_what_is_typed_is_neither_kept_nor_logged(
    tmp_path: Path, lock: PinLock, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        lock.check(WRONG)
        lock.check(PIN)
    assert WRONG not in caplog.text
    assert PIN not in caplog.text
    for file in tmp_path.iterdir():
        assert PIN.encode() not in file.read_bytes()
        assert WRONG.encode() not in file.read_bytes()
        assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("pin", ["", "12345", "1234567890123", "12345a", "１２３４５６", "111111"])
def test_a_pin_that_is_short_or_no_number_is_refused(tmp_path: Path, pin: str) -> None:
    with pytest.raises(XudaError) as caught:
        PinFile(tmp_path).write(pin)
    assert caught.value.code is ErrorCode.SETTING_INVALID
    assert not (tmp_path / PIN_FILE).exists()


def test_the_command_sets_it_from_a_file_and_says_whether_there_is_one(
    tmp_path: Path, clock: TestClock, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    assert main(["kiosk", "status", "--data", str(data), "--json"]) == 0
    (tmp_path / "pin").write_text(PIN + "\n")
    assert main(["kiosk", "pin", "--pin-file", str(tmp_path / "pin"), "--data", str(data), "--lang", "en"]) == 0
    assert main(["kiosk", "status", "--data", str(data), "--json"]) == 0
    said = capsys.readouterr().out
    assert said.splitlines()[0] == '{"pin": false}'
    assert said.splitlines()[-1] == '{"pin": true}'
    assert PIN not in said
    assert PinLock(data, clock).check(PIN).right


def test_a_new_pin_opens_the_lock_that_wrong_tries_have_closed(tmp_path: Path, lock: PinLock, clock: TestClock) -> None:
    close(lock)
    PinFile(tmp_path).write("141421")
    assert lock.wait() == 0.0, "of a program that runs, too"
    assert lock.check("141421").right
    assert PinLock(tmp_path, clock).check("141421").right


def test_the_command_does_not_ask_where_nobody_can_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["kiosk", "pin", "--data", str(tmp_path), "--lang", "en"]) == 2
    assert capsys.readouterr().err


def test_the_command_copies_the_start_up_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["kiosk", "files", "--out", str(tmp_path / "there"), "--lang", "en"]) == 0
    assert (tmp_path / "there" / "linux" / "xuda-kiosk.service").is_file()
    assert (tmp_path / "there" / "windows" / "assigned-access.xml").is_file()
