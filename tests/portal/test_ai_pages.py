"""The assessment's score on the pages: withheld from who still rates, explained word by word, never a decision."""

from __future__ import annotations

import re

import pytest

from backend.services import score_making, scorecards, scores
from tests.portal.browser import By, Chrome, chromium, log_in, open_review, wait_for
from tests.portal.scenes import RATED
from tests.portal.test_scorecard_browser import actor
from tests.portal.world import World


@pytest.fixture(scope="module")
def scored(world: World) -> str:
    """Path of an interview that has a score."""
    interview_id = world.sittings["finished"].interview_id
    score_making.make(world.hr, interview_id, "server")  # or the server itself has
    with world.hr.db.read() as session:
        assert scores.current(session, [interview_id])
    return f"/interviews/{interview_id}"


def rated(world: World) -> None:
    interview_id, who = world.sittings["finished"].interview_id, actor(world)
    scorecards.save(world.hr, who, interview_id, RATED, 0)
    scorecards.hand_in(world.hr, who, interview_id, RATED, 1)


def test_who_still_rates_is_told_that_there_is_a_score_and_nothing_of_it(world: World, scored: str) -> None:
    page = world.http("hr").page(scored).text
    assert "提交评分表后即可查看" in page
    assert 'class="ai"' not in page
    assert '"assessment":null' in world.http("hr").page(f"{scored}/report.json").text.replace(" ", "")
    assert not re.search(r"\d+ \(\d+–\d+\)", world.http("hr").page("/interviews?sort=ai").text)


def test_the_head_of_the_department_sees_it_with_what_it_is_made_of(world: World, scored: str) -> None:
    page = world.http("rd.head").page(scored).text
    assert re.search(r"\d+ \(\d+–\d+\)", page)
    assert "请听录音" in page
    assert 'class="quote"' in page
    assert "不作任何决定" in page
    assert "生成 AI 评分" not in page
    assert '"engine":' in world.http("rd.head").page(f"{scored}/report.json").text


def test_after_handing_in_the_own_rating_stands_beside_it_and_lists_have_it(world: World, scored: str) -> None:
    rated(world)
    web = world.http("hr")
    page = web.page(scored).text
    assert "与您的评分相差" in page
    assert re.search(r"\d+ \(\d+–\d+\)", web.page("/interviews?sort=ai&order=desc").text)
    assert "生成 AI 评分" in page
    answer = web.post(f"{scored}/rescore")
    assert answer.status_code == 200
    assert answer.url.endswith("#ai")


def test_a_quote_is_shown_in_the_transcript_and_played(world: World, scored: str) -> None:
    with chromium() as browser:
        log_in(browser, world, "hr")
        wait_for(lambda: "/login" not in browser.current_url, "the login")
        open_review(browser, world)
        for place in browser.find_elements(By.CSS_SELECTOR, "details.ai"):
            browser.execute_script("arguments[0].open = true", place)
        quote = browser.find_element(By.CSS_SELECTOR, ".quote[data-quote]")
        start = float(quote.get_attribute("data-quote"))
        quote.send_keys("\n")  # by keyboard
        marked = browser.find_elements(By.CSS_SELECTOR, ".word.quoted")
        assert marked
        assert float(marked[0].get_attribute("data-start")) == start
        said = "".join(word.text for word in marked)
        assert said in quote.text.replace("，", "").replace(",", "")
        wait_for(lambda: _at(browser) >= start - 0.1, "the player to jump")


def _at(browser: Chrome) -> float:
    return float(browser.execute_script("return document.getElementById('player').currentTime"))
