"""From a position to a published kit, in a browser: proposals are read, the guard asks for a reason, the preview shows
what candidates will see."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium.webdriver.support.select import Select

from backend.services import listings, positions
from backend.services.actor import Actor
from backend.services.positions import PositionDraft
from tests.portal.browser import By, Chrome, chromium, log_in, press, wait_for
from tests.portal.world import World

COMMAND_LINE = Actor.command_line()


@pytest.fixture(scope="module")
def browser(world: World) -> Iterator[Chrome]:
    with chromium() as found:
        log_in(found, world, "hr")
        wait_for(lambda: found.current_url.endswith("/interviews"), "the first page")
        yield found


def text(browser: Chrome) -> str:
    return browser.find_element(By.TAG_NAME, "main").text


def fill(browser: Chrome, name: str, value: str) -> None:
    field = browser.find_element(By.NAME, name)
    field.clear()
    field.send_keys(value)


def test_a_kit_is_set_up_from_a_position_and_published(world: World, browser: Chrome) -> None:
    wish = PositionDraft("rd", {"zh_CN": "测试工程师", "en": "Test engineer"}, 2, skills=["Python", "自动化测试"])
    position_id = positions.add(world.hr, COMMAND_LINE, wish)
    browser.get(f"{world.url}/positions/{position_id}/edit")
    browser.find_element(By.LINK_TEXT, "为该岗位新建题包").click()
    press(browser, "form.form button.main")
    wait_for(lambda: "/kit-drafts/" in browser.current_url and "草稿" in text(browser), "the draft")
    draft = browser.current_url.split("#")[0]
    assert "「自动化测试」" in text(browser)
    assert not browser.find_element(By.CSS_SELECTOR, "#publish button.main").is_enabled(), "proposals are unread"

    # the first one is made longer, which the guard notices; then every other is read and accepted
    first = True
    while waiting := browser.find_elements(By.XPATH, "//tr[.//*[contains(@class,'chip warn')]]//td[1]/a"):
        waiting[0].click()
        wait_for(lambda: browser.find_elements(By.NAME, "prompt_zh_CN"), "the question")
        if first:
            fill(browser, "answer", "900")
            fill(browser, "prompt_zh_CN", "请介绍一下您自己 <b>")
            first = False
        press(browser, "form.form button.main")
        wait_for(lambda: "/items/" not in browser.current_url, "the draft again")
    browser.get(f"{draft}/items/practice")
    press(browser, "form.form button.main")
    wait_for(lambda: "/items/" not in browser.current_url, "the draft again")
    assert "超过该级别的 20 分钟" in text(browser)

    browser.get(f"{draft}/preview")
    assert "请介绍一下您自己 <b>" in text(browser)
    assert "15 分钟" in text(browser)
    press(browser, ".chips a[lang=en]")
    wait_for(lambda: "language=en" in browser.current_url, "the English preview")
    assert "Stage 1 of 3: Introduction" in text(browser)
    assert "“Python”" in text(browser)

    browser.get(draft)
    down = browser.find_elements(By.CSS_SELECTOR, "#questions tbody tr")[0].get_attribute("id")
    press(browser, f"#{down} button[title='下移']")
    wait_for(lambda: f"#{down}" in browser.current_url, "the move")
    fill(browser, "reason", "两个岗位合并面试")
    press(browser, "#publish button.main")
    wait_for(lambda: "/kits/test-engineer" in browser.current_url, "the published kit")
    assert "两个岗位合并面试" in text(browser)
    kit = listings.parsed_kit(listings.kit_versions(world.hr, COMMAND_LINE, "test-engineer")[0])
    assert "请介绍一下您自己 <b>" in [question.prompt["zh_CN"] for question in kit.questions]
    assert kit.questions[0].answer_seconds == 900

    browser.get(f"{world.url}/questions?q=Python")
    assert "「Python」" in text(browser)


def test_a_question_of_the_bank_is_written_and_put_into_the_next_version(world: World, browser: Chrome) -> None:
    browser.get(f"{world.url}/questions/new")
    Select(browser.find_element(By.NAME, "kind")).select_by_value("single_choice")
    fill(browser, "prompt_zh_CN", "哪一种做法最先进行？")
    browser.find_element(By.CSS_SELECTOR, "details summary").click()
    fill(browser, "choices_zh_CN", "只有一个")
    press(browser, "form.form button.main")
    wait_for(lambda: browser.find_elements(By.CSS_SELECTOR, ".notice.bad"), "what is wrong")
    assert browser.find_element(By.NAME, "prompt_zh_CN").get_attribute("value") == "哪一种做法最先进行？"
    fill(browser, "choices_zh_CN", "先复现\n先修改")
    press(browser, "form.form button.main")
    wait_for(lambda: browser.current_url.endswith("/questions"), "the bank")

    browser.get(f"{world.url}/kits/demo")
    press(browser, "form[action='/kits/demo/draft'] button")
    wait_for(lambda: "/kit-drafts/" in browser.current_url, "the draft of the next version")
    before = len(browser.find_elements(By.CSS_SELECTOR, "#questions tbody tr"))
    row = next(row for row in browser.find_elements(By.CSS_SELECTOR, "#more tbody tr") if "哪一种做法" in row.text)
    row.find_element(By.TAG_NAME, "button").click()
    wait_for(lambda: len(browser.find_elements(By.CSS_SELECTOR, "#questions tbody tr")) == before + 1, "one more")


def test_a_file_is_taken_in_as_a_draft_or_refused_with_its_line(world: World) -> None:
    web = world.http("hr")
    file = web.page("/kits/demo/kit.yaml").content
    taken = web.post("/kit-drafts/file", files={"file": ("kit.yaml", file)})
    assert taken.status_code == 200
    assert "/kit-drafts/" in taken.url
    lines = file.split(b"\n")
    line = next(number for number, text in enumerate(lines, start=1) if b"takes:" in text)
    lines[line - 1] = lines[line - 1].replace(b"takes: ", b"takes: 0 #")
    refused = web.post("/kit-drafts/file", files={"file": ("kit.yaml", b"\n".join(lines))})
    assert refused.status_code == 422
    assert f"第 {line} 行" in refused.text
