"""Excel workbooks (.xlsx) as rows of text, as a person sees them in the spreadsheet."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from contract.errors import ErrorCode, XudaError

_ZIP = b"PK\x03\x04"
# Excel 97, and .xlsx behind a password
_OLE = b"\xd0\xcf\x11\xe0"
_MOST_UNPACKED = 200 * 1024 * 1024
_MOST_PARTS = 2_000
MOST_ROWS = 100_000
_MOST_COLUMNS = 200
# A spreadsheet keeps fifteen digits of a number; an ID number has eighteen.
_EXACT_BELOW = 10**15


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a table. ``number``: as a spreadsheet counts, from 1. ``faults``: by the place of a cell what is wrong
    with it: ``rounded`` (a number of more digits than a spreadsheet keeps) or ``formula`` (it shows an error)."""

    number: int
    cells: list[str]
    faults: dict[int, str] = field(default_factory=dict)


def is_workbook(data: bytes) -> bool:
    """Whether it is to be read here: everything else is text."""
    return data.startswith((_ZIP, _OLE))


def read_sheets(data: bytes) -> list[list[Line]]:
    """The rows of each visible sheet.

    Raises XudaError(TABLE_UNREADABLE) for what is no workbook, is damaged or has a password, TOO_LARGE for more than
    100,000 rows or 200 MB of content.
    """
    import openpyxl  # takes a quarter of a second

    try:
        _check_size(data)
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        try:
            return [list(_lines(sheet)) for sheet in book.worksheets if sheet.sheet_state == "visible"]
        finally:
            book.close()
    except XudaError:
        raise
    except Exception as error:  # openpyxl lets through whatever a damaged file makes of its parts
        raise XudaError(ErrorCode.TABLE_UNREADABLE) from error


def _check_size(data: bytes) -> None:
    """A small file may unpack to more than the machine has."""
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        parts = packed.infolist()
    if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > _MOST_UNPACKED:
        raise XudaError(ErrorCode.TOO_LARGE, limit=_MOST_UNPACKED)


def _lines(sheet: Any) -> Iterator[Line]:
    sheet.reset_dimensions()  # what the file says of its size may be wrong
    for count, row in enumerate(sheet.iter_rows(max_col=_MOST_COLUMNS)):
        if count >= MOST_ROWS:
            raise XudaError(ErrorCode.TOO_LARGE, limit=MOST_ROWS)
        cells, faults = [], {}
        for place, cell in enumerate(row):
            text, fault = _text(cell.value, cell.data_type)
            cells.append(text)
            if fault:
                faults[place] = fault
        yield Line(count + 1, cells, faults)


def _text(value: object, kind: str) -> tuple[str, str]:
    """What the cell says, and what is wrong with it."""
    if value is None:
        return "", ""
    if kind == "e":
        return "", "formula"
    if isinstance(value, bool):
        return str(value).upper(), ""
    if isinstance(value, int | float):
        if abs(value) >= _EXACT_BELOW:
            return "", "rounded"
        return str(int(value)) if value == int(value) else repr(value), ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time.min else value.isoformat(" ", "minutes"), ""
    if isinstance(value, date | time):
        return value.isoformat(), ""
    return str(value), ""
