"""Names of sound devices as systems give them that this machine is not."""

from __future__ import annotations

from typing import Any

import pytest

from app.capture import portaudio
from app.capture.microphone import _is_narrow
from app.capture.portaudio import _list_devices, _matching
from app.capture.specs import parse_spec


class Windows:
    """What PortAudio tells on a machine with two headsets of one make: every device once per host API."""

    class PortAudioError(Exception):
        pass

    def query_hostapis(self) -> list[dict[str, Any]]:
        return [{"name": "MME", "devices": [0]}, {"name": "Windows WASAPI", "devices": [1, 2, 3]}]

    def query_devices(self, kind: str = "") -> Any:
        def device(index: int, name: str, api: int, rate: float = 48_000.0) -> dict[str, Any]:
            inputs = {"max_input_channels": 2, "max_output_channels": 0}
            return {"index": index, "name": name, "hostapi": api, "default_samplerate": rate, **inputs}

        found = [
            device(0, "Headset (Jabra Evolve2 Wireles", 0),
            device(1, "Headset (Jabra Evolve2)", 1),
            device(2, "Headset (Jabra Evolve2)", 1),
            device(3, "Headset (WH-1000XM4 Hands-Free AG Audio)", 1, 16_000.0),
        ]
        return found[1] if kind else found


def test_each_device_is_listed_once_by_its_full_name_and_two_of_one_name_are_told_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(portaudio.sys, "platform", "win32")
    found = _list_devices(Windows(), "input")
    assert [device.name for device in found] == [
        "Headset (Jabra Evolve2) (1)",
        "Headset (Jabra Evolve2) (2)",
        "Headset (WH-1000XM4 Hands-Free AG Audio)",
    ]
    assert [device.index for device in _matching(parse_spec(found[1].info.spec), found)] == [2]


@pytest.mark.parametrize(
    ("rate", "name", "expected"),
    [
        (16_000, "Headset", True),
        (8_000, "Headset", True),
        (48_000, "Headset (WH-1000XM4 Hands-Free AG Audio)", True),
        (44_100, "MacBook Pro Microphone", False),
        (0, "unknown", False),
    ],
)
def test_the_telephone_sound_of_a_headset_is_known_by_its_rate_or_its_name(
    rate: int, name: str, expected: bool
) -> None:
    assert _is_narrow(rate, name) is expected
