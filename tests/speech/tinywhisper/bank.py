"""Speak the sentences to learn from: ``python -m tests.speech.tinywhisper.bank --out bank.pkl`` (a minute, 1.5 GB).

The bank holds, per language, items of (float16 samples at 16 kHz, units, their boundaries in seconds, closing mark).
Speeds and pitches that are multiples of ten are left out, and so are for tests.
"""

from __future__ import annotations

import argparse
import multiprocessing
import pickle
import random
from pathlib import Path
from typing import Any

import numpy as np

from tests.speech.tinywhisper import vocabulary

VARIANTS = ("", "f1", "f2", "f4", "m1", "m2", "m3", "m5", "m7", "Alex", "Andy", "linda", "david", "steph")
RATES = [rate for rate in range(105, 226) if rate % 10]
PITCHES = [pitch for pitch in range(20, 81) if pitch % 10]
LONGEST = 7.4
_CHUNK = 250


def make(job: tuple[str, int]) -> tuple[str, list[Any]]:
    """Speak one chunk of sentences: ``job`` is language and seed."""
    from tests.speech.tinywhisper.speak import VOICES, Speaker, Voice

    lang, seed = job
    rng, speaker = random.Random(seed), Speaker()
    items: list[Any] = []
    while len(items) < _CHUNK:
        words, mark = vocabulary.sentence(lang, rng)
        units = vocabulary.units(lang, words)
        variant = rng.choice(VARIANTS)
        base = rng.choice(["en-us", "en-us", "en"]) if lang == "en" else VOICES[lang]
        voice = Voice(
            f"{base}+{variant}" if variant else base,
            rng.choice(RATES),
            rng.choice(PITCHES),
            rng.randint(30, 70),
            rng.choice([0, 0, 0, 2, 4]),
        )
        audio, times = speaker.speak(vocabulary.spoken(lang, words), units, voice)
        if len(audio) <= LONGEST * 16000:
            items.append((audio.astype(np.float16), [unit for unit, _ in units], times, mark))
    return lang, items


def main() -> None:
    """Run as a script."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sentences", type=int, default=9000, help="per language")
    parser.add_argument("--out", type=Path, default=Path("bank.pkl"))
    parser.add_argument("--seed", type=int, default=1000)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    chunks = range(options.seed, options.seed + max(1, options.sentences // _CHUNK))
    jobs = [(lang, 2 * seed + index) for seed in chunks for index, lang in enumerate(vocabulary.LANGUAGES)]
    bank: dict[str, list[Any]] = {lang: [] for lang in vocabulary.LANGUAGES}
    with multiprocessing.get_context("spawn").Pool(options.processes) as pool:
        for lang, items in pool.imap(make, jobs):
            bank[lang] += items
    with options.out.open("wb") as file:
        pickle.dump(bank, file, 4)
    seconds = sum(len(item[0]) for items in bank.values() for item in items) / 16000
    print({lang: len(items) for lang, items in bank.items()}, f"{seconds / 3600:.1f} h")


if __name__ == "__main__":
    main()
