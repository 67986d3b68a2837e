"""An answer as numbers, for what is learned from ratings. None says who spoke, how high, or on which device.

Sources: coverage and similarity by n-grams (Mohler, Bunescu and Mihalcea 2011; Sultan, Salazar and Sumner 2016), words
of the question taken out ("question demoting", ibid.), recall and precision of word vectors (Zhang et al. 2020).
"""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from assessment.content import Asked, term_weights
from assessment.guards import words_of_its_own
from assessment.manner import gives_up
from assessment.matching import Side, by_words, likeness
from assessment.scoring import Read
from assessment.units import Unit
from assessment.values import Measure

Floats = npt.NDArray[np.floating[Any]]
HASHED = 4096  # places that pieces of words fall into
_PIECES = range(2, 6)
_DELIVERY = (Measure.FIRST_WORD, Measure.PACE, Measure.PAUSES)


def features(asked: Asked, taken: Read) -> dict[str, float]:
    """Name -> number, the same names in the same order for every answer with or without a model of meaning."""
    wanted = reference(asked)
    made = {
        **_points(taken),
        **_words(asked, wanted, taken.side),
        **_pieces(asked, wanted, taken.side),
        **_lengths(asked, wanted, taken.side),
        **_manner(taken),
        "own": math.log1p(words_of_its_own(asked, taken.side)),
        "gives_up": float(bool(gives_up(taken.side.units))),
        "guarded": math.prod(taken.guarded.values()),
    }
    if asked.embedder is not None:
        made.update(_meaning(asked, wanted, taken.side))
    return made


def reference(asked: Asked) -> Side:
    """All that is wanted as one text, without the synonyms."""
    texts = [one.ways[0][0] for one in asked.wanted if one.ways]
    units = tuple(unit for text in texts for unit in text.units)
    terms = tuple(term for text in texts for term in text.terms)
    if not texts or texts[0].vectors is None:
        return Side(units, terms)
    vectors = np.concatenate([text.vectors for text in texts if text.vectors is not None])
    whole = np.sum([text.whole for text in texts if text.whole is not None], axis=0)
    return Side(units, terms, vectors, (whole / max(float(np.linalg.norm(whole)), 1e-9)).astype(np.float32))


def hashed(units: Sequence[Unit]) -> npt.NDArray[np.float32]:
    """Pieces of two to five letters, with their words' borders, as one row of length 1 (signed hashing, Weinberger et
    al. 2009). The words cannot be read back from sums of such rows."""
    row = np.zeros(HASHED, np.float32)
    for piece, count in _counted(units).items():
        mark = zlib.crc32(piece.encode())
        row[mark % HASHED] += math.log1p(count) * (1 if mark >> 31 else -1)
    length = float(np.linalg.norm(row))
    scaled: npt.NDArray[np.float32] = row / max(length, 1e-9)
    return scaled


def _counted(units: Sequence[Unit]) -> Counter[str]:
    found: Counter[str] = Counter()
    text = "".join(f" {unit.form}" for unit in units) + " "
    for size in _PIECES:
        found.update(text[at : at + size] for at in range(len(text) - size + 1))
    return found


def _points(taken: Read) -> dict[str, float]:
    strengths = [one.strength for one in taken.found] or [0.0]
    covered = [one.coverage for one in taken.found] or [0.0]
    return {
        "share": taken.share,
        "points_least": min(strengths),
        "points_most": max(strengths),
        "covered": sum(covered) / len(covered),
        "points": math.log1p(len(taken.found)),
    }


def _words(asked: Asked, wanted: Side, said: Side) -> dict[str, float]:
    forms, asked_forms = set(said.forms), set(asked.prompt.forms)
    own = set(wanted.forms) - asked_forms
    weights = term_weights(wanted, asked.prompt) if wanted.terms else np.zeros(0, np.float32)
    near = by_words(wanted.forms, said.forms)
    best = near.max(axis=1, initial=0)
    back = near.max(axis=0, initial=0)
    return {
        "recall": float(weights @ best / max(float(weights.sum()), 1e-9)),
        "recall_plain": float(best.mean()) if len(best) else 0.0,
        "recall_own": _ratio(len((own or set(wanted.forms)) & forms), len(own or set(wanted.forms))),
        "precision": float(back.mean()) if len(back) else 0.0,
        "new": len(forms - asked_forms) / (len(forms) + 1),
        "exact": len(forms & set(wanted.forms)) / (len(forms) + 1),
    }


def _pieces(asked: Asked, wanted: Side, said: Side) -> dict[str, float]:
    from rapidfuzz import fuzz

    text = " ".join(unit.form for unit in said.units)
    other = " ".join(unit.form for unit in wanted.units)
    counted = _counted(said.units)
    return {
        "pieces": _cosine(counted, _counted(wanted.units)),
        "pieces_asked": _cosine(counted, _counted(asked.prompt.units)),
        "partial": fuzz.partial_ratio(text[:2000], other[:2000]) / 100,
        "tokens": fuzz.token_set_ratio(text, other) / 100,
    }


def _lengths(asked: Asked, wanted: Side, said: Side) -> dict[str, float]:
    length, other = len(said.units), len(wanted.units)
    return {
        "length": math.log1p(length),
        "length_wanted": math.log1p(other),
        "length_ratio": math.log((length + 1) / (other + 1)),
        "length_asked": math.log1p(len(asked.prompt.units)),
        "nothing": float(length <= 2),
        "wanted_own": math.log1p(len(set(wanted.forms) - set(asked.prompt.forms))),
    }


def _manner(taken: Read) -> dict[str, float]:
    """Delivery that was not measured is in the middle."""
    seen = {measure.value: taken.seen[measure].value for measure in taken.seen if measure not in _DELIVERY}
    return {**seen, **{one.value: taken.seen[one].value if one in taken.seen else 0.5 for one in _DELIVERY}}


def _meaning(asked: Asked, wanted: Side, said: Side) -> dict[str, float]:
    made = _meaning_of_wholes(asked.prompt.whole, wanted.whole, said.whole)
    weights = term_weights(wanted, asked.prompt) if wanted.terms else np.zeros(0)
    made.update(_meaning_of_words(weights, wanted, said))
    prompt, own = asked.prompt.vectors, said.vectors
    both = prompt is not None and own is not None and len(prompt) > 0 and len(own) > 0
    made["meaning_asked"] = float((own @ prompt.T).max(axis=1).mean()) if both else 0.0  # type: ignore[union-attr,operator]
    return made


def _meaning_of_wholes(prompt: Floats | None, wanted: Floats | None, said: Floats | None) -> dict[str, float]:
    names = ("whole", "whole_asked", "wanted_asked", "whole_rest")
    if prompt is None or wanted is None or said is None:
        return dict.fromkeys(names, 0.0)
    rest, aim = said - (said @ prompt) * prompt, wanted - (wanted @ prompt) * prompt
    beside = float(rest @ aim) / max(float(np.linalg.norm(rest) * np.linalg.norm(aim)), 1e-9)
    return dict(zip(names, (float(said @ wanted), float(said @ prompt), float(wanted @ prompt), beside), strict=True))


def _meaning_of_words(weights: Floats, wanted: Side, said: Side) -> dict[str, float]:
    names = ("meant", "meant_back", "meant_both", "meant_70", "meant_55", "meant_least", "likeness")
    if wanted.vectors is None or said.vectors is None or not len(wanted.vectors) or not len(said.vectors):
        return dict.fromkeys(names, 0.0)
    cosine = said.vectors @ wanted.vectors.T
    best, back = cosine.max(axis=0), float(cosine.max(axis=1).mean())
    recall = float(weights @ best / weights.sum())
    own = best[weights > 0.9] if (weights > 0.9).any() else best
    both = 2 * max(recall, 0) * max(back, 0) / max(recall + back, 0.1)
    near = likeness(wanted, said).max(axis=1)
    values = (recall, back, both, float((own > 0.7).mean()), float((own > 0.55).mean()), float(own.min()))
    return dict(zip(names, (*values, float(weights @ near / weights.sum())), strict=True))


def _cosine(one: Mapping[str, int], other: Mapping[str, int]) -> float:
    shared = sum(math.log1p(count) * math.log1p(other[piece]) for piece, count in one.items() if piece in other)
    return shared / max(_length(one) * _length(other), 1e-9)


def _length(counted: Mapping[str, int]) -> float:
    return math.sqrt(sum(math.log1p(count) ** 2 for count in counted.values()))


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
