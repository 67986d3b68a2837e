"""Recommendations on their pages: the words that fit, what is missing, and no way to act but through people."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.backend.staffing import opened
from tests.backend.test_recommendations import ENGINEER, bank, place, pool
from tests.backend.world import Served, served
from tests.portal.test_requisition_pages import Person


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("hr") / "data") as found:
        yield found


def test_each_page_shows_reasons_and_what_is_missing(backend: Served) -> None:
    officer, english = Person(backend), Person(backend, language="en")
    position_id = place(backend, "Python", "Kafka", "女", title="平台工程师")
    search = opened(backend, place=position_id)
    people = pool(backend, {"李雷": ENGINEER, "赵敏": ""})
    path = f"/requisitions/{search.requisition_id}"
    assert f"{path}/recommended" in officer.get(path)
    page = officer.get(f"{path}/recommended")
    for words in ("李雷", "出现 1 次", "主要用 Python 与 PostgreSQL", "未找到：Kafka", "未参与比较：女"):
        assert words in page, words
    assert "1995" not in page, "nothing but the words around a hit is shown"
    assert "Not found: Kafka" in english.get(f"{path}/recommended")

    assert f"/candidates/{people['李雷']}/positions" in officer.get("/candidates")
    assert "平台工程师" in officer.get(f"/candidates/{people['李雷']}/positions")
    assert "该候选人没有简历" in officer.get(f"/candidates/{people['赵敏']}/positions")

    question = bank(backend, "leak", "您如何用 Python 排查内存泄漏?")
    page = officer.get(f"/positions/{position_id}/questions")
    assert f"/questions/{question}" in page
    assert "题库中没有相关题目" in page
    assert f"/positions/{position_id}/questions" in officer.get(f"/positions/{position_id}/edit")
    assert "Management positions" in english.get(f"/positions/{position_id}/questions?level=management")
