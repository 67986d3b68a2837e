"""Tables for Excel. What people and devices wrote stays text: it is no formula and begins none (report.table)."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import datetime

from report import table

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_WIDEST, _LONGEST = 48, 32_000


def workbook(title: str, rows: Iterable[Sequence[object]]) -> bytes:
    """An .xlsx of one sheet; the first row is the header. In memory: openpyxl's way to stream writes clear text to the
    disk."""
    from openpyxl import Workbook  # late: it takes a tenth of a second
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = title[:31]
    widths: dict[int, int] = {}
    for number, row in enumerate(rows, start=1):
        for column, value in enumerate(row, start=1):
            cell = sheet.cell(number, column)
            if isinstance(value, int | float) and not isinstance(value, bool):
                cell.value = value
            elif value not in (None, ""):
                cell.value = _text(value)
                cell.data_type = "s"  # a text in any case, whatever it begins with
            widths[column] = max(widths.get(column, 8), min(_WIDEST, 2 + _width(cell.value)))
        if number == 1:
            for cell in sheet[1]:
                cell.font = Font(bold=True)
    sheet.freeze_panes = "A2"
    for column, width in widths.items():
        sheet.column_dimensions[get_column_letter(column)].width = width
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def local(value: object) -> object:
    """A time as text in the server's zone, with its offset; anything else as it is."""
    return value.astimezone().strftime("%Y-%m-%d %H:%M:%S%z") if isinstance(value, datetime) else value


def _text(value: object) -> str:
    return table.cell(local(value))[:_LONGEST]


def _width(value: object) -> int:
    return sum(2 if ord(c) > 0x2E80 else 1 for c in str(value or ""))
