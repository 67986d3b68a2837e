"""Tables people give us, as CSV or .xlsx: whatever their spreadsheet made of encoding, separators and column names."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from backend.services.workbook import Line, is_workbook, read_sheets
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


def read_table(data: bytes) -> Table:
    """The header is the first row with a column of names, among the first twenty; of a workbook, in the first sheet
    that has one.

    Raises XudaError(FILE_ENCODING) for what is no text, TABLE_UNREADABLE for what is no workbook, TOO_LARGE, and
    ROW_INVALID for a table without a column of names (row 1) or a header with a column twice.
    """
    if len(data) > _MOST_BYTES:
        raise XudaError(ErrorCode.TOO_LARGE, limit=_MOST_BYTES)
    if is_workbook(data):
        sheets, encoding = read_sheets(data), "xlsx"
    else:
        text, encoding = decode(data)
        sheets = [list(_text_lines(text))]
    for lines in sheets:
        place = _header_place(lines)
        if place is not None:
            header = _header(lines[place])
            return Table(encoding, header, list(_rows(lines[place + 1 :], header)))
    raise XudaError(ErrorCode.ROW_INVALID, row=1, field="name")


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
            yield Row(line.number, dict(zip(columns, cells, strict=False)), _problem(line, cells, header))


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
