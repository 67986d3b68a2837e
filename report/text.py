"""Text that others wrote, made safe to print: nothing invisible, nothing that turns the line round."""

from __future__ import annotations

import re
import unicodedata

_LONG_RUN = re.compile(r"[!-~]{24,}")
_CONTROLS = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
# format characters that change the reading order or hide; joiners that scripts and emoji need stay
_HIDDEN = frozenset("\u200b\u200e\u200f\u061c\u00ad\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2060")


def printable(text: str) -> str:
    """Control and reordering characters are shown as ``\\u{…}``; line breaks stay, tabs become spaces."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ")
    return "".join(_shown(c) for c in lines)


def breakable(text: str) -> str:
    """:func:`printable`, with break opportunities inside very long words, so that no word leaves the page."""
    return _LONG_RUN.sub(_with_breaks, printable(text))


def _with_breaks(run: re.Match[str]) -> str:
    return "\u200b".join(run[0][i : i + 12] for i in range(0, len(run[0]), 12))


def _shown(c: str) -> str:
    if c != "\n" and (c in _HIDDEN or unicodedata.category(c) in _CONTROLS):
        return f"\\u{{{ord(c):x}}}"
    return c
