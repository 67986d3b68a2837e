"""Days, times and numbers as people of the reader's language write them, always with Western digits."""

from __future__ import annotations

import math
from datetime import datetime, tzinfo

from contract.catalog import STAFF_LANGUAGES

_DIRECTION_MARKS = dict.fromkeys((0x200E, 0x200F, 0x061C))
_BY_POWERS_FROM = 10**15


def moment(at: datetime, zone: tzinfo | None, language: str, *, seconds: bool = True) -> str:
    """Day, time of 24 hours and offset in ``zone`` (None: this machine's). What HR reads has the day of ISO 8601."""
    local = at.astimezone(zone)
    return f"{_day(local, language)} {local.strftime('%H:%M:%S %z' if seconds else '%H:%M %z')}"


def number(value: float, language: str) -> str:
    """With the separators of the language and at most three decimals; by powers of ten from 10^15.

    What a device says may be any number: the infinite ones and "nan" are said as such.
    """
    from babel.numbers import format_decimal

    if not abs(value) < _BY_POWERS_FROM:  # "nan" is not smaller either
        return f"{_as_float(value):.3g}"
    return str(format_decimal(value, locale=language))


def points(value: float, language: str) -> str:
    """With both decimals of a score."""
    from babel.numbers import format_decimal

    return _without_marks(str(format_decimal(value, format="0.00", locale=language)))


def clock(seconds: float) -> str:
    """A place in a recording: minutes and seconds."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes:02}:{rest:02}"


def gigabytes(count: float, language: str) -> str:
    """A number of bytes."""
    return f"{number(round(count / 1e9, 1) if abs(count) < _BY_POWERS_FROM else _as_float(count) / 1e9, language)} GB"


def _as_float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _day(local: datetime, language: str) -> str:
    if language in STAFF_LANGUAGES:
        return local.strftime("%Y-%m-%d")
    from babel.dates import format_skeleton

    return _without_marks(str(format_skeleton("yMd", local, locale=language)))


def _without_marks(text: str) -> str:
    """The template keeps dates and numbers in their order; marks for it would be shown as what is hidden is shown."""
    return text.translate(_DIRECTION_MARKS)
