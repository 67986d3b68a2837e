"""Wanted abilities, courses and the gap on their pages."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest

from backend.services import abilities, courses, employees
from tests.backend.world import COMMAND_LINE, Served, served
from tests.portal.test_requisition_pages import Person, position


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("hr") / "data") as found:
        yield found


def test_from_what_a_position_asks_for_to_the_recommended_course(backend: Served) -> None:
    officer = Person(backend)
    place = position(officer, "平台工程师")
    path = f"/positions/{place}/abilities"
    assert path in officer.get(f"/positions/{place}/edit")
    assert "0 到 100" in officer.post(path, status=422, ability="Python", level="101").text
    page = officer.post(path, ability="Python", level="85").text
    assert 'value="Python"' in page
    assert 'value="85"' in page

    fields = {"code": "PY-2", "title": "Python 进阶", "taught": "Python\nSQL", "level": "80", "hours": "24"}
    assert "编码由字母" in officer.post("/courses", status=422, **{**fields, "code": "P Y"}).text
    assert "Python 进阶" in officer.post("/courses", **fields).text
    assert "已有其他课程" in officer.post("/courses", status=422, **fields).text
    officer.upload("/courses/import", "编码,课程,能力,水平\nSQL-1,SQL 专项,SQL,90\n")
    (first, second) = courses.lines(backend.hr, COMMAND_LINE)
    assert (
        "SQL 精讲"
        in officer.post(
            f"/courses/{second.course_id}/edit", code="SQL-1", title="SQL 精讲", taught="SQL", level="90", hours="6"
        ).text
    )
    assert "已停用" in officer.post(f"/courses/{second.course_id}/retire", on="yes").text

    employees.import_people(backend.hr, COMMAND_LINE, "工号,姓名,部门,岗位\nE1,周文静,rd,平台工程师\n".encode())
    employee_id = employees.lines(backend.hr, COMMAND_LINE)[0][0].employee_id
    assert f"/employees/{employee_id}/gap" in officer.get(f"/employees/{employee_id}")
    assert "尚无数据" in officer.get(f"/employees/{employee_id}/gap"), "of the own position nothing is known yet"
    abilities.import_known(backend.hr, COMMAND_LINE, "工号,能力,测评,分数\nE1,python,2026 测评,60\n".encode())
    page = officer.get(f"/employees/{employee_id}/gap?position={place}")
    for words in ("2026 测评", "<strong>25</strong>", "Python 进阶", "从 60 到 80", "没有课程能达到要求：Python"):
        assert words in page, words
    assert "from 60 to 80" in Person(backend, language="en").get(f"/employees/{employee_id}/gap")
    rows = list(csv.reader(io.StringIO(officer.get(f"/employees/{employee_id}/gap.csv").lstrip("\ufeff"))))
    assert rows[1][:4] == ["Python", "85", "60.0", "25.0"]
    assert "Python 进阶 (60 → 80)" in rows[1][5]
    assert first.draft.code == "PY-2"


def test_tables_are_taken_where_other_tables_are(backend: Served) -> None:
    officer = Person(backend)
    for path, name in (("/employees", "abilities"), ("/positions/import", "abilities")):
        assert f'name="what" value="{name}"' in officer.get(path)
