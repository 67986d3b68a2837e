"""Columns chosen by hand: any header, no header, any sheet; remembered for the next table with the same header."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from backend.runtime import Runtime
from backend.services import columns, invitations
from backend.services.candidates import ImportReport, import_candidates
from backend.services.table_file import LEFT_OUT, Choice
from contract.errors import ErrorCode, XudaError
from tests.backend.test_candidates import faults, new_batch
from tests.backend.test_workbooks import workbook
from tests.backend.world import COMMAND_LINE, organisation

ODD = "大名,呼机,备考\n王小明,13812345678,好\n李雷,1391,差\n"
NAMES = {0: "name", 1: "phone"}


@pytest.fixture
def hr(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    found = organisation(tmp_path_factory.mktemp("hr") / "data")
    yield found
    found.close()


def run(hr: Runtime, data: str | bytes, chosen: Choice | None = None, batch: str | None = None) -> ImportReport:
    raw = data.encode() if isinstance(data, str) else data
    return import_candidates(hr, COMMAND_LINE, batch or new_batch(hr), raw, chosen)


def unknown(hr: Runtime, data: str | bytes) -> bool:
    try:
        run(hr, data)
    except XudaError as error:
        return error.code is ErrorCode.ROW_INVALID
    return False


def test_a_table_with_a_strange_header_is_taken_by_hand_and_known_the_next_time(hr: Runtime) -> None:
    assert unknown(hr, ODD)
    batch = new_batch(hr)
    report = run(hr, ODD, Choice(0, 1, NAMES), batch)
    assert [item.row for item in report.imported] == [2]
    assert faults(report) == [(3, "呼机", "malformed")]
    assert [view.candidate for view in invitations.list_invitations(hr, COMMAND_LINE, batch)] == ["王小明"]
    later = "报名表,,\n 大名 ,呼机,备考,\n韩梅梅,13912345678,\n"
    assert [item.row for item in run(hr, later).imported] == [3]
    assert unknown(hr, "大名,呼机\n韩梅梅,13912345678\n")


def test_a_choice_for_a_known_header_counts_more_than_what_the_header_says(hr: Runtime) -> None:
    table = "姓名,推荐人,手机\n推荐人甲,王小明,13812345678\n"
    batch = new_batch(hr)
    run(hr, table, Choice(0, 1, {1: "name", 2: "phone"}), batch)
    assert [view.candidate for view in invitations.list_invitations(hr, COMMAND_LINE, batch)] == ["王小明"]
    again = new_batch(hr)
    run(hr, table, None, again)
    assert [view.candidate for view in invitations.list_invitations(hr, COMMAND_LINE, again)] == ["王小明"]


def test_what_is_left_out_is_kept_nowhere_and_the_rest_stays_with_the_candidate(hr: Runtime) -> None:
    from backend.db.models import Candidate
    from backend.services.people import candidate_value

    run(hr, "大名,呼机,备考,密\n王小明,13812345678,好,secret\n", Choice(0, 1, {**NAMES, 3: LEFT_OUT}))
    with hr.db.read() as session:
        (candidate,) = session.query(Candidate).all()
        assert candidate_value(hr, candidate, "extra") == '{"备考": "好"}'


def test_a_table_without_a_header_begins_with_its_first_row(hr: Runtime) -> None:
    report = run(hr, "王小明,13812345678\n李雷,13912345678\n", Choice(0, 0, NAMES))
    assert [item.row for item in report.imported] == [1, 2]
    assert unknown(hr, "王小明,13812345678\n")


def test_the_sheet_and_the_header_row_of_a_workbook_can_be_chosen(hr: Runtime) -> None:
    def second(sheet: object) -> None:
        other = sheet.parent.create_sheet("名单")  # type: ignore[attr-defined]
        for row in (["2026 秋招"], [], ["大名", "呼机"], ["王小明", 13812345678]):
            other.append(row)

    data = workbook([["说明"], ["请勿修改"]], second)
    look = columns.look(hr, COMMAND_LINE, data, 1)
    assert (look.sheets, look.choice.header) == (2, 3)
    assert look.columns == ["大名", "呼机"]
    assert look.samples == [["王小明"], ["13812345678"]]
    report = run(hr, data, Choice(1, 3, NAMES))
    assert [item.row for item in report.imported] == [4]


@pytest.mark.parametrize(
    "chosen",
    [
        Choice(0, 1, {1: "phone"}),
        Choice(0, 1, {0: "name", 1: "name"}),
        Choice(0, 1, {0: "name", 1: "salary"}),
        Choice(3, 1, NAMES),
        Choice(0, 99, NAMES),
    ],
)
def test_a_choice_that_cannot_be_is_refused_and_nothing_is_taken(hr: Runtime, chosen: Choice) -> None:
    batch = new_batch(hr)
    with pytest.raises(XudaError) as refused:
        run(hr, ODD, chosen, batch)
    assert refused.value.code is ErrorCode.ROW_INVALID
    assert invitations.list_invitations(hr, COMMAND_LINE, batch) == []
    assert unknown(hr, ODD)


def test_two_columns_of_the_same_text_are_told_apart(hr: Runtime) -> None:
    data = "大名,呼机,name,备考,备考\n王小明,13812345678,x,1,2\n"
    assert len(run(hr, data, Choice(0, 1, NAMES)).imported) == 1


def test_nothing_of_a_table_is_remembered_but_its_header_and_that_as_a_hash(hr: Runtime) -> None:
    run(hr, ODD, Choice(0, 1, NAMES))
    hr.db.wipe_log()
    content = (hr.settings.data / "hr.db").read_bytes()
    assert "大名".encode() not in content
    assert "呼机".encode() not in content
