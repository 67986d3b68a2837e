"""Speak phrases with espeak-ng into 16-bit mono WAV files.

``python tests/speech/say.py --lang en --out a.wav "tell me about the project . {0.8} what is the problem ?"``

``{seconds}`` inside the text is a pause. Only the standard library is used, so that a demo can run this file as a
script. ``ESPEAK_NG`` names another executable.
"""

from __future__ import annotations

import argparse
import array
import io
import os
import re
import subprocess
import sys
import wave
from pathlib import Path

# "cmn" reads Chinese characters as English letters; this voice reads them as Mandarin.
VOICES = {"en": "en-us", "zh": "cmn-latn-pinyin"}
_PAUSE = re.compile(r"\{(\d+(?:\.\d+)?)\}")


def say(
    text: str,
    lang: str,
    path: Path | str,
    *,
    speed: int = 150,
    pitch: int = 50,
    voice: str | None = None,
    variant: str = "",
    lead: float = 0.3,
    tail: float = 0.3,
) -> float:
    """Write ``text`` as speech to the WAV file ``path`` and return its length in seconds.

    ``speed`` is in words per minute, ``pitch`` 0..99, ``voice`` an espeak-ng voice (default by ``lang``), ``variant``
    one of its speakers (``f2``, ``m3``, …), ``lead`` and ``tail`` seconds of silence around the speech. Raises
    FileNotFoundError without espeak-ng and CalledProcessError when it refuses the voice.
    """
    name = (voice or VOICES[lang]) + (f"+{variant}" if variant else "")
    rate = 22050
    speech = bytearray()
    for index, piece in enumerate(_PAUSE.split(text)):
        if index % 2:
            speech += _silence(float(piece), rate)
        elif piece.strip():
            rate, samples = _synthesise(piece.strip(), name, speed, pitch)
            speech += samples
    data = _silence(lead, rate) + bytes(speech) + _silence(tail, rate)
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(data)
    return len(data) / 2 / rate


def _synthesise(text: str, voice: str, speed: int, pitch: int) -> tuple[int, bytes]:
    """Sample rate and samples of one phrase, without the silence espeak-ng puts around it."""
    command = [os.environ.get("ESPEAK_NG", "espeak-ng"), "-v", voice, "-s", str(speed), "-p", str(pitch), "--stdout"]
    done = subprocess.run([*command, "--stdin"], input=text.encode(), capture_output=True, check=True)
    header, body = done.stdout[:44], done.stdout[44:]  # the length in a streamed header is not the real one
    with wave.open(io.BytesIO(header)) as wav:
        rate = wav.getframerate()
    samples = array.array("h", body[: len(body) // 2 * 2])
    if sys.byteorder == "big":
        samples.byteswap()
    loud = [i for i, value in enumerate(samples) if abs(value) > 200]
    if not loud:
        return rate, b""
    margin = rate // 50
    return rate, body[max(0, loud[0] - margin) * 2 : (loud[-1] + margin) * 2]


def _silence(seconds: float, rate: int) -> bytes:
    return bytes(2 * int(seconds * rate))


def main(argv: list[str] | None = None) -> int:
    """Run as a script."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text")
    parser.add_argument("--lang", choices=sorted(VOICES), default="en")
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--speed", type=int, default=150, help="words per minute")
    parser.add_argument("--pitch", type=int, default=50, help="0..99")
    parser.add_argument("--voice", help="espeak-ng voice instead of the one of the language")
    parser.add_argument("--variant", default="", help="speaker of the voice: f2, m3, …")
    parser.add_argument("--lead", type=float, default=0.3, help="silence before, in seconds")
    parser.add_argument("--tail", type=float, default=0.3, help="silence after, in seconds")
    options = parser.parse_args(argv)
    seconds = say(
        options.text,
        options.lang,
        options.out,
        speed=options.speed,
        pitch=options.pitch,
        voice=options.voice,
        variant=options.variant,
        lead=options.lead,
        tail=options.tail,
    )
    print(f"{options.out}: {seconds:.2f} s")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
