"""What is left of a withdrawn interview in the files: nothing, also when something keeps the log from being emptied."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import sqlite_utils

from app.interview.states import InterviewState
from app.interview.store import EventDraft
from app.storage.files import replace_file
from app.storage.query import one
from app.storage.safety import quarantined
from contract.canonical import b64encode
from contract.errors import ErrorCode, XudaError
from contract.events import EventType, WithdrawnData
from tests.storage.office import Device, Office, text_answer, wait_until
from tests.support.needles import forms, secrets_of

GONE = EventDraft(EventType.WITHDRAWN, WithdrawnData(invitation_id="invitation", attempt=1))


@contextmanager
def reading(device: Device) -> Iterator[None]:
    """Another process is in the middle of reading the database: its log cannot be emptied."""
    with closing(sqlite3.connect(f"{(device.data / 'xuda.db').as_uri()}?mode=ro", uri=True)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM events").fetchall()
        yield


def begun(device: Device) -> tuple[str, list[bytes]]:
    """An interview with an answer, and what of it must not be found any more once it is withdrawn."""
    interview_id = device.begin().interview_id
    device.store.append(interview_id, [text_answer()])
    needles = secrets_of(device.store.events(interview_id))
    assert all(found(device, [needle]) for needle in needles)
    return interview_id, needles


def found(device: Device, needles: list[bytes]) -> list[str]:
    """Files in which one of these stands, in any form."""
    files = device.files()
    return [name for name in files if any(form in files[name] for needle in needles for form in forms(needle))]


def key_state(device: Device, interview_id: str) -> str:
    sql = "SELECT key_state FROM interviews WHERE interview_id = ?"
    row = device.database.call(lambda db: one(db, sql, interview_id))
    assert row is not None
    return str(row["key_state"])


@pytest.mark.parametrize("before", range(6))
@pytest.mark.parametrize("after", range(4))
def test_what_is_looked_for_is_found_wherever_base64_puts_it(before: int, after: int) -> None:
    needle = b"a wrapped key or a sealed value 0123456789"
    text = b64encode(b"x" * before + needle + b"y" * after).encode()
    assert any(form in text for form in forms(needle))
    other = b64encode(b"x" * before + needle.upper() + b"y" * after).encode()
    assert not any(form in other for form in forms(needle))


def test_nothing_is_left_when_the_withdrawal_returns(device: Device) -> None:
    kept, others = begun(device)
    interview_id, needles = begun(device)
    device.store.withdraw(interview_id, GONE)
    assert found(device, needles) == []
    assert key_state(device, interview_id) == "gone"
    assert len(device.store.events(kept)) == 3
    assert all(found(device, [needle]) for needle in others)


def test_a_reader_keeps_old_pages_in_the_log_but_neither_the_key_nor_the_copy_and_they_go_when_it_ends(
    device: Device, caplog: pytest.LogCaptureFixture
) -> None:
    interview_id, needles = begun(device)
    other, _ = begun(device)
    with reading(device):
        device.store.withdraw(interview_id, GONE)
        assert device.store.interview(interview_id).state is InterviewState.DELETED
        assert device.keystore.get(f"interview:{interview_id}") is None
        assert set(found(device, needles)) <= {"xuda.db", "xuda.db-wal"}
        assert found(device, needles) != []
        assert key_state(device, interview_id) == "destroying"
        # a writer in between puts further pages behind them
        device.store.append(other, [text_answer()])
    wait_until(lambda: key_state(device, interview_id) == "gone")
    assert found(device, needles) == []
    assert len(device.store.events(other)) == 4
    assert [record.levelno for record in caplog.records if "tried again" in record.message] == [logging.WARNING]
    caplog.clear()


def test_a_reader_that_outlasts_the_program_is_followed_by_the_next_start(
    tmp_path: Path, office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    with Device(tmp_path, office) as device:
        interview_id, needles = begun(device)
        with reading(device):
            device.store.withdraw(interview_id, GONE)
            device.storage.close()
            with Device(tmp_path, office, device.keystore) as again:
                assert key_state(again, interview_id) == "destroying"
    with Device(tmp_path, office, device.keystore) as later:
        assert key_state(later, interview_id) == "gone"
        assert found(later, needles) == []
    caplog.clear()


def _damaged_once(tmp_path: Path, office: Office) -> tuple[Device, str, list[bytes]]:
    """A device whose database was damaged and set aside; an interview in it, and what must not be found of that."""
    with Device(tmp_path, office) as device:
        begun(device)
        interview_id, needles = begun(device)
    path = device.data / "xuda.db"
    data = bytearray(path.read_bytes())
    data[-1] ^= 0xFF
    path.write_bytes(data)
    return Device(tmp_path, office, device.keystore), interview_id, needles


def test_nothing_is_left_in_a_damaged_database_that_was_kept_aside(tmp_path: Path, office: Office) -> None:
    device, interview_id, needles = _damaged_once(tmp_path, office)
    with device:
        assert any(name.startswith("damaged-") for name in found(device, needles))
        device.store.withdraw(interview_id, GONE)
        assert found(device, needles) == []
        assert quarantined(device.data) == []
        assert key_state(device, interview_id) == "gone"


def test_a_damaged_database_that_cannot_be_removed_is_removed_later(
    tmp_path: Path, office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    device, interview_id, needles = _damaged_once(tmp_path, office)

    def refuse(path: Path) -> None:
        raise OSError("no")

    with device:
        with monkeypatch.context() as patched:
            patched.setattr("app.storage.safety.wipe_file", refuse)
            device.store.withdraw(interview_id, GONE)
            assert device.keystore.get(f"interview:{interview_id}") is None
            assert key_state(device, interview_id) == "destroying"
        wait_until(lambda: key_state(device, interview_id) == "gone")
        assert found(device, needles) == []
    caplog.clear()


def test_a_copy_that_cannot_be_written_is_written_later(
    device: Device, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    interview_id, needles = begun(device)

    def refuse(path: Path, data: bytes) -> None:
        if path.suffix == ".copy":
            raise OSError(5, "not now")
        replace_file(path, data)

    monkeypatch.setattr("app.storage.safety.replace_file", refuse)
    device.store.withdraw(interview_id, GONE)
    assert found(device, needles) == ["xuda.db.copy"]
    assert key_state(device, interview_id) == "destroying"
    monkeypatch.undo()
    wait_until(lambda: key_state(device, interview_id) == "gone")
    assert found(device, needles) == []
    caplog.clear()


def test_a_key_that_the_keystore_does_not_let_go_is_destroyed_as_soon_as_it_does(
    device: Device, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    interview_id, needles = begun(device)

    def refuse(name: str) -> None:
        raise XudaError(ErrorCode.KEYSTORE_LOCKED)

    monkeypatch.setattr(device.keystore, "delete", refuse)
    with pytest.raises(XudaError):
        device.store.withdraw(interview_id, GONE)
    assert found(device, needles) == [], "the rows go all the same"
    assert device.keystore.get(f"interview:{interview_id}") is not None
    monkeypatch.undo()
    wait_until(lambda: key_state(device, interview_id) == "gone")
    assert device.keystore.get(f"interview:{interview_id}") is None
    caplog.clear()


def test_a_defect_in_what_is_repeated_does_not_stop_the_database(
    device: Device, caplog: pytest.LogCaptureFixture
) -> None:
    calls: list[int] = []

    def fail() -> bool:
        calls.append(1)
        if len(calls) == 1:
            raise RuntimeError("defect")
        return True

    device.database.repeat("it", fail)
    wait_until(lambda: len(calls) == 2)

    def count(db: sqlite_utils.Database) -> int:
        return int(db.execute("SELECT 1").fetchone()[0])

    assert device.database.call(count) == 1
    caplog.clear()
