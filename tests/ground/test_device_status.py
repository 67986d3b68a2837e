"""What `xuda status` tells of HR's word and of where each setting comes from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.__main__ import main
from app.config import ClientSettings
from app.device_settings import Received
from app.device_status import device_status, status_lines
from app.kiosk.local import write_staff_settings
from app.kiosk.pin import PinFile
from app.sources import Source
from app.storage.standing import Standing
from contract.errors import ErrorCode
from contract.settings import DeviceSettings, parse_hours
from tests.contract.test_settings import PIN_HASH

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def look(
    folder: Path, standing: Standing, version: str = "1.0", **given: tuple[Any, Source]
) -> tuple[Mapping[str, Any], str]:
    found = device_status(ClientSettings(data=folder, given=given), standing, version, NOW)
    json.dumps(found)
    return found, "\n".join(status_lines(found, "en", lambda text: text, NOW))


def hr(**wanted: Any) -> Standing:
    return Standing(received=Received(4, settings=DeviceSettings.model_validate(wanted)))


def test_each_setting_is_told_with_where_it_comes_from(tmp_path: Path) -> None:
    write_staff_settings(tmp_path, DeviceSettings(upload_limit=250))
    standing = hr(upload_limit=100, idle_minutes=9, kiosk=True, sleep_hours=[{"start": "20:00", "end": "07:00"}])
    found, words = look(tmp_path, standing, idle_minutes=(5, Source.FILE), video_height=(480, Source.ENVIRONMENT))
    told = {name: (item["value"], item["source"]) for name, item in found["settings"].items()}
    assert told["upload_limit"] == (250, "staff")
    assert told["idle_minutes"] == (9, "remote")
    assert told["kiosk"] == (True, "remote")
    assert told["video_height"] == (480, "environment")
    assert told["video_kbit"] == (1500, "default")
    assert told["minimum_version"] == (None, "default")
    assert "Settings, with version 4 of HR's:" in words
    assert "  kiosk = on  (HR)" in words
    assert "  sleep_hours = 20:00-07:00  (HR)" in words
    assert "minimum_version" not in words


@pytest.mark.parametrize(
    ("standing", "given", "source"),
    [
        (Standing(pin_set=True), {}, "remote"),
        (Standing(pin_set=True), {"staff_pin": (PIN_HASH, Source.FILE)}, "remote"),
        (Standing(pin_set=True), {"staff_pin": (PIN_HASH, Source.ENVIRONMENT)}, "environment"),
        (Standing(), {"staff_pin": (PIN_HASH, Source.FILE)}, "file"),
        (Standing(), {}, "staff"),
    ],
)
def test_of_the_pin_only_its_source_is_told(
    tmp_path: Path, standing: Standing, given: dict[str, tuple[Any, Source]], source: str
) -> None:
    PinFile(tmp_path).write("271828")
    found, words = look(tmp_path, standing, **given)
    assert found["settings"]["staff_pin"] == {"value": "***", "source": source}
    assert PIN_HASH not in words + json.dumps(found)


def test_no_pin_at_all_is_told_too(tmp_path: Path) -> None:
    assert look(tmp_path, Standing())[0]["settings"]["staff_pin"] == {"value": None, "source": "default"}


def test_a_revoked_device_says_so_and_what_to_do(tmp_path: Path) -> None:
    found, words = look(tmp_path, Standing(code=ErrorCode.DEVICE_REVOKED, said_at=NOW))
    assert found["revoked"]
    assert found["said_at"] == NOW.isoformat()
    assert words.startswith("HR has revoked this device")


def test_keys_of_the_organisation_that_have_ended_are_told(tmp_path: Path) -> None:
    found, words = look(tmp_path, Standing(code=ErrorCode.ORGANISATION_KEYS_INVALID, said_at=NOW, serial=3))
    assert found["organisation_keys"] == {"serial": 3, "ended": True, "old": False}
    assert "enrol this device again" in words


@pytest.mark.parametrize(("days", "old"), [(29, False), (30, True), (400, True)])
def test_a_device_that_has_not_heard_of_hr_for_a_month_says_that_its_keys_are_old(
    tmp_path: Path, days: int, old: bool
) -> None:
    found, words = look(tmp_path, Standing(heard_at=NOW - timedelta(days=days)))
    assert found["organisation_keys"]["old"] is old
    assert (f"{days} days ago" in words) is old


def test_a_program_older_than_hr_wants_says_so(tmp_path: Path) -> None:
    found, words = look(tmp_path, hr(minimum_version="1.2"), "1.1.9")
    assert found["update_to"] == "1.2"
    assert "HR wants version 1.2 or newer; this is 1.1.9." in words
    assert look(tmp_path, hr(minimum_version="1.2"), "1.2")[0]["update_to"] is None


def test_hours_that_are_emptied_and_values_that_are_refused_are_told(tmp_path: Path) -> None:
    received = Received(2, "", DeviceSettings(no_video_hours=[], upload_limit_hours=parse_hours("1-5 09:00-18:00")))
    standing = Standing(received=Received(2, "", received.settings, ("video_height", "language")))
    words = look(tmp_path, standing)[1]
    assert "  no_video_hours = -  (HR)" in words
    assert "  upload_limit_hours = 1-5 09:00-18:00  (HR)" in words
    assert "video_height, language" in words


def test_the_command_prints_it_for_people_and_for_programs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.storage.office import Device, Office
    from tests.storage.test_settings_book import bring, document

    office = Office()
    with Device(tmp_path, office) as device:
        bring(device, document(office, 3, idle_minutes=7))
        device.shelf.note_revoked()
        folder = str(device.data)
    monkeypatch.setenv("XUDA_VIDEO_HEIGHT", "480")
    assert main(["status", "--data", folder, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["device"]
    assert found["revoked"]
    assert found["settings"]["idle_minutes"] == {"value": 7, "source": "remote"}
    assert found["settings"]["video_height"] == {"value": 480, "source": "environment"}
    assert main(["status", "--data", folder, "--lang", "zh_CN"]) == 0
    words = capsys.readouterr().out
    assert "idle_minutes = 7  (HR)" in words
    assert "(环境变量)" in words
