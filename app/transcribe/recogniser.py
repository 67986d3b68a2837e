"""The model itself. Worker process only: the one place that imports faster-whisper."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.transcribe import text
from app.transcribe.messages import RATE, Piece
from app.transcribe.segmenter import Window

_BEAM = 5
_REPETITIVE = 2.4  # text that compresses better than this is a loop
_NO_SPEECH = 0.6
_UNSURE = -0.7  # mean log probability below which "no speech" is believed
_MARGIN = 0.05  # seconds by which the voice detector may be late
_REACH = int(0.35 * RATE)  # word times are that rough, in samples


class Recogniser:
    """A loaded model. Raises whatever ctranslate2 raises when the folder cannot be loaded."""

    def __init__(self, folder: Path, threads: int = 1) -> None:
        from faster_whisper import WhisperModel
        from tqdm import tqdm

        # Its own lock is a named semaphore of the system, which a killed worker would leave behind.
        tqdm.set_lock(threading.RLock())
        self._model: Any = WhisperModel(
            str(folder), device="cpu", compute_type="int8", cpu_threads=threads, local_files_only=True
        )

    def final(self, window: Window, language: str) -> tuple[Piece, ...]:
        """The words of a window, with times from the start of the take."""
        segments = self._decode(window, language, beam_size=_BEAM, word_timestamps=True)
        if any(segment.compression_ratio > _REPETITIVE for segment in segments):
            # A loop. Decoded once more without repetitions rather than by chance, so that the result is repeatable.
            segments = self._decode(window, language, beam_size=_BEAM, word_timestamps=True, no_repeat_ngram_size=4)
        pieces = (piece for segment in segments for piece in _pieces(segment.words or (), window))
        return text.tidy([_trimmed(piece, window) for piece in pieces if _voiced(piece, window)], language)

    def draft(self, window: Window, language: str) -> str:
        """A quick text of a window that is not complete yet."""
        segments = self._decode(window, language, beam_size=1)
        gap = "" if text.is_unspaced(language) else " "
        return text.tidy_draft(gap.join(segment.text.strip() for segment in segments), language)

    def _decode(self, window: Window, language: str, **options: Any) -> list[Any]:
        known = language if language in self._model.supported_languages else None
        segments, _ = self._model.transcribe(
            window.audio,
            language=known,
            temperature=0.0,  # sampling would make the text of a recording a matter of chance
            condition_on_previous_text=False,
            initial_prompt=text.PROMPTS.get(language),
            no_speech_threshold=_NO_SPEECH,
            log_prob_threshold=_UNSURE,
            **options,
        )
        return [segment for segment in segments if _believable(segment, language)]


def _believable(segment: Any, language: str) -> bool:
    silent = segment.no_speech_prob > _NO_SPEECH and segment.avg_logprob < _UNSURE
    return not silent and not text.is_invented(segment.text, language)


def _pieces(words: Iterable[Any], window: Window) -> Iterable[Piece]:
    begin = window.start / RATE
    length = len(window.audio) / RATE
    for word in words:
        bare = word.word.strip()
        start, end = min(float(word.start), length), min(float(word.end), length)
        yield Piece(
            bare,
            round(begin + start, 2),
            round(begin + max(start, end), 2),
            round(min(1.0, max(0.0, float(word.probability))), 3),
            word.word.startswith(" "),
        )


def _voiced(piece: Piece, window: Window) -> bool:
    """Whether anybody spoke where the model heard this word."""
    start, end = int(piece.start * RATE) - _REACH, int(piece.end * RATE) + _REACH
    return any(start < b and a < end for a, b in window.voiced)


def _trimmed(piece: Piece, window: Window) -> Piece:
    """Take the pause before and after off a word: the model's alignment gives pauses to the words beside them."""
    start, end = piece.start, piece.end
    for a, b in ((a / RATE, b / RATE) for a, b in window.voiced):
        if start < a < end <= b + _MARGIN:
            start = max(start, round(a - _MARGIN, 2))
        if a - _MARGIN <= start < b < end:
            end = min(end, round(b + _MARGIN, 2))
    return replace(piece, start=start, end=max(start, end))
