"""Tables people give us as CSV: whatever their spreadsheet made of encoding, separators and column names."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from contract.errors import ErrorCode, XudaError

_MOST_BYTES = 20 * 1024 * 1024
_SEPARATORS = (",", ";", "\t", "，")
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
    """``number``: the row in the file as a spreadsheet counts, the header being 1. ``values``: by known column name,
    or by the header's own text. ``problem``: why the row as such cannot be read, as (field, detail)."""

    number: int
    values: Mapping[str, str]
    problem: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """``headers`` maps each column's name here to the header's text in the file."""

    encoding: str
    headers: Mapping[str, str]
    rows: list[Row]


def read_table(data: bytes) -> Table:
    """Raises XudaError(FILE_ENCODING) for what is no text, TOO_LARGE, and ROW_INVALID (row 1) for a header without a
    column of names or with a column twice."""
    if len(data) > _MOST_BYTES:
        raise XudaError(ErrorCode.TOO_LARGE, limit=_MOST_BYTES)
    text, encoding = decode(data)
    lines = text.split("\n", 1)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(lines[0]), strict=True)
    header = _header(reader)
    return Table(encoding, header, list(_rows(reader, list(header))))


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


def _separator(line: str) -> str:
    return max(_SEPARATORS, key=line.count)


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).strip().strip("*:").strip().lower()
    return " ".join(plain.replace("_", " ").split())


def _header(reader: Iterator[list[str]]) -> dict[str, str]:
    try:
        cells = next(reader)
    except (StopIteration, csv.Error) as error:
        raise XudaError(ErrorCode.ROW_INVALID, row=1, field="name") from error
    header: dict[str, str] = {}
    for place, cell in enumerate(cells, start=1):
        shown = cell.strip()
        column = _KNOWN.get(_folded(cell), shown) or f"#{place}"
        if column in header:
            raise XudaError(ErrorCode.ROW_INVALID, row=1, field=shown)
        header[column] = shown or column
    if "name" not in header:
        raise XudaError(ErrorCode.ROW_INVALID, row=1, field="name")
    return header


def _rows(reader: Iterator[list[str]], columns: list[str]) -> Iterator[Row]:
    number = 1
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Row(number, {}, ("quotes", str(error)))
            continue
        cells = [unicodedata.normalize("NFKC", cell).strip() for cell in cells]
        if not any(cells):
            continue
        values = dict(zip(columns, cells, strict=False))
        yield Row(number, values, ("columns", f"{len(cells)} > {len(columns)}") if any(cells[len(columns) :]) else None)
