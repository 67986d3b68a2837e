"""PortAudio as one guarded resource: it is global to the process, so its device list and its streams share a lock."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

from app.capture import pulse
from app.capture.pulse import PulseSource
from app.capture.specs import DeviceSpec, SpecKind, name_matches
from app.interview.model import DeviceInfo
from contract.errors import ErrorCode, XudaError

log = logging.getLogger(__name__)
# Windows shows each device once per host API; one of them is enough, best first.
_HOST_APIS = ("Windows WASAPI", "Core Audio", "ALSA", "Windows DirectSound", "MME")


@dataclass(frozen=True, slots=True)
class SoundDevice:
    """A PortAudio device. ``rate`` is its own sample rate in Hz.

    ``source`` is the sound server's microphone behind it, where the server tells.
    """

    index: int
    name: str
    host_api: str
    channels: int
    rate: float
    is_default: bool
    source: PulseSource | None = None

    @property
    def info(self) -> DeviceInfo:
        return DeviceInfo(f"name:{self.name}", self.name, self.host_api, self.is_default)


class PortAudio:
    """Lists devices and opens streams. The list is only read anew while no stream is open (PortAudio's own rule)."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._open = 0

    def devices(self, kind: str, *, refresh: bool = False) -> list[SoundDevice]:
        """Devices of kind ``input`` or ``output``, the default first; empty when there is no sound system."""
        with self._lock:
            sd = self._load()
            if sd is None:
                return []
            if refresh and not self._open:
                self._refresh(sd)
            found = _list_devices(sd, kind)
        served = _served(found) if kind == "input" else None
        return found if served is None else served

    def choose(self, spec: DeviceSpec, *, refresh: bool) -> SoundDevice:
        """The microphone a spec means. Raises XudaError(MICROPHONE_MISSING)."""
        devices = self.devices("input", refresh=refresh)
        if spec.kind is not SpecKind.DEFAULT:
            # PortAudio's own names and numbers are understood also where the sound server's are shown.
            with self._lock:
                sd = self._load()
                devices = _matching(spec, devices) or _matching(spec, _list_devices(sd, "input") if sd else [])
        if not devices:
            raise XudaError(ErrorCode.MICROPHONE_MISSING, field="microphone")
        return devices[0]

    def open_input(self, device: SoundDevice, callback: Callable[..., None], finished: Callable[[], None]) -> Any:
        """Start a float32 stream: mono at 48 kHz where the device can, else as the device likes it.

        Raises XudaError(MICROPHONE_BUSY).
        """
        wishes = [(48_000.0, 1), (device.rate, 1), (device.rate, min(2, device.channels))]
        with self._lock, pulse.chosen(device.source.name) if device.source else nullcontext():
            sd = self._load()
            for rate, channels in dict.fromkeys(wishes):
                try:
                    stream = sd.InputStream(
                        samplerate=rate,
                        channels=channels,
                        device=device.index,
                        dtype="float32",
                        latency="high",
                        callback=callback,
                        finished_callback=finished,
                    )
                    stream.start()
                except sd.PortAudioError as error:
                    log.info("Microphone refused %.0f Hz, %d channels: %s", rate, channels, error)
                    continue
                self._open += 1
                return stream
        raise XudaError(ErrorCode.MICROPHONE_BUSY, field="microphone")

    def close(self, stream: Any) -> None:
        """Close a stream that ``open_input`` gave; a device that is gone raises nothing."""
        with self._lock:
            sd = self._load()
            try:
                stream.close(ignore_errors=True)
            except sd.PortAudioError as error:
                log.info("Closing the microphone: %s", error)
            self._open -= 1

    def _load(self) -> Any:
        try:
            import sounddevice
        except OSError as error:  # the PortAudio library itself is missing
            log.warning("No sound system: %s", error)
            return None
        return sounddevice

    def _refresh(self, sd: Any) -> None:
        try:
            sd._terminate()
            sd._initialize()
        except sd.PortAudioError as error:
            log.warning("The list of sound devices could not be read again: %s", error)


PORT_AUDIO = PortAudio()


def _matching(spec: DeviceSpec, devices: list[SoundDevice]) -> list[SoundDevice]:
    if spec.kind is SpecKind.INDEX:
        # Behind a sound server all microphones share one number, so a number means PortAudio's own device.
        return [d for d in devices if d.index == spec.index and d.source is None]
    exact = [d for d in devices if d.name.casefold() == spec.value.casefold()]
    return exact or [d for d in devices if name_matches(spec.value, d.name)]


def _served(found: list[SoundDevice]) -> list[SoundDevice] | None:
    """The sound server's microphones by their own names; None where there is no server PortAudio can reach."""
    gate = next((d for d in found if d.name == "pulse"), None)
    sources = pulse.sources() if gate else None
    if gate is None or sources is None:
        return None
    names = [s.description for s in sources]
    return [
        SoundDevice(
            index=gate.index,
            name=s.description if names.count(s.description) == 1 else f"{s.description} ({s.name})",
            host_api="PulseAudio",
            channels=1,
            rate=48_000.0,
            is_default=s.is_default,
            source=s,
        )
        for s in sources
    ]


def _list_devices(sd: Any, kind: str) -> list[SoundDevice]:
    apis = sd.query_hostapis()
    default = _default_index(sd, kind)
    wanted = next((name for name in _HOST_APIS for api in apis if api["name"] == name and api["devices"]), None)
    found = []
    for index, entry in enumerate(sd.query_devices()):
        channels = entry[f"max_{kind}_channels"]
        api = apis[entry["hostapi"]]["name"]
        if channels < 1 or (sys.platform == "win32" and wanted and api != wanted):
            continue
        found.append(SoundDevice(index, entry["name"], api, channels, entry["default_samplerate"], index == default))
    return sorted(_told_apart(found), key=lambda d: (not d.is_default, d.index))


def _told_apart(devices: list[SoundDevice]) -> list[SoundDevice]:
    """Two of one name, as two headsets of one make are, get their numbers behind it."""
    names = [device.name for device in devices]
    return [replace(d, name=f"{d.name} ({d.index})") if names.count(d.name) > 1 else d for d in devices]


def _default_index(sd: Any, kind: str) -> int:
    try:
        entry = sd.query_devices(kind=kind)
    except (sd.PortAudioError, ValueError):
        return -1
    return int(entry["index"])
