"""Finding in an answer what a language model says it quotes from it."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from backend.opinion.masking import Known, Masked, masked
from contract.events import WordModel
from report.model import AnswerInfo
from report.spans import spans

# letters a quote needs to be one: a word that everybody uses proves nothing
_FEWEST, _FEWEST_HAN = 10, 4
LONGEST = 600


@dataclass(frozen=True, slots=True)
class Quote:
    """A piece of the answer as it stands there. Seconds from the start of the take; None for what was written."""

    text: str
    start: float | None
    end: float | None


@dataclass(frozen=True)
class Passage:
    """An answer. ``owners``: for each character the timed word it belongs to. ``given``: what may leave HR of it."""

    text: str
    owners: tuple[WordModel | None, ...]
    given: Masked
    _letters: str = field(init=False, repr=False, default="")
    _at: tuple[int, ...] = field(init=False, repr=False, default=())

    def __post_init__(self) -> None:
        found = [(letter, place) for place, one in enumerate(self.given.text) for letter in _letters(one)]
        object.__setattr__(self, "_letters", "".join(letter for letter, _ in found))
        object.__setattr__(self, "_at", tuple(place for _, place in found))

    def find(self, quote: str) -> Quote | None:
        """None when these words are not in what was given, whatever their blanks, marks, width and case."""
        wanted = "".join(letter for character in quote for letter in _letters(character))
        fewest = _FEWEST_HAN if any("\u3040" <= letter <= "\ud7af" for letter in wanted) else _FEWEST
        begin = self._letters.find(wanted) if fewest <= len(wanted) <= LONGEST else -1
        if begin < 0:
            return None
        given = self._at[begin], self._at[begin + len(wanted) - 1]
        first, last = self.given.places[given[0]][0], self.given.places[given[1]][1]
        words = [word for word in self.owners[first:last] if word is not None]
        start, end = (words[0].start, words[-1].end) if words else (None, None)
        return Quote(self.text[first:last], start, end)


def passage(answer: AnswerInfo, known: Known, longest: int) -> Passage | None:
    """The words of an answer as they were recognised or written, at most ``longest`` characters; None without any."""
    if answer.transcript is not None:
        pieces = [(piece.text, piece.word) for piece in spans(answer.transcript)]
    else:
        pieces = [(answer.text or "", None)]
    text = "".join(text for text, _ in pieces)[:longest]
    owners = [word for text, word in pieces for _ in text][:longest]
    return Passage(text, tuple(owners), masked(text, known)) if text.strip() else None


def clean(text: str, longest: int) -> str:
    """One line for a page: nothing that controls, hides or turns round; "" for what is too long."""
    shown = "".join(" " if unicodedata.category(one)[0] in "CZ" else one for one in text)
    line = " ".join(unicodedata.normalize("NFC", shown).split())
    return line if len(line) <= longest else ""


def _letters(character: str) -> Sequence[str]:
    """What counts of a character when two texts are compared."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
    return [one for one in folded if unicodedata.category(one)[0] in "LNM"]
