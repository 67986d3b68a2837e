"""How near the words of two texts are: a matrix of 0..1, term by term.

Exact stems and syllable pairs count whole. Others count by spelling (normalised indel distance, rapidfuzz), by sound
(one class of consonants for what recognition mixes up) and, where a model is installed, by meaning.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from assessment.embeddings import Embedder
from assessment.thesaurus import SAME
from assessment.units import Term, Unit, sound_key, terms_of, units_of, units_of_text
from assessment.values import written

Matrix = npt.NDArray[np.float32]
# likeness of spelling: nothing below the first; from the second on it counts as it is, between them it is doubtful
_SPELLING = (0.6, 0.8)
_SOUND = np.float32(0.85)
_ALL_WORDS = 100  # of a text that a model of meaning is given whole
_SYNONYM = np.float32(0.8)
_HALF_PAIR = np.float32(0.3)
_NEARLY_PAIR = np.float32(0.75)
# cosine of two words in context: below the first nothing in common, from the second on the same thing
_MEANING = (0.45, 0.8)


@dataclass(frozen=True)
class Side:
    """One text: its terms, and if there is a model the vector of each term, (terms, width), and of the whole."""

    units: tuple[Unit, ...]
    terms: tuple[Term, ...]
    vectors: npt.NDArray[np.float32] | None = None
    whole: npt.NDArray[np.float32] | None = None

    @functools.cached_property
    def forms(self) -> list[str]:
        return [term.form for term in self.terms]


def sides(texts: Sequence[tuple[Sequence[Unit], Sequence[str]]], embedder: Embedder | None) -> list[Side]:
    """For each text its units and the words that their places point at. Many at once: a model is quicker so."""
    terms = [tuple(terms_of(units)) for units, _ in texts]
    if embedder is None:
        return [Side(tuple(units), found) for (units, _), found in zip(texts, terms, strict=True)]
    made = []
    telling = [_telling(units, words) for units, words in texts]
    vectors_of = embedder.words(
        [[words[place] for place in kept] for kept, (_, words) in zip(telling, texts, strict=True)]
    )
    for (units, _), found, kept, (vectors, whole) in zip(texts, terms, telling, vectors_of, strict=True):
        row = {place: at for at, place in enumerate(kept)}
        rows = vectors[[row[term.first] for term in found]] if found else vectors[:0]
        made.append(Side(tuple(units), found, rows, whole))
    return made


def _telling(units: Sequence[Unit], words: Sequence[str]) -> list[int]:
    """Places of the words that a model of meaning is given: in long texts those that carry meaning, half of all."""
    said = [place for place, word in enumerate(words) if word.strip()]
    if len(said) <= _ALL_WORDS:
        return said
    return sorted({unit.word for unit in units if not unit.plain})


def side_of_text(text: str, embedder: Embedder | None) -> Side:
    """A text as its author wrote it; each word is a place of its own."""
    words = written(text, "").words
    return sides([(units_of(words), [word.text for word in words])], embedder)[0]


def likeness(ours: Side, theirs: Side) -> Matrix:
    """(terms of ours, terms of theirs). Every value 0..1."""
    matrix = by_words(ours.forms, theirs.forms)
    for row, column in (*_joined(theirs, ours.forms, own=False), *_joined(ours, theirs.forms, own=True)):
        matrix[row, column] = 1
    if ours.vectors is not None and theirs.vectors is not None and matrix.size:
        low, high = _MEANING
        cosine = ours.vectors @ theirs.vectors.T
        matrix = np.maximum(matrix, np.clip((cosine - low) / (high - low), 0, 1).astype(np.float32))
    return matrix


def _joined(parted: Side, whole: Sequence[str], *, own: bool) -> list[tuple[int, int]]:
    """Places in the matrix of two neighbours that the other text has as one word: recognition parts and joins words
    (data base, over time). ``own``: the rows' text is the one that parts them."""
    index = {form: at for at, form in enumerate(whole)}
    column = {term.first: at for at, term in enumerate(parted.terms)}
    found = []
    for one, other in pairwise(parted.units):
        at = index.get(one.form + other.form)
        if at is not None and not one.hanzi and not other.hanzi:
            places = [column[unit.word] for unit in (one, other) if unit.word in column]
            found += [(place, at) if own else (at, place) for place in places]
    return found


def by_words(ours: Sequence[str], theirs: Sequence[str]) -> Matrix:
    """By spelling and sound alone."""
    if not ours or not theirs:
        return np.zeros((len(ours), len(theirs)), np.float32)
    unique, places = _unique(theirs)
    rows = np.array([[_pair(one, other) for other in unique] for one in ours], np.float32)
    return rows[:, places]


def _unique(forms: Sequence[str]) -> tuple[list[str], list[int]]:
    index: dict[str, int] = {}
    places = [index.setdefault(form, len(index)) for form in forms]
    return list(index), places


@functools.lru_cache(maxsize=500_000)
def _pair(one: str, other: str) -> np.float32:
    if one == other:
        return np.float32(1)
    if meanings(one) & meanings(other):
        return _SYNONYM
    if " " in one or " " in other:
        return _syllables(one.split(" "), other.split(" "))
    from rapidfuzz import fuzz

    spelled = _spelled(fuzz.ratio(one, other) / 100)
    if min(len(one), len(other)) >= 4:
        ours = sound_key(one)
        if len(ours) >= 3 and ours == sound_key(other):
            return max(_SOUND, np.float32(spelled))
    return np.float32(spelled) if min(len(one), len(other)) > 3 else np.float32(0)


def meanings(form: str) -> frozenset[int]:
    """Numbers of the thesaurus' lines that have a term; terms that share one say nearly the same."""
    return _synonyms().get(form, frozenset())


@functools.cache
def _synonyms() -> dict[str, frozenset[int]]:
    """A term's form -> lines of the thesaurus that have it. Chinese: words of two syllables, as terms are."""
    found: dict[str, frozenset[int]] = {}
    for at, line in enumerate(line for lines in SAME.values() for line in lines):
        for word in line.split():
            terms = terms_of(units_of_text(word))
            if len(terms) == 1:
                found[terms[0].form] = found.get(terms[0].form, frozenset()) | {at}
    return found


def _spelled(ratio: float) -> float:
    low, high = _SPELLING
    return ratio if ratio >= high else max(0.0, 0.2 + (ratio - low) / (high - low) * (high - 0.2)) * (ratio > low)


def _syllables(one: list[str], other: list[str]) -> np.float32:
    """Pairs of syllables: half for one that both have (听 beside 倾听), more when the other is off by one letter."""
    if not set(one) & set(other):
        return np.float32(0)
    if len(one) == len(other) == 2 and (one[0] == other[0] or one[1] == other[1]):
        from rapidfuzz.distance import Levenshtein

        place = int(one[0] == other[0])
        if Levenshtein.distance(one[place], other[place]) == 1:
            return _NEARLY_PAIR
    return _HALF_PAIR
