"""Tables for spreadsheets (CSV): what people and devices wrote stays text and never becomes a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from decimal import Decimal

from report.text import printable

# A spreadsheet takes a cell that begins with one of these for a formula, which can send the table to a stranger.
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "|", "%")

# what a file begins with, so that Excel reads it as UTF-8 in any language
BEGIN = b"\xef\xbb\xbf"


def cell(value: object) -> str:
    """The text of one cell. Numbers stay numbers; a text that looks like a formula gets an apostrophe before it."""
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return str(value)
    given = "" if value is None else str(value)
    text = printable(given)
    suspicious = given.startswith(("\t", "\r", "\n")) or text.lstrip(" '\"\n\u3000").startswith(_FORMULA)
    return f"'{text}" if suspicious else text


def line(values: Iterable[object]) -> bytes:
    """One row of a CSV file: every cell quoted, ended by CR LF."""
    target = io.StringIO()
    csv.writer(target, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow([cell(value) for value in values])
    return target.getvalue().encode("utf-8", "replace")
