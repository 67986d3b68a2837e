"""How much alike English words sound, from their letters alone: for words that recognition was not sure of.

Letters become coarse sounds (voiced and unvoiced are one, vowels are three), and the share of sounds that two words
have in common, in order, is their likeness (normalised indel distance, rapidfuzz). Unrelated words have a third of
their sounds in common by chance; what lies below counts nothing.
"""

from __future__ import annotations

import functools
import re

_CHANCE, _SAME = 0.4, 0.8
_LETTERS = (
    (r"tion|ssion|sion|cian", "jn"), (r"tch|ch|sh|dge", "j"), (r"ph", "f"), (r"igh", "i"), (r"gh", ""),
    (r"th", "t"), (r"^kn|^gn", "n"), (r"^wr", "r"), (r"ck|qu|q", "k"), (r"c(?=[eiy])", "s"), (r"c", "k"),
    (r"x", "ks"), (r"oo|ou|ow|au|aw", "o"), (r"ee|ea|ei|ie|ey", "i"), (r"ai|ay", "e"), (r"(?<=.)[wh]", ""),
)  # fmt: skip
_RULES = tuple((re.compile(letters), sound) for letters, sound in _LETTERS)
_COARSE = str.maketrans("bvdgzeyu", "pftksiio")
_AGAIN = re.compile(r"(.)\1+")


@functools.lru_cache(maxsize=20_000)
def sounds(word: str) -> str:
    """One letter for each sound that is told apart."""
    for letters, sound in _RULES:
        word = letters.sub(sound, word)
    return _AGAIN.sub(r"\1", word.translate(_COARSE))


@functools.lru_cache(maxsize=200_000)
def alike(one: str, other: str) -> float:
    """0: no more than any two words, to 1: the same or nearly."""
    from rapidfuzz.distance import Indel

    near = Indel.normalized_similarity(sounds(one), sounds(other))
    return min(1.0, max(0.0, (near - _CHANCE) / (_SAME - _CHANCE)))
