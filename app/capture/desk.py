"""The capture devices as the screens use them (``app.interview.ports.CaptureDevices``)."""

from __future__ import annotations

from typing import Any

from app.capture import devices
from app.capture.codes import read_code
from app.capture.recorder import DeviceRecorder
from app.interview.model import DeviceInfo


class CaptureDesk:
    """Lists and opens devices for one recorder, and looks at what they deliver."""

    def __init__(self, recorder: DeviceRecorder) -> None:
        self._recorder = recorder

    def cameras(self) -> list[DeviceInfo]:
        return devices.list_cameras()

    def microphones(self) -> list[DeviceInfo]:
        return self._recorder.microphones()

    def speakers(self) -> list[DeviceInfo]:
        return devices.list_speakers()

    def set_camera(self, spec: str) -> None:
        self._recorder.set_camera(spec)

    def set_microphone(self, spec: str) -> None:
        self._recorder.set_microphone(spec)

    def close(self) -> None:
        self._recorder.close()

    def latest_frame(self) -> tuple[int, Any] | None:
        frame = self._recorder.preview()
        return (frame.sequence, frame.image) if frame else None

    def level(self) -> float:
        return self._recorder.level().rms

    def scan_code(self) -> str | None:
        frame = self._recorder.preview()
        return read_code(frame.image) if frame else None
