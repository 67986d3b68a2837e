"""A kit's rubric on its page: read, changed, refused with the line, and as a file."""

from __future__ import annotations

import html
import re

import yaml

from tests.portal.world import World


def typed(page: str) -> tuple[str, str]:
    """The text and the revision of the form."""
    text = re.findall(r"<textarea[^>]*>(.*?)</textarea>", page, flags=re.DOTALL)[0]
    return html.unescape(text), re.findall(r'name="revision" value="(\d+)"', page)[0]


def test_a_rubric_is_read_changed_and_refused_with_its_line(world: World) -> None:
    web = world.http("hr")
    page = web.page("/kits/demo").text
    assert "找到根本原因，并说明经验" in page
    text, revision = typed(web.page("/kits/demo/rubric").text)
    changed = text.replace("找到根本原因，并说明经验", "找到根本原因 <b>")
    answer = web.post("/kits/demo/rubric", version="1", revision=revision, text=changed)
    assert answer.status_code == 200
    assert "找到根本原因 &lt;b&gt;" in answer.text
    stale = web.post("/kits/demo/rubric", version="1", revision=revision, text=text)
    assert stale.status_code == 409
    broken = changed.replace("weight: 2.0", "weight: 0")
    line = next(n for n, words in enumerate(broken.split("\n"), start=1) if "weight: 0" in words)
    refused = web.post("/kits/demo/rubric", version="1", revision="2", text=broken)
    assert refused.status_code == 422
    assert f"第 {line} 行" in refused.text
    assert typed(refused.text)[0] == broken, "what was typed stays"


def test_a_kit_with_its_rubric_is_downloaded(world: World) -> None:
    answer = world.http("hr").page("/kits/demo/kit.yaml")
    assert answer.status_code == 200
    values = yaml.safe_load(answer.content)
    assert values["rubric"]["questions"][0]["question_id"] == "challenge"
    assert "encryption_key" not in values


def test_the_weights_of_measures_are_seen_with_what_the_default_gives(world: World) -> None:
    web = world.http("hr")
    assert "AI 评分的构成（默认）" in web.page("/kits/demo").text
    form = web.page("/kits/demo/rubric").text
    assert "WITH" not in form
    assert all(f">{name}</span>" in form for name in ("content", "pace", "pauses"))
    text, revision = typed(form)
    own = text.replace("weight: 2.0", "weight: 2.0\n      measures: {content: 50, pace: 50}", 1)
    assert own != text
    answer = web.post("/kits/demo/rubric", version="1", revision=revision, text=own)
    assert answer.status_code == 200
    assert "50 %" in answer.text
