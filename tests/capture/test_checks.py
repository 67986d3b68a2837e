"""What is said about a machine before an interview."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from app.capture.checks import (
    Around,
    CheckState,
    check_battery,
    check_camera,
    check_clock,
    check_disk,
    check_microphone,
    check_model,
    check_speaker,
    disk_needed,
    read_facts,
)
from app.capture.values import CaptureSettings, DeviceState, Frame, Level
from app.interview.model import Battery, DeviceInfo
from tests.support.media import Painter, moving_picture, plain_picture

OTHER = DeviceInfo("name:other", "other")


def frame(image: np.ndarray) -> Frame:
    return Frame(1, 0.0, image)


def dim_picture() -> Painter:
    """A room in the evening."""
    bright = moving_picture()
    return lambda number: (bright(number) // 4).astype(np.uint8)


@pytest.mark.parametrize(
    ("state", "picture", "expected", "code"),
    [
        (None, None, "failed", "camera_missing"),
        (DeviceState.LOST, moving_picture(), "failed", "camera_lost"),
        (DeviceState.FROZEN, moving_picture(), "failed", "camera_frozen"),
        (DeviceState.LIVE, plain_picture(3), "failed", "camera_dark"),
        (DeviceState.FROZEN, plain_picture(3), "failed", "camera_dark"),
        (DeviceState.LIVE, moving_picture(), "ok", ""),
        (DeviceState.LIVE, plain_picture(255), "warning", "camera_covered"),
        (DeviceState.LIVE, plain_picture(90), "warning", "camera_covered"),
        (DeviceState.LIVE, dim_picture(), "warning", "camera_dim"),
    ],
)
def test_a_camera_needs_a_live_picture_with_light_in_it(state, picture, expected, code) -> None:  # type: ignore[no-untyped-def]
    result = check_camera(state, frame(picture(0)) if picture else None)
    assert (result.state, result.code) == (expected, code)


@pytest.mark.parametrize(
    ("state", "level", "expected", "code"),
    [
        (None, Level(), "failed", "microphone_missing"),
        (DeviceState.LOST, Level(-20, -10), "failed", "microphone_lost"),
        (DeviceState.SILENT, Level(), "failed", "microphone_silent"),
        (DeviceState.LIVE, Level(), "failed", "microphone_silent"),
        (DeviceState.LIVE, Level(-55, -40), "warning", "microphone_quiet"),
        (DeviceState.LIVE, Level(-6, -0.1), "warning", "microphone_clipping"),
        (DeviceState.LIVE, Level(-25, -12), "ok", ""),
    ],
)
def test_a_microphone_needs_a_fitting_level(state, level, expected, code) -> None:  # type: ignore[no-untyped-def]
    result = check_microphone(state, level)
    assert (result.state, result.code) == (expected, code)


@pytest.mark.parametrize(
    ("around", "level", "expected", "code"),
    [
        (Around(muted=True, better=OTHER), Level(), "failed", "microphone_muted"),
        (Around(better=OTHER), Level(), "warning", "microphone_elsewhere"),
        (Around(room=-30.0), Level(-20, -8), "warning", "room_noisy"),
        (Around(room=-42.0), Level(-35, -20), "warning", "room_noisy"),
        (Around(room=-42.0), Level(-20, -8), "ok", ""),
        (Around(room=-60.0, narrow=True), Level(-20, -8), "warning", "microphone_narrow"),
        (Around(room=-60.0), Level(-20, -8), "ok", ""),
    ],
)
def test_what_is_known_around_a_microphone_is_said(around, level, expected, code) -> None:  # type: ignore[no-untyped-def]
    result = check_microphone(DeviceState.LIVE, level, around)
    assert (result.state, result.code, result.better) == (expected, code, around.better)


def test_a_missing_speaker_is_only_a_warning() -> None:
    assert check_speaker([]).state is CheckState.WARNING
    assert check_speaker([DeviceInfo("name:a", "a")]).state is CheckState.OK


def test_the_disk_must_hold_all_answers_and_says_how_much_is_missing() -> None:
    settings = CaptureSettings()
    need = disk_needed(20 * 60, settings)
    assert need > 20 * 60 * (settings.video_bit_rate + settings.audio_bit_rate) / 8
    assert check_disk(need, 20 * 60, settings).state is CheckState.OK
    short = check_disk(need - 5_000_000, 20 * 60, settings)
    assert (short.state, short.code, short.value) == ("failed", "disk_full", 5_000_000)


@pytest.mark.parametrize(
    ("battery", "expected"),
    [
        (None, "ok"),
        (Battery(5, on_mains=True), "ok"),
        (Battery(80, on_mains=False), "ok"),
        (Battery(80, on_mains=False, minutes_left=20), "warning"),
        (Battery(80, on_mains=False, minutes_left=120), "ok"),
        (Battery(10, on_mains=False), "warning"),
    ],
)
def test_the_battery_must_last_for_the_interview(battery: Battery | None, expected: str) -> None:
    assert check_battery(battery, minutes=20).state == expected


def test_a_clock_behind_a_known_server_time_is_wrong() -> None:
    now = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
    assert check_clock(now, None).state is CheckState.OK
    assert check_clock(now, now + timedelta(seconds=30)).state is CheckState.OK
    assert check_clock(now, now - timedelta(days=400)).state is CheckState.OK
    behind = check_clock(now, now + timedelta(hours=1))
    assert (behind.state, behind.code, behind.value) == ("warning", "clock_wrong", 3600)


def test_without_a_speech_model_the_interview_still_goes_on() -> None:
    assert check_model(None).state is CheckState.WARNING
    assert check_model("base@0123abcd").state is CheckState.OK


def test_the_facts_of_this_machine_can_be_read(tmp_path: Path) -> None:
    facts = read_facts(tmp_path)
    assert facts.free > 0
    assert facts.battery is None or 0 <= facts.battery.percent <= 100
