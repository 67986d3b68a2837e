"""Update notes, training pages with their pictures, and the sandbox, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.portal.lessons import OUT
from tests.portal.world import World

TEMPLATES = Path(__file__).parents[2] / "backend" / "portal" / "templates" / "training"


@pytest.mark.parametrize("language", ["zh_CN", "en"])
@pytest.mark.parametrize("topic", ["start", "results", "exceptions"])
def test_a_lesson_is_there_with_its_pictures(world: World, language: str, topic: str) -> None:
    web = world.http("auditor")
    web.cookies.set("xuda_lang", language)
    text = web.page(f"/training/{topic}").text
    pictures = re.findall(r'src="(/static/training/[^"]+)"', text)
    assert pictures
    for path in pictures:
        assert web.page(path).headers["Content-Type"] == "image/webp"
    assert len(re.findall(r"<h2>", text)) >= 5


def test_both_languages_teach_the_same(world: World) -> None:
    for topic in ("start", "results", "exceptions"):
        chinese, english = ((TEMPLATES / tag / f"{topic}.html").read_text("utf-8") for tag in ("zh_CN", "en"))
        assert chinese.count("<h2>") == english.count("<h2>")
        assert re.findall(r'picture\("(\w+)"', chinese) == re.findall(r'picture\("(\w+)"', english)
    assert {path.name for path in (OUT / "en").iterdir()} == {path.name for path in (OUT / "zh_CN").iterdir()}


def test_the_mark_of_unread_notes_goes_once_they_were_read(world: World) -> None:
    web = world.http("overseas.head")
    assert "未读" in web.page("/interviews").text
    assert "chip live" in web.page("/news").text
    assert "未读" not in web.page("/interviews").text


def test_practice_is_made_used_and_thrown_away(world: World) -> None:
    web = world.http("hr")
    page = web.post("/practice").text
    first = re.findall(r'href="(/interviews/[\w-]+)"', page)[0]
    assert web.page(first).status_code == 200
    assert "练习·" not in web.page("/interviews").text
    assert "生成练习候选人" in web.post("/practice/throw-away").text
    assert web.page(first).status_code == 404
