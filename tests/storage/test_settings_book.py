"""HR's settings on the device: signed, newer ones only, kept over restarts, sealed on the disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.device_settings import Received
from contract.envelope import Envelope, sign
from contract.errors import ErrorCode
from contract.keys import SigningKey
from contract.settings import SettingsDocument
from tests.contract.test_settings import PIN_HASH
from tests.storage.office import NOW, Device, Office


def document(
    office: Office, version: int = 1, device_id: str = "device-1", key: SigningKey | None = None, **settings: Any
) -> Envelope:
    return sign(
        SettingsDocument(
            organisation_id="org-1", device_id=device_id, version=version, issued_at=NOW, settings=settings
        ),
        key or office.key,
    )


def bring(device: Device, envelope: Envelope) -> list[str]:
    """The codes of what was refused."""
    bootstrap = device.office.bootstrap([], settings=envelope)
    device.shelf.save_bootstrap(bootstrap, device.clock.monotonic())
    return [item.code for item in device.shelf.refused]


def test_without_a_word_from_hr_nothing_is_set(device: Device) -> None:
    assert device.storage.settings.current == Received()


def test_settings_hold_at_once_and_after_a_restart_without_a_network(tmp_path: Path, office: Office) -> None:
    heard: list[Received] = []
    with Device(tmp_path, office) as device:
        device.storage.settings.listener = heard.append
        assert bring(device, document(office, 3, idle_minutes=7)) == []
        current = device.storage.settings.current
    assert heard == [current]
    assert (current.version, current.settings.idle_minutes) == (3, 7)
    with Device(tmp_path, office) as device:
        assert device.storage.settings.current == current


def test_the_same_settings_again_tell_nobody(device: Device, office: Office) -> None:
    heard: list[Received] = []
    device.storage.settings.listener = heard.append
    for _ in range(3):
        assert bring(device, document(office, 3, idle_minutes=7)) == []
    assert len(heard) == 1


@pytest.mark.parametrize("version", [1, 3])
def test_older_settings_and_others_of_the_same_version_are_refused(
    device: Device, office: Office, version: int
) -> None:
    bring(device, document(office, 3, idle_minutes=7))
    assert bring(device, document(office, version, idle_minutes=99)) == [ErrorCode.CONFLICT]
    assert device.storage.settings.current.settings.idle_minutes == 7


def test_settings_of_strangers_and_for_other_devices_are_refused(device: Device, office: Office) -> None:
    good = document(office, 4, idle_minutes=7)
    forged = document(office, 5, idle_minutes=9).model_copy(update={"signatures": good.signatures})
    refused = [
        bring(device, document(office, 5, key=SigningKey.generate(), idle_minutes=9)),
        bring(device, forged),
        bring(device, document(office, 5, device_id="device-2", idle_minutes=9)),
        bring(device, office.roster([])),
    ]
    assert refused == [["key_unknown"], ["signature_invalid"], ["server_mismatch"], ["format_invalid"]]
    assert device.storage.settings.current == Received()


def test_a_value_that_does_not_do_is_left_out_by_name_and_the_others_hold(device: Device, office: Office) -> None:
    assert bring(device, document(office, 1, idle_minutes=9999, video_height=480, colour="red")) == []
    current = device.storage.settings.current
    assert current.refused == ("idle_minutes",)
    assert (current.settings.idle_minutes, current.settings.video_height) == (None, 480)


def test_the_hash_of_the_pin_is_nowhere_in_clear_on_the_disk(device: Device, office: Office) -> None:
    bring(device, document(office, 1, staff_pin=PIN_HASH, idle_minutes=7))
    assert device.storage.settings.current.settings.staff_pin == PIN_HASH
    device.database.call(lambda db: db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall())
    files = device.files()
    assert [name for name, content in files.items() if PIN_HASH[-20:].encode() in content] == []
    assert b'"idle_minutes": 7' in files["xuda.db"]  # what `xuda status` shows


def test_settings_that_are_damaged_on_the_disk_are_fetched_again(
    tmp_path: Path, office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    envelope = document(office, 3, idle_minutes=7)
    with Device(tmp_path, office) as device:
        bring(device, envelope)
        device.database.call(lambda db: db.execute("UPDATE settings SET value = 'x' WHERE name = 'device_settings'"))
    with Device(tmp_path, office) as device:
        assert device.storage.settings.current == Received()
        assert bring(device, envelope) == []
        assert device.storage.settings.current.settings.idle_minutes == 7
    caplog.clear()
