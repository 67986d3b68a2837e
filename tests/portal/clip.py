"""Short synthetic recordings as the client makes them: WebM with VP8 and Opus."""

from __future__ import annotations

import io
from typing import cast

import av
import numpy as np
from av.audio.stream import AudioStream
from av.video.stream import VideoStream

_RATE = 48_000
_FPS = 25


def webm(seconds: float, *, picture: bool = True) -> bytes:
    """A moving bar and a tone; seekable (muxed to a seekable target, with duration and cues)."""
    target = io.BytesIO()
    with av.open(target, "w", format="webm") as container:
        video = _video(container) if picture else None
        audio = cast(AudioStream, container.add_stream("libopus", rate=_RATE))
        audio.layout = "mono"
        if video is not None:
            _draw(container, video, seconds)
        _sound(container, audio, seconds)
    return target.getvalue()


def _video(container: av.container.OutputContainer) -> VideoStream:
    stream = cast(VideoStream, container.add_stream("libvpx", rate=_FPS))
    stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
    stream.options = {"deadline": "realtime", "cpu-used": "8"}
    stream.codec_context.gop_size = _FPS
    return stream


def _draw(container: av.container.OutputContainer, stream: VideoStream, seconds: float) -> None:
    for number in range(int(seconds * _FPS)):
        picture = np.full((180, 320, 3), (30, 90, 80), np.uint8)
        place = number * 4 % 300
        picture[:, place : place + 20] = (240, 200, 90)
        frame = av.VideoFrame.from_ndarray(picture, "rgb24")
        frame.pts = number
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def _sound(container: av.container.OutputContainer, stream: AudioStream, seconds: float) -> None:
    block = 960
    for start in range(0, int(seconds * _RATE), block):
        times = (np.arange(block) + start) / _RATE
        samples = (np.sin(2 * np.pi * 220 * times) * 4000).astype(np.int16).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, "s16", "mono")
        frame.sample_rate, frame.pts = _RATE, start
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
