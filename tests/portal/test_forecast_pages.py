"""The forecast on its page: proposals with reasons, a draft, setting aside, the files, and who sees it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import timedelta

import pytest

from backend.db.models import Requisition
from backend.services import employees, forecast_answers, leavers
from tests.backend.hiring import onboard
from tests.backend.staffing import opened
from tests.backend.world import COMMAND_LINE, Served, served
from tests.portal.test_requisition_pages import Person, path_of, position
from tests.security import rights


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("hr") / "data") as found:
        gone = [f"L{place},某人,rd,前台工程师" for place in range(8)]
        employees.import_people(found.hr, COMMAND_LINE, "\n".join(["工号,姓名,部门,岗位", *gone]).encode())
        days = [f"L{place},{(found.hr.now() - timedelta(days=30 * place + 3)).date()}" for place in range(8)]
        leavers.import_table(found.hr, COMMAND_LINE, "\n".join(["工号,离职日期", *days]).encode())
        yield found


def test_a_proposal_is_drafted_from_the_page_and_approved_as_any_other(backend: Served) -> None:
    asker = Person(backend)
    place = position(asker, "前台工程师", headcount="4")
    page = asker.get("/forecast")
    for words in (
        "编制 4 人，空缺 3 人",
        "过去 12 个月离职 8 人",
        "数据较少",
        f"/forecast/{place}/ask",
        "每月离职人数",
    ):
        assert words in page, words
    assert "3 of 4 places are free" in Person(backend, language="en").get("/forecast")
    refused = asker.post(f"/forecast/{place}/ask", status=422, wanted="0", reason="x")
    assert "人数须为 1 至 1000" in refused.text
    with backend.hr.db.read() as session:
        assert session.query(Requisition).count() == 0
    path = path_of(asker.post(f"/forecast/{place}/ask", wanted="3", needed_by="2099-01-31", reason="编制空缺"))
    draft = asker.get(path)
    assert "草稿" in draft
    assert "2099-01-31" in draft
    asker.post(f"{path}/submit")
    assert "招聘中" in Person(backend).post(f"{path}/approve").text
    asker.post(f"/forecast/{place}/again")
    assert "招聘中 3 人" in asker.get("/forecast")


def test_setting_aside_needs_a_reason_and_is_taken_back(backend: Served) -> None:
    officer = Person(backend)
    place = position(officer, "运维工程师", headcount="9")
    assert "请说明原因" in officer.post(f"/forecast/{place}/dismiss", status=422, words=" ").text
    page = officer.post(f"/forecast/{place}/dismiss", words="明年再说").text
    assert "明年再说" in page
    assert f"/forecast/{place}/ask" not in page
    assert f"/forecast/{place}/ask" in officer.post(f"/forecast/{place}/again").text


def test_every_table_is_a_file(backend: Served) -> None:
    officer = Person(backend)
    search = opened(backend)
    onboard(search, search.interview(backend.enrol(), name="韩梅梅", score=90))
    for name, first in (("months", "月份"), ("departments", "部门"), ("positions", "部门"), ("onboarding", "顺序")):
        rows = list(csv.reader(io.StringIO(officer.get(f"/forecast/{name}.csv").lstrip("\ufeff"))))
        assert rows[0][0] == first
        assert len(rows) > 1, name
        assert all(len(row) == len(rows[0]) for row in rows)
    assert "韩梅梅" in officer.get("/forecast/onboarding.csv")
    months = list(csv.reader(io.StringIO(officer.get("/forecast/months.csv?months=24").lstrip("\ufeff"))))
    assert len(months) == 25
    assert sum(int(row[1]) for row in months[1:]) == 8
    officer.get("/forecast/none.csv", status=404)


def test_heads_see_it_once_it_is_shown_to_them(backend: Served) -> None:
    officer, head = Person(backend), Person(backend, rights.HEAD)
    place = position(officer, "前端工程师", headcount="6")
    forecast_answers.show_to_heads(backend.hr, COMMAND_LINE, on=False)
    assert "HR 尚未向部门开放用人预测" in head.get("/forecast")
    head.get("/forecast/positions.csv", status=403)
    officer.post("/forecast/heads", on="yes")
    page = head.get("/forecast")
    assert f"/forecast/{place}/ask" in page
    assert "/dismiss" not in page
    assert "草稿" in head.post(f"/forecast/{place}/ask", wanted="1", reason="缺人").text
