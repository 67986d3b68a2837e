"""Short sounds: the speaker's test tone and what the microphone test has recorded."""

from __future__ import annotations

import io
import math
import struct
import wave
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

if TYPE_CHECKING:
    from app.ui.widgets.media import MemoryPlayer

_RATE = 48_000
NOTES = (523.25, 659.25)
"""Hz of the test tone, in their order."""


def tone_wave(seconds: float = 0.9) -> bytes:
    """Two soft notes as a mono 16-bit WAV, faded in and out."""
    count = int(_RATE * seconds)
    samples = []
    for i in range(count):
        note = NOTES[0] if i < count // 2 else NOTES[1]
        place = (i % (count // 2)) / (count // 2)
        samples.append(int(9000 * math.sin(math.pi * place) * math.sin(2 * math.pi * note * i / _RATE)))
    target = io.BytesIO()
    with wave.open(target, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(_RATE)
        out.writeframes(struct.pack(f"<{count}h", *samples))
    return target.getvalue()


class SoundPlayer(QObject):
    """Plays one sound at a time, on the chosen speaker where the system still has it."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._player: MemoryPlayer | None = None

    def tone(self, speaker: str) -> None:
        """``speaker`` is the device's name as the system shows it; any other plays on the default."""
        self._start(tone_wave(), speaker)

    def play(self, content: bytes) -> None:
        self._start(content, "")

    def stop(self) -> None:
        if self._player is not None:
            self._player.discard()
            self._player = None

    def _start(self, content: bytes, speaker: str) -> None:
        from PySide6.QtMultimedia import QMediaDevices

        from app.ui.widgets.media import MemoryPlayer

        self.stop()
        wanted = next((d for d in QMediaDevices.audioOutputs() if d.description() == speaker), None)
        self._player = MemoryPlayer(content, self, speaker=wanted)
        self._player.play()
