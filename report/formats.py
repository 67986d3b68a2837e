"""Days, times and numbers as people of the reader's language write them, always with Western digits."""

from __future__ import annotations

from datetime import datetime, tzinfo

from contract.catalog import STAFF_LANGUAGES

_RIGHT_TO_LEFT_MARK = "\u200f"


def moment(at: datetime, zone: tzinfo | None, language: str, *, seconds: bool = True) -> str:
    """Day, time of 24 hours and offset in ``zone`` (None: this machine's). What HR reads has the day of ISO 8601."""
    local = at.astimezone(zone)
    return f"{_day(local, language)} {local.strftime('%H:%M:%S %z' if seconds else '%H:%M %z')}"


def number(value: float, language: str) -> str:
    """With the separators of the language and at most three decimals."""
    from babel.numbers import format_decimal

    return str(format_decimal(value, locale=language))


def _day(local: datetime, language: str) -> str:
    if language in STAFF_LANGUAGES:
        return local.strftime("%Y-%m-%d")
    from babel.dates import format_skeleton

    # The template keeps a date in its order; marks for it would be shown as what is hidden is shown.
    return str(format_skeleton("yMd", local, locale=language)).replace(_RIGHT_TO_LEFT_MARK, "")
