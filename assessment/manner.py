"""Structure and language of an answer: each measure 0..1, with the words it was seen in.

Structure: Adair's advice on spoken answers and the STAR scheme (situation, task, action, result) that interviewers are
trained in. Variety: moving-average type-token ratio (Covington and McFall 2010), which does not fall with length.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from assessment import wordlists
from assessment.sound import alike
from assessment.units import Unit, units_of_text
from assessment.values import Answer, Measure

_WINDOW = 40  # units that variety is counted in
_VARIETY = {False: (0.45, 0.75), True: (0.45, 0.75)}
_FILLERS_PER_100 = (3.0, 15.0)
_HEDGES_PER_100 = (1.0, 6.0)
_ENOUGH_UNITS = {"en": 40, "zh": 70}
_OPENING_WITHIN = 25
_CLOSING_WITHIN = 45
# likeness of sound from which a doubtful word may stand for one of a phrase, and letters that this one has at least
_INSTEAD, _LETTERS = 0.6, 4


@dataclass(frozen=True, slots=True)
class Seen:
    """``value``: 0..1, 1 is best. ``places``: (first, last) words. ``figure``: in its own unit."""

    value: float
    places: tuple[tuple[int, int], ...] = ()
    figure: float | None = None


def manner(answer: Answer, units: Sequence[Unit]) -> dict[Measure, Seen]:
    """Every measure of structure and language."""
    language = "zh" if sum(unit.hanzi for unit in units) * 2 > len(units) else "en"
    return {measure: seen(units, language) for measure, seen in _MEASURES.items()}


def _opening(units: Sequence[Unit], language: str) -> Seen:
    count, found = _signs(units[:_OPENING_WITHIN], wordlists.OPENINGS[language])
    return Seen(_graded(count), found[:2])


def _order(units: Sequence[Unit], language: str) -> Seen:
    count, found = _signs(units, wordlists.ORDER[language])
    return Seen(_graded(count, 0.6, 4), found[:5], float(len(found)))


def _story(units: Sequence[Unit], language: str) -> Seen:
    found = [_signs(units, words[language]) for words in wordlists.STORY.values()]
    value = sum(_graded(count) for count, _ in found) / len(found)
    return Seen(value, tuple(places[0] for _, places in found if places))


def _closing(units: Sequence[Unit], language: str) -> Seen:
    count, found = _signs(units[-_CLOSING_WITHIN:], wordlists.CLOSINGS[language])
    return Seen(_graded(count), found[-2:])


def _graded(count: float, left: float = 0.4, enough: int = 3) -> float:
    """How far ``count`` signs of something show it: the first says most, so that one that recognition lost costs
    little where there are others."""
    return min(1.0, (1 - float(left**count)) / (1 - left**enough))


def _fillers(units: Sequence[Unit], language: str) -> Seen:
    return _few(units, language, wordlists.FILLERS[language], _FILLERS_PER_100)


def _hedges(units: Sequence[Unit], language: str) -> Seen:
    return _few(units, language, wordlists.HEDGES[language], _HEDGES_PER_100)


def gives_up(units: Sequence[Unit]) -> tuple[tuple[int, int], ...]:
    """Where somebody says that they do not know."""
    return _phrases(units, [phrase for phrases in wordlists.GIVES_UP.values() for phrase in phrases])


def _variety(units: Sequence[Unit], language: str) -> Seen:
    forms = [unit.form for unit in units]
    if not forms:
        return Seen(0.0)
    width = min(_WINDOW, len(forms))
    ratios = [len(set(forms[at : at + width])) / width for at in range(len(forms) - width + 1)]
    ratio = sum(ratios) / len(ratios)
    low, high = _VARIETY[language == "zh"]
    return Seen(_between(ratio, low, high) * _long_enough(units, language), figure=ratio)


_MEASURES: Mapping[Measure, Callable[[Sequence[Unit], str], Seen]] = {
    Measure.OPENING: _opening,
    Measure.ORDER: _order,
    Measure.STORY: _story,
    Measure.CLOSING: _closing,
    Measure.FILLERS: _fillers,
    Measure.VARIETY: _variety,
    Measure.HEDGES: _hedges,
}


def _long_enough(units: Sequence[Unit], language: str) -> float:
    """Few words have no filler among them, and all of them different, whatever they say."""
    return min(1.0, len(units) / _ENOUGH_UNITS[language])


def _few(units: Sequence[Unit], language: str, phrases: Sequence[str], bounds: tuple[float, float]) -> Seen:
    if not units:
        return Seen(0.0)
    found = _phrases(units, phrases)
    rate = 100 * len(found) / len(units)
    return Seen((1 - _between(rate, *bounds)) * _long_enough(units, language), found[:8], rate)


def _between(value: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (value - low) / (high - low)))


def _signs(units: Sequence[Unit], phrases: Sequence[str]) -> tuple[float, tuple[tuple[int, int], ...]]:
    """How often one of the phrases is said, and where. A word that recognition was not sure of may stand for one of a
    phrase of several that sounds like it, where the others are sure: that counts as far as it is likely, and is not
    shown."""
    found = _phrases(units, phrases)
    taken = {word for first, last in found for word in range(first, last + 1)}
    wanted = [forms for forms in map(_forms, phrases) if len(forms) > 1]
    count = float(len(found))
    for at, unit in enumerate(units):
        if unit.doubt and not unit.hanzi and unit.word not in taken:
            count += unit.doubt * max((_instead(units, at, forms) for forms in wanted), default=0.0)
    return count, found


def _instead(units: Sequence[Unit], at: int, wanted: Sequence[str]) -> float:
    """How much the doubtful word ``at`` sounds like the one of a phrase whose other words are surely there."""
    best = 0.0
    for place, form in enumerate(wanted):
        span = units[max(0, at - place) : at - place + len(wanted)]
        if len(form) >= _LETTERS and len(span) == len(wanted) and at >= place:
            others = [
                one.form == other and not one.doubt
                for k, (one, other) in enumerate(zip(span, wanted, strict=True))
                if k != place
            ]
            best = max(best, alike(form, units[at].form)) if all(others) else best
    return best if best >= _INSTEAD else 0.0


@functools.lru_cache(maxsize=2_000)
def _forms(phrase: str) -> tuple[str, ...]:
    return tuple(unit.form for unit in units_of_text(phrase))


def _phrases(units: Sequence[Unit], phrases: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Where one of the phrases is said, longest first, no word twice."""
    forms = [unit.form for unit in units]
    taken: set[int] = set()
    found = []
    for phrase in sorted(phrases, key=len, reverse=True):
        wanted = list(_forms(phrase))
        for at in range(len(forms) - len(wanted) + 1):
            span = range(at, at + len(wanted))
            if forms[at : at + len(wanted)] == wanted and taken.isdisjoint(span):
                taken.update(span)
                found.append((units[at].word, units[span[-1]].word))
    return tuple(sorted(found))
