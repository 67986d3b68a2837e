"""What a device remembers of how it stands with HR, read beside a running client."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from app.storage.standing import Standing, read_standing
from contract.errors import ErrorCode, XudaError
from tests.contract.test_settings import PIN_HASH
from tests.storage.office import Device, Office
from tests.storage.test_settings_book import bring, document


def standing(device: Device) -> Standing:
    with closing(sqlite3.connect(f"file:{device.data / 'xuda.db'}?mode=ro", uri=True)) as db:
        db.row_factory = sqlite3.Row
        return read_standing(db)


def hear(device: Device) -> None:
    device.shelf.save_bootstrap(device.office.bootstrap([]), device.clock.monotonic())


def test_a_device_that_was_told_nothing_stands_well(device: Device) -> None:
    assert standing(device).code is None


def test_that_hr_has_revoked_it_is_remembered_until_hr_takes_its_word_again(tmp_path: Path, office: Office) -> None:
    with Device(tmp_path, office) as device:
        before = device.clock.now()
        device.shelf.note_revoked()
        after = device.clock.now()
    with Device(tmp_path, office) as device:
        found = standing(device)
        assert found.code is ErrorCode.DEVICE_REVOKED
        assert found.said_at is not None
        assert before <= found.said_at <= after
        hear(device)
        found = standing(device)
        assert (found.code, found.said_at) == (None, None)
        assert found.heard_at is not None
        assert after <= found.heard_at <= device.clock.now()


def test_a_new_enrolment_forgets_that_the_device_was_revoked(device: Device, office: Office) -> None:
    device.shelf.note_revoked()
    device.storage.enrolments.save(*office.enrol("device-2"))
    assert standing(device).code is None


def test_keys_that_cannot_be_followed_are_remembered(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = XudaError(ErrorCode.ORGANISATION_KEYS_INVALID)
    monkeypatch.setattr(device.shelf, "_take_keys", lambda _: broken)
    with pytest.raises(XudaError):
        hear(device)
    assert standing(device).code is ErrorCode.ORGANISATION_KEYS_INVALID
    monkeypatch.undo()
    hear(device)
    assert standing(device).code is None


def test_hrs_settings_are_seen_without_the_pin(device: Device, office: Office) -> None:
    bring(device, document(office, 3, staff_pin=PIN_HASH, idle_minutes=7, video_height=9))
    found = standing(device)
    assert (found.received.version, found.received.refused, found.pin_set) == (3, ("video_height",), True)
    assert (found.received.settings.idle_minutes, found.received.settings.staff_pin) == (7, None)


@pytest.mark.parametrize("changed", ['{"version": 1}', "x", '{"device_id": "device-1", "signer": "another"}', "[]"])
def test_settings_that_cannot_be_told_to_hold_count_as_none(device: Device, office: Office, changed: str) -> None:
    bring(device, document(office, 3, idle_minutes=7))
    sql = "UPDATE settings SET value = ? WHERE name = 'device_settings_shown'"
    device.database.transaction(lambda db: db.execute(sql, [changed]))
    assert standing(device).received.version == 0


def test_settings_of_another_devices_past_are_not_shown(device: Device, office: Office) -> None:
    bring(device, document(office, 3, idle_minutes=7))
    sql = "UPDATE enrolment SET device_id = 'device-2'"
    device.database.transaction(lambda db: db.execute(sql))
    assert standing(device).received.version == 0


def test_damaged_notes_count_as_not_there(device: Device) -> None:
    rows = {"said_by_hr": '{"code": "of next year", "at": "x"}', "key_lists": "{", "server_time_heard_at": "noon"}
    for name, value in rows.items():
        row = {"name": name, "value": value}
        device.database.transaction(lambda db, row=row: db.table("settings").insert(row, replace=True))  # type: ignore[misc]
    assert standing(device) == Standing()
