"""What a candidate's correction has changed in the recognised words, piece by piece."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

# Where no spaces stand between words, one character is the smallest piece; elsewhere a word, a space, a mark.
_PIECES = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uac00-\ud7af\U00020000-\U0003ffff]|\s+|\w+(?:['\u2019\u0300-\u036f]\w*)*|.",
    re.DOTALL,
)


class Kind(StrEnum):
    KEPT = "kept"
    TAKEN_OUT = "taken_out"
    PUT_IN = "put_in"


@dataclass(frozen=True, slots=True)
class Change:
    """A run of text that stands in both, only in what was recognised, or only in the correction."""

    kind: Kind
    text: str


def changes(recognised: str, correction: str) -> list[Change]:
    """Both texts in one: kept and put in make the correction, kept and taken out what was recognised."""
    before, after = _PIECES.findall(recognised), _PIECES.findall(correction)
    found: list[Change] = []
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append(Change(Kind.KEPT, "".join(before[a:b])))
            continue
        if a < b:
            found.append(Change(Kind.TAKEN_OUT, "".join(before[a:b])))
        if c < d:
            found.append(Change(Kind.PUT_IN, "".join(after[c:d])))
    return found
