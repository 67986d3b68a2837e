"""Workbooks as people keep them: titles above the header, numbers for text, several sheets, damage."""

from __future__ import annotations

import contextlib
import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from backend.db.models import Candidate
from backend.runtime import Runtime
from backend.services.people import candidate_value
from backend.services.table_file import read_table
from contract.errors import ErrorCode, XudaError
from tests.backend.test_candidates import faults, new_batch, run
from tests.backend.world import organisation

HEADER = ("姓名", "手机号码", "身份证", "毕业院校")


@pytest.fixture(scope="module")
def hr(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    found = organisation(tmp_path_factory.mktemp("hr") / "data")
    yield found
    found.close()


def workbook(rows: Sequence[Sequence[object]], change: Callable[[Worksheet], object] = lambda _: None) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    for row in rows:
        sheet.append(list(row))
    change(sheet)
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def values(data: bytes) -> list[tuple[int, dict[str, str]]]:
    return [(row.number, dict(row.values)) for row in read_table(data).rows]


def test_people_of_a_workbook_are_invited_row_by_row(hr: Runtime) -> None:
    batch = new_batch(hr)
    report = run(
        hr, workbook([HEADER, ("王小明", "13812345678", "11010519491231002X", "某大学"), ("李雷", "1391", "")]), batch
    )
    assert report.encoding == "xlsx"
    assert [item.row for item in report.imported] == [2]
    assert faults(report) == [(3, "手机号码", "malformed")]


def test_rows_keep_their_number_below_titles_and_gaps() -> None:
    rows = [("2026 秋招第一批",), (), ("请勿修改表头",), HEADER, ("王小明", "13812345678"), (), ("李雷", "13912345678")]
    found = values(workbook(rows, lambda sheet: sheet.merge_cells("A1:D1")))
    assert [(number, row["name"]) for number, row in found] == [(5, "王小明"), (7, "李雷")]


def test_the_first_visible_sheet_with_names_counts() -> None:
    book = openpyxl.Workbook()
    cover = book.active
    assert isinstance(cover, Worksheet)
    cover.append(["说明"])
    hidden = book.create_sheet("旧名单")
    hidden.append(["姓名", "手机"])
    hidden.append(["旧人", "13812345670"])
    hidden.sheet_state = "hidden"
    people = book.create_sheet("名单")
    people.append(["姓名", "手机"])
    people.append(["新人", "13812345671"])
    assert values(saved(book)) == [(2, {"name": "新人", "phone": "13812345671"})]


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (13812345678, "13812345678"),
        (13812345678.0, "13812345678"),
        (" １３８１２３４５６７８ ", "13812345678"),
        (3.5, "3.5"),
        (True, "TRUE"),
        (datetime(2026, 7, 1), "2026-07-01"),  # noqa: DTZ001 - a spreadsheet knows no time zones
        (datetime(2026, 7, 1, 9, 30), "2026-07-01 09:30"),  # noqa: DTZ001
        (None, ""),
    ],
)
def test_a_cell_is_read_as_it_is_shown(given: object, read: str) -> None:
    assert values(workbook([("姓名", "备注"), ("王小明", given)]))[0][1]["备注"] == read


def test_a_number_that_the_spreadsheet_has_rounded_is_named_and_not_guessed(hr: Runtime) -> None:
    rows = [HEADER, ("王小明", "13812345678", 110105194912310028), ("李雷", "13912345678", "")]
    report = run(hr, workbook(rows))
    assert faults(report) == [(2, "身份证", "rounded")]
    assert [item.row for item in report.imported] == [3]


def test_a_formula_that_failed_is_a_fault_where_it_counts_and_nothing_elsewhere(hr: Runtime) -> None:
    rows = [HEADER, ("王小明", "#N/A", "", "某大学"), ("李雷", "13912345678", "", "#REF!")]
    report = run(hr, workbook(rows))
    assert faults(report) == [(2, "手机号码", "formula")]
    assert [item.row for item in report.imported] == [3]
    with hr.db.read() as session:
        candidate = session.get_one(Candidate, report.imported[0].candidate_id)
        assert not candidate_value(hr, candidate, "extra")


def test_a_column_twice_is_told_with_the_header_s_row() -> None:
    with pytest.raises(XudaError) as caught:
        read_table(workbook([("名单",), ("姓名", "手机", "电话"), ("王小明", "13812345678", "")]))
    assert (caught.value.code, caught.value.row, caught.value.field) == (ErrorCode.ROW_INVALID, 2, "电话")


def test_a_workbook_without_names_is_refused() -> None:
    with pytest.raises(XudaError) as caught:
        read_table(workbook([("手机",), ("13812345678",)]))
    assert (caught.value.code, caught.value.row) == (ErrorCode.ROW_INVALID, 1)


def test_what_is_no_whole_workbook_is_refused_as_such() -> None:
    whole = workbook([HEADER, ("王小明", "13812345678")])
    cut = [whole[:end] for end in range(4, len(whole), 97)]
    for data in (*cut, b"\xd0\xcf\x11\xe0" * 200, b"PK\x03\x04" + bytes(100), _zip({"a.txt": b"hello"})):
        with pytest.raises(XudaError) as caught:
            read_table(data)
        assert caught.value.code is ErrorCode.TABLE_UNREADABLE


@pytest.mark.parametrize("seed", range(3))
def test_a_flipped_byte_never_ends_in_anything_but_a_known_error(seed: int) -> None:
    whole = bytearray(workbook([HEADER, ("王小明", "13812345678")]))
    for place in range(seed, len(whole), 41):
        spoilt = bytes([*whole[:place], whole[place] ^ 0x5A, *whole[place + 1 :]])
        with contextlib.suppress(XudaError):
            read_table(spoilt)


def test_what_unpacks_to_more_than_a_machine_has_is_not_unpacked() -> None:
    with pytest.raises(XudaError) as caught:
        read_table(_zip({"xl/worksheets/sheet1.xml": bytes(201 * 2**20)}))
    assert caught.value.code is ErrorCode.TOO_LARGE


def test_entities_are_not_expanded() -> None:
    parts = dict(_parts(workbook([HEADER, ("王小明", "13812345678")])))
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    text = parts["xl/worksheets/sheet1.xml"]
    head, worksheet, rest = text.partition(b"<worksheet")
    parts["xl/worksheets/sheet1.xml"] = head + bomb + worksheet + rest
    with pytest.raises(XudaError) as caught:
        read_table(_zip(parts))
    assert caught.value.code is ErrorCode.TABLE_UNREADABLE


def _zip(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return out.getvalue()


def _parts(data: bytes) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        for part in packed.infolist():
            yield part.filename, packed.read(part)
