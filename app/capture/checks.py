"""Judges the machine before an interview: plain facts in, plain results out. The only I/O is in ``read_facts``."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from app.capture.media import is_black
from app.capture.values import QUIETEST, CaptureSettings, DeviceState, Frame, Level
from app.facts import read_battery
from app.interview.model import Battery, CheckName, CheckResult, CheckState, DeviceInfo
from contract.errors import ErrorCode

# Codes of advice that are no errors of the product and so have no ErrorCode.
CAMERA_DARK = "camera_dark"
MICROPHONE_QUIET = "microphone_quiet"
MICROPHONE_CLIPPING = "microphone_clipping"
SPEAKER_MISSING = "speaker_missing"
BATTERY_LOW = "battery_low"

_QUIET = -45.0
_CLIPPING = -0.5
_CLOCK_SLACK = timedelta(minutes=2)
_BATTERY_RESERVE = 15.0
_DISK_RESERVE = 200_000_000


def check_camera(state: DeviceState | None, frame: Frame | None) -> CheckResult:
    """A live camera whose picture is not black."""
    if state is None:
        return CheckResult(CheckName.CAMERA, CheckState.FAILED, ErrorCode.CAMERA_MISSING)
    if state is DeviceState.LOST or frame is None:
        return CheckResult(CheckName.CAMERA, CheckState.FAILED, ErrorCode.CAMERA_LOST)
    grey = frame.image[::8, ::8].mean(axis=2, dtype=np.float32)
    brightness = float(grey.mean())
    if is_black([grey]):
        # Asked before frozen: a closed shutter gives the same black picture again and again.
        return CheckResult(CheckName.CAMERA, CheckState.FAILED, CAMERA_DARK, value=brightness)
    if state is DeviceState.FROZEN:
        return CheckResult(CheckName.CAMERA, CheckState.FAILED, ErrorCode.CAMERA_FROZEN, value=brightness)
    return CheckResult(CheckName.CAMERA, CheckState.OK, value=brightness)


def check_microphone(state: DeviceState | None, loudest: Level) -> CheckResult:
    """``loudest`` is the highest level heard while the candidate was asked to speak."""
    name = CheckName.MICROPHONE
    if state is None:
        return CheckResult(name, CheckState.FAILED, ErrorCode.MICROPHONE_MISSING)
    if state is DeviceState.LOST:
        return CheckResult(name, CheckState.FAILED, ErrorCode.MICROPHONE_LOST)
    if state is DeviceState.SILENT or loudest.peak <= QUIETEST:
        return CheckResult(name, CheckState.FAILED, ErrorCode.MICROPHONE_SILENT, value=loudest.peak)
    if loudest.rms < _QUIET:
        return CheckResult(name, CheckState.WARNING, MICROPHONE_QUIET, value=loudest.rms)
    if loudest.peak > _CLIPPING:
        return CheckResult(name, CheckState.WARNING, MICROPHONE_CLIPPING, value=loudest.peak)
    return CheckResult(name, CheckState.OK, value=loudest.rms)


def check_speaker(speakers: Sequence[DeviceInfo]) -> CheckResult:
    """A missing speaker is a warning: questions can be read."""
    if not speakers:
        return CheckResult(CheckName.SPEAKER, CheckState.WARNING, SPEAKER_MISSING)
    return CheckResult(CheckName.SPEAKER, CheckState.OK)


def disk_needed(seconds: float, settings: CaptureSettings) -> int:
    """Bytes for ``seconds`` of recording, with room for the repaired copy of the last take and a reserve."""
    return int(seconds * settings.bytes_per_second * 1.25) + _DISK_RESERVE


def check_disk(free: int, seconds: float, settings: CaptureSettings) -> CheckResult:
    """Space for all answers of the interview at the highest rate the recorder uses; ``free`` in bytes."""
    missing = disk_needed(seconds, settings) - free
    if missing > 0:
        return CheckResult(CheckName.DISK, CheckState.FAILED, ErrorCode.DISK_FULL, value=float(missing))
    return CheckResult(CheckName.DISK, CheckState.OK)


def check_battery(battery: Battery | None, minutes: float) -> CheckResult:
    """Enough charge for ``minutes`` of interview. None means a machine without a battery."""
    if battery is None or battery.on_mains:
        return CheckResult(CheckName.BATTERY, CheckState.OK, value=battery.percent if battery else None)
    short = battery.minutes_left is not None and battery.minutes_left < minutes * 1.2
    if short or battery.percent < _BATTERY_RESERVE:
        return CheckResult(CheckName.BATTERY, CheckState.WARNING, BATTERY_LOW, value=battery.percent)
    return CheckResult(CheckName.BATTERY, CheckState.OK, value=battery.percent)


def check_clock(now: datetime, last_server_time: datetime | None) -> CheckResult:
    """A clock behind a time the server has already shown is wrong. It is a warning: nothing is ordered by it."""
    if last_server_time is not None and now < last_server_time - _CLOCK_SLACK:
        behind = (last_server_time - now).total_seconds()
        return CheckResult(CheckName.CLOCK, CheckState.WARNING, ErrorCode.CLOCK_WRONG, value=behind)
    return CheckResult(CheckName.CLOCK, CheckState.OK)


def check_model(model: str | None) -> CheckResult:
    """Without a speech model the interview goes on and is transcribed later."""
    if model is None:
        return CheckResult(CheckName.MODEL, CheckState.WARNING, ErrorCode.MODEL_MISSING)
    return CheckResult(CheckName.MODEL, CheckState.OK)


@dataclass(frozen=True, slots=True)
class MachineFacts:
    """``free`` bytes on the disk that holds the data folder."""

    free: int
    battery: Battery | None


def read_facts(folder: Path) -> MachineFacts:
    """Ask the system. ``folder`` exists."""
    return MachineFacts(int(shutil.disk_usage(folder).free), read_battery())
