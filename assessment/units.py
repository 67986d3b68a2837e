"""Words made comparable: stems in English, syllables in Chinese, each still knowing which word it was.

Chinese is compared by how it sounds, without tones and with the sounds merged that recognition and speakers from the
south mix up (zh/z, ch/c, sh/s, n/l, -ng/-n): a homophone in the transcript is then the same as the right character, and
no way to speak costs a point. Pairs of syllables stand for words, so no dictionary of words is needed.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assessment.values import Answer, Heard
from assessment.wordlists import FUNCTION_CHARACTERS, FUNCTION_WORDS

_PIECE = re.compile(r"[\u3400-\u9fff]|[^\W_]+(?:['’][^\W_]+)?|[.!?;。！？；\n]")
_LATIN = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_ENDS = frozenset(".!?;。！？；\n")
_MERGED = (("zh", "z"), ("ch", "c"), ("sh", "s"))
_SUFFIXES: tuple[str, ...] = (
    "ization",
    "ational",
    "fulness",
    "iveness",
    "ations",
    "ation",
    "ities",
    "ments",
    "ness",
    "ment",
    "ings",
)
_SUFFIXES += ("able", "ible", "ally", "edly", "ing", "ity", "ies", "ion", "ive", "ful", "ers", "ed", "es", "ly", "er")
_SUFFIXES += ("s", "e")
# probability of a recognised word: from the first on it is believed, at the second it may as well be another word
_BELIEVED, _DOUBTED = 0.8, 0.4


@dataclass(frozen=True, slots=True)
class Unit:
    """``form`` is compared; ``word``: place in the answer; ``sentence``: counts from 0; ``plain``: a function word.
    ``doubt``: 0..1, how far recognition may have heard another word; 0 for what was typed."""

    form: str
    word: int
    sentence: int
    plain: bool
    hanzi: bool
    doubt: float = 0.0


@dataclass(frozen=True, slots=True)
class Term:
    """What matching works with: a stem, or two neighbouring syllables. ``first``, ``last``: words it came from;
    ``doubts``: of its stem or syllables, as :class:`Unit` has them."""

    form: str
    first: int
    last: int
    hanzi: bool
    doubts: tuple[float, ...] = (0.0,)

    @property
    def doubt(self) -> float:
        return max(self.doubts)


def units_of(words: Iterable[Heard]) -> list[Unit]:
    """Everything said, in order. A word of the recogniser may be several units (two Chinese characters)."""
    made: list[Unit] = []
    sentence = 0
    for place, word in enumerate(words):
        doubt = min(1.0, max(0.0, (_BELIEVED - word.probability) / (_BELIEVED - _DOUBTED)))
        for piece in _PIECE.findall(word.text.lower()):
            if piece in _ENDS:
                sentence += bool(made) and made[-1].sentence == sentence
            elif _LATIN.fullmatch(piece) and not _is_hanzi(piece[0]):
                made.append(Unit(stem(piece), place, sentence, piece in FUNCTION_WORDS, False, doubt))
            else:
                made.append(Unit(syllable(piece), place, sentence, piece in FUNCTION_CHARACTERS, True, doubt))
    return made


def units_of_text(text: str) -> list[Unit]:
    return units_of([Heard(text)])


def terms_of(units: Sequence[Unit]) -> list[Term]:
    """Stems of content words, and pairs of syllables. A Chinese character without a neighbour stands for itself."""
    content = [unit for unit in units if not unit.plain]
    made: list[Term] = []
    for at, unit in enumerate(content):
        after = content[at + 1] if at + 1 < len(content) else None
        if not unit.hanzi:
            made.append(Term(unit.form, unit.word, unit.word, False, (unit.doubt,)))
        elif after is not None and after.hanzi and after.sentence == unit.sentence:
            made.append(Term(f"{unit.form} {after.form}", unit.word, after.word, True, (unit.doubt, after.doubt)))
        elif at == 0 or not content[at - 1].hanzi or content[at - 1].sentence != unit.sentence:
            made.append(Term(unit.form, unit.word, unit.word, True, (unit.doubt,)))
    return made


def places_of(units: Sequence[Unit], wanted: Sequence[str]) -> list[range]:
    """Where these forms stand in a row: places in ``units``."""
    first, length = wanted[0], len(wanted)
    return [
        range(at, at + length)
        for at, unit in enumerate(units)
        if unit.form == first and [one.form for one in units[at : at + length]] == list(wanted)
    ]


def said_once(answer: Answer) -> Answer:
    """The answer without sentences and runs of a dozen units that were said before: repeating earns nothing."""
    units = units_of(answer.words)
    again: set[int] = set()
    seen: dict[tuple[str, ...], int] = {}
    run = 12
    forms = [unit.form for unit in units]
    for at in range(len(units) - run + 1):
        key = tuple(forms[at : at + run])
        if key in seen and at >= seen[key] + run:
            again.update(range(at, at + run))
        else:
            seen.setdefault(key, at)
    again |= _sentences_again(units)
    kept = {unit.word for at, unit in enumerate(units) if at not in again}
    spoken = {unit.word for unit in units}
    words = tuple(
        word if place in kept or place not in spoken else Heard("", word.start, word.end, word.probability)
        for place, word in enumerate(answer.words)
    )
    return Answer(words, answer.language, answer.seconds, answer.faults)


def _sentences_again(units: Sequence[Unit]) -> set[int]:
    by_sentence: dict[int, list[int]] = {}
    for at, unit in enumerate(units):
        by_sentence.setdefault(unit.sentence, []).append(at)
    seen: set[tuple[str, ...]] = set()
    again: set[int] = set()
    for places in by_sentence.values():
        key = tuple(units[at].form for at in places)
        if key in seen and len(key) > 2:
            again.update(places)
        seen.add(key)
    return again


@functools.lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """An English word without its ending; small and the same every time, no dictionary. After Porter (1980)."""
    bare = word.replace("’", "'").removesuffix("'s").replace("'", "")
    for suffix in _SUFFIXES:
        if bare.endswith(suffix) and len(bare) - len(suffix) >= 3 and not bare.endswith("ss"):
            bare = bare[: -len(suffix)]
            break
    if len(bare) > 3 and bare[-1] == bare[-2] and bare[-1] not in "aeiouls":
        bare = bare[:-1]
    return bare[:-1] + "i" if len(bare) > 3 and bare[-1] == "y" else bare


@functools.lru_cache(maxsize=20_000)
def syllable(character: str) -> str:
    """How a Chinese character sounds, merged as the module says; one reading for each, whatever stands beside it."""
    from pypinyin import lazy_pinyin  # late: its table takes a moment

    sound = lazy_pinyin(character)[0]
    for long, short in _MERGED:
        sound = sound.replace(long, short)
    sound = "n" + sound[1:] if sound.startswith("l") else sound
    return sound.removesuffix("g") if sound.endswith("ng") else sound


@functools.lru_cache(maxsize=20_000)
def sound_key(word: str) -> str:
    """What English words have in common that recognition mixes up: consonants by class, the first letter's too.

    After Soundex (Russell 1918), without its cut at four letters.
    """
    classes = str.maketrans("bfpvcgjkqsxzdtlmnr", "111122222222334556")
    mapped = word.replace("ph", "f").replace("ck", "k").translate(classes)
    made = ""
    for character in mapped:
        if character.isdigit() and not made.endswith(character):
            made += character
    vowel_first = "a" if word[:1] in "aeiouy" else ""
    return vowel_first + made


def _is_hanzi(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff"
