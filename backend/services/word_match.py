"""Words wanted, and where a text has them: weighted like BM25, in Chinese and in scripts that part words.

Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond (2009). Every hit can be shown where it
stands; what makes the score is nothing but the words that were asked for.
"""

from __future__ import annotations

import functools
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from assessment.units import stem
from assessment.wordlists import FUNCTION_CHARACTERS, FUNCTION_WORDS

# saturation of a word said again, and how far the length of a text counts
_K, _B = 0.6, 0.4
# a wanted text of several words is had in part from this share of them on
_PART = 0.5
_AROUND = 24
_STOP = re.compile(r"[。!?;\n]|\.(?=\s)")
_PIECE = re.compile(r"[a-z0-9][a-z0-9+#]*(?:[.\-][a-z0-9+#]+)*|[\u3400-\u9fff]+|[^\W_a-z0-9\u3400-\u9fff]+")


@dataclass(frozen=True, slots=True)
class Term:
    """``form`` is compared; ``start`` to ``end``: where it stands in the text."""

    form: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Text:
    """``shown`` is quoted from; ``terms`` in their order; ``counts`` by form."""

    shown: str
    terms: tuple[Term, ...]
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Hit:
    """``wanted`` as it was asked for; ``share`` 0-1: how much of it is there; ``times``: how often as a whole;
    ``quote``: where, in the text's own words."""

    wanted: str
    share: float
    times: int
    quote: str
    weight: float

    @property
    def points(self) -> float:
        return self.share * self.weight


@dataclass(frozen=True, slots=True)
class Match:
    """``hits`` in the order asked for, also those of nothing. ``fit``: 0-1 of what was asked for."""

    hits: tuple[Hit, ...]
    fit: float

    @property
    def met(self) -> list[Hit]:
        return [hit for hit in self.hits if hit.share > 0]

    @property
    def missing(self) -> list[str]:
        return [hit.wanted for hit in self.hits if hit.share == 0]


def text_of(words: str) -> Text:
    shown = unicodedata.normalize("NFKC", words)
    terms = tuple(_terms(shown))
    counts: dict[str, int] = {}
    for term in terms:
        counts[term.form] = counts.get(term.form, 0) + 1
    return Text(shown, terms, counts)


class Collection:
    """Texts that are compared with each other: how rare a word is among them says how much it tells."""

    def __init__(self, texts: Sequence[Text]) -> None:
        self._size = len(texts)
        self._having: dict[str, int] = {}
        for text in texts:
            for form in text.counts:
                self._having[form] = self._having.get(form, 0) + 1
        self._length = sum(len(text.terms) for text in texts) / len(texts) if texts else 0.0

    def rarity(self, form: str) -> float:
        """Never below 0: a word that all have still is a word that was asked for."""
        having = self._having.get(form, 0)
        return math.log(1 + (self._size - having + 0.5) / (having + 0.5))

    def match(self, wanted: Sequence[tuple[str, float]], text: Text) -> Match:
        """``wanted``: words with their weights. A hit counts by its rarity, how often it is there and how long the
        text is; one that names alternatives with ``/`` by its best."""
        hits = tuple(self._best(words, weight, text) for words, weight in wanted)
        whole = sum(hit.weight for hit in hits)
        return Match(hits, sum(hit.points for hit in hits) / whole if whole else 0.0)

    def _best(self, words: str, weight: float, text: Text) -> Hit:
        found = [self._hit(words, part, weight, text) for part in words.split("/") if part.strip()]
        return max(found, key=lambda hit: (hit.points, hit.weight), default=Hit(words, 0.0, 0, "", weight))

    def _hit(self, shown: str, words: str, weight: float, text: Text) -> Hit:
        forms = [term.form for term in text_of(words).terms]
        rare = {form: self.rarity(form) for form in forms}
        whole = sum(rare.values())
        heavy = weight * (whole / len(rare) if rare else 1.0)
        if not forms:
            return Hit(shown, 0.0, 0, "", heavy)
        places = _runs(forms, text)
        if words.strip().casefold() in FUNCTION_WORDS:
            # Go is not go
            places = [place for place in places if text.shown[place[0] : place[1]] == words.strip()]
        if places:
            times = len(places)
            length = 1 - _B + _B * (len(text.terms) / self._length if self._length else 1.0)
            often = times * (1 + _K) / (times + _K * length)
            # said once in a text of usual length counts whole; more often, or in a longer one, moves it a little
            return Hit(shown, min(1.0, 0.7 + 0.3 * often), times, _quote(text, *places[0]), heavy)
        there = [form for form in rare if form in text.counts]
        share = len(there) / len(rare)
        if len(rare) < 2 or share < _PART:
            return Hit(shown, 0.0, 0, "", heavy)
        first = next(term for term in text.terms if term.form in there)
        return Hit(shown, 0.5 * share, 0, _quote(text, first.start, first.end), heavy)


def _runs(forms: Sequence[str], text: Text) -> list[tuple[int, int]]:
    """Where these terms stand one after the other: (start, end) in the text."""
    if any(form not in text.counts for form in forms):
        return []
    found = []
    for at, term in enumerate(text.terms[: len(text.terms) - len(forms) + 1]):
        if term.form == forms[0] and all(text.terms[at + n].form == form for n, form in enumerate(forms)):
            found.append((term.start, text.terms[at + len(forms) - 1].end))
    return found


def _quote(text: Text, start: int, end: int) -> str:
    """The words around a hit, within its sentence: the next one may say what nobody is to be sorted by."""
    before = [stop.end() for stop in _STOP.finditer(text.shown, max(0, start - _AROUND), start)]
    after = _STOP.search(text.shown, end, end + _AROUND)
    low = before[-1] if before else max(0, start - _AROUND)
    high = after.start() if after else min(len(text.shown), end + _AROUND)
    while not before and low > 0 and _inside(text.shown, low):
        low -= 1
    while not after and high < len(text.shown) and _inside(text.shown, high):
        high += 1
    words = " ".join(text.shown[low:high].split())
    return ("…" if low and not before else "") + words + ("" if after or high == len(text.shown) else "…")


def _inside(words: str, at: int) -> bool:
    """Whether ``at`` would cut a word of a script that parts them."""
    before, after = words[at - 1], words[at]
    return before.isascii() and after.isascii() and before.isalnum() and after.isalnum()


def _terms(shown: str) -> Iterable[Term]:
    """Words by their stem, technical names (C++, C#, Node.js) as they are, Chinese by pairs of characters."""
    for piece in _PIECE.finditer(shown.casefold() if len(shown.casefold()) == len(shown) else shown.lower()):
        word, start = piece[0], piece.start()
        if "\u3400" <= word[0] <= "\u9fff":
            yield from _pairs(word, start)
        else:
            yield Term(_form(word), start, piece.end())


def _pairs(word: str, start: int) -> Iterable[Term]:
    if len(word) == 1:
        if word not in FUNCTION_CHARACTERS:
            yield Term(word, start, start + 1)
        return
    for at in range(len(word) - 1):
        yield Term(word[at : at + 2], start + at, start + at + 2)


@functools.lru_cache(maxsize=20_000)
def _form(word: str) -> str:
    return stem(word) if word.isalpha() and word.isascii() and len(word) > 3 else word
