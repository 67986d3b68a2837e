"""A transcription job on the client's side. It keeps its sound until the worker has settled it, and so survives it."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.interview.model import Transcript, Word
from app.transcribe import text
from app.transcribe.messages import RATE, Draft, Piece
from contract.errors import ErrorCode, XudaError

MOST_WAITING = 3600 * RATE
"""Samples one job may hold that are not settled: an hour, 115 MB."""

_WORTHWHILE = RATE // 10
"""Samples that are worth a message of their own while more are to come."""


_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Callbacks:
    """Where the results of one job go."""

    on_partial: Callable[[str], None]
    on_final: Callable[[Transcript], None]
    on_error: Callable[[Exception], None]


class Job:
    """Implements ``app.interview.ports.TranscriptionJob``. Fed by one thread, served by the supervisor's."""

    def __init__(self, language: str, calls: Callbacks, wake: Callable[[], None], *, live: bool) -> None:
        self.key = f"{next(_numbers)}"
        self.language = language
        self.live = live
        self.calls = calls
        self.deaths = 0  # of workers that had this job, since it last got on
        self.opened = False  # in the worker that lives now
        self.end_sent = False
        self._wake = wake
        self._changed = threading.Condition()
        self._pcm = bytearray()  # from sample _settled on
        self._settled = 0
        self._sent = 0
        self._ended = False
        self._error: XudaError | None = None
        self._closed = False
        self._pieces: list[Piece] = []
        self._draft: Draft | None = None

    # called by the one who records

    def feed(self, pcm: Any) -> None:
        """Queue float32 mono 16 kHz samples of shape (n,). Never blocks."""
        clean = np.nan_to_num(np.asarray(pcm, np.float32).reshape(-1), posinf=1.0, neginf=-1.0)
        self.feed_bytes((np.clip(clean, -1, 1) * 32767).astype("<i2").tobytes())

    def feed_bytes(self, pcm: bytes) -> None:
        """Queue signed 16 bit little endian samples."""
        with self._changed:
            if self._ended or self._closed:
                return
            self._pcm += pcm
            waiting = len(self._pcm) // 2
            worthwhile = waiting - (self._sent - self._settled) >= _WORTHWHILE
        if waiting > MOST_WAITING:
            # The model is far too slow for this machine. The stored file can still be transcribed later.
            self.fail(XudaError(ErrorCode.TRANSCRIPTION_FAILED, reason="too far behind"))
        elif worthwhile:
            self._wake()

    def finish(self) -> None:
        with self._changed:
            self._ended = True
        self._wake()

    def cancel(self) -> None:
        self._close(None)

    def fail(self, error: XudaError) -> None:
        """End the job; the error reaches its owner through the transcriber's thread."""
        self._close(error)

    def _close(self, error: XudaError | None) -> None:
        with self._changed:
            if not self._closed:
                self._closed, self._error = True, error
            self._pcm.clear()
            self._changed.notify_all()
        self._wake()

    # called by the supervisor

    @property
    def closed(self) -> bool:
        """Cancelled or failed."""
        with self._changed:
            return self._closed

    @property
    def error(self) -> XudaError | None:
        with self._changed:
            return self._error

    @property
    def settled(self) -> int:
        """Sample of the take up to which the text is final."""
        with self._changed:
            return self._settled

    def next_chunk(self, most: int, ahead: int) -> bytes:
        """Up to ``most`` samples the worker does not have yet; none when it is ``ahead`` samples behind already."""
        with self._changed:
            begin = self._sent - self._settled
            unsent = len(self._pcm) // 2 - begin
            if self._closed or begin >= ahead or (unsent < _WORTHWHILE and not self._ended):
                return b""
            chunk = bytes(self._pcm[2 * begin : 2 * (begin + most)])
            self._sent += len(chunk) // 2
            return chunk

    def all_sent(self) -> bool:
        with self._changed:
            return self._ended and 2 * (self._sent - self._settled) >= len(self._pcm)

    def rewind(self) -> None:
        """The worker is gone: whatever is not settled goes to the next one."""
        with self._changed:
            self._sent = self._settled
        self.opened = self.end_sent = False
        self._draft = None

    def settle(self, upto: int, pieces: tuple[Piece, ...]) -> None:
        """Keep ``pieces`` and let go of the sound before sample ``upto``."""
        with self._changed:
            del self._pcm[: 2 * (upto - self._settled)]
            self._settled = max(upto, self._settled)
            self._pieces += pieces
            self._changed.notify_all()
        self.deaths = 0

    def draft(self, draft: Draft) -> None:
        self._draft = draft

    def text(self) -> str:
        """The text that is final so far."""
        return text.join(self._pieces).strip()

    def running_text(self) -> str:
        """The text so far, with what is heard but not settled at its end; … stands for words that still wait."""
        draft = self._draft
        if draft is None or draft.start < self._settled or not draft.text:
            return self.text()
        gap = "" if text.is_unspaced(self.language) else " "
        between = f"{gap}…{gap}" if draft.skipped else gap
        return (self.text() + between + draft.text).strip()

    def transcript(self, model: str) -> Transcript:
        words = tuple(Word(p.text, p.start, p.end, p.probability) for p in self._pieces)
        return Transcript(self.text(), words, self.language, model)

    # called by the thread that reads a stored file

    def wait_for_room(self, most: int) -> bool:
        """Block while more than ``most`` samples wait. False when the job is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or len(self._pcm) // 2 <= most)
            return not self._closed
