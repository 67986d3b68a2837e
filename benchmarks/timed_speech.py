"""Speech whose words have known times: espeak-ng says when each begins while it makes the sound (Linux)."""

from __future__ import annotations

import array
import ctypes
import ctypes.util
import random
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from tests.speech.say import VOICES
from tests.speech.tinywhisper import vocabulary
from tests.support.media import write_wav

_RETRIEVE, _UTF8 = 1, 1
_LIST_END, _WORD, _END = 0, 1, 5
_RATE, _PITCH = 1, 3
_LOUD = 200


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_void_p),
    )


@dataclass(frozen=True)
class TimedWord:
    """A spoken word; ``start`` and ``end`` in seconds from the beginning of the sound."""

    text: str
    start: float
    end: float


class Speaker:
    """espeak-ng as a library. One for the whole process."""

    def __init__(self, language: str) -> None:
        """Raises OSError where the library is missing."""
        self._library = ctypes.CDLL(ctypes.util.find_library("espeak-ng") or "libespeak-ng.so.1")
        self.rate = int(self._library.espeak_Initialize(_RETRIEVE, 0, None, 0))
        self._library.espeak_SetVoiceByName(VOICES[language].encode())
        self._samples = array.array("h")
        # milliseconds by the place of a word in its text, from 1
        self._begins: dict[int, int] = {}
        kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))
        self._callback = kind(self._take)
        self._library.espeak_SetSynthCallback(self._callback)

    def say(self, words: list[str], *, speed: int, pitch: int) -> tuple[Any, list[TimedWord]]:
        """Samples of one sentence (float, mono, at ``rate``), without the silence around it, and its words."""
        self._samples, self._begins = array.array("h"), {}
        text = (" ".join(words) + " .").encode()
        self._library.espeak_SetParameter(_RATE, speed, 0)
        self._library.espeak_SetParameter(_PITCH, pitch, 0)
        self._library.espeak_Synth(text, len(text) + 1, 0, 1, 0, _UTF8, None, None)
        self._library.espeak_Synchronize()
        samples = np.frombuffer(self._samples, np.int16).astype(np.float32) / 32768
        loud = np.flatnonzero(np.abs(samples) > _LOUD / 32768)
        first, last = int(loud[0]), int(loud[-1]) + 1
        at = [sum(len(word) + 1 for word in words[:place]) + 1 for place in range(len(words))]
        # two small words may be said as one: what has no time of its own lies between its neighbours
        known = [(place, self._begins[place]) for place in at if place in self._begins]
        times = np.interp(at, [place for place, _ in known], [moment for _, moment in known]) / 1000
        begins = [max(0.0, float(moment) - first / self.rate) for moment in times]
        ends = [*begins[1:], (last - first) / self.rate]
        return samples[first:last], [TimedWord(*of) for of in zip(words, begins, ends, strict=True)]

    def _take(self, samples: Any, count: int, events: Any) -> int:
        if samples and count:
            self._samples.extend(samples[:count])
        place = 0
        while events[place].type != _LIST_END:
            if events[place].type == _WORD:
                self._begins[events[place].text_position] = events[place].audio_position
            place += 1
        return 0


def speech(path: Path, seconds: float, *, noise: float = 0.0, seed: int = 25) -> list[TimedWord]:
    """Write a WAV of about ``seconds`` in which somebody answers in English, with the pauses of a person who thinks.

    ``noise`` is the level of white noise under it (1.0: full scale). Every seventh sentence or so follows the one
    before without a pause.
    """
    rng = random.Random(seed)
    speaker = _speaker("en")
    parts: list[Any] = [_silence(0.4, speaker.rate)]
    words: list[TimedWord] = []
    at = 0.4
    while at < seconds:
        said = vocabulary.usual("en", rng)
        samples, timed = speaker.say(said, speed=rng.choice(range(130, 181, 10)), pitch=rng.choice(range(30, 71, 10)))
        words += [TimedWord(word.text, word.start + at, word.end + at) for word in timed]
        pause = rng.choice((0.15, 0.4, 0.5, 0.7, 0.9, 1.2, 2.0))
        parts += [samples, _silence(pause, speaker.rate)]
        at += len(samples) / speaker.rate + pause
    whole = np.concatenate(parts)
    if noise:
        whole = whole + np.random.default_rng(seed).standard_normal(len(whole)).astype(np.float32) * noise
    write_wav(path, whole, speaker.rate)
    return words


@lru_cache(maxsize=1)
def _speaker(language: str) -> Speaker:
    """The library is begun once: a second time it never answers."""
    return Speaker(language)


def _silence(seconds: float, rate: int) -> Any:
    return np.zeros(int(seconds * rate), np.float32)
