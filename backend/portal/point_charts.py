"""Geometry of charts with points: intervals in rows, means over weeks between their limits, two scores compared."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from backend.portal.charts import WIDTH, Chart, Dot, Rect, Word, shortened

_LABEL, _VALUE, _ROW = 232, 150, 32
_ROWS = 600.0
_LEFT, _RIGHT, _TOP, _HEIGHT, _FOOT = 48, 96, 12, 220, 40
_LARGEST = 14.0


@dataclass(frozen=True, slots=True)
class Interval:
    """A row: a value with its interval, and the number as people read it. ``told``: drawn as one to look at."""

    label: str
    value: float
    low: float
    high: float
    text: str
    told: bool = False


@dataclass(frozen=True, slots=True)
class Point:
    """A mean between its limits. ``told``: it lies outside."""

    label: str
    value: float
    low: float
    high: float
    told: bool = False


@dataclass(frozen=True, slots=True)
class Level:
    """A line across the picture, with what stands beside it. ``tone``: "" or strong."""

    value: float
    text: str
    tone: str = ""


class _Scale:
    """Values to places. ``begin`` is where the lowest value lies; it may be the greater of both."""

    def __init__(self, values: Sequence[float], begin: float, end: float) -> None:
        low, high = min(values), max(values)
        room = (high - low) * 0.06 or 1.0
        self._low, self._span = low - room, high - low + 2 * room
        self._begin, self._length = begin, end - begin

    def __call__(self, value: float) -> float:
        return round(self._begin + (value - self._low) / self._span * self._length, 1)


def intervals(
    key: str, title: str, description: str, rows: Sequence[Interval], marks: Sequence[float], unit: str
) -> Chart:
    """One row each, with lines at ``marks``, which say what is usual or wanted; ``unit``: what the numbers are."""
    values = [value for row in rows for value in (row.low, row.high)]
    across = _Scale([*values, *marks], _LABEL, _ROWS - _VALUE)
    height = len(rows) * _ROW
    rects = [Rect(across(mark), 0, 1, height, "mark") for mark in marks]
    words, dots = [], []
    for number, row in enumerate(rows):
        y = number * _ROW + _ROW / 2
        tone = "told" if row.told else ""
        rects.append(Rect(across(row.low), y - 1, round(max(across(row.high) - across(row.low), 1), 1), 2, tone))
        dots.append(Dot(across(row.value), y, 5, tone))
        words.append(Word(_LABEL - 8, y + 5, shortened(row.label, _LABEL - 8), "end"))
        words.append(Word(_ROWS - _VALUE + 8, y + 5, row.text))
        words += [Word(across(mark), height + 16, f"{mark:g}", "middle") for mark in marks if number == 0]
    words.append(Word(_ROWS - _VALUE + 8, height + 16, unit))
    return Chart(key, title, description, height + 24, rects, words, dots, _ROWS)


def control(key: str, title: str, description: str, points: Sequence[Point], centre: Level, foot: str) -> Chart:
    """Means in their order, each between two short lines that are its limits. ``foot``: what goes across and up."""
    values = [value for point in points for value in (point.low, point.high, point.value)]
    down = _Scale([*values, centre.value], _HEIGHT, _TOP)
    slot = (WIDTH - _LEFT - _RIGHT) / len(points)
    rects = [Rect(_LEFT, down(centre.value), WIDTH - _LEFT - _RIGHT, 1, "mark")]
    words = [Word(WIDTH - _RIGHT + 8, down(centre.value) + 5, centre.text)]
    dots = []
    every = math.ceil(len(points) / 8)
    for number, point in enumerate(points):
        begin = _LEFT + number * slot
        rects += [Rect(round(begin, 1), down(limit), round(slot, 1), 1, "limit") for limit in (point.low, point.high)]
        dots.append(Dot(round(begin + slot / 2, 1), down(point.value), 4, "told" if point.told else ""))
        if number % every == 0:
            words.append(Word(round(begin + slot / 2, 1), _HEIGHT + 20, point.label, "middle"))
    ends = min(values), max(values)
    words += [Word(_LEFT - 8, down(value) + 5, f"{value:.0f}".replace("-", "−"), "end") for value in ends]
    words.append(Word((_LEFT + WIDTH - _RIGHT) / 2, _HEIGHT + 36, foot, "middle"))
    return Chart(key, title, description, _HEIGHT + _FOOT, rects, words, dots)


def compared(
    key: str,
    title: str,
    description: str,
    cells: Sequence[tuple[float, float, int]],
    levels: Sequence[Level],
    foot: str,
) -> Chart:
    """``cells``: across, up, and how many: circles whose area goes with that. ``foot``: what goes across."""
    across = _Scale([cell[0] for cell in cells], _LEFT, WIDTH - _RIGHT)
    down = _Scale([*(cell[1] for cell in cells), *(level.value for level in levels)], _HEIGHT, _TOP)
    most = max(cell[2] for cell in cells)
    dots = [Dot(across(x), down(y), round(max(2.0, _LARGEST * math.sqrt(n / most)), 1), "many") for x, y, n in cells]
    rects = [Rect(_LEFT, down(level.value), WIDTH - _LEFT - _RIGHT, 1, level.tone or "limit") for level in levels]
    words = [Word(WIDTH - _RIGHT + 8, down(level.value) + 5, level.text) for level in levels]
    ends = sorted({min(cell[0] for cell in cells), max(cell[0] for cell in cells)})
    words += [Word(across(value), _HEIGHT + 18, f"{value:.0f}", "middle") for value in ends]
    words.append(Word((_LEFT + WIDTH - _RIGHT) / 2, _HEIGHT + 34, foot, "middle"))
    return Chart(key, title, description, _HEIGHT + _FOOT, rects, words, dots)
