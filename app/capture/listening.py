"""What can be told of a microphone by listening to it: the room's noise, a known tone, and who else hears more."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np

from app.capture.portaudio import PORT_AUDIO, SoundDevice
from app.capture.values import QUIETEST, Level, Sound, decibel
from app.interview.model import DeviceInfo
from contract.errors import XudaError

log = logging.getLogger(__name__)
_BLOCK = 0.05
_LEAST = 3.0
_QUIET_SHARE = 10
_LISTEN = 0.8
_MOST = 4
_HEARS = -50.0
_MORE = 15.0
_TONE = -55.0
_PURE = 0.6
_VOICES = (150.0, 4000.0)


def room_level(sound: Sound, rate: int) -> float | None:
    """Loudness between the words in dBFS: that of the quietest tenth of ``sound``; None when it is too short to tell.

    A microphone that gives exact zeros for a while tells nothing of the room: None.
    """
    block = int(_BLOCK * rate)
    count = len(sound) // block
    if count * _BLOCK < _LEAST:
        return None
    power = np.mean(np.square(sound[: count * block].reshape(count, block)), axis=1)
    quiet = float(np.percentile(np.sqrt(power), _QUIET_SHARE))
    return decibel(quiet) if quiet > 0 else None


def hears_tones(sound: Sound, rate: int, tones: Sequence[float]) -> bool:
    """Whether each of ``tones`` (Hz) is, somewhere in ``sound``, most of what is heard: no voice is as pure."""
    size = int(0.2 * rate)
    if len(sound) < 2 * size:
        return False
    count = len(sound) * 2 // size - 1
    parts = np.stack([sound[at * size // 2 : at * size // 2 + size] for at in range(count)])
    strength = np.square(np.abs(np.fft.rfft(parts * np.hanning(size), axis=1)) * 4 / size)
    step = rate / size
    voices = strength[:, round(_VOICES[0] / step) : round(_VOICES[1] / step)].sum(axis=1) + 1e-12
    for tone in tones:
        place = round(tone / step)
        here = strength[:, place - 2 : place + 3].sum(axis=1)
        if not ((here / voices > _PURE) & (10 * np.log10(here + 1e-12) > _TONE)).any():
            return False
    return True


def heard_elsewhere(spec: str, level: Level) -> DeviceInfo | None:
    """The other microphone that hears clearly more than ``level``, which the one of ``spec`` hears; takes a second.

    None when none does, or when none can be opened beside it.
    """
    devices = PORT_AUDIO.devices("input")
    others = [device for device in devices if device.info.spec != spec and not _is_headset(device)][:_MOST]
    heard: list[tuple[float, SoundDevice]] = []
    with ExitStack() as streams:
        levels = [_listen(device, streams) for device in others]
        if levels:
            threading.Event().wait(_LISTEN)
        heard = [(_loudness(parts), device) for device, parts in zip(others, levels, strict=True)]
    best = max(heard, key=lambda item: item[0], default=None)
    if best is None or best[0] < _HEARS or best[0] < level.rms + _MORE:
        return None
    return best[1].info


def _is_headset(device: SoundDevice) -> bool:
    """Opening the microphone of a Bluetooth headset turns what is played in it into a telephone: not just to ask."""
    source = device.source.name if device.source else ""
    return source.startswith("bluez") or any(word in device.name.casefold() for word in ("bluetooth", "hands-free"))


def _listen(device: SoundDevice, streams: ExitStack) -> list[Sound]:
    parts: list[Sound] = []

    def take(block: Any, count: int, when: Any, status: Any) -> None:
        parts.append(block.mean(axis=1))

    try:
        stream = PORT_AUDIO.open_input(device, take, lambda: None)
    except XudaError:  # in use by somebody else, or gone again: it is no better choice then
        return parts
    streams.callback(PORT_AUDIO.close, stream)
    return parts


def _loudness(parts: list[Sound]) -> float:
    return Level.of(np.concatenate(parts)).rms if parts else QUIETEST
