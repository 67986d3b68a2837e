"""The practice question (A5): recorded into memory only, played back, forgotten."""

from __future__ import annotations

import io
from typing import BinaryIO

from app.interview.model import Proof
from app.interview.ports import MediaTools, Recorder
from app.interview.takes import Listener, Notify
from contract.errors import ErrorCode, XudaError


class PracticeDesk:
    """As often as wished, never stored or uploaded: nothing here touches the disk."""

    def __init__(self, recorder: Recorder, media: MediaTools, notify: Notify) -> None:
        self._recorder = recorder
        self._media = media
        self._notify = notify
        self._stream: io.BytesIO | None = None

    def start(self, *, video: bool) -> None:
        """Raises XudaError(CAMERA_* | MICROPHONE_*)."""
        if self._stream is not None:
            raise XudaError(ErrorCode.ILLEGAL_STATE, old="practising", new="practising")
        stream = io.BytesIO()
        self._recorder.start(stream, video=video, pcm=None, listener=Listener(self._notify))
        self._stream = stream

    def stop(self) -> tuple[Proof, BinaryIO] | None:
        """What was heard and seen, and the recording for playback; None when none was running.

        Raises XudaError(RECORDING_EMPTY).
        """
        stream, self._stream = self._stream, None
        if stream is None:
            return None
        self._recorder.stop()
        stream.seek(0)
        playable = io.BytesIO()
        self._media.remux(stream, playable)
        playable.seek(0)
        proof = self._media.inspect(playable)
        playable.seek(0)
        return proof, playable
