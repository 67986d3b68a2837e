"""What a take of the recorder holds, read back."""

from __future__ import annotations

import io

import av
import numpy as np

from app.capture.media import AvMediaTools
from app.capture.recorder import DeviceRecorder
from app.interview.model import Proof
from tests.capture.conftest import MemorySink
from tests.support.waiting import wait_for


def proof(sink: MemorySink) -> Proof:
    return AvMediaTools().inspect(io.BytesIO(bytes(sink.data)))


def sound_of(sink: MemorySink, rate: int = 48_000) -> np.ndarray:
    with av.open(io.BytesIO(bytes(sink.data))) as container:
        resampler = av.AudioResampler(format="flt", layout="mono", rate=rate)
        parts = [o.to_ndarray() for f in container.decode(audio=0) for o in resampler.resample(f)]
    return np.concatenate(parts, axis=1).reshape(-1)


def run_for(recorder: DeviceRecorder, seconds: float) -> None:
    wait_for(lambda: recorder.elapsed >= seconds, f"{seconds} s of the take", seconds=seconds + 5)
