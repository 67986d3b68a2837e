"""The sound of a stored container as 16 kHz mono."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any, BinaryIO

from app.transcribe.messages import RATE
from contract.errors import ErrorCode, XudaError

_log = logging.getLogger(__name__)
_GAP = RATE // 20  # a hole in the time stamps longer than this is filled, so that word times stay true
_LONGEST_GAP = 600 * RATE


def read_pcm(file: BinaryIO) -> Iterator[bytes]:
    """Yield signed 16 bit samples of the first sound track of a WebM, MP4 or WAV, from time zero of the container.

    Yields nothing when there is no sound. Raises XudaError(TRANSCRIPTION_FAILED) when the file cannot be read at
    all; of one that is cut or damaged later, everything before is given. Errors of ``file`` itself pass through.
    """
    import av
    import av.error

    try:
        container = av.open(file, mode="r")
    except av.error.FFmpegError as error:
        raise XudaError(ErrorCode.TRANSCRIPTION_FAILED, reason=type(error).__name__) from error
    with container:
        if not container.streams.audio:
            return
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
        given = 0
        try:
            for frame in container.decode(audio=0):
                given_before = given
                for pcm in _aligned(frame, resampler, given_before):
                    given += len(pcm) // 2
                    yield pcm
        except av.error.FFmpegError as error:
            _log.warning("stored sound ends early after %.1f s: %s", given / RATE, type(error).__name__)
        for rest in resampler.resample(None):
            yield rest.to_ndarray().tobytes()


def _aligned(frame: Any, resampler: Any, given: int) -> Iterator[bytes]:
    """Samples of one frame, after silence for what is missing before it."""
    if frame.pts is not None and frame.time_base:
        missing = int(float(frame.pts * frame.time_base) * RATE) - given
        if _GAP < missing < _LONGEST_GAP:
            yield bytes(2 * missing)
    frame.pts = None  # the resampler would otherwise refuse what does not follow without a gap
    for out in resampler.resample(frame):
        yield out.to_ndarray().tobytes()
