"""Text that others wrote, made safe to print: nothing invisible, nothing that turns the line round."""

from __future__ import annotations

import re

from contract.text import invisible

_LONG_RUN = re.compile(r"[!-~]{24,}")


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
    if c != "\n" and invisible(c):
        return f"\\u{{{ord(c):x}}}"
    return c
