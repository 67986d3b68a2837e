"""Microphones that stay open: a PortAudio device or a sound file, both heard through the same ring."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from app.capture import pulse
from app.capture.portaudio import PORT_AUDIO, SoundDevice
from app.capture.ring import SoundRing
from app.capture.specs import SpecKind, parse_spec
from app.capture.values import CaptureSettings, DeviceState
from app.interview.model import DeviceInfo
from contract.errors import XudaError

log = logging.getLogger(__name__)
_RING_SECONDS = 20
_LOOK = 0.2
_RETRY = 0.8
_WATCH = 1.0
_TELEPHONE = 16_000


class Microphone(Protocol):
    """What the recorder needs of a source of sound. ``rate`` is in Hz, ``latency`` in seconds."""

    info: DeviceInfo

    @property
    def ring(self) -> SoundRing: ...
    @property
    def rate(self) -> int: ...
    @property
    def latency(self) -> float: ...
    @property
    def end(self) -> int | None:
        """Ring position at which a file has ended; None while it plays and for a real microphone."""
        ...

    def state(self, now: float) -> DeviceState: ...
    def rewind(self) -> int:
        """Begin a take: the ring position it starts at. A file then plays once, from its beginning."""
        ...

    def park(self) -> None:
        """End a take."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Told:
    """``muted`` in the system's own settings; ``narrow``: the device gives no more than a telephone's sound.

    A Bluetooth headset does so as long as its microphone is open.
    """

    muted: bool = False
    narrow: bool = False


class LiveMicrophone:
    """A microphone of this machine. When it is lost it is looked for again until ``close``."""

    end: int | None = None

    def __init__(self, spec: str, settings: CaptureSettings) -> None:
        """Open it. Raises XudaError (MICROPHONE_MISSING, MICROPHONE_BUSY, SETTING_INVALID)."""
        self._settings = settings
        self._closing = threading.Event()
        self._finished = threading.Event()
        self._ring = SoundRing(1)
        self._rate = 0
        self._latency = 0.0
        self._loud_at = 0.0
        self._overflows = 0
        self._pausing = False
        self._guard = threading.Lock()
        self._device = PORT_AUDIO.choose(parse_spec(spec), refresh=True)
        self.info = self._device.info
        self._stream: Any = self._open(self._device)
        self._keeper = threading.Thread(target=self._keep, name="microphone", daemon=True)
        self._keeper.start()

    @property
    def ring(self) -> SoundRing:
        return self._ring

    @property
    def rate(self) -> int:
        return self._rate

    @property
    def latency(self) -> float:
        return self._latency

    @property
    def overflows(self) -> int:
        """How often PortAudio said that it had to throw samples away."""
        return self._overflows

    def state(self, now: float) -> DeviceState:
        """LIVE, SILENT (exact zeros for long: muted), STALLED or LOST at monotonic second ``now``."""
        if self._pausing:
            return DeviceState.LIVE
        quiet = now - self._ring.mark[1]
        if self._finished.is_set() or quiet > self._settings.sound_lost:
            return DeviceState.LOST
        if quiet > self._settings.sound_stalled:
            return DeviceState.STALLED
        if now - self._loud_at > self._settings.sound_silent:
            return DeviceState.SILENT
        return DeviceState.LIVE

    def told_by_system(self) -> Told:
        """What the system says of this microphone now; may take two seconds."""
        source = self._device.source
        now = next((s for s in pulse.sources() or () if source is not None and s.name == source.name), None)
        if now is not None:
            return Told(now.muted, _is_narrow(now.rate, self.info.name))
        return Told(_muted_on_mac(), _is_narrow(int(self._device.rate), self.info.name))

    def rewind(self) -> int:
        return self._ring.head

    def park(self) -> None:
        """A live microphone needs no care between takes."""

    def list_anew(self) -> list[DeviceInfo]:
        """Microphones of this machine. PortAudio sees new ones only while no stream is open, so this one is let go
        for a moment; not for the middle of a take."""
        if self._device.source is not None or self._stream is None:
            return [device.info for device in PORT_AUDIO.devices("input", refresh=True)]
        with self._guard:
            self._pausing = True
            self._drop()
            found = [device.info for device in PORT_AUDIO.devices("input", refresh=True)]
            self._reopen()
            self._pausing = False
        return found

    def close(self) -> None:
        self._closing.set()
        self._keeper.join(timeout=5.0)

    def _open(self, device: SoundDevice) -> Any:
        ring: SoundRing | None = None
        ready = threading.Event()

        def heard(block: Any, count: int, when: Any, status: Any) -> None:
            if status.input_overflow:
                self._overflows += 1
            if ring is not None:
                ring.write(block, time.monotonic())
                ready.set()

        self._finished.clear()
        stream = PORT_AUDIO.open_input(device, heard, self._finished.set)
        self._rate = int(stream.samplerate)
        self._latency = max(0.0, min(0.5, float(stream.latency)))
        ring = SoundRing(self._rate * _RING_SECONDS, stream.channels)
        self._loud_at = time.monotonic()
        self._ring = ring
        ready.wait(self._settings.sound_lost)
        return stream

    def _keep(self) -> None:
        seen = (self._ring, 0)
        watched = time.monotonic()
        while not self._closing.wait(_LOOK if self._stream is not None else _RETRY):
            with self._guard:
                if self._stream is None:
                    self._reopen()
                    continue
                seen = self._listen(*seen)
                if time.monotonic() - watched > _WATCH:
                    self._watch_source()
                    watched = time.monotonic()
                if self.state(time.monotonic()) is DeviceState.LOST:
                    log.warning("The microphone gives no more sound; opening it again")
                    self._drop()
        self._drop()

    def _watch_source(self) -> None:
        """A sound server moves a stream to another microphone without a word when the first one is pulled out."""
        source = self._device.source
        heard = pulse.heard_sources() if source is not None else None
        if source is not None and heard and source.index not in heard:
            log.warning("The sound server has switched to another microphone")
            self._finished.set()

    def _listen(self, ring: SoundRing, tail: int) -> tuple[SoundRing, int]:
        if ring is not self._ring:
            ring, tail = self._ring, 0
        head = ring.head
        samples, _ = ring.read(tail, head)
        if np.any(samples):
            self._loud_at = time.monotonic()
        return ring, head

    def _drop(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            PORT_AUDIO.close(stream)
            self._finished.set()

    def _reopen(self) -> None:
        try:
            # This very microphone is meant, also when another one has become the system's default.
            device = PORT_AUDIO.choose(parse_spec(self.info.spec), refresh=True)
            self._stream = self._open(device)
        except XudaError:
            self._finished.set()
            return
        self._device = device
        log.info("The microphone is open again")


def _is_narrow(rate: int, name: str) -> bool:
    """Windows calls the telephone's half of a headset so; elsewhere its sample rate tells."""
    return 0 < rate <= _TELEPHONE or "hands-free" in name.casefold()


def _muted_on_mac() -> bool:
    if sys.platform != "darwin":
        return False
    command = ["osascript", "-e", "input volume of (get volume settings)"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=2, check=False)
    except (subprocess.TimeoutExpired, OSError):
        return False
    return done.stdout.strip() == "0"


def open_microphone(spec: str, settings: CaptureSettings) -> Microphone:
    """Open what the spec means. Raises XudaError (MICROPHONE_MISSING, MICROPHONE_BUSY, SETTING_INVALID)."""
    parsed = parse_spec(spec)
    if parsed.kind is SpecKind.FILE:
        from app.capture.sound_file import FileMicrophone

        return FileMicrophone(parsed.path)
    return LiveMicrophone(spec, settings)
