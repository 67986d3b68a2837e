"""espeak-ng through its library: 16 kHz speech with the time of each word, from the word events it reports."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.signal import resample_poly

VOICES = {"en": "en-us", "zh": "cmn-latn-pinyin"}  # the voice "cmn" reads characters as English letters
_RATE, _VOLUME, _PITCH, _RANGE, _WORD_GAP = 1, 2, 3, 4, 7  # parameters of the library
_WORD_EVENT = 1


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    )


@dataclass(frozen=True)
class Voice:
    """How to speak: ``name`` of the voice with its variant, words per minute, pitch and its range 0..99."""

    name: str
    rate: int = 160
    pitch: int = 50
    pitch_range: int = 50
    word_gap: int = 0


class Speaker:
    """The library. One per process: it has global state."""

    def __init__(self) -> None:
        self._library: Any = ctypes.CDLL("libespeak-ng.so.1")
        self._rate: int = self._library.espeak_Initialize(2, 0, None, 0)
        self._samples: list[npt.NDArray[np.int16]] = []
        self._words: dict[int, float] = {}
        kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))
        self._callback = kind(self._collect)  # kept: the library holds no reference
        self._library.espeak_SetSynthCallback(self._callback)

    def _collect(self, samples: Any, count: int, events: Any) -> int:
        if count > 0 and samples:
            self._samples.append(np.ctypeslib.as_array(samples, (count,)).copy())
        index = 0
        while events[index].type != 0:
            event = events[index]
            if event.type == _WORD_EVENT:
                self._words.setdefault(event.text_position - 1, event.audio_position / 1000)
            index += 1
        return 0

    def speak(
        self, text: str, units: Sequence[tuple[str, int]], voice: Voice
    ) -> tuple[npt.NDArray[np.float32], list[float]]:
        """Samples of ``text`` and the boundaries of its units in seconds: unit k spans ``[k]`` to ``[k + 1]``."""
        if self._library.espeak_SetVoiceByName(voice.name.encode()) != 0:
            raise ValueError(f"espeak-ng has no voice {voice.name}")
        settings = {_RATE: voice.rate, _VOLUME: 100, _PITCH: voice.pitch, _RANGE: voice.pitch_range}
        for parameter, value in {**settings, _WORD_GAP: voice.word_gap}.items():
            self._library.espeak_SetParameter(parameter, value, 0)
        self._samples.clear()
        self._words.clear()
        data = text.encode() + b"\0"
        self._library.espeak_Synth(data, len(data), 0, 1, 0, 1, None, None)
        self._library.espeak_Synchronize()
        audio = np.concatenate(self._samples).astype(np.float32) / 32768
        if self._rate == 22050:
            audio = resample_poly(audio, 320, 441).astype(np.float32)
        loud = np.nonzero(np.abs(audio) > 0.01 * np.abs(audio).max())[0]
        first, last = int(loud[0]), int(loud[-1]) + 1
        times = [self._words.get(position) for _, position in units]
        return audio[first:last], _boundaries(times, first / 16000, last / 16000)


def _boundaries(times: list[float | None], first: float, last: float) -> list[float]:
    """Fill in units without an event of their own (espeak-ng joined them) and count from the first sound."""
    known = [(0, first if times[0] is None else max(times[0], first))]
    known += [(i, time) for i, time in enumerate(times) if i and time is not None]
    known.append((len(times), last))
    places, values = zip(*known, strict=True)
    filled = np.interp(np.arange(len(times) + 1), places, values)
    ordered = np.minimum(np.maximum.accumulate(filled), last)
    return [float(time - first) for time in ordered]
