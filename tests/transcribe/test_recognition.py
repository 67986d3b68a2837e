"""What is said comes out, what is not said does not: the real loading path with a real, very small model."""

from __future__ import annotations

import itertools
import random
import re
from pathlib import Path

import jiwer
import numpy as np
import pytest

from app.transcribe.messages import RATE
from app.transcribe.supervisor import WhisperTranscriber
from tests.speech.tinywhisper import vocabulary
from tests.transcribe.sound import Samples, noise, silence, speech, transcribe

_VARIANTS = ("", "f2", "f4", "m3", "m5")


def _bare(text: str, lang: str) -> str:
    text = re.sub(r"[.,?!。，？！]", "", text)
    return " ".join(text.split()) if lang == "en" else re.sub(r"\s", "", text)


def _answers(lang: str, seed: int, tmp_path: Path) -> list[tuple[str, Samples]]:
    """Held-out answers of one to four sentences: usual ones and word orders never heard before."""
    rng = random.Random(seed)
    answers = []
    for count in (1, 1, 2, 1, 3, 2, 1, 4, 1, 2, 3, 1):
        sentences = [
            vocabulary.unusual(lang, rng, 3, 7) if rng.random() < 0.4 else vocabulary.usual(lang, rng)
            for _ in range(count)
        ]
        texts = [vocabulary.spoken(lang, words) for words in sentences]
        said = f"{{{rng.uniform(0.5, 1.6):.2f}}}".join(texts)
        audio = speech(
            said,
            lang,
            tmp_path,
            speed=rng.randint(110, 210),
            pitch=rng.randint(20, 80),
            variant=rng.choice(_VARIANTS),
        )
        answers.append((vocabulary.spoken(lang, texts), audio))
    return answers


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_held_out_sentences_are_recognised_with_less_than_a_tenth_of_errors(
    lang: str, transcriber: WhisperTranscriber, tmp_path: Path
) -> None:
    answers = _answers(lang, 2026, tmp_path)
    heard = [_bare(transcribe(transcriber, audio, lang).text, lang) for _, audio in answers]
    measure = jiwer.wer if lang == "en" else jiwer.cer
    rate = measure([_bare(said, lang) for said, _ in answers], heard)
    print(f"{lang}: {100 * rate:.1f} % errors")
    assert rate < 0.10


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    "audio",
    [silence(60), noise(60, 0.003), noise(60, 0.05), noise(60, 0.4)],
    ids=["silence", "hiss", "noise", "loud noise"],
)
def test_a_minute_without_speech_gives_no_word(lang: str, audio: Samples, transcriber: WhisperTranscriber) -> None:
    result = transcribe(transcriber, audio, lang)
    assert (result.text, result.words) == ("", ())


def test_hum_and_clicks_give_no_word(transcriber: WhisperTranscriber) -> None:
    t = np.arange(20 * RATE) / RATE
    hum = (0.2 * np.sin(2 * np.pi * 50 * t) + 0.1 * np.sin(2 * np.pi * 150 * t)).astype(np.float32)
    hum[:: RATE // 2] += 0.7
    assert transcribe(transcriber, hum, "en").words == ()


def test_words_carry_their_time_in_the_take_and_a_probability(transcriber: WhisperTranscriber, tmp_path: Path) -> None:
    said = speech("tell me about the project . {2.5} what is the problem ?", "en", tmp_path, lead=4.0)
    words = transcribe(transcriber, said, "en").words
    assert " ".join(word.text.strip(".?") for word in words) == "tell me about the project what is the problem"
    assert words[0].start == pytest.approx(4.0, abs=0.25)
    assert all(0 < word.probability <= 1 and word.start <= word.end for word in words)
    assert all(a.end <= b.end for a, b in itertools.pairwise(words))
    gap = words[5].start - words[4].end
    assert gap == pytest.approx(2.5, abs=0.4)


def test_chinese_comes_out_simplified_with_punctuation(transcriber: WhisperTranscriber, tmp_path: Path) -> None:
    said = speech("请介绍一下你的项目{1.5}你有数据库的经验吗", "zh", tmp_path)
    assert transcribe(transcriber, said, "zh_CN").text == "请介绍一下你的项目。你有数据库的经验吗？"


def test_the_text_does_not_depend_on_how_the_sound_arrives(transcriber: WhisperTranscriber, tmp_path: Path) -> None:
    said = speech("we use java for our database {0.9} i would solve the problem", "en", tmp_path)
    whole = transcribe(transcriber, said, "en")
    again = transcribe(transcriber, said, "en")
    assert whole == again
    assert whole.text
