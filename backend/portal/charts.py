"""Geometry of charts that the server draws as SVG: plain bars with their words and numbers written beside them.

No colour says anything that is not written too. Sizes are units of the picture, which is as wide as its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

WIDTH = 560
_LABEL, _VALUE, _ROW, _BAR = 192, 104, 32, 18
_HEIGHT, _FOOT, _TOP = 200, 44, 24
# of a letter beside a bar, in units of the picture: a Chinese one, and any other on average
_WIDE, _NARROW = 14.5, 8.4
_TONES = ("invited", "begun", "finished")


@dataclass(frozen=True, slots=True)
class Bar:
    """A row: ``text`` is the number as people read it."""

    label: str
    value: float
    text: str


@dataclass(frozen=True, slots=True)
class Rect:
    x: float
    y: float
    width: float
    height: float
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Word:
    """``anchor``: start, middle or end."""

    x: float
    y: float
    text: str
    anchor: str = "start"
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Dot:
    x: float
    y: float
    radius: float
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """``title`` and ``description`` are read out instead of the picture."""

    key: str
    title: str
    description: str
    height: float
    rects: list[Rect]
    words: list[Word]
    dots: list[Dot] = field(default_factory=list)
    width: float = WIDTH


def bars(key: str, title: str, description: str, rows: Sequence[Bar]) -> Chart:
    """One bar per row, the longest as long as there is room."""
    most = max((row.value for row in rows), default=0) or 1
    room = WIDTH - _LABEL - _VALUE
    rects, words = [], []
    for number, row in enumerate(rows):
        y = number * _ROW + (_ROW - _BAR) / 2
        length = max(row.value / most * room, 2 if row.value else 0)
        rects.append(Rect(_LABEL, y, round(length, 1), _BAR))
        words.append(Word(_LABEL - 8, y + 14, shortened(row.label, _LABEL - 8), "end"))
        words.append(Word(_LABEL + round(length, 1) + 8, y + 14, row.text))
    return Chart(key, title, description, len(rows) * _ROW, rects, words)


def columns(
    key: str, title: str, description: str, labels: Sequence[str], series: Sequence[tuple[str, Sequence[int]]]
) -> Chart:
    """For each label one column per series, side by side; names above, the highest number at the left."""
    most = max((value for _, values in series for value in values), default=0) or 1
    left = 48
    slot = (WIDTH - left) / max(1, len(labels))
    width = min(24.0, slot * 0.8 / max(1, len(series)))
    rects, words = _scale(left, most)
    for place, (name, _) in enumerate(series):
        rects.append(Rect(left + place * 140, 4, 12, 12, _TONES[place]))
        words.append(Word(left + place * 140 + 18, 15, name))
    for number, label in enumerate(labels):
        begin = left + number * slot + (slot - width * len(series)) / 2
        for place, (_, values) in enumerate(series):
            high = values[number] / most * (_HEIGHT - _TOP - 16)
            rects.append(
                Rect(round(begin + place * width, 1), round(_HEIGHT - high, 1), width, round(high, 1), _TONES[place])
            )
        if len(labels) <= 8 or number % 2 == 0:
            words.append(Word(round(left + (number + 0.5) * slot, 1), _HEIGHT + 20, label, "middle"))
    return Chart(key, title, description, _HEIGHT + _FOOT, rects, words)


def _scale(left: int, most: int) -> tuple[list[Rect], list[Word]]:
    top = _TOP + 16
    lines = [Rect(left, y, WIDTH - left, 1, "line") for y in (top, _HEIGHT)]
    return lines, [Word(left - 8, top + 5, str(most), "end"), Word(left - 8, _HEIGHT + 5, "0", "end")]


def shortened(label: str, room: float) -> str:
    """What fits beside a bar; the table has it in full."""
    widths = [_WIDE if ord(letter) > 0x2E80 else _NARROW for letter in label]
    if sum(widths) <= room:
        return label
    room -= _WIDE  # the dots
    for place, width in enumerate(widths):
        room -= width
        if room < 0:
            return label[:place].rstrip() + "…"
    return label
