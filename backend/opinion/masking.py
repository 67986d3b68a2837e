"""What of a candidate's words a service outside HR may not learn: names, numbers and addresses that are known, and
whatever looks like one.

Masking is made for reading, so it takes rather too much: a name is taken out also where it was misheard as characters
of the same sound, and every long number is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

NAME, NUMBER, ADDRESS = "[name]", "[number]", "[address]"
# spoken digits too; seven of them are a telephone number more often than a figure somebody explains
_DIGITS = r"[0-9〇零一二三四五六七八九幺两]"
_LONG = re.compile(rf"{_DIGITS}(?:[\s\-.()]{{0,2}}{_DIGITS}){{6,}}[xX]?")
_MAIL = re.compile(r"[\w.+-]+\s?@\s?[\w-]+(?:\.[\w-]+)+")
_LINK = re.compile(r"(?:https?://|www\.)[^\s,，。;；]+", re.IGNORECASE)
_HAN = "\u3400", "\u9fff"
_GIVEN_NAME = 2


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the person. ``values``: phone, mail address, ID number, codes, as they are stored."""

    name: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Masked:
    """``places``: for each character of ``text`` the characters of the original (first, end) that it stands for."""

    text: str
    places: tuple[tuple[int, int], ...]


def masked(text: str, known: Known) -> Masked:
    """The text with what is known of the person, and what looks like it, left out; no control characters."""
    plain = "".join(_plain(character) for character in text)
    found = [(start, end, NAME) for start, end in _names(plain, known.name)]
    found += [(*match.span(), ADDRESS) for pattern in (_MAIL, _LINK) for match in pattern.finditer(plain)]
    found += [(start, end, NUMBER) for start, end in _values(plain, known.values)]
    found += [(*match.span(), NUMBER) for match in _LONG.finditer(plain)]
    made: list[str] = []
    places: list[tuple[int, int]] = []
    at = 0
    for start, end, word in _apart(found):
        made.append(plain[at:start] + word)
        places += [(place, place + 1) for place in range(at, start)] + [(start, end)] * len(word)
        at = end
    made.append(plain[at:])
    places += [(place, place + 1) for place in range(at, len(plain))]
    return Masked("".join(made), tuple(places))


def _plain(character: str) -> str:
    """One character for one, so that places stay: letters and digits narrow, what controls a blank."""
    if unicodedata.category(character)[0] in "CZ":
        return " "
    narrow = unicodedata.normalize("NFKC", character)
    return narrow if len(narrow) == 1 and (narrow.isalnum() or narrow in "@._-+/") else character


def _apart(found: Iterable[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """In order; what overlaps is one."""
    made: list[tuple[int, int, str]] = []
    for start, end, word in sorted(found):
        if made and start < made[-1][1]:
            first, last, before = made[-1]
            made[-1] = (first, max(last, end), before)
        else:
            made.append((start, end, word))
    return made


def _names(text: str, name: str) -> list[tuple[int, int]]:
    """Where the name is said, whole or in part."""
    han = "".join(character for character in name if _HAN[0] <= character <= _HAN[1])
    parts = [part for part in re.split(r"[\s·•.,-]+", name) if len(part) > 1 and not _is_han(part)]
    found = [match.span() for part in parts for match in _word(part).finditer(text)]
    if len(han) < 2:
        return found
    found += _sounding(text, han)
    given = han[-_GIVEN_NAME:]
    return found + [match.span() for match in re.finditer(r"\s?".join(map(re.escape, given)), text)]


def _word(part: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(part)}(?!\w)", re.IGNORECASE)


def _is_han(text: str) -> bool:
    return all(_HAN[0] <= character <= _HAN[1] for character in text)


def _sounding(text: str, han: str) -> list[tuple[int, int]]:
    """Where characters sound like the name: recognition knows names by their sound alone."""
    from assessment.units import syllable

    said = [(place, syllable(character)) for place, character in enumerate(text) if _is_han(character)]
    wanted = [syllable(character) for character in han]
    width = len(wanted)
    return [
        (said[at][0], said[at + width - 1][0] + 1)
        for at in range(len(said) - width + 1)
        if [sound for _, sound in said[at : at + width]] == wanted and said[at + width - 1][0] - said[at][0] < 2 * width
    ]


def _values(text: str, values: Sequence[str]) -> list[tuple[int, int]]:
    wanted = [value.strip() for value in values if len(value.strip()) > 3]
    return [match.span() for value in wanted for match in re.finditer(re.escape(value), text, re.IGNORECASE)]
