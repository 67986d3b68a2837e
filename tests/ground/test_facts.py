"""Facts about the machine are found, or left out; they never stop anything."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from app.capture.checks import read_facts
from app.facts import read_battery
from app.interview.model import Battery


@pytest.mark.parametrize("problem", [FileNotFoundError("/sys/class/power_supply"), PermissionError(), RuntimeError()])
def test_a_machine_that_cannot_tell_its_battery_has_none(
    problem: Exception, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def ask() -> None:
        raise problem

    monkeypatch.setattr(psutil, "sensors_battery", ask, raising=False)
    assert read_battery() is None
    assert read_facts(tmp_path).battery is None


def test_a_system_without_a_word_for_batteries_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(psutil, "sensors_battery", raising=False)
    assert read_battery() is None


def test_the_charge_is_read_with_the_minutes_it_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    found = SimpleNamespace(percent=41, power_plugged=False, secsleft=1800)
    monkeypatch.setattr(psutil, "sensors_battery", lambda: found, raising=False)
    assert read_battery() == Battery(41.0, on_mains=False, minutes_left=30.0)
