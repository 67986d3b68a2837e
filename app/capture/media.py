"""Reads recordings back: repairs a cut container, proves what is in it, takes its poster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from app.capture.repair import copy_packets, whole_packets
from app.capture.values import FRAME_RATE, SPEECH_RATE, Picture, Sound, as_sound, decibel
from app.capture.vision import decode_picture
from app.capture.voice import VoiceDetector
from app.interview.model import Proof
from contract.errors import ErrorCode, XudaError

Sketch = NDArray[np.float32]
_SKETCH = (80, 45)
_SHORT = 5.0
_SAMPLES_PER_SECOND = 4.0
# A block of the sketch is the mean of 256 pixels: sensor noise and coding leave it within about 3 of 255 levels.
_NOISE_LEVELS = 6.0
_MOVING_SHARE = 0.004
_BLACK_MEAN = 24.0
_BLACK_SPREAD = 8.0
_POSTER_WIDTH = 640


class AvMediaTools:
    """Implements ``app.interview.ports.MediaTools`` with PyAV. Holds nothing but the voice detector, made on use."""

    def __init__(self) -> None:
        self._voice: VoiceDetector | None = None

    def remux(self, source: BinaryIO, target: BinaryIO) -> None:
        """Copy every whole packet of ``source``, cut anywhere, into a seekable WebM with duration and index.

        Raises XudaError(RECORDING_EMPTY) when there is no whole packet, DISK_FULL or DISK_ERROR when ``target``
        refuses.
        """
        with _opened(source) as container:
            copy_packets(container, target)

    def inspect(self, source: BinaryIO) -> Proof:
        """Decode what is stored. Sound is decoded whole; of a long picture one frame a second is.

        Raises XudaError(RECORDING_EMPTY) when nothing can be decoded.
        """
        with _opened(source) as container:
            found = _Contents(container)
            found.read()
        sound, sketches = found.sound(), found.sketches
        if not sound.size and not sketches:
            raise XudaError(ErrorCode.RECORDING_EMPTY)
        voice = self._detector().find(sound)
        spoken = [sound[int(start * SPEECH_RATE) : int(end * SPEECH_RATE)] for start, end in voice]
        return Proof(
            duration=max(len(sound) / SPEECH_RATE, found.picture_end),
            has_video=bool(sketches),
            has_audio=bool(sound.size),
            voice_seconds=sum(end - start for start, end in voice),
            loudness=_loudness(spoken),
            moving=is_moving(sketches) if sketches else None,
            black=is_black(sketches) if sketches else None,
        )

    def poster(self, source: BinaryIO) -> bytes | None:
        """A JPEG from the middle of the recording, at most 640 wide; None when there is no picture."""
        try:
            with _opened(source) as container:
                frame = _middle_frame(container)
                return _jpeg(frame) if frame is not None else None
        except XudaError:
            return None

    def picture(self, content: bytes) -> Picture:
        """Implements the port with OpenCV, which lets the interpreter go on meanwhile."""
        return decode_picture(content)

    def _detector(self) -> VoiceDetector:
        if self._voice is None:
            self._voice = VoiceDetector()
        return self._voice


@contextmanager
def _opened(source: BinaryIO) -> Iterator[Any]:
    import av

    try:
        container = av.open(source, "r")
    except (av.FFmpegError, EOFError, ValueError):
        raise XudaError(ErrorCode.RECORDING_EMPTY) from None
    with container:
        yield container


def _decoded(container: Any, stream: Any) -> Iterator[Any]:
    """Frames up to the first damage: what comes after a cut is not to be trusted."""
    import av

    frames = container.decode(stream)
    while True:
        try:
            yield next(frames)
        except (StopIteration, EOFError, av.FFmpegError):
            return


class _Contents:
    """One pass over a recording: all of its sound at 16 kHz, and small grey pictures evenly over its length."""

    def __init__(self, container: Any) -> None:
        import av

        self._container = container
        self._resampler = av.AudioResampler(format="flt", layout="mono", rate=SPEECH_RATE)
        self._sound: list[Sound] = []
        self._due = 0.0
        self.sketches: list[Sketch] = []
        self.picture_end = 0.0

    def sound(self) -> Sound:
        return np.concatenate(self._sound) if self._sound else np.zeros(0, dtype=np.float32)

    def read(self) -> None:
        for packet in whole_packets(self._container):
            if packet.stream.type == "audio" and packet.stream.index == self._container.streams.audio[0].index:
                self._hear(_frames(packet))
            elif packet.stream.type == "video":
                self._look(packet)
        if self._sound:
            self._hear([None])

    def _hear(self, frames: list[Any]) -> None:
        for frame in frames:
            self._sound += [as_sound(out.to_ndarray()) for out in self._resampler.resample(frame)]

    def _look(self, packet: Any) -> None:
        at = float(packet.pts * packet.time_base)
        self.picture_end = max(self.picture_end, at + 1.0 / FRAME_RATE)
        # Key frames stand alone: of a long picture nothing else need be decoded.
        if at > _SHORT and not packet.is_keyframe:
            return
        for frame in _frames(packet):
            if (frame.time or 0.0) >= self._due:
                self.sketches.append(_sketch(frame))
                self._due = (frame.time or 0.0) + 1.0 / _SAMPLES_PER_SECOND


def _frames(packet: Any) -> list[Any]:
    """What a packet decodes to; nothing when it is damaged."""
    import av

    try:
        return list(packet.decode())
    except av.FFmpegError:
        return []


def _sketch(frame: Any) -> Sketch:
    small = frame.reformat(width=_SKETCH[0], height=_SKETCH[1], format="gray", interpolation="AREA")
    sketch: Sketch = small.to_ndarray().astype(np.float32)
    return sketch


def is_moving(sketches: list[Sketch]) -> bool:
    """True when some part of the picture changes by more than noise between any two samples in a row.

    A change of the whole picture at once (exposure, a flickering lamp) is taken out first.
    """
    for before, after in pairwise(sketches):
        change = after - before
        change = np.abs(change - np.median(change))
        if float(np.mean(change > _NOISE_LEVELS)) > _MOVING_SHARE:
            return True
    return False


def is_black(sketches: list[Sketch]) -> bool:
    """True when nearly all samples are dark and without structure (a covered lens, a camera's shutter)."""
    dark = [float(s.mean()) < _BLACK_MEAN and float(s.std()) < _BLACK_SPREAD for s in sketches]
    return sum(dark) >= 0.9 * len(dark)


def _loudness(parts: list[Sound]) -> float | None:
    spoken = np.concatenate(parts) if parts else np.zeros(0, dtype=np.float32)
    if not spoken.size:
        return None
    return decibel(float(np.sqrt(np.mean(np.square(spoken)))))


def _middle_frame(container: Any) -> Any:
    import av

    if not container.streams.video:
        return None
    stream = container.streams.video[0]
    if container.duration:
        try:
            container.seek(container.duration // 2)
        except av.FFmpegError:  # a cut container has no index: its first picture will do
            return next(_decoded(container, stream), None)
    return next(_decoded(container, stream), None)


def _jpeg(frame: Any) -> bytes:
    from app.capture.vision import load_cv2

    cv2 = load_cv2()
    image = frame.to_ndarray(format="bgr24")
    height, width = image.shape[:2]
    if width > _POSTER_WIDTH:
        size = (_POSTER_WIDTH, round(height * _POSTER_WIDTH / width))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    _, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 80])
    return bytes(encoded)
