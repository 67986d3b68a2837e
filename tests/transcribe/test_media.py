"""The sound of a stored recording, on the time line of the take."""

from __future__ import annotations

import io
from fractions import Fraction

import av
import numpy as np
import pytest

from app.transcribe.media import read_pcm
from app.transcribe.messages import RATE
from contract.errors import ErrorCode, XudaError
from tests.transcribe.sound import Samples, floats


def _tone(seconds: float) -> Samples:
    return (0.5 * np.sin(2 * np.pi * 440 * np.arange(int(seconds * 48000)) / 48000)).astype(np.float32)


def _webm(parts: list[tuple[float, Samples]], *, picture: bool = False) -> bytes:
    """A WebM with sound at the given seconds, recorded as the client does."""
    file = io.BytesIO()
    with av.open(file, "w", format="webm") as container:
        video = container.add_stream("libvpx", rate=25) if picture else None
        sound = container.add_stream("libopus", rate=48000, layout="mono") if parts else None
        if video is not None:
            video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
            for index in range(10):
                frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), index * 20, np.uint8), format="rgb24")
                container.mux(video.encode(frame))
            container.mux(video.encode(None))
        if sound is not None:
            for start, samples in parts:
                for at in range(0, len(samples) // 960 * 960, 960):
                    block = av.AudioFrame.from_ndarray(samples[None, at : at + 960], format="flt", layout="mono")
                    block.sample_rate, block.time_base = 48000, Fraction(1, 48000)
                    block.pts = int(start * 48000) + at
                    container.mux(sound.encode(block))
            container.mux(sound.encode(None))
    return file.getvalue()


def _read(data: bytes) -> Samples:
    return floats(b"".join(read_pcm(io.BytesIO(data))))


def test_sound_comes_at_sixteen_kilohertz() -> None:
    sound = _read(_webm([(0.0, _tone(2))], picture=True))
    assert len(sound) / RATE == pytest.approx(2, abs=0.05)
    assert np.abs(sound[RATE : RATE + 1600]).max() == pytest.approx(0.5, abs=0.05)


def test_a_hole_in_the_sound_keeps_its_length() -> None:
    """A microphone was unplugged for three seconds: what is said after it keeps its time."""
    sound = _read(_webm([(0.0, _tone(1)), (4.0, _tone(1))]))
    assert len(sound) / RATE == pytest.approx(5, abs=0.05)
    assert np.abs(sound[int(1.2 * RATE) : int(3.8 * RATE)]).max() < 0.01
    assert np.abs(sound[int(4.1 * RATE) : int(4.9 * RATE)]).max() > 0.4


def test_a_recording_without_sound_gives_nothing() -> None:
    assert len(_read(_webm([], picture=True))) == 0


def test_of_a_recording_that_is_cut_everything_before_the_cut_is_read() -> None:
    whole = _webm([(0.0, _tone(8))])
    sound = _read(whole[: len(whole) // 2])
    assert 2 < len(sound) / RATE < 6


def test_a_reader_that_fails_is_not_taken_for_the_end() -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > 4096:
                raise XudaError(ErrorCode.SEALED_DAMAGED)
            return super().read(size)

    with pytest.raises(XudaError) as failed:
        list(read_pcm(Failing(_webm([(0.0, _tone(30))]))))
    assert failed.value.code is ErrorCode.SEALED_DAMAGED
