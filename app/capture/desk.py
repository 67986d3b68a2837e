"""The capture devices as the screens use them (``app.interview.ports.CaptureDevices``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from app.interview.model import DeviceInfo

if TYPE_CHECKING:
    from app.capture.recorder import DeviceRecorder

_NOT_LISTED = ("file:", "http://", "https://", "rtsp://")


class CaptureDesk:
    """Lists and opens devices for one recorder, and looks at what they deliver.

    ``camera`` and ``microphone`` are the specs that "" stands for; a clip, a sound file or a network camera among them
    is listed beside the devices the system knows.
    """

    def __init__(self, recorder: DeviceRecorder, *, camera: str = "", microphone: str = "") -> None:
        self._recorder = recorder
        self._camera = camera
        self._microphone = microphone

    def prefer(self, *, camera: str | None = None, microphone: str | None = None) -> None:
        if camera is not None:
            self._camera = camera
        if microphone is not None:
            self._microphone = microphone

    def cameras(self) -> list[DeviceInfo]:
        from app.capture import devices

        return _with_preferred(self._camera, devices.list_cameras())

    def microphones(self) -> list[DeviceInfo]:
        return _with_preferred(self._microphone, self._recorder.microphones())

    def speakers(self) -> list[DeviceInfo]:
        from app.capture import devices

        return devices.list_speakers()

    def set_camera(self, spec: str) -> None:
        self._recorder.set_camera(spec or self._camera)

    def set_microphone(self, spec: str) -> None:
        self._recorder.set_microphone(spec or self._microphone)

    def close(self) -> None:
        self._recorder.close()

    def latest_frame(self) -> tuple[int, Any] | None:
        frame = self._recorder.preview()
        return (frame.sequence, frame.image) if frame else None

    def level(self) -> float:
        return self._recorder.level().rms

    def hears(self, tones: Sequence[float]) -> bool:
        from app.capture.listening import hears_tones

        return hears_tones(*self._recorder.sound(1.5), tones)

    def scan_code(self) -> str | None:
        from app.capture.codes import read_code

        frame = self._recorder.preview()
        return read_code(frame.image) if frame else None


def _with_preferred(spec: str, found: list[DeviceInfo]) -> list[DeviceInfo]:
    if not spec.startswith(_NOT_LISTED):
        return found
    name = spec.replace("\\", "/").rsplit("/", 1)[-1] if spec.startswith("file:") else spec.split("?")[0]
    return [DeviceInfo(spec=spec, name=name, is_default=True), *found]
