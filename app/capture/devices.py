"""Lists of the machine's cameras, microphones and speakers, read anew at every call."""

from __future__ import annotations

from app.capture.portaudio import PORT_AUDIO
from app.capture.vision import CameraChoice, find_cameras, load_cv2
from app.interview.model import DeviceInfo


def list_cameras() -> list[DeviceInfo]:
    """Cameras by name. Two of the same name are told apart by their index."""
    return _camera_infos(find_cameras())


def _camera_infos(cameras: list[CameraChoice]) -> list[DeviceInfo]:
    names = [camera.name for camera in cameras]
    infos = []
    for place, camera in enumerate(cameras):
        unique = names.count(camera.name) == 1
        spec = f"name:{camera.name}" if unique else f"index:{camera.index}"
        name = camera.name if unique else f"{camera.name} ({camera.index})"
        backend = load_cv2().videoio_registry.getBackendName(camera.backend)
        infos.append(DeviceInfo(spec, name, backend, place == 0))
    return infos


def list_microphones() -> list[DeviceInfo]:
    """Microphones by name, the system's default first. One that was just plugged in shows up once none is open."""
    return [device.info for device in PORT_AUDIO.devices("input", refresh=True)]


def list_speakers() -> list[DeviceInfo]:
    """Speakers by name, the system's default first."""
    return [device.info for device in PORT_AUDIO.devices("output", refresh=True)]
