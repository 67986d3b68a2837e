"""Tables for spreadsheets (CSV): what people and devices wrote stays text and never becomes a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from report.text import printable

# A spreadsheet takes a cell that begins with one of these for a formula, which can send the table to a stranger.
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "|", "%")


def cell(value: object) -> str:
    """The text of one cell. Numbers stay numbers; a text that looks like a formula gets an apostrophe before it."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    given = "" if value is None else str(value)
    text = printable(given)
    suspicious = given.startswith(("\t", "\r", "\n")) or text.lstrip(" '\"\n\u3000").startswith(_FORMULA)
    return f"'{text}" if suspicious else text


def csv_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A CSV file as Excel opens it in any language: UTF-8 with its mark, lines ended by CR LF, every cell quoted."""
    target = io.StringIO()
    writer = csv.writer(target, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    for row in (header, *rows):
        writer.writerow([cell(value) for value in row])
    return target.getvalue().encode("utf-8-sig")
