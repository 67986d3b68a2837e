"""Fixtures: devices that behave like real ones and can be pulled out."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.media import make_clip, speak
from tests.support.mjpeg import MjpegCamera
from tests.support.pulse import VirtualMicrophone


@pytest.fixture(scope="session")
def sound_server() -> Iterator[VirtualMicrophone]:
    """One sound server for all tests of this process. PortAudio opens its microphone there."""
    if not sys.platform.startswith("linux"):
        pytest.skip("the virtual sound card is PulseAudio's")
    microphone = VirtualMicrophone()
    with microphone.for_this_process():
        yield microphone
    microphone.close()


@pytest.fixture
def virtual_microphone(sound_server: VirtualMicrophone) -> Iterator[VirtualMicrophone]:
    """A microphone that hears what the test plays; plugged in, unmuted and quiet at first."""
    sound_server.plug()
    yield sound_server
    sound_server.quiet()
    sound_server.unplug()
    sound_server.repair()


@pytest.fixture
def mjpeg_camera() -> Iterator[MjpegCamera]:
    """A network camera of 1280x720 at 25 pictures a second with a moving picture."""
    camera = MjpegCamera()
    yield camera
    camera.close()


@pytest.fixture(scope="session")
def moving_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip of 3 s, 1280x720 at 25 pictures a second, with a moving picture and no sound."""
    return make_clip(tmp_path_factory.mktemp("clip") / "moving.mp4")


@pytest.fixture(scope="session")
def spoken_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sentence of about 3 s as WAV, 22.05 kHz mono."""
    path = tmp_path_factory.mktemp("speech") / "speech.wav"
    return speak(path, "Good morning. I would like to tell you about my last project.")
