"""Tables people give us, as CSV or .xlsx: whatever their spreadsheet made of encoding, separators and column names."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType

from backend.services.workbook import Line, is_workbook, read_sheets
from contract.canonical import canonical_json, sha256_hex
from contract.errors import ErrorCode, XudaError

_MOST_BYTES = 20 * 1024 * 1024
_SEPARATORS = (",", ";", "\t", "，")
# Above the header there may be a title, a date, a note on how to fill the table in.
_HEADER_WITHIN = 20
_COLUMNS = {
    "name": "name|full name|candidate|candidate name|姓名|名字|候选人|候选人姓名|应聘者",
    "phone": "phone|mobile|phone number|mobile number|mobile phone|tel|telephone|cell"
    "|手机|手机号|手机号码|电话|电话号码|联系电话|联系方式",
    "email": "email|e-mail|mail|email address|邮箱|电子邮箱|电子邮件|邮件|邮箱地址",
    "id_number": "id number|id no|id no.|id card|identity number|national id"
    "|身份证|身份证号|身份证号码|证件号|证件号码",
    "department": "department|dept|部门|所属部门|应聘部门",
    "position": "position|job|job title|post|岗位|职位|应聘岗位|应聘职位",
}
FIELDS = tuple(_COLUMNS)
LEFT_OUT = "-"
_DROPPED = "\0"  # no header has it
_NOTHING: Mapping[str, Mapping[int, str]] = MappingProxyType({})
_KNOWN = {alias: column for column, aliases in _COLUMNS.items() for alias in aliases.split("|")}


@dataclass(frozen=True, slots=True)
class Row:
    """``number``: the row in the file as a spreadsheet counts, from 1. ``values``: by known column name, or by the
    header's own text. ``problem``: why it cannot be read, as (field, kind); the kind is ``unreadable`` for the row as
    such, else one of :class:`backend.services.workbook.Line`."""

    number: int
    values: Mapping[str, str]
    problem: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """``headers`` maps each column's name here to the header's text in the file. ``encoding``: ``xlsx`` for one."""

    encoding: str
    headers: Mapping[str, str]
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody says a table is. ``sheet`` from 0; ``header``: the row as a spreadsheet counts, 0: there is none;
    ``columns``: place from 0 -> one of :data:`FIELDS`, or :data:`LEFT_OUT`; others stay under the header's own text."""

    sheet: int
    header: int
    columns: Mapping[int, str]


def read_table(
    data: bytes, chosen: Choice | None = None, remembered: Mapping[str, Mapping[int, str]] = _NOTHING
) -> Table:
    """The header is the first row with a column of names, among the first twenty; of a workbook, in the first sheet
    that has one. ``remembered``: :func:`header_mark` -> columns, for headers that somebody has explained before.

    Raises XudaError(FILE_ENCODING) for what is no text, TABLE_UNREADABLE for what is no workbook, TOO_LARGE, and
    ROW_INVALID for a table without a column of names (row 1) or a header with a column twice.
    """
    sheets, encoding = read_grid(data)
    if chosen is not None:
        return _as_chosen(sheets, encoding, chosen)
    for lines in sheets:
        for place, line in enumerate(lines[:_HEADER_WITHIN]):
            columns = remembered.get(header_mark(line.cells))
            if columns is not None:
                return _table(encoding, lines, place, columns)
        found = _header_place(lines)
        if found is not None:
            header = _header(lines[found])
            return Table(encoding, header, list(_rows(lines[found + 1 :], header)))
    raise XudaError(ErrorCode.ROW_INVALID, row=1, field="name")


def read_grid(data: bytes) -> tuple[list[list[Line]], str]:
    """Every row of every sheet (a text is one sheet), and the encoding. Raises as :func:`read_table`."""
    if len(data) > _MOST_BYTES:
        raise XudaError(ErrorCode.TOO_LARGE, limit=_MOST_BYTES)
    if is_workbook(data):
        return read_sheets(data), "xlsx"
    text, encoding = decode(data)
    return [list(_text_lines(text))], encoding


def header_mark(cells: Sequence[str]) -> str:
    """What a header is known again by, whatever its case, spaces and empty cells at the end."""
    folded = [_folded(cell) for cell in cells]
    while folded and not folded[-1]:
        folded.pop()
    return sha256_hex(canonical_json(folded))


def width(line: Line) -> int:
    """Cells up to the last that says something; a workbook has empty ones after it."""
    return max((at + 1 for at, cell in enumerate(line.cells) if cell.strip()), default=0)


def guess(lines: Sequence[Line]) -> Choice:
    """What a table may be, for somebody to mend: the header is the first row with two texts, or the only column."""
    place = _header_place(lines)
    if place is None:
        full = (at for at, line in enumerate(lines[:_HEADER_WITHIN]) if sum(map(bool, map(str.strip, line.cells))) > 1)
        place = next(full, 0)
    cells = lines[place].cells if lines else []
    known = {at: column for at, cell in enumerate(cells) if (column := _column(cell)) is not None}
    return Choice(0, lines[place].number if lines else 0, known)


def _as_chosen(sheets: Sequence[list[Line]], encoding: str, chosen: Choice) -> Table:
    fields = [name for name in chosen.columns.values() if name != LEFT_OUT]
    if "name" not in fields or len(set(fields)) != len(fields) or not set(fields) <= set(FIELDS):
        raise XudaError(ErrorCode.ROW_INVALID, row=chosen.header, field="name")
    if not 0 <= chosen.sheet < len(sheets):
        raise XudaError(ErrorCode.ROW_INVALID, row=chosen.header, field="sheet")
    lines = sheets[chosen.sheet]
    if chosen.header == 0:
        wide = max(map(width, lines), default=0)
        lines = [Line(0, [f"#{place + 1}" for place in range(wide)]), *lines]
    place = next((at for at, line in enumerate(lines) if line.number == chosen.header), None)
    if place is None:
        raise XudaError(ErrorCode.ROW_INVALID, row=chosen.header, field="header")
    return _table(encoding, lines, place, chosen.columns)


def _table(encoding: str, lines: Sequence[Line], place: int, columns: Mapping[int, str]) -> Table:
    header: dict[str, str] = {}
    for at, cell in enumerate(_trimmed(lines[place], columns)):
        shown = cell.strip() or f"#{at + 1}"
        name = columns.get(at) or shown
        if name == LEFT_OUT:
            name = f"{_DROPPED}{at}"
        elif at not in columns and (name in FIELDS or name in header):
            name = f"{shown} #{at + 1}"  # another column is that field, or the header has this text twice
        header[name] = shown
    rows = list(_rows(lines[place + 1 :], header))
    return Table(encoding, header, rows)


def _trimmed(line: Line, columns: Mapping[int, str]) -> list[str]:
    """The header's cells without the empty ones at the end, but with every column that was chosen."""
    cells = list(line.cells)
    while cells and not cells[-1].strip():
        cells.pop()
    return cells + [""] * (max(columns, default=-1) + 1 - len(cells))


def decode(data: bytes) -> tuple[str, str]:
    """The text and the encoding it was in: UTF-8 with or without mark, UTF-16 with mark, else GB18030.

    Raises XudaError(FILE_ENCODING).
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        candidates = ["utf-16"]
    elif data.startswith(b"\xef\xbb\xbf"):
        candidates = ["utf-8-sig"]
    else:
        candidates = ["utf-8", "gb18030"]
    for encoding in candidates:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not any(unicodedata.category(c) in ("Cc", "Co", "Cn") and c not in "\r\n\t" for c in text):
            return text, encoding
    raise XudaError(ErrorCode.FILE_ENCODING)


def _separator(text: str) -> str:
    start = "\n".join(islice(text.split("\n"), _HEADER_WITHIN))
    return max(_SEPARATORS, key=start.count)


def _text_lines(text: str) -> Iterator[Line]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    number = 0
    while True:
        number += 1
        try:
            yield Line(number, next(reader))
        except StopIteration:
            return
        except csv.Error:
            yield Line(number, [], {-1: "quotes"})


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).strip().strip("*:").strip().lower()
    return " ".join(plain.replace("_", " ").split())


def _header_place(lines: Sequence[Line]) -> int | None:
    start = enumerate(lines[:_HEADER_WITHIN])
    return next((place for place, line in start if "name" in map(_column, line.cells)), None)


def _column(cell: str) -> str | None:
    return _KNOWN.get(_folded(cell))


def _header(line: Line) -> dict[str, str]:
    cells = list(line.cells)
    while cells and not cells[-1].strip():
        cells.pop()
    header: dict[str, str] = {}
    for place, cell in enumerate(cells, start=1):
        shown = cell.strip()
        column = _column(cell) or shown or f"#{place}"
        if column in header:
            raise XudaError(ErrorCode.ROW_INVALID, row=line.number, field=shown)
        header[column] = shown or column
    return header


def _rows(lines: Sequence[Line], header: Mapping[str, str]) -> Iterator[Row]:
    columns = list(header)
    for line in lines:
        if -1 in line.faults:
            yield Row(line.number, {}, (line.faults[-1], "unreadable"))
            continue
        cells = [unicodedata.normalize("NFKC", cell).strip() for cell in line.cells]
        if any(cells) or line.faults:
            values = {name: cell for name, cell in zip(columns, cells, strict=False) if not name.startswith(_DROPPED)}
            yield Row(line.number, values, _problem(line, cells, header))


def _problem(line: Line, cells: Sequence[str], header: Mapping[str, str]) -> tuple[str, str] | None:
    """Faults count where something is read from: in a column that is known."""
    columns = list(header)
    if any(cells[len(columns) :]):
        return "columns", "unreadable"
    known = set(_COLUMNS)
    return next(
        (
            (header[columns[at]], fault)
            for at, fault in line.faults.items()
            if at < len(columns) and columns[at] in known
        ),
        None,
    )
