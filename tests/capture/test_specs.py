from __future__ import annotations

from pathlib import Path

import pytest

from app.capture.specs import DeviceSpec, SpecKind, name_matches, parse_spec
from contract.errors import ErrorCode, XudaError


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("", SpecKind.DEFAULT, ""),
        ("   ", SpecKind.DEFAULT, ""),
        ("name:USB Camera", SpecKind.NAME, "USB Camera"),
        ("USB Camera", SpecKind.NAME, "USB Camera"),
        ("name:7", SpecKind.NAME, "7"),
        ("会议室摄像头", SpecKind.NAME, "会议室摄像头"),
        ("Codec: Front (hw:0,1)", SpecKind.NAME, "Codec: Front (hw:0,1)"),
        ("index:2", SpecKind.INDEX, "2"),
        ("2", SpecKind.INDEX, "2"),
        ("http://10.0.0.5/video.mjpg", SpecKind.URL, "http://10.0.0.5/video.mjpg"),
        ("rtsp://camera.local:554/stream", SpecKind.URL, "rtsp://camera.local:554/stream"),
        ("file:clips/a b.mp4", SpecKind.FILE, "clips/a b.mp4"),
        ("FILE:a.wav", SpecKind.FILE, "a.wav"),
    ],
)
def test_a_device_setting_says_what_it_means(text: str, kind: SpecKind, value: str) -> None:
    assert parse_spec(text) == DeviceSpec(kind, value)


@pytest.mark.parametrize("text", ["index:", "index:x", "index:-1", "file:", "name:"])
def test_a_setting_without_a_usable_value_is_refused(text: str) -> None:
    with pytest.raises(XudaError) as caught:
        parse_spec(text)
    assert caught.value.code is ErrorCode.SETTING_INVALID


def test_a_file_may_be_given_as_file_url(tmp_path: Path) -> None:
    path = tmp_path / "a b.mp4"
    assert parse_spec(path.as_uri()).path == path


def test_part_of_a_name_is_enough_whatever_the_case() -> None:
    assert name_matches("logitech", "HD Pro Webcam (Logitech)")
    assert not name_matches("logitech", "Integrated Camera")
