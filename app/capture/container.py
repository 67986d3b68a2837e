"""One streamable WebM container per take: VP8 and Opus in clusters of 200 ms, each flushed as soon as it is whole."""

from __future__ import annotations

import errno
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import numpy as np

from app.capture.values import FRAME_RATE, SOUND_RATE, CaptureSettings, Picture, Sound
from app.capture.vision import load_cv2
from app.interview.ports import Sink
from contract.errors import ErrorCode, XudaError

_OPUS_FRAME = SOUND_RATE // 50
_VIDEO_OPTIONS = {"deadline": "realtime", "cpu-used": "-8", "lag-in-frames": "0", "error-resilient": "1"}
# A track that is held up keeps the other one from the disk for 300 ms at most.
_CONTAINER_OPTIONS = {"cluster_time_limit": "200", "flush_packets": "1", "max_interleave_delta": "300000"}
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def sink_error(error: Exception) -> XudaError:
    """What a failing sink means to the user."""
    if isinstance(error, XudaError):
        return error
    if isinstance(error, OSError) and error.errno is not None and error.errno not in _FULL:
        return XudaError(ErrorCode.DISK_ERROR)
    return XudaError(ErrorCode.DISK_FULL)


class _Tap:
    """Stands between libav and the sink. Once the sink has failed nothing more reaches it."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self.error: XudaError | None = None

    def write(self, data: bytes) -> int:
        if self.error is None:
            try:
                self._sink.write(bytes(data))
            except Exception as error:  # whatever the sink raises must not unwind through libav
                self.error = sink_error(error)
        return len(data)


class Container:
    """Encodes and writes. Used by one thread at a time; ``error`` tells that the sink has failed."""

    def __init__(self, sink: Sink, size: tuple[int, int] | None, settings: CaptureSettings) -> None:
        """``size`` is (width, height), both even, or None for sound alone. Writes the header."""
        import av

        self._av = av
        self._tap = _Tap(sink)
        self._container = av.open(self._tap, "w", format="webm", container_options=_CONTAINER_OPTIONS)
        self._video = self._add_video(size, settings) if size else None
        self._audio: Any = self._container.add_stream("libopus", rate=SOUND_RATE)
        self._audio.codec_context.layout = "mono"
        self._audio.codec_context.format = "flt"
        self._audio.codec_context.bit_rate = settings.audio_bit_rate
        self._audio.codec_context.time_base = Fraction(1, SOUND_RATE)
        self._size = size
        self._slots = 0
        self._samples = 0
        self._rest = np.zeros(0, dtype=np.float32)
        self._container.start_encoding()

    @property
    def error(self) -> XudaError | None:
        return self._tap.error

    @property
    def duration(self) -> float:
        """Seconds written, of the longer track."""
        return max(self._slots / FRAME_RATE, (self._samples + len(self._rest)) / SOUND_RATE)

    def add_picture(self, image: Picture, times: int = 1) -> None:
        """Write a BGR picture of any size into the next ``times`` slots."""
        if self._video is None or self._size is None or times < 1:
            return
        frame = self._av.VideoFrame.from_ndarray(_planes(image, self._size), format="yuv420p")
        for _ in range(times):
            frame.pts = self._slots
            frame.time_base = Fraction(1, FRAME_RATE)
            self._slots += 1
            self._mux(self._video.encode(frame))

    def add_sound(self, samples: Sound) -> None:
        """Write mono float32 samples at 48 kHz."""
        samples = np.concatenate((self._rest, samples))
        whole = len(samples) - len(samples) % _OPUS_FRAME
        for start in range(0, whole, _OPUS_FRAME):
            self._encode_sound(samples[start : start + _OPUS_FRAME])
        self._rest = samples[whole:]

    def close(self) -> None:
        """Flush the encoders and the last cluster."""
        if len(self._rest):
            self._encode_sound(self._rest)
            self._rest = self._rest[:0]
        if self._slots and self._video is not None:
            self._mux(self._video.encode(None))
        if self._samples:
            self._mux(self._audio.encode(None))
        self._container.close()

    def _add_video(self, size: tuple[int, int], settings: CaptureSettings) -> Any:
        stream: Any = self._container.add_stream("libvpx", rate=FRAME_RATE, options=dict(_VIDEO_OPTIONS))
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        context = stream.codec_context
        context.time_base = Fraction(1, FRAME_RATE)
        context.gop_size = FRAME_RATE
        context.bit_rate = settings.video_bit_rate
        # Two threads burn many times the work of one while anything else runs.
        context.thread_count = 1
        return stream

    def _encode_sound(self, block: Sound) -> None:
        frame = self._av.AudioFrame.from_ndarray(block.reshape(1, -1), format="flt", layout="mono")
        frame.sample_rate = SOUND_RATE
        frame.time_base = Fraction(1, SOUND_RATE)
        frame.pts = self._samples
        self._samples += len(block)
        self._mux(self._audio.encode(frame))

    def _mux(self, packets: Iterable[Any]) -> None:
        for packet in packets:
            self._container.mux(packet)


def _planes(image: Picture, size: tuple[int, int]) -> Any:
    """I420 planes, shape (height * 3 / 2, width), of the picture fitted into ``size`` without distortion."""
    cv2 = load_cv2()
    height, width = image.shape[:2]
    if (width, height) != size:
        image = _fit(cv2, image, size)
    return cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420)


def _fit(cv2: Any, image: Picture, size: tuple[int, int]) -> Any:
    height, width = image.shape[:2]
    scale = min(size[0] / width, size[1] / height)
    inner = (max(1, round(width * scale)), max(1, round(height * scale)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(image, inner, interpolation=method)
    if inner == size:
        return small
    canvas = np.zeros((size[1], size[0], 3), dtype=np.uint8)
    left, top = (size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2
    canvas[top : top + inner[1], left : left + inner[0]] = small
    return canvas


def recording_size(image: Picture, settings: CaptureSettings) -> tuple[int, int]:
    """(width, height) to record a picture at: its own, or scaled down into the settings' limit; both even."""
    height, width = image.shape[:2]
    scale = min(1.0, settings.width / width, settings.height / height)
    return max(2, round(width * scale) // 2 * 2), max(2, round(height * scale) // 2 * 2)
