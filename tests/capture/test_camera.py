"""Cameras through OpenCV: a clip, and a network camera whose failures are made at will."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from app.capture.camera import Camera
from app.capture.devices import list_cameras
from app.capture.specs import parse_spec
from app.capture.values import CaptureSettings, DeviceState
from app.capture.vision import CameraChoice, camera_info, choose_camera, load_cv2
from contract.errors import ErrorCode, XudaError
from tests.support.media import make_clip, moving_picture
from tests.support.mjpeg import MjpegCamera
from tests.support.waiting import wait_for


@contextmanager
def opened(spec: str, settings: CaptureSettings | None = None) -> Iterator[Camera]:
    camera = Camera(spec, settings or CaptureSettings())
    try:
        yield camera
    finally:
        camera.close()


def state(camera: Camera) -> DeviceState:
    return camera.state(time.monotonic())


def sequence(camera: Camera) -> int:
    assert camera.latest is not None
    return camera.latest.sequence


def test_an_open_camera_has_shown_a_picture(moving_clip: Path) -> None:
    with opened(f"file:{moving_clip}") as camera:
        assert camera.latest is not None
        assert camera.latest.image.shape == (720, 1280, 3)
        assert state(camera) is DeviceState.LIVE


def test_a_clip_plays_in_real_time_and_over_again(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "short.mp4", seconds=0.6, paint=moving_picture(320, 180))
    with opened(f"file:{clip}") as camera:
        begin, first = time.monotonic(), sequence(camera)
        wait_for(lambda: sequence(camera) - first >= 50, "50 pictures")
        assert time.monotonic() - begin == pytest.approx(2.0, abs=0.5)


def test_a_clip_holds_its_last_picture_when_it_is_not_to_loop(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "short.mp4", seconds=0.4, paint=moving_picture(320, 180))
    with opened(f"file:{clip}", CaptureSettings(loop_file=False)) as camera:
        wait_for(lambda: sequence(camera) > 15, "the end of the clip")
        assert camera.latest is not None
        held, at = camera.latest.image, sequence(camera)
        wait_for(lambda: sequence(camera) > at + 5, "more pictures")
        assert np.array_equal(held, camera.latest.image)
        assert state(camera) is DeviceState.LIVE


@pytest.mark.parametrize("name", ["absent.mp4", "text.mp4"])
def test_a_clip_that_cannot_be_read_is_a_missing_camera(tmp_path: Path, name: str) -> None:
    (tmp_path / "text.mp4").write_text("no video")
    with pytest.raises(XudaError) as caught:
        Camera(f"file:{tmp_path / name}", CaptureSettings())
    assert caught.value.code is ErrorCode.CAMERA_MISSING


def test_a_network_camera_gives_25_pictures_a_second(mjpeg_camera: MjpegCamera) -> None:
    with opened(mjpeg_camera.url) as camera:
        first = sequence(camera)
        seconds = wait_for(lambda: sequence(camera) - first >= 50, "50 pictures")
        assert seconds == pytest.approx(2.0, abs=0.5)


def test_an_address_nobody_answers_at_is_a_missing_camera() -> None:
    with pytest.raises(XudaError) as caught:
        Camera("http://127.0.0.1:9/none.mjpg", CaptureSettings())
    assert caught.value.code is ErrorCode.CAMERA_MISSING


def test_the_password_in_an_address_is_in_no_name(mjpeg_camera: MjpegCamera) -> None:
    address = mjpeg_camera.url.replace("http://", "http://staff:geheim@")
    with opened(address) as camera:
        assert "geheim" not in camera.info.name


@pytest.mark.parametrize("failure", ["drop", "stall"])
def test_a_camera_that_is_gone_is_lost_within_two_seconds_and_comes_back(
    mjpeg_camera: MjpegCamera, failure: str
) -> None:
    with opened(mjpeg_camera.url) as camera:
        getattr(mjpeg_camera, failure)()
        assert wait_for(lambda: state(camera) is DeviceState.LOST, "the loss") < 2.0
        mjpeg_camera.resume()
        wait_for(lambda: state(camera) is DeviceState.LIVE, "the camera's return", seconds=15)


def test_a_frozen_picture_is_a_fault_of_its_own(mjpeg_camera: MjpegCamera) -> None:
    with opened(mjpeg_camera.url, CaptureSettings(camera_frozen=1.0)) as camera:
        assert state(camera) is DeviceState.LIVE
        mjpeg_camera.freeze()
        wait_for(lambda: state(camera) is DeviceState.FROZEN, "the frozen picture", seconds=5)
        mjpeg_camera.resume()
        wait_for(lambda: state(camera) is DeviceState.LIVE, "a moving picture")


def test_a_clip_of_a_still_picture_is_not_called_frozen(tmp_path: Path) -> None:
    still = np.full((180, 320, 3), 90, dtype=np.uint8)
    clip = make_clip(tmp_path / "still.mp4", seconds=0.4, paint=lambda n: still)
    with opened(f"file:{clip}", CaptureSettings(camera_frozen=0.3)) as camera:
        wait_for(lambda: sequence(camera) > 20, "20 pictures")
        assert state(camera) is DeviceState.LIVE


def test_closing_ends_the_thread(moving_clip: Path) -> None:
    camera = Camera(f"file:{moving_clip}", CaptureSettings())
    camera.close()
    assert not camera._thread.is_alive()


CAMERAS = [
    CameraChoice(200, 0, "Integrated Camera"),
    CameraChoice(200, 2, "USB Camera Pro"),
    CameraChoice(200, 4, "USB Camera"),
]


@pytest.mark.parametrize(
    ("spec", "index"), [("", 0), ("usb", 2), ("name:USB Camera", 4), ("index:4", 4), ("2", 2), ("integrated", 0)]
)
def test_a_camera_is_chosen_by_name_or_index(spec: str, index: int) -> None:
    assert choose_camera(parse_spec(spec), CAMERAS).index == index


@pytest.mark.parametrize("spec", ["index:1", "name:Canon", "7"])
def test_no_other_camera_is_taken_for_a_missing_one(spec: str) -> None:
    with pytest.raises(XudaError) as caught:
        choose_camera(parse_spec(spec), CAMERAS)
    assert caught.value.code is ErrorCode.CAMERA_MISSING


def test_two_cameras_of_the_same_name_are_told_apart_by_their_index() -> None:
    twins = [CameraChoice(200, 0, "USB Camera"), CameraChoice(200, 2, "USB Camera"), CameraChoice(200, 4, "Other")]
    infos = [camera_info(camera, twins) for camera in twins]
    assert [choose_camera(parse_spec(info.spec), twins) for info in infos] == twins
    assert len({info.name for info in infos}) == 3
    assert [info.is_default for info in infos] == [True, False, False]


def test_listing_cameras_opens_none_of_them() -> None:
    assert all(info.name and info.spec for info in list_cameras())


def test_opencv_leaves_no_qt_paths_behind() -> None:
    load_cv2()
    assert "cv2" not in os.environ.get("QT_QPA_PLATFORM_PLUGIN_PATH", "")
    assert "cv2" not in os.environ.get("QT_QPA_FONTDIR", "")


def test_making_the_recorder_loads_no_device_library() -> None:
    code = (
        "import sys, app.capture, app.capture.recorder, app.capture.media, app.capture.devices, app.capture.checks;"
        "app.capture.recorder.DeviceRecorder(); app.capture.media.AvMediaTools();"
        "print([m for m in ('cv2', 'av', 'sounddevice', 'onnxruntime', 'faster_whisper') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
