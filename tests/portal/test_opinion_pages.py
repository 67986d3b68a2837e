"""The second opinion on the review page: asked by a button, shown apart, escaped, with quotes that are played."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.services import score_making
from tests.backend.language_model import LanguageModel, Sent, language_model
from tests.portal.booth import Booth, Sitting
from tests.portal.browser import By, chromium, log_in, wait_for
from tests.portal.opinion import agreeing, answer, rated, settings
from tests.portal.world import Clock, Server, Web, World, organisation

HEADING = "第二意见（语言模型）"
HOSTILE = "<a href=//evil.example>看这里</a>\u202e"
BUTTON = "询问第二意见"


@pytest.fixture(scope="module")
def model() -> Iterator[LanguageModel]:
    with language_model() as found:
        found.answer = lambda asked: answer(asked, HOSTILE)
        yield found


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, model: LanguageModel) -> Iterator[World]:
    clock = Clock()
    folder = Path(tmp_path_factory.mktemp("hr")) / "data"
    hr, filled = organisation(folder, clock, second_opinion=settings(model))
    with Server(hr) as server:
        yield World(server.url, hr, clock, filled, Booth(server.url, filled.enrolment_codes[0]))


@pytest.fixture(scope="module")
def web(world: World) -> Web:
    return world.http("hr")


@pytest.fixture(scope="module")
def sitting(world: World) -> Sitting:
    return agreeing(world, world.demo.batches[0].invitations[0].invitation_id)


def part(web: Web, sitting: Sitting) -> str:
    """What the review page says of it."""
    found = re.search(r'<section class="card" id="opinion">.*?</section>', web.page(path(sitting)).text, re.DOTALL)
    return found[0] if found else ""


def path(sitting: Sitting) -> str:
    return f"/interviews/{sitting.interview_id}"


def test_who_has_not_rated_sees_nothing_of_it_and_is_refused(web: Web, sitting: Sitting, model: LanguageModel) -> None:
    assert part(web, sitting) == ""
    refused = web.post(f"{path(sitting)}/opinion")
    assert refused.status_code == 422
    assert "请先提交您的评分表" in refused.text
    assert model.asked == []


def test_without_the_candidates_leave_the_page_says_so_and_has_no_button(world: World, web: Web) -> None:
    batch = world.demo.batches[0]
    other = Sitting(world.booth, batch.kit, batch.invitations[1].invitation_id)
    other.write("change", "先评估影响").write("introduction", "我负责支付系统").finish()
    rated(world, other)
    found = part(web, other)
    assert "候选人未同意将回答交给其他服务" in found
    assert BUTTON not in found
    assert "候选人未同意" in web.post(f"{path(other)}/opinion").text


def test_a_person_asks_and_the_page_waits_and_shows_what_could_be_found(
    world: World, web: Web, sitting: Sitting, model: LanguageModel
) -> None:
    rated(world, sitting)
    score_making.make(world.hr, sitting.interview_id, "server")
    before = web.page(f"{path(sitting)}/report.json").json()["assessment"]
    assert BUTTON in part(web, sitting)
    model.hang = threading.Event()
    answered = web.post(f"{path(sitting)}/opinion")
    assert answered.url.endswith("#opinion")
    assert "询问中" in part(web, sitting)
    assert "询问中" in web.page(f"{path(sitting)}/opinion/live").text
    model.hang.set()
    wait_for(lambda: "已有结果" in web.page(f"{path(sitting)}/opinion/live").text, "the answer")
    found = part(web, sitting)
    assert HEADING in found
    assert "不计入分数" in found
    assert "说明了自己负责的系统和结果。" in found
    assert "编造的内容" not in found
    assert "有 1 条已丢弃" in found
    assert "&lt;a href=//evil.example&gt;看这里&lt;/a&gt;" in found
    assert "<a href=//evil" not in found
    assert "\u202e" not in found
    assert "sk-test" not in web.page(path(sitting)).text
    assert web.page(f"{path(sitting)}/report.json").json()["assessment"] == before
    assert HEADING not in world.http("hr").page(f"/compare?i={sitting.interview_id}").text


def test_a_service_that_fails_is_told_and_what_was_said_before_stays(
    web: Web, sitting: Sitting, model: LanguageModel
) -> None:
    model.answer = lambda asked: Sent(500)
    web.post(f"{path(sitting)}/opinion")
    wait_for(lambda: "服务拒绝了请求（500）" in part(web, sitting), "the failure")
    assert "说明了自己负责的系统和结果。" in part(web, sitting)


def test_a_quote_is_shown_in_the_transcript(world: World, sitting: Sitting) -> None:
    with chromium() as browser:
        log_in(browser, world, "hr")
        wait_for(lambda: "/login" not in browser.current_url, "the login")
        browser.get(world.url + path(sitting))
        quote = browser.find_element(By.CSS_SELECTOR, "#opinion .quote[data-quote]")
        quote.send_keys("\n")  # by keyboard
        marked = browser.find_elements(By.CSS_SELECTOR, "#answer-1 .word.quoted")
        assert "".join(word.text for word in marked) == "故障减少了一半"
        assert not browser.find_elements(By.CSS_SELECTOR, "#opinion a[href*=evil]")
