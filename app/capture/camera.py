"""A camera that stays open: one thread reads it, keeps the latest picture and finds it again when it was lost."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout

from app.capture.specs import SpecKind, parse_spec
from app.capture.values import FRAME_RATE, CaptureSettings, DeviceState, Frame, FrameQueue, Picture
from app.capture.vision import VideoSource, open_source
from app.interview.model import DeviceInfo
from contract.errors import ErrorCode, XudaError

log = logging.getLogger(__name__)
_RETRY = 0.4
_CATCH_UP = 0.8


class Camera:
    """A live camera, a network camera or a clip, all read the same way in real time.

    A clip starts again at its end, or holds its last picture when ``settings.loop_file`` is off.
    """

    def __init__(self, spec: str, settings: CaptureSettings) -> None:
        """Open and read one picture. Raises XudaError (CAMERA_MISSING, CAMERA_BUSY, SETTING_INVALID)."""
        self._spec = parse_spec(spec)
        self._settings = settings
        self._closing = threading.Event()
        self._restart = threading.Event()
        self._lock = threading.Lock()
        self._latest: Frame | None = None
        self._sequence = 0
        self._changed_at = 0.0
        self._sketch = b""
        self._live = True
        self._queue: FrameQueue | None = None
        opened: Future[DeviceInfo] = Future()
        self._thread = threading.Thread(target=self._run, args=(opened,), name="camera", daemon=True)
        self._thread.start()
        try:
            self.info = opened.result(settings.open_timeout)
        except FutureTimeout:
            self._closing.set()
            raise XudaError(ErrorCode.CAMERA_BUSY, field="camera") from None

    @property
    def latest(self) -> Frame | None:
        """The newest picture; its array is never written to again."""
        return self._latest

    def state(self, now: float) -> DeviceState:
        """LIVE, FROZEN or LOST at monotonic second ``now``."""
        frame = self._latest
        if frame is None or now - frame.at > self._settings.camera_lost:
            return DeviceState.LOST
        if self._live and now - self._changed_at > self._settings.camera_frozen:
            return DeviceState.FROZEN
        return DeviceState.LIVE

    def feed(self, queue: FrameQueue | None) -> None:
        """Also hand every new picture to ``queue``; None ends it."""
        with self._lock:
            self._queue = queue

    def rewind(self) -> None:
        """Play a clip from its beginning; a live camera is left alone."""
        if self._spec.kind is SpecKind.FILE:
            self._restart.set()

    def close(self) -> None:
        """Release the device. A driver that hangs in a read is left behind rather than waited for."""
        self._closing.set()
        self.feed(None)
        self._thread.join(timeout=3.0)
        if self._thread.is_alive():
            log.warning("The camera driver did not answer while closing")

    def _run(self, opened: Future[DeviceInfo]) -> None:
        try:
            source: VideoSource | None = open_source(self._spec, self._settings)
        except XudaError as error:
            opened.set_exception(error)
            return
        except Exception as error:
            log.exception("Opening the camera failed")
            opened.set_exception(XudaError(ErrorCode.CAMERA_BUSY, field="camera", cause=type(error).__name__))
            return
        assert source is not None
        self._live = source.live
        # From here on this very camera is meant, also when another one becomes the system's default.
        self._spec = parse_spec(source.info.spec)
        self._deliver(source.first)
        opened.set_result(source.info)
        while not self._closing.is_set():
            if source is None:
                source = self._reopen()
            elif source.live:
                source = self._read_live(source)
            else:
                source = self._play(source)
        if source is not None:
            source.release()

    def _read_live(self, source: VideoSource) -> VideoSource | None:
        image = source.read()
        if image is None:
            log.warning("The camera gives no more pictures; opening it again")
            source.release()
            return None
        self._deliver(image)
        return source

    def _play(self, source: VideoSource) -> VideoSource | None:
        """Give one run of the clip in real time; returns the source of the next run."""
        step = 1.0 / source.rate
        due = time.monotonic()
        image: Picture | None = source.first
        last = source.first
        while image is not None:
            # The picture belongs to the moment it was due, also when this thread was kept waiting.
            self._deliver(image, due)
            last = image
            due = max(due + step, time.monotonic() - _CATCH_UP)
            if self._closing.wait(max(0.0, due - time.monotonic())) or self._restart.is_set():
                break
            image = source.read()
        source.release()
        if image is None and not self._settings.loop_file:
            self._hold(last)
        self._restart.clear()
        with contextlib.suppress(XudaError):
            return None if self._closing.is_set() else open_source(self._spec, self._settings)
        self._hold(last)
        return None

    def _hold(self, image: Picture) -> None:
        while not self._closing.wait(1.0 / FRAME_RATE) and not self._restart.is_set():
            self._deliver(image)

    def _reopen(self) -> VideoSource | None:
        if self._closing.wait(_RETRY):
            return None
        try:
            source = open_source(self._spec, self._settings)
        except XudaError:
            return None
        log.info("The camera is back")
        self._deliver(source.first)
        return source

    def _deliver(self, image: Picture, at: float | None = None) -> None:
        now = time.monotonic() if at is None else at
        # A sparse grid is enough: sensor noise changes some of its pixels in every real picture.
        sketch = image[::16, ::16].tobytes()
        if sketch != self._sketch:
            self._sketch = sketch
            self._changed_at = now
        self._sequence += 1
        frame = Frame(self._sequence, now, image)
        self._latest = frame
        with self._lock:
            if self._queue is not None:
                self._queue.put(frame)
