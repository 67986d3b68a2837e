"""Lists of the machine's cameras, microphones and speakers, read anew at every call."""

from __future__ import annotations

from app.capture.portaudio import PORT_AUDIO
from app.capture.vision import camera_info, find_cameras
from app.interview.model import DeviceInfo


def list_cameras() -> list[DeviceInfo]:
    """Cameras by name, the system's default first. Two of the same name are told apart by their index."""
    cameras = find_cameras()
    return [camera_info(camera, cameras) for camera in cameras]


def list_microphones() -> list[DeviceInfo]:
    """Microphones by name, the system's default first. One that was just plugged in shows up once none is open."""
    return [device.info for device in PORT_AUDIO.devices("input", refresh=True)]


def list_speakers() -> list[DeviceInfo]:
    """Speakers by name, the system's default first."""
    return [device.info for device in PORT_AUDIO.devices("output", refresh=True)]
