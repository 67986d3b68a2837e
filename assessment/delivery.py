"""Delivery from the times of words alone: when somebody began, how fast, how many long pauses.

Rates as in de Jong and Wempe (2009), with wide plateaus: within them nothing is lost. Never measured are pitch as such,
accent, loudness as such, or anything that stands for sex, age, origin or the device. What lies within technical faults
is taken out before anything is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from assessment.manner import Seen
from assessment.units import Unit
from assessment.values import Answer, Measure

_LATE = (5.0, 25.0)  # seconds to the first word: nothing lost, all lost
_LONG_PAUSE = 2.0
_PAUSED = (0.25, 0.65)  # share of the time in long pauses
# syllables (Chinese) or words (else) in a second of speech: all lost, none lost .. none lost, all lost
_PACE = {True: (1.0, 2.0, 6.5, 9.0), False: (0.6, 1.2, 3.8, 5.5)}
_FEWEST = 12


def delivery(answer: Answer, units: Sequence[Unit]) -> dict[Measure, Seen]:
    """Nothing for a written answer and for one of few words."""
    timed = [(place, word) for place, word in enumerate(answer.words) if word.text.strip() and word.end > word.start]
    if answer.seconds is None or len(timed) < _FEWEST:
        return {}
    begin, end = timed[0][1].start, timed[-1][1].end
    gaps = [
        (before[0], after[0], _sound_time(answer, before[1].end, after[1].start)) for before, after in pairwise(timed)
    ]
    long = [gap for gap in gaps if gap[2] >= _LONG_PAUSE]
    paused = sum(gap[2] for gap in long)
    whole = max(_sound_time(answer, begin, end), 0.1)
    first = _sound_time(answer, 0.0, begin)
    return {
        Measure.FIRST_WORD: Seen(1 - _between(first, *_LATE), (), first),
        Measure.PACE: _pace(units, max(whole - sum(gap[2] for gap in gaps if gap[2] > 0.3), 0.1)),
        Measure.PAUSES: Seen(1 - _between(paused / whole, *_PAUSED), tuple(gap[:2] for gap in long[:5]), paused),
    }


def disturbed(answer: Answer) -> float:
    """The share of the take that technical faults cover, 0..1."""
    if not answer.seconds:
        return 0.0
    return 1 - _sound_time(answer, 0.0, answer.seconds) / answer.seconds


def _pace(units: Sequence[Unit], seconds: float) -> Seen:
    hanzi = sum(unit.hanzi for unit in units) * 2 > len(units)
    rate = len(units) / seconds
    none, slow, fast, all_lost = _PACE[hanzi]
    value = min(_between(rate, none, slow), 1 - _between(rate, fast, all_lost))
    return Seen(value, (), 60 * rate)


def _sound_time(answer: Answer, begin: float, end: float) -> float:
    """Seconds between two times without those in faults; faults may overlap."""
    covered, at = 0.0, begin
    for start, stop in sorted(answer.faults):
        covered += max(0.0, min(stop, end) - max(start, at))
        at = max(at, min(stop, end))
    return max(0.0, end - begin - covered)


def _between(value: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (value - low) / (high - low)))
