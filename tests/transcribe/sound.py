"""Speech, silence and noise for these tests, and the way to have them transcribed."""

from __future__ import annotations

import io
import random
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from app.interview.model import Transcript
from app.transcribe.media import read_pcm
from app.transcribe.messages import RATE
from app.transcribe.supervisor import WhisperTranscriber
from tests.speech.say import say

Samples = npt.NDArray[np.float32]
MODEL = Path(__file__).parents[1] / "speech" / "model"


def floats(pcm: bytes) -> Samples:
    return np.frombuffer(pcm, "<i2").astype(np.float32) / np.float32(32768)


def speech(text: str, lang: str, folder: Path, **voice: object) -> Samples:
    """Samples of ``text`` as espeak-ng says it."""
    path = folder / "speech.wav"
    say(text, lang, path, **voice)  # type: ignore[arg-type]
    return floats(b"".join(read_pcm(io.BytesIO(path.read_bytes()))))


def noise(seconds: float, level: float = 0.05, seed: int = 1) -> Samples:
    return (np.random.default_rng(seed).standard_normal(int(seconds * RATE)) * level).astype(np.float32)


def silence(seconds: float) -> Samples:
    return np.zeros(int(seconds * RATE), np.float32)


def chunks(audio: Samples, rng: random.Random | None = None) -> Iterator[Samples]:
    """Pieces as a sound card gives them: 20 ms, or of any length up to 0.3 s."""
    at = 0
    while at < len(audio):
        size = rng.randint(1, 4800) if rng else 320
        yield audio[at : at + size]
        at += size


class Listener:
    """Collects what a job tells."""

    def __init__(self) -> None:
        self.partials: list[str] = []
        self.result: Transcript | None = None
        self.error: Exception | None = None
        self.ended = threading.Event()

    def on_final(self, transcript: Transcript) -> None:
        self.result = transcript
        self.ended.set()

    def on_error(self, error: Exception) -> None:
        self.error = error
        self.ended.set()

    def transcript(self, seconds: float = 60) -> Transcript:
        assert self.ended.wait(seconds), "the job did not end"
        assert self.error is None, self.error
        assert self.result is not None
        return self.result


def transcribe(transcriber: WhisperTranscriber, audio: Samples, language: str) -> Transcript:
    """Feed ``audio`` as fast as it can be and return the final transcript."""
    listener = Listener()
    job = transcriber.open_job("take", language, listener.partials.append, listener.on_final, listener.on_error)
    for chunk in chunks(audio):
        job.feed(chunk)
    job.finish()
    return listener.transcript()
