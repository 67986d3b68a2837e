"""`xuda-hr key` and `xuda-hr device lost`, as somebody types them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.backend.test_command_line import answer, run
from tests.backend.world import Served, Talk, invite, served


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path / "hr") as found:
        yield found


def states(data: Path) -> dict[str, str]:
    return {f"{key['use']} {key['epoch']}": key["state"] for key in answer("key", "list", data=data)}


def test_keys_are_changed_ended_and_revoked_beside_a_running_server(office: Served) -> None:
    data = office.hr.settings.data
    before = office.hr.vault.fingerprint
    assert states(data) == {"signing 1": "current", "encryption 1": "current"}
    changed = answer("key", "rotate", data=data)
    assert changed["fingerprint"] == office.hr.vault.fingerprint != before
    assert answer("key", "rotate", "--encryption", data=data)["codes_void"] == 0
    assert states(data)["encryption 3"] == "current"
    assert answer("key", "retire", "2", "--encryption", data=data)["keys"]
    assert states(data)["encryption 2"] == "retired"
    shown = run("key", "revoke", "2", "--signing", data=data)
    assert shown.returncode == 0
    assert "enrolled again with a new code" in shown.stdout
    assert "Back up keys.json" in shown.stdout
    assert states(data)["signing 2"] == "revoked"
    assert office.enrol().device_id


@pytest.mark.parametrize(
    ("command", "error"),
    [
        (("key", "retire", "1"), "setting_invalid"),
        (("key", "retire", "1", "--encryption", "--signing"), "setting_invalid"),
        (("key", "retire", "one", "--encryption"), "setting_invalid"),
        (("key", "retire", "1", "--encryption"), "illegal_state"),
        (("key", "revoke", "9", "--signing"), "not_found"),
        (("key", "rotate", "--overlap", "-1"), "setting_invalid"),
        (("device", "lost", "nobody"), "not_found"),
        (("device", "code", "--replaces", "nobody"), "not_found"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_changes_nothing(
    office: Served, command: tuple[str, ...], error: str
) -> None:
    data = office.hr.settings.data
    assert answer(*command, data=data, code=2)["error"] == error
    assert states(data) == {"signing 1": "current", "encryption 1": "current"}


def test_a_lost_device_is_reported_with_the_candidates_it_concerns(office: Served) -> None:
    data = office.hr.settings.data
    talk = Talk(office.enrol("展位一"), invite(office.hr, "李雷"))
    talk.started()
    talk.put_all()
    shown = run("device", "lost", talk.booth.device_id, data=data)
    assert shown.returncode == 0
    assert "李雷" in shown.stdout
    found = answer("device", "lost", talk.booth.device_id, data=data)
    assert (found["state"], [item["interview_id"] for item in found["interviews"]]) == ("lost", [talk.interview_id])
    (device,) = answer("device", "list", data=data)
    assert device["state"] == "lost"
    assert device["revoked_at"] == device["lost_at"]
