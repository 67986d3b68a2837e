"""Which of several places decides a setting of this device."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from app.device_settings import DEFAULTS, Received, SettingsDesk, Source, resolve
from contract.settings import FIELDS, DeviceSettings

WEIGHTIEST_FIRST = [Source.COMMAND_LINE, Source.ENVIRONMENT, Source.REMOTE, Source.FILE, Source.DEFAULT]
MINUTES = {source: minutes for minutes, source in enumerate(WEIGHTIEST_FIRST, start=10)}


@pytest.mark.parametrize(("heavy", "light"), list(combinations(WEIGHTIEST_FIRST[:-1], 2)))
def test_the_weightier_place_decides(heavy: Source, light: Source) -> None:
    local: dict[str, tuple[Any, Source]] = {}
    remote = DeviceSettings()
    for source in (light, heavy):  # this machine's own places are weighed by the command line already
        if source is Source.REMOTE:
            remote = DeviceSettings(idle_minutes=MINUTES[source])
        else:
            local["idle_minutes"] = (MINUTES[source], source)
    found = resolve(local, remote)
    assert (found.values.idle_minutes, found.sources["idle_minutes"]) == (MINUTES[heavy], heavy)


def test_without_any_word_the_defaults_hold() -> None:
    found = resolve({}, DeviceSettings())
    assert found.values == DEFAULTS
    assert set(found.sources) == set(FIELDS)
    assert set(found.sources.values()) == {Source.DEFAULT}


def test_false_and_empty_are_words_too() -> None:
    local: dict[str, tuple[Any, Source]] = {"kiosk": (False, Source.COMMAND_LINE), "sleep_hours": ([], Source.FILE)}
    found = resolve(local, DeviceSettings(kiosk=True))
    assert (found.values.kiosk, found.values.sleep_hours) == (False, [])
    assert found.sources["sleep_hours"] is Source.FILE


def test_listeners_hear_of_changes_and_of_nothing_else() -> None:
    desk = SettingsDesk({"kiosk": (True, Source.COMMAND_LINE)})
    heard: list[int | None] = []
    desk.subscribe(lambda: heard.append(desk.values.idle_minutes))
    desk.take(Received(1, "a", DeviceSettings(idle_minutes=7)))
    desk.take(Received(2, "b", DeviceSettings(idle_minutes=7)))
    desk.take(Received(3, "c", DeviceSettings(idle_minutes=7, kiosk=False)))
    assert heard == [7]
    assert (desk.received.version, desk.values.kiosk) == (3, True)


def test_a_listener_that_fails_keeps_nobody_from_hearing(caplog: pytest.LogCaptureFixture) -> None:
    desk = SettingsDesk({})
    heard: list[bool] = []

    def fail() -> None:
        raise ValueError

    desk.subscribe(fail)
    desk.subscribe(lambda: heard.append(True))
    desk.take(Received(1, "a", DeviceSettings(idle_minutes=7)))
    assert heard == [True]
    caplog.clear()
