"""An administrator sets a real booth from the portal's pages, and sees what it goes by."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from app.storage.standing import Standing
from app.storage.status import read_status
from app.sync.enrolment import enroll
from backend.services import devices
from contract.pin import pin_fits
from tests.backend.world import COMMAND_LINE, Served, served
from tests.security import rights
from tests.security.places import login
from tests.sync.device import Device

PIN = "271828"


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("hr") / "data") as found:
        yield found


@pytest.fixture
def booth(backend: Served, tmp_path: Path) -> Iterator[Device]:
    device = Device(tmp_path / "booth")
    enroll(backend.url, devices.new_enrolment_code(backend.hr, COMMAND_LINE), "Booth 1", device)
    yield device
    device.close()


class Administrator:
    def __init__(self, backend: Served) -> None:
        self._url = backend.url
        found = login(backend, rights.ADMINISTRATOR)
        self._csrf = found.csrf
        self._cookies = {"xuda_hr": found.token, "xuda_lang": "en"}

    def get(self, path: str) -> str:
        answer = requests.get(self._url + path, cookies=self._cookies, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.text

    def post(self, path: str, **fields: str) -> requests.Response:
        data = {"csrf": self._csrf, **fields}
        return requests.post(self._url + path, data=data, cookies=self._cookies, timeout=60)

    def typed(self, layer: str) -> dict[str, str]:
        """What the form of a layer shows in its fields of text."""
        text = self.get(f"/device-settings?layer={layer}")
        return dict(re.findall(r'<input name="(\w+)" value="([^"]*)"', text))


@pytest.fixture
def administrator(backend: Served) -> Administrator:
    return Administrator(backend)


def meet(device: Device) -> Standing:
    """The booth and HR talk until neither has anything new: the second sign of life says what is applied."""
    for _ in range(2):
        device.make_engine(patience=10).run_until_idle(20)
    standing = read_status(device.folder / "data")["standing"]
    assert isinstance(standing, Standing)
    return standing


def test_what_is_typed_for_a_group_and_for_a_device_reaches_the_booth(
    administrator: Administrator, booth: Device
) -> None:
    device_id = booth.enrolments.need().device_id
    assert administrator.post("/device-settings", layer="all", idle_minutes="5", video_height="480").ok
    assert administrator.post(f"/devices/{device_id}/group", group=" Hall  3 ").ok
    hours = "1-5 09:00-18:00; 6 10:00-14:00"
    assert administrator.post("/device-settings", layer="group:Hall 3", no_video_hours=hours, staff_pin=PIN).ok
    assert administrator.post("/device-settings", layer=f"device:{device_id}", idle_minutes="9", kiosk="on").ok

    standing = meet(booth)

    here = booth.storage.settings.current.settings
    assert (here.idle_minutes, here.video_height, here.kiosk) == (9, 480, True)
    assert [str(period) for period in here.no_video_hours or ()] == hours.split("; ")
    assert here.staff_pin is not None
    assert pin_fits(PIN, here.staff_pin)
    version = standing.received.version
    assert standing.pin_set
    page = administrator.get(f"/devices/{device_id}")
    assert f"wanted: version {version}, applied: {version}" in page
    assert "Hall 3" in page
    assert administrator.typed("group:Hall 3")["no_video_hours"] == hours
    assert "A PIN is set here" in administrator.get("/device-settings?layer=group:Hall 3")


def test_a_value_that_is_not_possible_is_said_at_its_field_and_changes_nothing(administrator: Administrator) -> None:
    assert administrator.post("/device-settings", layer="group:Site", upload_limit="500", staff_pin=PIN).ok
    for field, value in (
        ("upload_limit", "much"),
        ("upload_limit", "٣٠"),
        ("idle_minutes", "0"),
        ("no_video_hours", "morning"),
        ("minimum_version", "new"),
        ("video_height", "481"),
        ("language", "tlh"),
        ("score_on_paper", "everybody"),
        ("staff_pin", "111111"),
    ):
        answer = administrator.post("/device-settings", layer="group:Site", **{"upload_limit": "700", field: value})
        assert answer.status_code == 422, (field, value)
        assert f'id="wrong-{field}"' in answer.text
        assert "111111" not in answer.text
    assert administrator.typed("group:Site")["upload_limit"] == "500"


def test_scoring_on_the_device_is_set_and_typed_back(administrator: Administrator, booth: Device) -> None:
    layer = f"device:{booth.enrolments.need().device_id}"
    assert administrator.post("/device-settings", layer=layer, scoring="on", score_on_paper="candidate").ok
    standing = meet(booth)
    assert standing.received.settings.scoring
    assert standing.received.settings.score_on_paper == "candidate"
    page = administrator.get(f"/device-settings?layer={layer}")
    assert re.findall(r'<option value="(candidate|on)" selected', page) == ["on", "candidate"]


def test_a_pin_stays_when_its_field_is_left_empty_is_never_shown_and_goes_when_asked(
    administrator: Administrator,
) -> None:
    layer = "group:With a PIN"
    assert administrator.post("/device-settings", layer=layer, staff_pin=PIN).ok
    assert administrator.post("/device-settings", layer=layer, idle_minutes="4").ok
    page = administrator.get(f"/device-settings?layer={layer}")
    assert "A PIN is set here" in page
    assert PIN not in page
    assert "argon2" not in page
    assert administrator.post("/device-settings", layer=layer, idle_minutes="4", pin_away="yes").ok
    assert "A PIN is set here" not in administrator.get(f"/device-settings?layer={layer}")


def test_the_log_says_who_changed_what_and_never_the_values(administrator: Administrator) -> None:
    assert administrator.post("/device-settings", layer="group:Logged", staff_pin="314159", idle_minutes="17").ok
    page = administrator.get("/audit")
    assert "settings:group:Logged" in page
    assert "314159" not in page
    assert "argon2" not in page


def test_the_page_belongs_to_the_devices_in_the_navigation(administrator: Administrator) -> None:
    assert 'href="/devices" aria-current="page"' in administrator.get("/device-settings")
