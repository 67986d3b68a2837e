"""Analytics as pages: charts with words, the table behind each, and nothing of few people."""

from __future__ import annotations

import csv
import io
import re
from xml.etree import ElementTree

from tests.portal.world import Web, World


def charts(page: str) -> list[ElementTree.Element]:
    return [ElementTree.fromstring(text) for text in re.findall(r"<svg class=\"chart\".*?</svg>", page, re.DOTALL)]


def test_every_chart_has_a_title_a_description_and_its_table(world: World, officer: Web) -> None:
    page = officer.page("/analytics").text
    drawn = charts(page)
    assert len(drawn) >= 3
    for chart in drawn:
        assert chart.get("role") == "img"
        named = (chart.get("aria-labelledby") or "").split()
        words = {element.get("id"): element.text for element in chart.iter() if element.get("id")}
        assert len(named) == 2
        assert all(words[name] for name in named)
    for section in re.findall(r'<section class="card scroll[^"]*" id="\w+">.*?</section>', page, re.DOTALL):
        assert ("<svg" in section) <= ("<table" in section), section[:200]


def test_a_table_is_downloaded_as_it_is_shown(world: World, officer: Web) -> None:
    page = officer.page("/analytics").text
    text = officer.page("/analytics/fates.csv").content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[1][0] == "已完成"
    assert all(f">{row[1]}</td>" in page for row in rows[1:])
    assert sum(int(row[1]) for row in rows[1:]) == 14
    assert officer.page("/analytics/nothing.csv").status_code == 404
    assert "下载分析表格" in world.http("admin").page("/audit").text


def test_a_head_sees_the_own_department(world: World) -> None:
    head = world.http("rd.head")
    page = head.page("/analytics").text
    text = head.page("/analytics/fates.csv").content.decode("utf-8-sig")
    assert sum(int(row[1]) for row in list(csv.reader(io.StringIO(text)))[1:]) == 8
    assert "海外" not in page
    batch = world.demo.batches[1].batch_id
    assert "不足 5 人" in head.page(f"/analytics?batch={batch}").text


def test_so_few_that_they_could_be_known_are_not_shown(world: World) -> None:
    web = world.http("hr")
    page = web.page("/analytics?last=2001-01-01").text
    assert "不足 5 人" in page
    assert "<svg" not in page
    assert web.page("/analytics/fates.csv?last=2001-01-01").status_code == 404


def test_a_day_that_is_none_is_passed_over(world: World) -> None:
    web = world.http("hr")
    for wrong in ("2026-99-99", "x", "9999-12-31", "0001-01-01"):
        assert web.page(f"/analytics?first={wrong}&last={wrong}").status_code == 200
