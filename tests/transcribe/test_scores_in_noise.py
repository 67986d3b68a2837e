"""Real sound, recognised: what noise and faults of the device do to a score."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from app.interview.model import Transcript
from app.transcribe.messages import RATE
from app.transcribe.supervisor import WhisperTranscriber
from assessment.scoring import score
from assessment.values import Answer, Dimension, Heard, Measure, Question
from tests.speech.tinywhisper import vocabulary
from tests.transcribe.sound import Samples, noise, speech, transcribe

_DELIVERY = (Measure.FIRST_WORD, Measure.PACE, Measure.PAUSES)
_MANNER = Question("q", "", (Dimension("communication"),))


def _said(lang: str, folder: Path, seed: int, count: int = 4) -> Samples:
    rng = random.Random(seed)
    return speech(" ".join(vocabulary.spoken(lang, vocabulary.usual(lang, rng)) for _ in range(count)), lang, folder)


def _answer(heard: Transcript, lang: str, seconds: float, faults: tuple[tuple[float, float], ...] = ()) -> Answer:
    words = tuple(Heard(one.text, one.start, one.end, one.probability) for one in heard.words)
    return Answer(words, lang, seconds, faults)


def _with_noise(audio: Samples, decibels: float) -> Samples:
    """White noise that many decibels below the speech."""
    power = float(np.mean(audio[np.abs(audio) > 0.01] ** 2))
    return (audio + noise(len(audio) / RATE + 1, 1.0)[: len(audio)] * np.sqrt(power / 10 ** (decibels / 10))).astype(
        np.float32
    )


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_noise_of_5_db_costs_no_point_of_delivery_and_only_makes_less_sure(
    lang: str, transcriber: WhisperTranscriber, tmp_path: Path
) -> None:
    audio = _said(lang, tmp_path, 5)
    seconds = len(audio) / RATE
    clean, loud = (transcribe(transcriber, one, lang) for one in (audio, _with_noise(audio, 5)))
    before, after = (score(_MANNER, _answer(one, lang, seconds)).whole for one in (clean, loud))
    sure = [float(np.mean([word.probability for word in one.words])) for one in (clean, loud)]
    print(
        f"{lang}: {len(clean.words)} and {len(loud.words)} words, probability {sure}, {before.points}, {after.points}"
    )
    assert len(loud.words) <= len(clean.words)
    assert sure[1] < sure[0]
    assert after.high - after.low >= before.high - before.low
    for measure in _DELIVERY:
        points = [next(part.points for part in one.parts if part.name is measure) for one in (before, after)]
        assert points[0] == pytest.approx(points[1], abs=0.02)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("level", [0.0, 0.05], ids=["silence", "hiss"])
def test_a_gap_of_the_device_costs_nothing(
    lang: str, level: float, transcriber: WhisperTranscriber, tmp_path: Path
) -> None:
    """Twelve seconds that a fault has put into the middle of an answer, silent or noisy."""
    first, second = (_said(lang, tmp_path, seed) for seed in (5, 6))
    gap = noise(12, level)
    begin = len(first) / RATE
    whole, broken = np.concatenate([first, second]), np.concatenate([first, gap, second])
    before = score(_MANNER, _answer(transcribe(transcriber, whole, lang), lang, len(whole) / RATE)).whole
    heard = transcribe(transcriber, broken, lang)
    after = score(_MANNER, _answer(heard, lang, len(broken) / RATE, ((begin - 0.5, begin + 12.5),))).whole
    silent = score(_MANNER, _answer(heard, lang, len(broken) / RATE)).whole
    lost = [sum(part.points for part in one.parts if part.name in _DELIVERY) for one in (before, after, silent)]
    print(f"{lang}, {level}: {before.points}, {after.points}; delivery {lost}")
    assert lost[1] == pytest.approx(lost[0], abs=0.02)
    assert lost[2] < lost[1]
    assert after.low <= (before.hundredths or 0) <= after.high
