"""The thread that turns one take's pictures and sound into a container while it is being recorded."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from app.capture.camera import Camera
from app.capture.container import Container
from app.capture.hearing import Hearing
from app.capture.microphone import Microphone
from app.capture.pacing import FramePacer, spread
from app.capture.values import CaptureSettings, DeviceState, Frame, FrameQueue, Picture
from app.interview.model import Fault, RecordingResult
from app.interview.ports import RecorderListener
from contract.errors import ErrorCode, XudaError

log = logging.getLogger(__name__)
_TICK = 0.02
_QUEUE = 25
_PICTURE_WAIT = 0.9
_DRAIN = 0.4
_HOLD = 0.12

_FAULTS = {
    ("camera", DeviceState.LOST): ErrorCode.CAMERA_LOST,
    ("camera", DeviceState.FROZEN): ErrorCode.CAMERA_FROZEN,
    ("microphone", DeviceState.LOST): ErrorCode.MICROPHONE_LOST,
    ("microphone", DeviceState.SILENT): ErrorCode.MICROPHONE_SILENT,
}


class Take:
    """One recording. ``camera`` is None for sound alone; devices may be exchanged while it runs."""

    def __init__(
        self,
        container: Container,
        camera: Camera | None,
        microphone: Microphone,
        pcm: Callable[[Any], None] | None,
        listener: RecorderListener,
        settings: CaptureSettings,
    ) -> None:
        # Silence from before the take says nothing about the take.
        self._grace = settings.sound_silent
        self._container = container
        self._listener = listener
        self._wake = threading.Event()
        self._queue = FrameQueue(_QUEUE, self._wake)
        self._pacer = FramePacer()
        self._picture: Picture | None = None
        self._late = 0
        self._held: list[Frame] = []
        self._camera: Camera | None = None
        self._faults: list[Fault] = []
        self._states: dict[str, DeviceState] = {}
        self._ended = False
        self._error: XudaError | None = None
        self._stop_at: float | None = None
        self.started_at = time.monotonic()
        self._hearing = Hearing(microphone, self.started_at, pcm)
        if camera is not None:
            latest = camera.latest
            self._picture = latest.image if latest else None
            self.use_camera(camera)
        self._thread = threading.Thread(target=self._run, name="muxer", daemon=True)
        self._thread.start()

    @property
    def has_picture(self) -> bool:
        return self._camera is not None

    def use_camera(self, camera: Camera) -> None:
        """Go on with another camera."""
        if self._camera is not None:
            self._camera.feed(None)
        self._camera = camera
        camera.feed(self._queue)

    def use_microphone(self, microphone: Microphone) -> None:
        """Go on with another microphone."""
        self._hearing.use(microphone)

    def stop(self) -> RecordingResult:
        """Write what is still on its way, close the container. Raises XudaError when it could not be written."""
        self._stop_at = time.monotonic()
        if self._camera is not None:
            self._camera.feed(None)
        self._wake.set()
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._result()

    def _result(self) -> RecordingResult:
        pacer = self._pacer
        result = RecordingResult(
            duration=self._container.duration,
            frames=pacer.written,
            dropped=pacer.dropped + self._late,
            repeated=pacer.repeated,
            audio_lost=self._hearing.lost,
            faults=tuple(self._faults),
        )
        log.info(
            "Take of %.1f s: %d frames, %d dropped, %d repeated, %d surplus, %d samples lost, %d faults",
            *(result.duration, result.frames, result.dropped, result.repeated, pacer.surplus),
            *(result.audio_lost, len(result.faults)),
        )
        return result

    def _run(self) -> None:
        try:
            while self._step():
                self._wake.wait(_TICK)
                self._wake.clear()
        except Exception:
            log.exception("Recording failed")
            self._fail(XudaError(ErrorCode.RECORDING_FAILED))
        finally:
            self._close()

    def _step(self) -> bool:
        now = time.monotonic()
        stop_at = self._stop_at
        limit = now if stop_at is None else stop_at
        sound = self._hearing.hear(now, limit)
        if self._error is None:
            self._container.add_sound(sound)
            self._write_pictures(now, limit)
            if self._container.error is not None:
                self._fail(self._container.error)
        self._watch(now)
        if stop_at is None:
            return True
        return not self._hearing.reached(stop_at) and now < stop_at + _DRAIN

    def _write_pictures(self, now: float, limit: float) -> None:
        if self._camera is None:
            return
        for frame, at in self._ripe_frames(now, limit):
            repeats = self._pacer.place(max(0.0, at - self.started_at))
            if repeats is not None:
                self._repeat(repeats, frame.image)
                self._container.add_picture(frame.image)
                self._picture = frame.image
        # Wait for the camera for a while, but never when the take is over.
        wait = _PICTURE_WAIT if self._stop_at is None else 0.0
        self._repeat(self._pacer.fill(min(now - wait, limit) - self.started_at), self._picture)

    def _ripe_frames(self, now: float, limit: float) -> Iterator[tuple[Frame, float]]:
        """Frames with the moment they were seen, held back a little so that a burst is known to be one."""
        fresh, pushed_out = self._queue.drain()
        self._late += pushed_out
        self._held = [frame for frame in (*self._held, *fresh) if frame.at <= limit]
        seen = spread([frame.at for frame in self._held], self._pacer.period)
        ripe = now - _HOLD if self._stop_at is None else limit
        while self._held and self._held[0].at <= ripe:
            yield self._held.pop(0), seen.pop(0)

    def _repeat(self, times: int, fallback: Picture | None) -> None:
        picture = self._picture if self._picture is not None else fallback
        if picture is not None:
            self._container.add_picture(picture, times)

    def _watch(self, now: float) -> None:
        """Report each fault once when it begins; a device that is well again may fail again."""
        states = {"microphone": self._hearing.state(now)}
        if self._camera is not None:
            states["camera"] = self._camera.state(now)
        for device, state in states.items():
            if state is self._states.get(device, DeviceState.LIVE):
                continue
            if state is DeviceState.SILENT and now - self.started_at < self._grace:
                continue
            self._states[device] = state
            code = _FAULTS.get((device, state))
            if code is not None and self._stop_at is None:
                self._report(code, now)
        if self._hearing.ended and not self._ended:
            self._ended = True
            self._tell(self._listener.on_input_ended)

    def _report(self, code: ErrorCode, now: float) -> None:
        log.warning("Fault during a take: %s", code.value)
        self._faults.append(Fault(code.value, round(now - self.started_at, 3)))
        self._tell(self._listener.on_fault, code.value)

    def _tell(self, callback: Callable[..., None], *values: str) -> None:
        try:
            callback(*values)
        except Exception:  # a listener's mistake must not cost the candidate's answer
            log.exception("A recording listener failed")

    def _fail(self, error: XudaError) -> None:
        if self._error is None:
            self._error = error
            self._report(error.code, time.monotonic())

    def _close(self) -> None:
        try:
            rest = self._hearing.finish(self._stop_at or time.monotonic())
            if self._error is None:
                self._container.add_sound(rest)
            self._container.close()
            if self._container.error is not None:
                self._fail(self._container.error)
        except Exception:
            log.exception("Closing the recording failed")
            self._fail(XudaError(ErrorCode.RECORDING_FAILED))
