"""Tables with a header of our own words, row by row: what can be taken is taken, the rest is named."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from backend.services.table_file import read_grid
from backend.services.workbook import Line
from contract.errors import ErrorCode, XudaError

_HEADER_WITHIN = 20
MOST_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class Problem:
    """``problem``: missing, malformed, unknown, twice, taken, loop, unreadable, or a fault of
    :class:`backend.services.workbook.Line`. ``field``: the header as the file has it."""

    row: int
    field: str
    problem: str


@dataclass(slots=True)
class Report:
    """Rows by what became of them; ``same``: nothing had to be changed."""

    added: int = 0
    changed: int = 0
    same: int = 0
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, record: Record, name: str, problem: str) -> None:
        self.problems.append(Problem(record.row, record.header(name), problem))


@dataclass(frozen=True, slots=True)
class Record:
    """``row`` as a spreadsheet counts. ``values``: field -> text, only of columns that the file has."""

    row: int
    values: Mapping[str, str]
    headers: Mapping[str, str]
    fault: tuple[str, str] | None = None

    def text(self, name: str) -> str:
        return self.values.get(name, "")

    def header(self, name: str) -> str:
        return self.headers.get(name, name)

    def number(self, name: str) -> int | None:
        """A whole number of at most nine digits; None for what is none."""
        text = self.text(name)
        whole, _, rest = text.partition(".")
        plain = whole.isascii() and whole.isdigit() and len(whole) <= 9 and not rest.strip("0")
        return int(whole) if plain else None


def records(data: bytes, aliases: Mapping[str, str], needed: Sequence[str]) -> list[Record]:
    """The rows below the first row that has all ``needed`` columns. ``aliases``: field -> ``one|other`` headers.

    Raises XudaError(FILE_ENCODING | TABLE_UNREADABLE | TOO_LARGE), ROW_INVALID with the ``field`` that no header has.
    """
    known = {_folded(alias): name for name, listed in aliases.items() for alias in listed.split("|")}
    sheets, _ = read_grid(data)
    best: set[str] = set()
    for lines in sheets:
        for place, line in enumerate(lines[:_HEADER_WITHIN]):
            columns = {at: known[_folded(cell)] for at, cell in enumerate(line.cells) if _folded(cell) in known}
            best = max(best, set(columns.values()), key=len)
            if set(needed) <= set(columns.values()):
                if len(lines) - place > MOST_ROWS:
                    raise XudaError(ErrorCode.TOO_LARGE, limit=MOST_ROWS)
                return list(_below(lines[place], lines[place + 1 :], columns))
    raise XudaError(ErrorCode.ROW_INVALID, row=1, field=next(name for name in needed if name not in best))


def _below(head: Line, lines: Sequence[Line], columns: Mapping[int, str]) -> Iterator[Record]:
    headers = {name: head.cells[at].strip() for at, name in columns.items()}
    for line in lines:
        if -1 in line.faults:
            yield Record(line.number, {}, headers, (line.faults[-1], "unreadable"))
            continue
        cells = [unicodedata.normalize("NFKC", cell).strip() for cell in line.cells]
        values = {name: cells[at] if at < len(cells) else "" for at, name in columns.items()}
        fault = next(((headers[columns[at]], what) for at, what in line.faults.items() if at in columns), None)
        if any(values.values()) or fault is not None:
            yield Record(line.number, values, headers, fault)


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).strip().strip("*:").strip().lower()
    return " ".join(plain.replace("_", " ").split())
