"""Devices that are pulled out or freeze, disks and listeners that fail: each is told, and the answer so far is kept."""

from __future__ import annotations

import errno
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.capture.recorder import DeviceRecorder
from app.capture.values import CaptureSettings
from contract.errors import ErrorCode, XudaError
from tests.capture.conftest import Listener, MemorySink
from tests.capture.takes import proof, run_for, sound_of
from tests.support.media import tone, write_wav
from tests.support.mjpeg import MjpegCamera
from tests.support.pulse import VirtualMicrophone
from tests.support.waiting import wait_for


def test_a_camera_pulled_out_is_told_and_the_answer_goes_on(
    recorder: DeviceRecorder,
    mjpeg_camera: MjpegCamera,
    spoken_file: Path,
    sink: MemorySink,
    listener: Listener,
) -> None:
    recorder.set_camera(mjpeg_camera.url)
    recorder.set_microphone(f"file:{spoken_file}")
    recorder.start(sink, video=True, pcm=None, listener=listener)
    run_for(recorder, 1.5)
    mjpeg_camera.drop()
    pulled = time.monotonic()
    wait_for(lambda: listener.faults, "the fault", seconds=5)
    assert listener.when("camera_lost") - pulled < 2.0
    so_far = MemorySink()
    so_far.data += sink.data
    assert proof(so_far).moving
    run_for(recorder, 5.0)
    result = recorder.stop()
    assert listener.codes == ["camera_lost"]
    assert [fault.code for fault in result.faults] == ["camera_lost"]
    shown = proof(sink)
    assert shown.duration == pytest.approx(5.0, abs=0.2)
    assert shown.has_video
    assert shown.voice_seconds > 1.5
    assert result.frames == pytest.approx(125, abs=4)


def test_a_camera_that_comes_back_is_seen_again_and_may_be_lost_again(
    recorder: DeviceRecorder,
    mjpeg_camera: MjpegCamera,
    spoken_file: Path,
    sink: MemorySink,
    listener: Listener,
) -> None:
    recorder.set_camera(mjpeg_camera.url)
    recorder.set_microphone(f"file:{spoken_file}")
    recorder.start(sink, video=True, pcm=None, listener=listener)
    mjpeg_camera.drop()
    wait_for(lambda: listener.codes == ["camera_lost"], "the loss")
    mjpeg_camera.resume()
    wait_for(lambda: recorder.camera_state() == "live", "the camera's return", seconds=10)
    run_for(recorder, recorder.elapsed + 0.5)
    mjpeg_camera.drop()
    wait_for(lambda: listener.codes == ["camera_lost"] * 2, "the second loss")
    recorder.stop()
    assert proof(sink).moving


def test_a_frozen_picture_is_told_during_the_take(
    mjpeg_camera: MjpegCamera, spoken_file: Path, sink: MemorySink, listener: Listener
) -> None:
    recorder = DeviceRecorder(CaptureSettings(camera_frozen=1.0))
    try:
        recorder.set_camera(mjpeg_camera.url)
        recorder.set_microphone(f"file:{spoken_file}")
        recorder.start(sink, video=True, pcm=None, listener=listener)
        mjpeg_camera.freeze()
        wait_for(lambda: listener.codes == ["camera_frozen"], "the fault", seconds=5)
        recorder.stop()
    finally:
        recorder.close()


def test_a_microphone_pulled_out_is_told_and_the_picture_goes_on(
    recorder: DeviceRecorder,
    virtual_microphone: VirtualMicrophone,
    moving_clip: Path,
    sink: MemorySink,
    listener: Listener,
) -> None:
    recorder.set_camera(f"file:{moving_clip}")
    recorder.set_microphone("")
    virtual_microphone.play_samples(tone(20.0, 440, 48_000))
    recorder.start(sink, video=True, pcm=None, listener=listener)
    run_for(recorder, 1.5)
    virtual_microphone.unplug()
    pulled = time.monotonic()
    wait_for(lambda: listener.faults, "the fault", seconds=5)
    assert listener.when("microphone_lost") - pulled < 2.0
    lost_at = recorder.elapsed
    so_far = MemorySink()
    so_far.data += sink.data
    assert proof(so_far).has_audio
    run_for(recorder, lost_at + 2.0)
    virtual_microphone.plug()
    virtual_microphone.play_samples(tone(20.0, 440, 48_000))
    wait_for(lambda: recorder.level().rms > -15, "the microphone's return", seconds=15)
    run_for(recorder, recorder.elapsed + 1.5)
    result = recorder.stop()
    assert listener.codes == ["microphone_lost"]
    assert result.audio_lost > 0
    sound = sound_of(sink)
    assert len(sound) / 48_000 == pytest.approx(result.frames / 25, abs=0.2)
    assert np.abs(sound[48_000:60_000]).max() > 0.3
    assert np.abs(sound[int(lost_at * 48_000) + 24_000 :][:24_000]).max() < 0.01
    assert np.abs(sound[-36_000:-12_000]).max() > 0.3


def test_with_both_devices_pulled_out_both_are_told_and_the_answer_so_far_is_kept(
    recorder: DeviceRecorder,
    virtual_microphone: VirtualMicrophone,
    mjpeg_camera: MjpegCamera,
    spoken_file: Path,
    sink: MemorySink,
    listener: Listener,
) -> None:
    recorder.set_camera(mjpeg_camera.url)
    recorder.set_microphone("")
    recorder.start(sink, video=True, pcm=None, listener=listener)
    player = virtual_microphone.play(spoken_file)
    wait_for(lambda: player.poll() is not None, "the sentence to be said")
    mjpeg_camera.stall()
    virtual_microphone.unplug()
    pulled = time.monotonic()
    wait_for(lambda: len(listener.faults) == 2, "both faults", seconds=5)
    assert sorted(listener.codes) == ["camera_lost", "microphone_lost"]
    assert max(at for _, at in listener.faults) - pulled < 2.0
    run_for(recorder, recorder.elapsed + 1.0)
    result = recorder.stop()
    shown = proof(sink)
    assert shown.moving
    assert shown.voice_seconds > 1.5
    assert shown.duration == pytest.approx(result.duration, abs=0.1)
    assert [fault.code for fault in result.faults] == listener.codes


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), ErrorCode.DISK_FULL),
        (XudaError(ErrorCode.DISK_FULL), ErrorCode.DISK_FULL),
        (OSError(errno.EIO, "Input/output error"), ErrorCode.DISK_ERROR),
    ],
)
def test_a_sink_that_refuses_ends_the_writing_once_and_stop_says_why(
    recorder: DeviceRecorder,
    moving_clip: Path,
    spoken_file: Path,
    sink: MemorySink,
    listener: Listener,
    error: Exception,
    code: ErrorCode,
) -> None:
    recorder.set_camera(f"file:{moving_clip}")
    recorder.set_microphone(f"file:{spoken_file}")
    recorder.start(sink, video=True, pcm=None, listener=listener)
    run_for(recorder, 1.0)
    sink.error = error
    wait_for(lambda: listener.faults, "the fault")
    run_for(recorder, 2.0)
    with pytest.raises(XudaError) as caught:
        recorder.stop()
    assert caught.value.code is code
    assert listener.codes == [code.value]
    assert sink.refused == 1
    assert proof(sink).duration > 0.5
    later = MemorySink()
    recorder.start(later, video=True, pcm=None, listener=Listener())
    run_for(recorder, 0.5)
    assert recorder.stop().duration > 0.4


def test_a_full_disk_at_the_start_is_told_at_once(
    recorder: DeviceRecorder, spoken_file: Path, sink: MemorySink, listener: Listener
) -> None:
    recorder.set_microphone(f"file:{spoken_file}")
    sink.error = OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(XudaError) as caught:
        recorder.start(sink, video=False, pcm=None, listener=listener)
    assert caught.value.code is ErrorCode.DISK_FULL
    assert not recorder.recording


def test_a_failing_listener_or_speech_feed_costs_no_recording(
    recorder: DeviceRecorder, tmp_path: Path, sink: MemorySink
) -> None:
    class Broken(Listener):
        def on_input_ended(self) -> None:
            super().on_input_ended()
            raise RuntimeError("listener")

    def refuse(block: Any) -> None:
        raise RuntimeError("speech")

    path = write_wav(tmp_path / "tone.wav", tone(0.5, 440, 48_000), 48_000)
    recorder.set_microphone(f"file:{path}")
    broken = Broken()
    recorder.start(sink, video=False, pcm=refuse, listener=broken)
    assert broken.ended.wait(5)
    run_for(recorder, 1.5)
    assert recorder.stop().duration == pytest.approx(1.5, abs=0.15)


def test_a_lost_camera_refuses_a_new_take_before_anything_is_written(
    recorder: DeviceRecorder,
    mjpeg_camera: MjpegCamera,
    spoken_file: Path,
    sink: MemorySink,
    listener: Listener,
) -> None:
    recorder.set_camera(mjpeg_camera.url)
    recorder.set_microphone(f"file:{spoken_file}")
    mjpeg_camera.drop()
    wait_for(lambda: recorder.camera_state() == "lost", "the loss")
    with pytest.raises(XudaError) as caught:
        recorder.start(sink, video=True, pcm=None, listener=listener)
    assert caught.value.code is ErrorCode.CAMERA_LOST
    assert not sink.data
