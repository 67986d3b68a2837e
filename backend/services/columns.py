"""Which column of a table is what: known by its header, chosen by hand, or chosen before for the same header."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from backend.db.delivery_models import ColumnChoiceRow
from backend.db.models import Role
from backend.runtime import Runtime
from backend.services import scope
from backend.services.actor import Actor
from backend.services.table_file import Choice, Table, guess, header_mark, read_grid, read_table, width
from backend.services.workbook import Line
from contract.errors import ErrorCode, XudaError

SHOWN_ROWS = 8
_MOST_REMEMBERED = 500


@dataclass(frozen=True, slots=True)
class Look:
    """The start of a table. ``rows``: (number, cells), all of the same length; ``choice``: what it may be;
    ``samples``: of each column the first cells below the header; ``sheets``: how many there are."""

    choice: Choice
    rows: list[tuple[int, list[str]]]
    columns: list[str]
    samples: list[list[str]]
    sheets: int


def read(hr: Runtime, data: bytes, chosen: Choice | None) -> Table:
    """Raises what ``read_table`` raises."""
    table = read_table(data, chosen, _remembered(hr))
    if chosen is not None and chosen.header:
        _remember(hr, data, chosen)
    return table


def look(hr: Runtime, actor: Actor, data: bytes, sheet: int = 0, header: int | None = None) -> Look:
    """What a person needs to choose. Raises XudaError(FORBIDDEN | FILE_ENCODING | TABLE_UNREADABLE | TOO_LARGE),
    ROW_INVALID for a table without any row."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    sheets, _ = read_grid(data)
    full = [[line for line in lines if any(cell.strip() for cell in line.cells)] for lines in sheets]
    sheet = sheet if 0 <= sheet < len(full) else 0
    if not full or not full[sheet]:
        raise XudaError(ErrorCode.ROW_INVALID, row=1, field="name")
    lines = full[sheet]
    first = guess(lines)
    number = first.header if header is None or header not in {0, *(line.number for line in lines)} else header
    head = next((line.cells for line in lines if line.number == number), [])
    below = [line for line in lines if line.number > number]
    shown = lines[: max(SHOWN_ROWS, sum(line.number <= number for line in lines) + 3)]
    wide = max(map(width, [*below[:SHOWN_ROWS], *shown]))
    known = _remembered(hr).get(header_mark(head)) or (guess([line]).columns if (line := _line(lines, number)) else {})
    return Look(
        choice=Choice(sheet, number, known),
        rows=[(line.number, _padded(line.cells, wide)) for line in shown],
        columns=[cell.strip() or f"#{place + 1}" for place, cell in enumerate(_padded(head, wide))],
        samples=[[_padded(line.cells, wide)[place] for line in below[:3]] for place in range(wide)],
        sheets=len(full),
    )


def _line(lines: Sequence[Line], number: int) -> Line | None:
    return next((line for line in lines if line.number == number), None)


def _padded(cells: list[str], wide: int) -> list[str]:
    return [*cells, *[""] * (wide - len(cells))][:wide]


def _remembered(hr: Runtime) -> dict[str, Mapping[int, str]]:
    query = select(ColumnChoiceRow).order_by(ColumnChoiceRow.chosen_at.desc()).limit(_MOST_REMEMBERED)
    with hr.db.read() as session:
        rows = session.scalars(query).all()
    return {row.header: {int(place): name for place, name in json.loads(row.columns).items()} for row in rows}


def _remember(hr: Runtime, data: bytes, chosen: Choice) -> None:
    sheets, _ = read_grid(data)
    cells = next(line.cells for line in sheets[chosen.sheet] if line.number == chosen.header)
    kept = json.dumps({str(place): name for place, name in chosen.columns.items()})
    with hr.db.write() as session:
        session.merge(ColumnChoiceRow(header=header_mark(cells), columns=kept, chosen_at=hr.now()))
