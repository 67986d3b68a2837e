"""Numbers as all pages show them."""

from __future__ import annotations

from typing import Protocol


def total(value: float | None) -> str:
    """A score, 0-100: with one decimal, without it where there is none; a dash for nothing."""
    return "–" if value is None else f"{value:.1f}".removesuffix(".0")


def fixed(value: float, digits: int) -> str:
    """So many decimals, with a minus that spreadsheets do not take for a formula and never before a zero."""
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")


def interval(low: float, high: float, digits: int = 2) -> str:
    """``0.67 – 0.78``."""
    return f"{fixed(low, digits)} – {fixed(high, digits)}"


def signed(points: float) -> str:
    """``+36``, ``−3``: a difference in whole points."""
    return ("+" if round(points) > 0 else "") + fixed(points, 0)


class Ranged(Protocol):
    """A score of the assessment, 0-100."""

    @property
    def points(self) -> float | None: ...

    @property
    def low(self) -> float: ...

    @property
    def high(self) -> float: ...


def ai(score: Ranged) -> str:
    """``84 (74–94)``; a dash where there is no score."""
    return "–" if score.points is None else f"{score.points:.0f} ({score.low:.0f}–{score.high:.0f})"
