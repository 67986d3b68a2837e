"""OpenCV: loading it, listing cameras, and opening one on a backend that is pinned and verified."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from types import ModuleType
from typing import Any, cast

import numpy as np

from app.capture.specs import DeviceSpec, SpecKind, name_matches
from app.capture.values import FRAME_RATE, CaptureSettings, Picture
from app.interview.model import DeviceInfo
from contract.errors import ErrorCode, XudaError

_QT_VARIABLES = ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR")
_OPEN_MS = 3000
_READ_MS = 1500
_FIRST_FRAME = 4.0
_MOST_SIDE = 2560


def load_cv2() -> ModuleType:
    """Import OpenCV and undo what it does to Qt's environment (its own plugin path would break PySide6)."""
    # Without this Media Foundation takes ten seconds and more to open some cameras.
    os.environ.setdefault("OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS", "0")
    import cv2

    home = os.path.dirname(cv2.__file__)
    for name in _QT_VARIABLES:
        if os.environ.get(name, "").startswith(home):
            del os.environ[name]
    return cv2


def decode_picture(content: bytes) -> Picture:
    """A PNG or JPEG file as BGR, what is transparent on white, shrunk so that no side is longer than _MOST_SIDE.

    Raises XudaError(KIT_MEDIA_DAMAGED).
    """
    cv2 = load_cv2()
    image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED) if content else None
    if image is None:
        raise XudaError(ErrorCode.KIT_MEDIA_DAMAGED)
    if image.dtype == np.uint16:
        image = (image >> 8).astype(np.uint8)
    scale = _MOST_SIDE / max(image.shape[:2])
    if scale < 1:
        size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    if image.ndim == 2:
        return cast(Picture, cv2.cvtColor(image, cv2.COLOR_GRAY2BGR))
    if image.shape[2] == 4:
        cover = image[:, :, 3:].astype(np.uint16)
        mixed = image[:, :, :3] * cover + 255 * (255 - cover)
        image = ((mixed + 127) // 255).astype(np.uint8)
    return cast(Picture, image)


@dataclass(frozen=True, slots=True)
class CameraChoice:
    """A camera of this machine: OpenCV's backend id and the index on that backend."""

    backend: int
    index: int
    name: str


def backends() -> tuple[int, ...]:
    """OpenCV backend ids that give real cameras on this system, best first."""
    cv2 = load_cv2()
    if sys.platform == "win32":
        return (cv2.CAP_MSMF, cv2.CAP_DSHOW)
    if sys.platform == "darwin":
        return (cv2.CAP_AVFOUNDATION,)
    return (cv2.CAP_V4L2,)


def find_cameras() -> list[CameraChoice]:
    """Cameras of the first backend that lists any, by index."""
    load_cv2()
    from cv2_enumerate_cameras import enumerate_cameras

    for backend in backends():
        found = [CameraChoice(backend, camera.index, camera.name) for camera in enumerate_cameras(backend)]
        if found:
            return sorted(found, key=lambda c: c.index)
    return []


def camera_info(camera: CameraChoice, cameras: list[CameraChoice]) -> DeviceInfo:
    """How a camera is shown and opened again: by name, and by index where several have the same name."""
    backend = load_cv2().videoio_registry.getBackendName(camera.backend)
    is_default = camera == cameras[0]
    if [c.name for c in cameras].count(camera.name) == 1:
        return DeviceInfo(f"name:{camera.name}", camera.name, backend, is_default)
    return DeviceInfo(f"index:{camera.index}", f"{camera.name} ({camera.index})", backend, is_default)


def choose_camera(spec: DeviceSpec, cameras: list[CameraChoice]) -> CameraChoice:
    """The camera a spec means. Raises XudaError(CAMERA_MISSING)."""
    if spec.kind is SpecKind.NAME:
        exact = [c for c in cameras if c.name.casefold() == spec.value.casefold()]
        matches = exact or [c for c in cameras if name_matches(spec.value, c.name)]
    elif spec.kind is SpecKind.INDEX:
        matches = [c for c in cameras if c.index == spec.index]
    else:
        matches = cameras
    if not matches:
        raise XudaError(ErrorCode.CAMERA_MISSING, field="camera")
    return matches[0]


class VideoSource:
    """An open ``cv2.VideoCapture``. Open, read and release it in one thread: some backends insist on it."""

    def __init__(self, capture: Any, info: DeviceInfo, first: Picture, *, live: bool) -> None:
        self._capture = capture
        self.info = info
        self.first = first
        self.live = live
        rate = float(capture.get(load_cv2().CAP_PROP_FPS))
        self.rate = rate if 1.0 <= rate <= 120.0 else float(FRAME_RATE)

    def read(self) -> Picture | None:
        """The next picture, or None when the stream has ended or the device is gone."""
        good, image = self._capture.read()
        return _as_picture(image) if good else None

    def release(self) -> None:
        self._capture.release()


def open_source(spec: DeviceSpec, settings: CaptureSettings) -> VideoSource:
    """Open what the spec means and read one picture from it.

    Raises XudaError: CAMERA_MISSING when there is no such camera, file or address, CAMERA_BUSY when it is there
    and gives no picture.
    """
    if spec.kind is SpecKind.FILE:
        if not spec.path.is_file():
            raise XudaError(ErrorCode.CAMERA_MISSING, field="camera")
        info = DeviceInfo(f"file:{spec.value}", spec.path.name, "FFMPEG")
        return _open_stream(str(spec.path.absolute()), info)
    if spec.kind is SpecKind.URL:
        return _open_stream(spec.value, DeviceInfo(spec.value, _address_name(spec.value), "FFMPEG"))
    return _open_device(choose_camera(spec, find_cameras()), settings)


def _address_name(url: str) -> str:
    """The host alone: a camera's address may carry a user name and a password."""
    from urllib.parse import urlsplit

    return urlsplit(url).hostname or "network"


def _open_stream(address: str, info: DeviceInfo) -> VideoSource:
    cv2 = load_cv2()
    timeouts = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, _OPEN_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, _READ_MS]
    capture = cv2.VideoCapture(address, cv2.CAP_FFMPEG, [*timeouts, cv2.CAP_PROP_N_THREADS, 1])
    if not capture.isOpened():
        capture.release()
        raise XudaError(ErrorCode.CAMERA_MISSING, field="camera")
    first = _first_picture(capture, attempts=3)
    # A recorded clip behind an address has a length; a network camera has none.
    live = not info.spec.startswith("file:") and capture.get(cv2.CAP_PROP_FRAME_COUNT) <= 0
    return VideoSource(capture, info, first, live=live)


def _open_device(choice: CameraChoice, settings: CaptureSettings) -> VideoSource:
    cv2 = load_cv2()
    capture = cv2.VideoCapture(choice.index, choice.backend)
    expected = cv2.videoio_registry.getBackendName(choice.backend)
    if not capture.isOpened() or capture.getBackendName() != expected:
        capture.release()
        raise XudaError(ErrorCode.CAMERA_BUSY, field="camera")
    # Most USB cameras give 720p at full rate only as MJPEG; the order matters to V4L2.
    capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, settings.width)
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, settings.height)
    capture.set(cv2.CAP_PROP_FPS, FRAME_RATE)
    first = _first_picture(capture, attempts=50)
    cameras = find_cameras()
    if choice not in cameras:
        # The list changed while opening: the index may mean another camera now.
        capture.release()
        raise XudaError(ErrorCode.CAMERA_MISSING, field="camera")
    return VideoSource(capture, camera_info(choice, cameras), first, live=True)


def _first_picture(capture: Any, attempts: int) -> Picture:
    until = time.monotonic() + _FIRST_FRAME
    for _ in range(attempts):
        good, image = capture.read()
        if good and image is not None and image.size:
            return _as_picture(image)
        if time.monotonic() > until:
            break
    capture.release()
    raise XudaError(ErrorCode.CAMERA_BUSY, field="camera")


def _as_picture(image: Any) -> Picture:
    if image.ndim == 2 or image.shape[2] != 3:
        cv2 = load_cv2()
        code = cv2.COLOR_GRAY2BGR if image.ndim == 2 or image.shape[2] == 1 else cv2.COLOR_BGRA2BGR
        image = cv2.cvtColor(image, code)
    return cast(Picture, image)
