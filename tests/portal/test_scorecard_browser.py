"""The scorecard in a real browser: rated with the keyboard alone, saved by itself, handed in, and without a script."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium.webdriver import ActionChains, Keys
from sqlalchemy import select

from backend.db.models import User
from backend.services import scorecard_board, scorecards
from backend.services.actor import Actor
from backend.services.scorecard_sheet import CardState, CardView, Content, Mark
from tests.portal.browser import By, Chrome, chromium, log_in, open_review, player, press, wait_for
from tests.portal.world import World

NASTY = '"><img src=x onerror=alert(1)> &amp; 很好'


@pytest.fixture(scope="module")
def browser(world: World) -> Iterator[Chrome]:
    with chromium() as opened:
        log_in(opened, world, "hr")
        wait_for(lambda: "/login" not in opened.current_url, "the login")
        yield opened


def actor(world: World, name: str = "hr") -> Actor:
    with world.hr.db.read() as session:
        return Actor.of(session.scalars(select(User).where(User.username == name)).one())


def card(world: World, name: str = "hr") -> CardView:
    found = scorecard_board.board(world.hr, actor(world, name), world.sittings["finished"].interview_id)
    assert found is not None
    return found.card


def _type(browser: Chrome, *keys: str) -> None:
    ActionChains(browser).send_keys(*keys).perform()


def _marked(browser: Chrome) -> str:
    return str(
        browser.execute_script(
            "const f = document.querySelector('[data-marked]'); return f ? f.querySelector('input').name : ''"
        )
    )


def _saved(browser: Chrome) -> int:
    return int(browser.execute_script("return Number(document.documentElement.dataset.saved || 0)"))


def test_an_interview_is_rated_with_the_keyboard_alone(browser: Chrome, world: World) -> None:
    open_review(browser, world)
    count = len(browser.find_elements(By.CSS_SELECTOR, "[data-rate]"))
    assert count == 4  # communication of two answers, two dimensions of one; the choice is not rated
    _type(browser, "4")
    wait_for(lambda: _saved(browser) >= 1, "the draft to be saved")
    assert card(world).missing == count - 1
    assert _marked(browser) == "level|challenge|problem_solving"
    _type(browser, "5", "w", NASTY, Keys.ESCAPE)
    wait_for(lambda: card(world).missing == count - 2, "the second rating")
    _type(browser, "2", "k", "0")
    wait_for(lambda: card(world).missing == count - 2, "a level that was taken away again")
    _type(browser, "3")
    _type(browser, "p")
    assert _marked(browser) == "level|challenge|problem_solving"
    _type(browser, "n")
    assert _marked(browser) == "level|change|communication"
    _type(browser, "4", "s")
    wait_for(lambda: card(world).missing == 0, "all of them")
    marks = card(world).content.levels()
    assert marks == {
        ("introduction", "communication"): 4,
        ("challenge", "problem_solving"): 5,
        ("challenge", "expertise"): 3,
        ("change", "communication"): 4,
    }
    words = [mark.comment for mark in card(world).content.marks().values() if mark.comment]
    assert words == [NASTY]
    assert browser.find_element(By.CSS_SELECTOR, "[data-total]").text == "83.8"


def test_the_focus_is_seen_and_the_player_still_obeys(browser: Chrome, world: World) -> None:
    open_review(browser, world)
    _type(browser, "j")
    outline = "return getComputedStyle(document.activeElement.closest('.anchor')).outlineStyle"
    assert browser.execute_script(outline) == "solid"
    _type(browser, Keys.SPACE)
    wait_for(lambda: not player(browser, "paused"), "the player to play")
    _type(browser, Keys.SPACE)
    wait_for(lambda: bool(player(browser, "paused")), "the player to pause")
    assert card(world).missing == 0, "Space on a rating steers the player and rates nothing"


def test_the_sheet_of_keys_opens_closes_and_switches_them_off(browser: Chrome, world: World) -> None:
    open_review(browser, world)
    _type(browser, "?")
    sheet = browser.find_element(By.ID, "keys")
    assert sheet.is_displayed()
    browser.find_element(By.ID, "keys-on").click()
    press(browser, "#keys button.main")
    assert not sheet.is_displayed()
    browser.execute_script("document.activeElement.blur()")
    before = card(world)
    _type(browser, "1", "s")
    assert _marked(browser) == ""
    press(browser, "#keys-open")
    browser.find_element(By.ID, "keys-on").click()
    press(browser, "#keys button.main")
    assert card(world) == before


def test_a_comment_at_a_time_plays_from_there_and_is_shown_as_text(browser: Chrome, world: World) -> None:
    open_review(browser, world)
    browser.execute_script("const p = document.getElementById('player'); p.pause(); p.currentTime = 3")
    wait_for(lambda: player(browser, "currentTime") == 3, "the player to stand at 3 s")
    browser.execute_script("document.activeElement.blur()")
    _type(browser, "c")
    field = browser.switch_to.active_element
    assert field.get_attribute("name") == "text"
    field.send_keys(NASTY, Keys.ENTER)
    wait_for(lambda: browser.find_elements(By.CSS_SELECTOR, ".remarks li"), "the comment")
    line = browser.find_element(By.CSS_SELECTOR, "#answer-1 .remarks li")
    assert NASTY in line.text
    assert not browser.find_elements(By.CSS_SELECTOR, ".remarks img")
    browser.execute_script("document.getElementById('player').currentTime = 0")
    place = line.find_element(By.CSS_SELECTOR, "[data-at]")
    assert place.text == "0:03"
    place.click()
    wait_for(lambda: player(browser, "currentTime") >= 3, "the player to be there")
    browser.execute_script("document.getElementById('player').pause()")
    line.find_element(By.CSS_SELECTOR, "form button").click()
    wait_for(lambda: not browser.find_elements(By.CSS_SELECTOR, ".remarks li"), "the comment to go")


def test_another_window_overwrites_nothing_and_says_so(browser: Chrome, world: World) -> None:
    open_review(browser, world)
    before = card(world)
    scorecards.save(world.hr, actor(world), world.sittings["finished"].interview_id, before.content, before.revision)
    _type(browser, "1")
    problem = browser.find_element(By.CSS_SELECTOR, "#card [data-problem]")
    wait_for(problem.is_displayed, "the problem")
    assert "其他窗口" in problem.text
    assert card(world).content == before.content
    browser.get("about:blank")


def test_without_a_network_nothing_typed_is_lost_and_the_page_says_so(browser: Chrome, world: World) -> None:
    open_review(browser, world)
    before = card(world)
    network = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    browser.execute_cdp_cmd("Network.enable", {})
    browser.execute_cdp_cmd("Network.emulateNetworkConditions", {**network, "offline": True})
    field = browser.find_element(By.NAME, "summary")
    field.send_keys("断网时写的")
    problem = browser.find_element(By.CSS_SELECTOR, "#card [data-problem]")
    wait_for(problem.is_displayed, "the problem to be said")
    assert "暂时无法连接服务器" in problem.text
    assert card(world) == before
    browser.execute_cdp_cmd("Network.emulateNetworkConditions", {**network, "offline": False})
    wait_for(lambda: card(world).content.summary == "断网时写的", "the draft to be saved by itself")
    wait_for(lambda: not problem.is_displayed(), "the problem to go")


def test_handed_in_it_is_final_and_others_are_seen_once_all_have(browser: Chrome, world: World) -> None:
    interview = open_review(browser, world)
    other = actor(world, "admin")
    marks = {"communication": Mark(level=2, comment=NASTY)}
    other_card = Content(
        ratings={
            "introduction": marks,
            "challenge": {"problem_solving": Mark(level=2), "expertise": Mark(level=2)},
            "change": {"communication": Mark(level=2)},
        }
    )
    scorecards.save(world.hr, other, interview, other_card, 0)
    press(browser, "#scorecard button[value=hand_in]")
    wait_for(lambda: card(world).state is CardState.FINAL, "the scorecard to be final")
    assert not browser.find_elements(By.CSS_SELECTOR, "[data-rate]")
    others = browser.find_element(By.ID, "others")
    assert "另有 1 人正在评分" in others.text
    assert "40" not in others.text
    scorecards.hand_in(world.hr, other, interview, other_card, 1)
    browser.get(f"{world.url}/interviews/{interview}")
    others = browser.find_element(By.ID, "others")
    for words in ("平均分 61.9", "最高与最低之差 43.8", "admin"):
        assert words in others.text
    assert not browser.find_elements(By.CSS_SELECTOR, "#others img")


def test_without_a_script_the_forms_do_it_all(world: World) -> None:
    web = world.http("hr")
    interview = world.sittings["finished"].interview_id
    path = f"/interviews/{interview}"
    page = web.page(f"{path}?change=1").text
    assert 'form="card" name="level|introduction|communication" value="4" checked' in page
    content = card(world).content
    fields = {f"level|{q}|{d}": str(level) for (q, d), level in content.levels().items()}
    fields["level|introduction|communication"] = "5"
    refused = web.post(f"{path}/scorecard", do="change", revision=str(card(world).revision), **fields)
    assert refused.status_code == 422
    done = web.post(f"{path}/scorecard", do="change", revision=str(card(world).revision), reason="再听一遍", **fields)
    assert (done.status_code, card(world).content.levels()["introduction", "communication"]) == (200, 5)
    assert "再听一遍" in done.text
