"""A recording process that is killed leaves a file that is good up to its last moments."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.capture.media import AvMediaTools
from tests.support.waiting import wait_for

RECORD = """
import os, sys, time
from app.capture.recorder import DeviceRecorder

class Disk:
    def __init__(self, path):
        self.handle = os.open(path, os.O_WRONLY | os.O_CREAT)
    def write(self, data):
        return os.write(self.handle, data)

class Quiet:
    def on_fault(self, code): pass
    def on_input_ended(self): pass

recorder = DeviceRecorder()
recorder.set_camera("file:" + sys.argv[1])
recorder.set_microphone("file:" + sys.argv[2])
recorder.start(Disk(sys.argv[3]), video=True, pcm=None, listener=Quiet())
while True:
    print(recorder.elapsed, flush=True)
    time.sleep(0.02)
"""


@pytest.mark.parametrize("kill_at", [1.3, 2.9])
def test_a_killed_recording_is_good_up_to_its_last_second(
    moving_clip: Path, spoken_file: Path, tmp_path: Path, kill_at: float
) -> None:
    target = tmp_path / "take.webm"
    words = [sys.executable, "-c", RECORD, str(moving_clip), str(spoken_file), str(target)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        elapsed = 0.0

        def reached() -> bool:
            nonlocal elapsed
            elapsed = float(process.stdout.readline())  # type: ignore[union-attr]
            return elapsed >= kill_at

        wait_for(reached, "the moment to kill", seconds=30, step=0)
        os.kill(process.pid, signal.SIGKILL)
    repaired = io.BytesIO()
    with target.open("rb") as file:
        AvMediaTools().remux(file, repaired)
    repaired.seek(0)
    shown = AvMediaTools().inspect(repaired)
    assert shown.has_video
    assert shown.has_audio
    assert elapsed - shown.duration < 1.0
