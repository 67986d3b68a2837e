"""Flags for settings that HR may set from afar as well (contract.settings): the same names, here and there."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from app.sources import Source

_WINDOW = ("client",)
_SENDING = ("client", "sync")


def N_(text: str) -> str:
    """Mark a text for the catalog; it is translated where it is shown."""
    return text


def _hours(text: str) -> list[dict[str, Any]]:
    from contract.settings import parse_hours

    try:
        return [period.model_dump() for period in parse_hours(text)]
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _height(text: str) -> int:
    from contract.settings import VIDEO_HEIGHTS

    if text not in {str(height) for height in VIDEO_HEIGHTS}:
        raise argparse.ArgumentTypeError(f"{text!r}: {' | '.join(str(height) for height in VIDEO_HEIGHTS)}")
    return int(text)


# As ``app.config.SETTINGS``.
DEVICE_FLAGS: list[tuple[str, tuple[str, ...], dict[str, Any]]] = [
    (
        "--upload-limit",
        _SENDING,
        {"metavar": "KB/S", "type": int, "help": N_("recordings are sent at this many kilobytes a second at most")},
    ),
    (
        "--upload-limit-hours",
        _SENDING,
        {"metavar": "HOURS", "type": _hours, "help": N_("the limit holds in these hours, e.g. 1-5 09:00-18:00")},
    ),
    (
        "--no-video-hours",
        _SENDING,
        {"metavar": "HOURS", "type": _hours, "help": N_("no recordings are sent in these hours (1 is Monday)")},
    ),
    (
        "--video-height",
        _WINDOW,
        {"metavar": "LINES", "type": _height, "help": N_("largest picture that is recorded")},
    ),
    (
        "--video-kbit",
        _WINDOW,
        {"metavar": "KBIT/S", "type": int, "help": N_("kilobits of picture a second that are recorded at most")},
    ),
    (
        "--idle-minutes",
        _WINDOW,
        {"metavar": "MINUTES", "type": int, "help": N_("kiosk: back to the start when nobody touches it for so long")},
    ),
    (
        "--sleep-hours",
        _WINDOW,
        {"metavar": "HOURS", "type": _hours, "help": N_("kiosk: the screen is dark in these hours")},
    ),
    (
        "--staff-pin",
        _WINDOW,
        {"metavar": "HASH", "help": N_("kiosk: Argon2id hash of the staff PIN, never the PIN itself")},
    ),
]

# Flag -> field of contract.settings.
_FIELDS = {flag: flag.lstrip("-").replace("-", "_") for flag, _, _ in DEVICE_FLAGS}
_FIELDS |= {"--kiosk": "kiosk", "--lang": "language"}
_SIMPLE = frozenset({"--kiosk", "--lang"})  # fully checked as flags


def given_here(sources: Mapping[str, Source], found: Mapping[str, Any]) -> dict[str, tuple[Any, Source]]:
    """Field -> value and source of what is set on this machine. ``found``: every flag's value by its name.

    Raises XudaError(SETTING_INVALID) with the name of one that does not do.
    """
    given = {}
    for flag, field in _FIELDS.items():
        if flag in sources:
            value = found["lang" if flag == "--lang" else field]
            given[field] = (value if flag in _SIMPLE else _checked(field, value), sources[flag])
    return given


def _checked(field: str, value: Any) -> Any:
    from contract.settings import check_settings  # late: the first window does not wait for it

    return getattr(check_settings({field: value}), field)
