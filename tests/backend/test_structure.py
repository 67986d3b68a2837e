"""Departments and positions from tables: by code, in any order, again and again."""

from __future__ import annotations

import io

import openpyxl
import pytest

from backend.db.models import Role
from backend.services import batches, positions, structure
from contract.errors import ErrorCode, XudaError
from tests.backend.staffing import refusal, somebody
from tests.backend.world import COMMAND_LINE, Served

DEPARTMENTS = """组织架构表
部门编码,部门名称,英文名称,上级部门编码
LAB-1,算法组,Algorithms,lab
lab,实验室,Laboratory,hq
ghost,幽灵部,,nowhere
lab,又一个,,
,没有编码,,
"""
POSITIONS = """岗位编码,岗位名称,所属部门,编制,在岗人数,技能
A-1,算法工程师,lab-1,5,2,Python、机器学习
A-2,研究员,lab,三,0,
A-3,主任,nowhere,1,0,
"""


def problems(report: structure.Report) -> list[tuple[int, str, str]]:
    return [(item.row, item.field, item.problem) for item in report.problems]


def test_a_tree_comes_in_whatever_order_its_rows_have(own_backend: Served) -> None:
    report = structure.import_departments(own_backend.hr, COMMAND_LINE, DEPARTMENTS.encode("gb18030"))
    assert (report.added, report.changed, report.same) == (2, 0, 0)
    assert problems(report) == [
        (6, "部门编码", "twice"),
        (7, "部门编码", "missing"),
        (5, "上级部门编码", "unknown"),
    ]
    tree = {row.id: (depth, row.name) for depth, row in batches.tree(own_backend.hr, COMMAND_LINE)}
    assert tree["lab-1"] == (2, {"zh_CN": "算法组", "en": "Algorithms"})


def test_the_same_table_again_changes_nothing_and_a_changed_row_that_alone(own_backend: Served) -> None:
    hr = own_backend.hr
    structure.import_departments(hr, COMMAND_LINE, DEPARTMENTS.encode())
    structure.import_positions(hr, COMMAND_LINE, POSITIONS.encode())
    again = structure.import_departments(hr, COMMAND_LINE, DEPARTMENTS.encode())
    assert (again.added, again.changed, again.same) == (0, 0, 2)
    same = structure.import_positions(hr, COMMAND_LINE, POSITIONS.encode())
    assert (same.added, same.changed, same.same) == (0, 0, 1)
    changed = structure.import_positions(hr, COMMAND_LINE, POSITIONS.replace(",5,2", ",6,2").encode())
    assert (changed.added, changed.changed, changed.same) == (0, 1, 0)
    assert [line.position.headcount for line in positions.lines(hr, COMMAND_LINE)] == [6]


def test_positions_say_what_is_wrong_with_a_row(own_backend: Served) -> None:
    structure.import_departments(own_backend.hr, COMMAND_LINE, DEPARTMENTS.encode())
    report = structure.import_positions(own_backend.hr, COMMAND_LINE, POSITIONS.encode())
    assert problems(report) == [(3, "编制", "malformed"), (4, "所属部门", "unknown")]
    (line,) = positions.lines(own_backend.hr, COMMAND_LINE)
    assert (line.position.code, line.position.staffed, line.position.skills) == ("A-1", 2, ["Python", "机器学习"])


def test_what_people_have_counted_since_stays_when_the_column_is_not_there(own_backend: Served) -> None:
    hr = own_backend.hr
    structure.import_departments(hr, COMMAND_LINE, DEPARTMENTS.encode())
    structure.import_positions(hr, COMMAND_LINE, POSITIONS.encode())
    short = "code,title,department,headcount\nA-1,算法工程师,lab-1,7\n"
    structure.import_positions(hr, COMMAND_LINE, short.encode())
    (line,) = positions.lines(hr, COMMAND_LINE)
    assert (line.position.headcount, line.position.staffed, line.position.skills) == (7, 2, ["Python", "机器学习"])


def test_a_circle_is_refused_whole(own_backend: Served) -> None:
    report = structure.import_departments(own_backend.hr, COMMAND_LINE, b"code,name,parent\na,A,b\nb,B,a\n")
    assert [item.problem for item in report.problems] == ["loop", "loop"]


def test_a_workbook_is_read_like_a_text(own_backend: Served) -> None:
    book, target = openpyxl.Workbook(), io.BytesIO()
    for row in (["Code", "Name", "Parent"], ["x1", "X", "hq"]):
        book.active.append(row)  # type: ignore[union-attr]
    book.save(target)
    assert structure.import_departments(own_backend.hr, COMMAND_LINE, target.getvalue()).added == 1


def test_only_administrators_change_the_tree(own_backend: Served) -> None:
    code, _ = refusal(structure.import_departments, own_backend.hr, somebody(own_backend.hr), DEPARTMENTS.encode())
    assert code == "forbidden"
    head = somebody(own_backend.hr, Role.DEPARTMENT_HEAD, "rd")
    assert refusal(structure.import_positions, own_backend.hr, head, POSITIONS.encode())[0] == "forbidden"


def test_a_table_without_its_columns_says_which_is_missing(own_backend: Served) -> None:
    with pytest.raises(XudaError) as caught:
        structure.import_positions(own_backend.hr, COMMAND_LINE, b"code,title,department\n1,2,3\n")
    assert (caught.value.code, caught.value.field) == (ErrorCode.ROW_INVALID, "headcount")
