"""Benefit of the doubt: technical trouble never lowers a score.

A word that recognition was not sure of may have been another one. Where it sounds like a word that is missing of a key
point, and words of the same point that recognition was sure of stand near, it counts for the missing one: by how
doubtful it is, times how much alike the two sound. It makes no point by itself, typed words and sure ones get nothing
of it, and no quote is made of it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from assessment.sound import alike as sounds_alike
from assessment.units import Term

_LEAST = 0.05
# with this share of a point surely said, the rest was likely said too; with less it is likelier that it was not
_MOSTLY_SAID = 0.8
_SYLLABLE = 0.6  # sounds that a doubtful syllable has at least in common with the missing one


def heard_instead(
    ours: Sequence[Term],
    said: Sequence[Term],
    near: npt.NDArray[np.float32],
    alike: npt.NDArray[np.bool_],
    weights: npt.NDArray[np.float32],
) -> npt.NDArray[np.float32]:
    """(terms of ours,), 0..1: how far words that were not heard surely stand for those that are missing.

    ``near`` (ours, said): likeness as heard; ``alike`` (ours,): what is there. One word stands for one other at most,
    and all of them together for no more than is surely there.
    """
    made = np.zeros(len(ours), np.float32)
    doubtful = [at for at, term in enumerate(said) if term.doubt > 0]
    if not doubtful or alike.all() or not alike.any():
        return made
    best = near.argmax(axis=1)
    sure = sum(
        float(weights[row] * near[row, best[row]] * (1 - said[best[row]].doubt)) for row in np.flatnonzero(alike)
    )
    taken = {int(best[row]) for row in np.flatnonzero(alike)}
    for value, row, at in sorted(_pairs(ours, said, alike, doubtful), reverse=True):
        if made[row] == 0 and at not in taken:
            made[row] = value
            taken.add(at)
    whole = float(weights @ made)
    likely = min(1.0, sure / float(weights.sum()) / _MOSTLY_SAID) * min(1.0, sure / max(whole, _LEAST))
    return made * np.float32(likely)


def _pairs(
    ours: Sequence[Term], said: Sequence[Term], alike: npt.NDArray[np.bool_], doubtful: Sequence[int]
) -> list[tuple[float, int, int]]:
    missing = [int(row) for row in np.flatnonzero(~alike)]
    found = [(_instead(ours[row], said[at]), row, at) for row in missing for at in doubtful]
    return [one for one in found if one[0] >= _LEAST]


def _instead(wanted: Term, heard: Term) -> float:
    if wanted.hanzi != heard.hanzi:
        return 0.0
    if not wanted.hanzi:
        return heard.doubt * sounds_alike(wanted.form, heard.form)
    one, other = wanted.form.split(), heard.form.split()
    if len(one) != 2 or len(other) != 2:
        return 0.0
    same = [at for at in (0, 1) if one[at] == other[at]]
    return heard.doubts[1 - same[0]] * _syllables(one[1 - same[0]], other[1 - same[0]]) if len(same) == 1 else 0.0


def _syllables(one: str, other: str) -> float:
    """Of a pair whose other syllable is the same."""
    from rapidfuzz.distance import Indel

    near = Indel.normalized_similarity(one, other)
    return near if near >= _SYLLABLE else 0.0
