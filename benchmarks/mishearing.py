"""What a recogniser might have written: Chinese characters that sound the same, English words that sound alike."""

from __future__ import annotations

import functools
import random
import re
import shutil
import subprocess
from dataclasses import replace

from pypinyin import lazy_pinyin
from rapidfuzz.distance import Levenshtein

from assessment import thesaurus, wordlists
from assessment.values import Answer, Heard
from tests.assessment.interviews import interviews, speeches

WRONG = 0.1
_UNSURE = 0.5
_NEAREST = 3
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")


def misheard(answer: Answer, draw: random.Random, *, alike: bool = True) -> Answer:
    """One word of ten is another one. ``alike``: English words that sound alike; else any other word."""
    spoken = [at for at, word in enumerate(answer.words) if any(map(str.isalnum, word.text))]
    wrong = set(draw.sample(spoken, max(1, round(WRONG * len(spoken)))))
    words = tuple(_other(word, draw, alike) if at in wrong else word for at, word in enumerate(answer.words))
    return replace(answer, words=words)


def mistyped(answer: Answer, draw: random.Random, how: str) -> Answer:
    """A written answer of which one word of ten is another one (``random``), has a typing error (``typo``; a Chinese
    character: another one that sounds the same), or is not there (``dropped``). Nothing tells which."""
    there = [at for at, word in enumerate(answer.words) if any(map(str.isalnum, word.text))]
    wrong = set(draw.sample(there, max(1, round(WRONG * len(there)))))
    if how == "dropped":
        return replace(answer, words=tuple(word for at, word in enumerate(answer.words) if at not in wrong))
    words = (_mistyped(word, draw, how) if at in wrong else word for at, word in enumerate(answer.words))
    return replace(answer, words=tuple(words))


def _mistyped(word: Heard, draw: random.Random, how: str) -> Heard:
    if how == "random":
        other = (
            draw.choice(draw.choice(list(_homophones().values()))) if _pinyin(word.text) else draw.choice(_vocabulary())
        )
    elif _pinyin(word.text):
        other = _other(word, draw, alike=True).text
    else:
        at, letter = draw.randrange(len(word.text)), draw.choice("abcdefghijklmnopqrstuvwxyz")
        before, after = word.text[:at], word.text[at + 1 :]
        other = draw.choice((before + after, before + letter + after, before + letter + word.text[at:]))
    return replace(word, text=other)


def _other(word: Heard, draw: random.Random, alike: bool) -> Heard:
    sound = _pinyin(word.text)
    if sound:
        choice = [one for one in _homophones().get(sound, ()) if one != word.text] or [word.text]
    else:
        bare = "".join(_WORD.findall(word.text.lower())[:1])
        choice = list(_nearest(bare)) if alike else [one for one in _vocabulary() if one != bare]
    return replace(word, text=draw.choice(choice), probability=_UNSURE)


@functools.cache
def _homophones() -> dict[str, list[str]]:
    """Sound -> common characters (GB 2312, level one) that have it."""
    found: dict[str, list[str]] = {}
    for high in range(0xB0, 0xD8):
        for low in range(0xA1, 0xFF):
            character = bytes((high, low)).decode("gb2312", "ignore")
            found.setdefault(_pinyin(character), []).append(character)
    return found


def _pinyin(character: str) -> str:
    return lazy_pinyin(character)[0] if "\u4e00" <= character <= "\u9fff" else ""


@functools.cache
def _nearest(word: str) -> tuple[str, ...]:
    """The words of the vocabulary whose sounds differ least."""
    sounds = _sounds()
    mine = sounds.get(word) or word
    order = sorted((Levenshtein.normalized_distance(mine, sound), one) for one, sound in sounds.items() if one != word)
    return tuple(one for _, one in order[:_NEAREST])


@functools.cache
def _sounds() -> dict[str, str]:
    """Word -> its sounds as espeak-ng speaks them, or its letters where that is not installed."""
    words = _vocabulary()
    if shutil.which("espeak-ng") is None:
        return {word: word for word in words}
    command = ["espeak-ng", "-q", "-x", "-v", "en-us"]
    told = subprocess.run(command, input="\n".join(words), capture_output=True, text=True, check=True).stdout
    lines = [re.sub(r"[ ',_:]", "", line) for line in told.splitlines() if line.strip()]
    return dict(zip(words, lines, strict=True))


@functools.cache
def _vocabulary() -> tuple[str, ...]:
    """Some thousand English words of interviews."""
    texts = [wordlists.GENERAL["en"], " ".join(wordlists.FUNCTION_WORDS), *speeches("en").values()]
    texts += [*thesaurus.SAME["en"], *thesaurus.SUBJECTS["en"]]
    texts += [text for one in interviews("en") for text in (one.prompt, *one.points, one.good, one.middling, one.apart)]
    return tuple(sorted(set(_WORD.findall(" ".join(texts).lower()))))
