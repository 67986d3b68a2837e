"""The recorder of the client: keeps camera and microphone open and makes one take at a time."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from app.capture.camera import Camera
from app.capture.devices import list_microphones
from app.capture.microphone import LiveMicrophone, Microphone, Told, open_microphone
from app.capture.values import SOUND_RATE, CaptureSettings, DeviceState, Frame, Level, Sound, as_sound
from app.interview.model import DeviceInfo, RecordingResult
from app.interview.ports import RecorderListener, Sink
from contract.errors import ErrorCode, XudaError

log = logging.getLogger(__name__)
_METER = 0.1


class DeviceRecorder:
    """Implements ``app.interview.ports.Recorder``. Made without touching any device.

    ``settings`` may be a callable that is asked whenever they are needed.
    ``set_camera`` and ``set_microphone`` wait for the device (up to seconds): keep them off the Qt thread. Everything
    else answers at once. All methods may be called from any thread.
    """

    def __init__(self, settings: CaptureSettings | Callable[[], CaptureSettings] | None = None) -> None:
        self._settings = settings if callable(settings) else partial(_fixed, settings or CaptureSettings())
        self._lock = threading.RLock()
        self._camera: Camera | None = None
        self._microphone: Microphone | None = None
        self._take: Any = None
        self._watch: Any = None

    @property
    def settings(self) -> CaptureSettings:
        """As they are now: a device takes them when it is opened, a take when it begins."""
        return self._settings()

    @property
    def recording(self) -> bool:
        return self._take is not None

    @property
    def elapsed(self) -> float:
        """Seconds since the take in progress began; 0 when there is none."""
        take = self._take
        return time.monotonic() - take.started_at if take is not None else 0.0

    def set_camera(self, spec: str) -> DeviceInfo:
        """Open a camera in place of the one before; a take in progress goes on with it.

        Raises XudaError (CAMERA_MISSING, CAMERA_BUSY, SETTING_INVALID); a camera that was open is closed then, too,
        unless a take is in progress.
        """
        with self._lock:
            if self._take is None:
                self.close_camera()
            camera = Camera(spec, self.settings)
            if self._take is not None and self._take.has_picture:
                self._take.use_camera(camera)
            self.close_camera()
            self._camera = camera
            log.info("Camera open: %s (%s)", camera.info.name, camera.info.backend)
            return camera.info

    def set_microphone(self, spec: str) -> DeviceInfo:
        """Open a microphone in place of the one before; a take in progress goes on with it.

        Raises XudaError (MICROPHONE_MISSING, MICROPHONE_BUSY, SETTING_INVALID).
        """
        with self._lock:
            if self._take is None:
                self.close_microphone()
            microphone = open_microphone(spec, self.settings)
            if self._take is not None:
                self._take.use_microphone(microphone)
            self.close_microphone()
            self._microphone = microphone
            log.info("Microphone open: %s at %d Hz", microphone.info.name, microphone.rate)
            return microphone.info

    @property
    def camera(self) -> DeviceInfo | None:
        return self._camera.info if self._camera else None

    @property
    def microphone(self) -> DeviceInfo | None:
        return self._microphone.info if self._microphone else None

    def microphones(self) -> list[DeviceInfo]:
        """The machine's microphones, also those that were plugged in since; during a take only those known before."""
        microphone = self._microphone
        if self._take is None and isinstance(microphone, LiveMicrophone):
            return microphone.list_anew()
        return list_microphones()

    def camera_state(self) -> DeviceState | None:
        """LIVE, FROZEN or LOST; None when no camera was opened."""
        camera = self._camera
        return camera.state(time.monotonic()) if camera else None

    def microphone_state(self) -> DeviceState | None:
        """LIVE, SILENT, STALLED or LOST; None when no microphone was opened."""
        microphone = self._microphone
        return microphone.state(time.monotonic()) if microphone else None

    def preview(self) -> Frame | None:
        """The camera's newest picture; compare ``sequence`` to see whether it is a new one."""
        camera = self._camera
        return camera.latest if camera else None

    def level(self) -> Level:
        """Loudness of the last tenth of a second; the floor when there is no sound."""
        microphone = self._microphone
        if microphone is None or microphone.state(time.monotonic()) is DeviceState.LOST:
            return Level()
        return Level.of(microphone.ring.last(int(microphone.rate * _METER)))

    def sound(self, seconds: float) -> tuple[Sound, int]:
        """What the microphone has heard last, mono, and its rate in Hz; nothing when there is none."""
        microphone = self._microphone
        if microphone is None or not microphone.rate:
            return as_sound([]), SOUND_RATE
        return microphone.ring.last(int(seconds * microphone.rate)), microphone.rate

    def told_by_system(self) -> Told:
        """What the system says of the open microphone; may take two seconds."""
        microphone = self._microphone
        return microphone.told_by_system() if isinstance(microphone, LiveMicrophone) else Told()

    def heard_elsewhere(self) -> DeviceInfo | None:
        """Another microphone that hears clearly more than the open one; takes a second, not for during a take."""
        microphone = self._microphone
        if self._take is not None or not isinstance(microphone, LiveMicrophone):
            return None
        from app.capture.listening import heard_elsewhere

        return heard_elsewhere(microphone.info.spec, Level.of(self.sound(1.0)[0]))

    def start(
        self,
        sink: Sink,
        *,
        video: bool,
        pcm: Callable[[Any], None] | None,
        listener: RecorderListener,
        picture_facts: bool = False,
    ) -> None:
        """Begin a take (see the port). A clip and a sound file given as devices start from their beginning.

        Raises XudaError: ILLEGAL_STATE during a take, CAMERA_* and MICROPHONE_*, DISK_* when the sink refuses the
        container's header.
        """
        from app.capture.container import Container, recording_size
        from app.capture.take import Take

        with self._lock:
            if self._take is not None:
                raise XudaError(ErrorCode.ILLEGAL_STATE, field="recorder")
            settings = self.settings
            microphone = self._usable_microphone()
            camera = self._usable_camera() if video else None
            size = None
            if camera is not None and camera.latest is not None:
                size = recording_size(camera.latest.image, settings)
            container = Container(sink, size, settings)
            if container.error is not None:
                raise container.error
            if camera is not None:
                camera.rewind()
            self._take = Take(container, camera, microphone, pcm, listener, settings)
            if picture_facts and camera is not None:
                from app.capture.faces import PictureWatch

                self._watch = PictureWatch(lambda: self._camera, self._take.started_at)

    def stop(self) -> RecordingResult:
        """End the take and return its counts. Raises XudaError: DISK_FULL, DISK_ERROR, RECORDING_FAILED when it could
        not be written to its end, ILLEGAL_STATE when there is none."""
        with self._lock:
            take, self._take = self._take, None
            watch, self._watch = self._watch, None
        if take is None:
            raise XudaError(ErrorCode.ILLEGAL_STATE, field="recorder")
        if watch is not None:
            watch.stop()
        result: RecordingResult = take.stop()
        return result if watch is None else replace(result, picture=watch.facts(result.duration))

    def close_camera(self) -> None:
        with self._lock:
            camera, self._camera = self._camera, None
        if camera is not None:
            camera.close()

    def close_microphone(self) -> None:
        with self._lock:
            microphone, self._microphone = self._microphone, None
        if microphone is not None:
            microphone.close()

    def close(self) -> None:
        """Let both devices go. A take in progress is ended first; its container stays readable."""
        if self._take is not None:
            try:
                self.stop()
            except XudaError as error:
                log.warning("The take could not be ended in order: %s", error.code.value)
        self.close_camera()
        self.close_microphone()

    def _usable_microphone(self) -> Microphone:
        if self._microphone is None:
            raise XudaError(ErrorCode.MICROPHONE_MISSING, field="microphone")
        if self._microphone.state(time.monotonic()) is DeviceState.LOST:
            raise XudaError(ErrorCode.MICROPHONE_LOST, field="microphone")
        return self._microphone

    def _usable_camera(self) -> Camera:
        if self._camera is None:
            raise XudaError(ErrorCode.CAMERA_MISSING, field="camera")
        if self._camera.state(time.monotonic()) is DeviceState.LOST:
            raise XudaError(ErrorCode.CAMERA_LOST, field="camera")
        return self._camera


def _fixed(settings: CaptureSettings) -> CaptureSettings:
    return settings
