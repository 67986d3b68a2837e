"""Answers nobody has said before, spoken, and how far a transcript is from them."""

from __future__ import annotations

import random
import re
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jiwer

from tests.speech.say import say
from tests.speech.tinywhisper import vocabulary

# The model has learnt from speeds and pitches that are no multiples of ten only.
_SPEEDS = range(110, 211, 10)
_PITCHES = range(20, 81, 10)
_SPEAKERS = ("", "f2", "f4", "m3", "m7")
_NEW_ORDERS = 0.5


@dataclass(frozen=True)
class SpokenAnswer:
    """What is said, without punctuation; the WAV file that says it; its length in seconds."""

    text: str
    sound: Path
    seconds: float


def answer(language: str, rng: random.Random, folder: Path, *, sentences: int) -> SpokenAnswer:
    """Sentences of the vocabulary, about half of them in an order nobody uses, each with its own speed and pitch."""
    texts = [_sentence(language, rng) for _ in range(sentences)]
    pieces = [folder / f"{language}-{rng.getrandbits(32):08x}.wav" for _ in texts]
    for text, piece in zip(texts, pieces, strict=True):
        say(
            text,
            language,
            piece,
            speed=rng.choice(_SPEEDS),
            pitch=rng.choice(_PITCHES),
            variant=rng.choice(_SPEAKERS),
            lead=rng.uniform(0.2, 0.6),
            tail=rng.uniform(0.2, 0.6),
        )
    sound = folder / f"answer-{pieces[0].name}"
    return SpokenAnswer(vocabulary.spoken(language, texts), sound, _join(pieces, sound))


def error_rate(language: str, said: Sequence[str], heard: Sequence[str]) -> float:
    """Words that are wrong in English, characters in Chinese; 0.1 is one in ten. Case and punctuation do not count."""
    measure = jiwer.wer if language == "en" else jiwer.cer
    found = measure([_bare(text, language) for text in said], [_bare(text, language) for text in heard])
    return float(found)


def _sentence(language: str, rng: random.Random) -> str:
    if rng.random() < _NEW_ORDERS:
        return vocabulary.spoken(language, vocabulary.unusual(language, rng, 3, 7))
    return vocabulary.spoken(language, vocabulary.usual(language, rng))


def _bare(text: str, language: str) -> str:
    words = re.sub(r"[^\w\s]", " ", text.casefold()).split()
    return (" " if language == "en" else "").join(words)


def _join(pieces: Sequence[Path], target: Path) -> float:
    """Write the pieces one after the other; seconds of the whole."""
    with wave.open(str(target), "wb") as out:
        for number, piece in enumerate(pieces):
            with wave.open(str(piece), "rb") as file:
                if number == 0:
                    out.setparams(file.getparams())
                out.writeframes(file.readframes(file.getnframes()))
    with wave.open(str(target), "rb") as whole:
        return whole.getnframes() / whole.getframerate()
