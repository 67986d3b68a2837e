"""Error rates through the client's own path: ``python -m tests.speech.tinywhisper.evaluate [--model FOLDER]``.

Held-out answers are spoken by espeak-ng at speeds of 110 to 210 words a minute and pitches of 20 to 80, fed to a
``WhisperTranscriber`` as a sound card would, and compared without punctuation. Words in English, characters in Chinese.
"""

from __future__ import annotations

import argparse
import io
import random
import re
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import jiwer
import numpy as np

from app.interview.model import Transcript
from app.transcribe import models
from app.transcribe.media import read_pcm
from app.transcribe.supervisor import WhisperTranscriber
from tests.speech.say import say
from tests.speech.tinywhisper import vocabulary

_VARIANTS = ("", "f1", "f2", "f4", "m1", "m3", "m5", "m7")


def _usual(lang: str, rng: random.Random) -> list[str]:
    return vocabulary.usual(lang, rng)


def _unusual(lang: str, rng: random.Random) -> list[str]:
    return vocabulary.unusual(lang, rng, 3, 7)


KINDS: dict[str, Callable[[str, random.Random], list[str]]] = {"usual": _usual, "new word orders": _unusual}


def transcript(transcriber: WhisperTranscriber, path: Path, lang: str) -> str:
    """What the transcriber hears in a WAV file."""
    ended = threading.Event()
    heard: list[Transcript] = []

    def keep(result: Transcript) -> None:
        heard.append(result)
        ended.set()

    job = transcriber.open_job("evaluation", lang, lambda text: None, keep, lambda error: ended.set())
    pcm = np.frombuffer(b"".join(read_pcm(io.BytesIO(path.read_bytes()))), "<i2").astype(np.float32) / 32768
    for at in range(0, len(pcm), 320):
        job.feed(pcm[at : at + 320])
    job.finish()
    ended.wait()
    return heard[0].text


def bare(text: str, lang: str) -> str:
    """Without punctuation, and without spaces in Chinese."""
    text = re.sub(r"[.,?!。，？！]", "", text)
    return " ".join(text.split()) if lang == "en" else re.sub(r"\s", "", text)


def measure(
    transcriber: WhisperTranscriber, lang: str, kind: str, sentences: int, answers: int, show: int
) -> tuple[float, int]:
    """Error rate in percent and how many answers were right to the last word."""
    rng = random.Random(f"{lang} {kind} {sentences}")
    said, heard = [], []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "answer.wav"
        for _ in range(answers):
            texts = [vocabulary.spoken(lang, KINDS[kind](lang, rng)) for _ in range(sentences)]
            pause = f"{{{rng.uniform(0.5, 1.6):.2f}}}"
            speed, pitch = rng.randint(110, 210), rng.randint(20, 80)
            say(pause.join(texts), lang, path, speed=speed, pitch=pitch, variant=rng.choice(_VARIANTS))
            said.append(bare(vocabulary.spoken(lang, texts), lang))
            heard.append(bare(transcript(transcriber, path, lang), lang))
    wrong = [(a, b) for a, b in zip(said, heard, strict=True) if a != b]
    for a, b in wrong[:show]:
        print(f"    said  {a}\n    heard {b}")
    rate = (jiwer.wer if lang == "en" else jiwer.cer)(said, heard)
    return 100 * rate, len(said) - len(wrong)


def main() -> None:
    """Run as a script."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path(__file__).parents[1] / "model")
    parser.add_argument("--answers", type=int, default=60, help="of one sentence; fewer of longer ones")
    parser.add_argument("--show", type=int, default=0, help="so many wrong answers of each kind")
    options = parser.parse_args()
    transcriber = WhisperTranscriber(models.verify(options.model))
    print(transcriber.model)
    for lang in vocabulary.LANGUAGES:
        for kind in KINDS:
            for sentences in (1, 3, 8):
                answers = max(4, options.answers // sentences)
                rate, right = measure(transcriber, lang, kind, sentences, answers, options.show)
                print(f"{lang}, {kind}, {sentences} a take: {rate:.1f} % errors, {right}/{answers} exact", flush=True)
    transcriber.close()


if __name__ == "__main__":
    main()
