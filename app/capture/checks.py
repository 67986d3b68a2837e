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
CAMERA_DIM = "camera_dim"
CAMERA_COVERED = "camera_covered"
MICROPHONE_MUTED = "microphone_muted"
MICROPHONE_ELSEWHERE = "microphone_elsewhere"
MICROPHONE_NARROW = "microphone_narrow"
ROOM_NOISY = "room_noisy"
MICROPHONE_QUIET = "microphone_quiet"
MICROPHONE_CLIPPING = "microphone_clipping"
SPEAKER_MISSING = "speaker_missing"
BATTERY_LOW = "battery_low"

_QUIET = -45.0
_CLIPPING = -0.5
# In dBFS: as loud as this between the words, or voices that stand out no more than that.
_NOISY = -38.0
_ABOVE_NOISE = 12.0
# Of 255: a face before a window at night; one colour, with no more than a sensor's own noise.
_DIM = 40.0
_PLAIN = 3.0
_MICROPHONE_FAILS = frozenset(
    {
        ErrorCode.MICROPHONE_MISSING.value,
        ErrorCode.MICROPHONE_LOST.value,
        ErrorCode.MICROPHONE_SILENT.value,
        MICROPHONE_MUTED,
    }
)
_CLOCK_SLACK = timedelta(minutes=2)
_BATTERY_RESERVE = 15.0
_DISK_RESERVE = 200_000_000


def check_camera(state: DeviceState | None, frame: Frame | None) -> CheckResult:
    """A live camera whose picture is not black, shows something and has light."""
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
    if float(grey.std()) < _PLAIN:
        return CheckResult(CheckName.CAMERA, CheckState.WARNING, CAMERA_COVERED, value=brightness)
    if brightness < _DIM:
        return CheckResult(CheckName.CAMERA, CheckState.WARNING, CAMERA_DIM, value=brightness)
    return CheckResult(CheckName.CAMERA, CheckState.OK, value=brightness)


@dataclass(frozen=True, slots=True)
class Around:
    """What else is known of the microphone. ``room``: dBFS between the words; ``better``: one that hears more."""

    room: float | None = None
    muted: bool = False
    narrow: bool = False
    better: DeviceInfo | None = None


def hears_little(state: DeviceState | None, loudest: Level) -> bool:
    """Whether it is worth asking what other microphones hear."""
    return state is DeviceState.SILENT or loudest.rms < _QUIET


def check_microphone(state: DeviceState | None, loudest: Level, around: Around | None = None) -> CheckResult:
    """``loudest`` is the highest level heard while the candidate was asked to speak."""
    found = around or Around()
    code, level = _microphone_code(state, loudest, found)
    hard = code in _MICROPHONE_FAILS
    kind = CheckState.FAILED if hard else CheckState.WARNING if code else CheckState.OK
    value = None if code in (ErrorCode.MICROPHONE_MISSING, ErrorCode.MICROPHONE_LOST) else level
    return CheckResult(CheckName.MICROPHONE, kind, code, value=value, better=found.better)


def _microphone_code(state: DeviceState | None, loudest: Level, around: Around) -> tuple[str, float]:
    """What is to be said, the most important first, with the level it is said for."""
    quiet = hears_little(state, loudest)
    room = around.room if around.room is not None else QUIETEST
    noisy = room > _NOISY or (room > _QUIET and loudest.rms - room < _ABOVE_NOISE)
    sayings = (
        (state is None, ErrorCode.MICROPHONE_MISSING.value, loudest.peak),
        (state is DeviceState.LOST, ErrorCode.MICROPHONE_LOST.value, loudest.peak),
        (around.muted, MICROPHONE_MUTED, loudest.peak),
        (quiet and around.better is not None, MICROPHONE_ELSEWHERE, loudest.peak),
        (state is DeviceState.SILENT or loudest.peak <= QUIETEST, ErrorCode.MICROPHONE_SILENT.value, loudest.peak),
        (loudest.rms < _QUIET, MICROPHONE_QUIET, loudest.rms),
        (loudest.peak > _CLIPPING, MICROPHONE_CLIPPING, loudest.peak),
        (noisy, ROOM_NOISY, room),
        (around.narrow, MICROPHONE_NARROW, loudest.rms),
    )
    return next(((code, level) for said, code, level in sayings if said), ("", loudest.rms))


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
