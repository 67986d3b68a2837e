"""Settings HR gives its devices: layers, versions that only grow, who may, and what a device says it applies."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from backend.db.models import Device, Role
from backend.services import audit_search, device_settings, devices
from contract.api import AppliedSettings, EnrolRequest, Succession
from contract.canonical import b64encode
from contract.envelope import open_envelope, sign
from contract.errors import ErrorCode, XudaError
from contract.keys import SigningKey
from contract.settings import DeviceSettings, SettingsDocument, read_settings
from tests.backend.world import COMMAND_LINE, Booth, Served
from tests.contract.test_settings import PIN_HASH


@pytest.fixture(autouse=True)
def nothing_set(backend: Served) -> None:
    """The backend is shared with other tests."""
    for layer in ("all", "group:Hall 3"):
        device_settings.save(backend.hr, COMMAND_LINE, layer, {})


def document(backend: Served, booth: Booth) -> SettingsDocument | None:
    with backend.hr.db.read() as session:
        envelope = device_settings.document(backend.hr, session, booth.device_id)
    if envelope is None:
        return None
    key = backend.hr.vault.sign_key
    return open_envelope(envelope, SettingsDocument, {key.key_id: key.public})


def held(backend: Served, booth: Booth) -> tuple[int, DeviceSettings]:
    found = document(backend, booth)
    return (found.version, read_settings(found.settings).settings) if found else (0, DeviceSettings())


def save(backend: Served, layer: str, **values: Any) -> None:
    device_settings.save(backend.hr, COMMAND_LINE, layer, values)


def says(backend: Served, booth: Booth, version: int, digest: str = "") -> int | None:
    said = AppliedSettings(version=version, digest=digest, refused=[])
    with backend.hr.db.write() as session:
        return device_settings.applied(backend.hr, session, booth.device_id, said)


def test_a_device_of_which_nothing_is_wanted_gets_no_settings(backend: Served) -> None:
    assert document(backend, backend.enrol()) is None


def test_the_layer_nearest_to_the_device_decides_field_by_field(backend: Served) -> None:
    here, there = backend.enrol("here"), backend.enrol("there")
    device_settings.move(backend.hr, COMMAND_LINE, here.device_id, "Hall 3")
    save(backend, "all", idle_minutes=3, video_height=720)
    save(backend, "group:Hall 3", idle_minutes=5, kiosk=True)
    save(backend, device_settings.device_layer(here.device_id), kiosk=False)
    assert held(backend, here)[1] == DeviceSettings(idle_minutes=5, video_height=720, kiosk=False)
    assert held(backend, there)[1] == DeviceSettings(idle_minutes=3, video_height=720)


def test_a_version_grows_with_each_change_and_only_for_whom_it_changes(backend: Served) -> None:
    here, there = backend.enrol("here"), backend.enrol("there")
    save(backend, "all", idle_minutes=3)
    save(backend, "all", idle_minutes=3)
    save(backend, device_settings.device_layer(here.device_id), idle_minutes=9)
    save(backend, "all", idle_minutes=4)  # changes nothing for the first
    assert (held(backend, here)[0], held(backend, there)[0]) == (2, 2)
    device_settings.move(backend.hr, COMMAND_LINE, here.device_id, "empty group")
    assert held(backend, here)[0] == 2
    save(backend, "all")
    save(backend, device_settings.device_layer(here.device_id))
    assert held(backend, here) == (3, DeviceSettings())


def test_a_value_that_does_not_do_is_refused_with_its_field_and_nothing_changes(backend: Served) -> None:
    booth = backend.enrol()
    save(backend, "all", idle_minutes=3)
    with pytest.raises(XudaError) as caught:
        save(backend, "all", idle_minutes=4, video_height=721)
    assert (caught.value.code, caught.value.field) == (ErrorCode.SETTING_INVALID, "video_height")
    assert held(backend, booth) == (1, DeviceSettings(idle_minutes=3))


@pytest.mark.parametrize("layer", ["", "group:", "group:<b>", "device:none", "everything"])
def test_a_layer_there_is_not_is_not_found(backend: Served, layer: str) -> None:
    with pytest.raises(XudaError) as caught:
        save(backend, layer, idle_minutes=4)
    assert caught.value.code is ErrorCode.NOT_FOUND


@pytest.mark.parametrize("role", [Role.HR, Role.DEPARTMENT_HEAD, Role.AUDITOR])
def test_only_an_administrator_sets_or_reads_them(backend: Served, role: Role) -> None:
    booth = backend.enrol()
    actor = replace(COMMAND_LINE, role=role)
    for call in (
        lambda: device_settings.save(backend.hr, actor, "all", {"idle_minutes": 3}),
        lambda: device_settings.layer(backend.hr, actor, "all"),
        lambda: device_settings.move(backend.hr, actor, booth.device_id, "x"),
    ):
        with pytest.raises(XudaError) as caught:
            call()
        assert caught.value.code is ErrorCode.FORBIDDEN


def test_a_change_is_in_the_audit_log_by_field_and_never_by_value(backend: Served) -> None:
    save(backend, "all", staff_pin=PIN_HASH, idle_minutes=17)
    row = audit_search.rows(backend.hr, COMMAND_LINE, limit=1)[0][0]
    assert (row.action, row.target) == ("device_settings", "settings:all")
    assert row.detail["fields"] == ["idle_minutes", "staff_pin"]
    assert PIN_HASH not in str(row.detail)


def test_the_hash_of_the_pin_is_not_in_clear_in_the_database(backend: Served) -> None:
    save(backend, "all", staff_pin=PIN_HASH)
    for file in backend.hr.settings.data.glob("hr.db*"):
        assert PIN_HASH[-20:].encode() not in file.read_bytes()


@pytest.mark.parametrize(("version", "digest"), [(7, "a" * 64), (1, "b" * 64)])
def test_a_device_ahead_of_a_restored_backend_gets_its_settings_under_a_higher_number(
    backend: Served, version: int, digest: str
) -> None:
    booth = backend.enrol()
    save(backend, "all", idle_minutes=3)
    assert says(backend, booth, version, digest) == version + 1
    assert held(backend, booth) == (version + 1, DeviceSettings(idle_minutes=3))


def test_a_device_that_lags_or_is_right_changes_nothing(backend: Served) -> None:
    booth = backend.enrol()
    save(backend, "all", idle_minutes=3)
    save(backend, "all", idle_minutes=4)
    assert says(backend, booth, 1, "c" * 64) == 2
    with backend.hr.db.read() as session:
        envelope = device_settings.document(backend.hr, session, booth.device_id)
    assert envelope is not None
    assert says(backend, booth, 2, envelope.digest) == 2
    with backend.hr.db.read() as session:
        assert session.get_one(Device, booth.device_id).settings_applied == 2


def test_a_device_that_is_enrolled_again_goes_on_with_its_group_and_settings(backend: Served) -> None:
    before = backend.enrol()
    device_settings.move(backend.hr, COMMAND_LINE, before.device_id, "Hall 3")
    save(backend, device_settings.device_layer(before.device_id), idle_minutes=9)
    key = SigningKey.generate()
    claim = Succession(
        organisation_id=backend.hr.organisation_id,
        former_device_id=before.device_id,
        public_key=b64encode(key.public),
    )
    request = EnrolRequest(
        code=devices.new_enrolment_code(backend.hr, COMMAND_LINE),
        public_key=b64encode(key.public),
        name="again",
        platform="test",
        app_version="1",
        succession=sign(claim, before.key),
    )
    devices.enrol(backend.hr, request, address="127.0.0.1")
    with backend.hr.db.read() as session:
        after = session.query(Device).filter_by(former_id=before.device_id).one()
        assert after.group_label == "Hall 3"
        assert device_settings.wanted(backend.hr, session, after) == DeviceSettings(idle_minutes=9)
        assert after.settings_version == 1
