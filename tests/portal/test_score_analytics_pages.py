"""Figures of scores and fairness as pages: every chart with its words and its table, nothing of single people."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from backend.db.models import AuditRow
from benchmarks.history import SHIFTED, Truth, Writer
from tests.portal.browser import chromium
from tests.portal.gallery import SIZES, Photographer
from tests.portal.scenes import Page, Scenes
from tests.portal.test_analytics_pages import charts
from tests.portal.world import Web, World

COUNT = 300


@pytest.fixture(scope="module")
def filled(world: World) -> World:
    Writer(world.hr, Truth(), seed=3).write(COUNT)
    return world


def sections(page: str) -> dict[str, str]:
    found = re.findall(r'<section class="card scroll[^"]*" id="([\w-]+)">(.*?)</section>', page, re.DOTALL)
    return dict(found)


def table(web: Web, path: str) -> list[list[str]]:
    answer = web.page(path)
    assert answer.status_code == 200, path
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_every_figure_has_its_chart_its_words_and_its_table(filled: World) -> None:
    web = filled.http("hr")
    for path, wanted in (
        ("/analytics/scores", {"spread", "agreement", "limits", "raters", "pairs", "performance", "drift", "distance"}),
        ("/analytics/fairness", {"impact-sex-score", "impact-sex-decision", "shift-device", "shift-language"}),
    ):
        page = web.page(path).text
        shown = sections(page)
        assert wanted <= set(shown)
        for key, section in shown.items():
            assert "<table" in section, key
            assert 'role="img"' in section, key
        for chart in charts(page):
            words = {element.get("id"): element.text for element in chart.iter() if element.get("id")}
            assert all(words[name] for name in (chart.get("aria-labelledby") or "").split())
        for key in wanted:
            rows = table(web, f"{path}/{key}.csv")
            assert all(f">{value}</td>" in shown[key] for row in rows[1:] for value in row[1:] if value.isdecimal())
        assert web.page(f"{path}/nothing.csv").status_code == 404


def test_a_device_that_shifts_scores_is_seen_on_the_page(filled: World) -> None:
    rows = {row[0]: row for row in table(filled.http("hr"), "/analytics/fairness/shift-device.csv")[1:]}
    assert float(rows[SHIFTED][3]) < -3
    assert float(rows[SHIFTED][5]) < 0
    assert not any(value.startswith("'") for row in rows.values() for value in row), "no number looks like a formula"


def test_looking_at_fairness_is_in_the_log(filled: World) -> None:
    web, noted = filled.http("hr"), []
    for _ in range(2):
        with filled.hr.db.read() as session:
            noted.append(len(session.scalars(select(AuditRow).where(AuditRow.action == "view_fairness")).all()))
        web.page("/analytics/fairness")
    assert noted[1] == noted[0] + 1


def test_of_few_interviews_it_is_said_that_there_are_few(world: World) -> None:
    web = world.http("hr")
    past = (world.hr.now() - timedelta(days=4000)).date().isoformat()
    page = web.page(f"/analytics/scores?last={past}").text
    assert "<svg" not in web.page(f"/analytics/fairness?last={past}").text
    assert "不予显示" in page
    assert "<svg" not in page


@pytest.mark.parametrize(("language", "size"), [("zh_CN", "pad"), ("en", "laptop")])
def test_nothing_on_these_pages_is_cut_off_or_covered(filled: World, language: str, size: str) -> None:
    pages = [Page(name, f"/analytics/{name}", "hr") for name in ("scores", "fairness")]
    with chromium() as browser:
        photographer = Photographer(browser, Scenes(filled, filled.http("hr")))
        wrong = [f"{page.name}: {line}" for page in pages for line in photographer.open(page, language, SIZES[size])]
    assert not wrong, "\n".join(wrong)


def test_heads_find_no_way_to_figures_of_ratings(world: World) -> None:
    head = world.http("rd.head")
    assert "/analytics/scores" not in head.page("/analytics").text
    assert head.page("/analytics/scores").status_code == 403
    assert head.page("/analytics/fairness/shift-device.csv").status_code == 403
