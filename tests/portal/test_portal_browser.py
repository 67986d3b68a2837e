from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from pypdf import PdfReader
from selenium.webdriver import ActionChains, Keys

from contract.events import EventType, ResumedData
from report.model import InterviewReport
from tests.portal.booth import Sitting
from tests.portal.browser import By, Chrome, chromium, log_in, open_review, player, wait_for
from tests.portal.world import CORRECTED, SAID, World


@pytest.fixture(scope="module")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(tmp_path_factory.mktemp("downloads"))


@pytest.fixture(scope="module")
def browser(world: World, downloads: Path) -> Iterator[Chrome]:
    with chromium(downloads) as opened:
        log_in(opened, world, "hr")
        yield opened


def _marked(browser: Chrome) -> list[str]:
    return [word.text for word in browser.find_elements(By.CSS_SELECTOR, ".word.now-said")]


def _steer(browser: Chrome, key: str) -> None:
    """A key pressed while nothing that takes keys has the focus."""
    browser.execute_script("document.activeElement.blur()")
    ActionChains(browser).send_keys(key).perform()


def test_a_wrong_one_time_code_is_refused_and_a_right_one_opens_the_list(world: World) -> None:
    with chromium() as browser:
        log_in(browser, world, "admin", totp="000000")
        assert "不正确" in browser.find_element(By.CSS_SELECTOR, "[role=alert]").text
        browser.get(f"{world.url}/interviews")
        assert "/login" in browser.current_url
        log_in(browser, world, "admin")
        assert browser.find_element(By.TAG_NAME, "h1").text == "面试"
        assert "张晓雨" in browser.page_source


def test_the_language_switch_keeps_the_page(browser: Chrome, world: World) -> None:
    browser.get(f"{world.url}/interviews?state=declined")
    browser.find_element(By.LINK_TEXT, "English").click()
    assert browser.find_element(By.TAG_NAME, "h1").text == "Interviews"
    assert browser.current_url.endswith("/interviews?state=declined")
    assert "Declined the AI interview" in browser.page_source
    browser.find_element(By.LINK_TEXT, "简体中文").click()
    assert browser.find_element(By.TAG_NAME, "h1").text == "面试"


def test_a_click_on_a_word_plays_from_there_and_the_word_is_marked(browser: Chrome, world: World) -> None:
    open_review(browser, world)
    word = next(w for w in browser.find_elements(By.CSS_SELECTOR, "#answer-1 .word") if w.text == "重构")
    start = float(word.get_attribute("data-start") or -1)
    assert "low" in (word.get_attribute("class") or "")
    word.click()
    wait_for(lambda: player(browser, "currentTime") >= start, "the player to reach the word")
    assert player(browser, "currentTime") < start + 2.5
    wait_for(lambda: _marked(browser) != [], "a word to be marked")
    begun = player(browser, "currentTime")
    wait_for(lambda: player(browser, "currentTime") > begun + 0.5, "the picture to go on")
    assert player(browser, "videoWidth") == 320
    browser.execute_script("document.getElementById('player').pause()")


def test_every_correction_stands_beside_the_recognised_words_with_what_it_changes(
    browser: Chrome, world: World
) -> None:
    open_review(browser, world)
    answer = browser.find_element(By.CSS_SELECTOR, ".answer")
    assert answer.find_element(By.CSS_SELECTOR, ".transcript").text == SAID
    newest, earlier = answer.find_elements(By.CSS_SELECTOR, ".correction")
    out = "".join(part.text for part in newest.find_elements(By.TAG_NAME, "del"))
    put_in = "".join(part.text for part in newest.find_elements(By.TAG_NAME, "ins"))
    assert out
    assert put_in
    shown = browser.execute_script(
        "const copy = arguments[0].cloneNode(true); copy.querySelectorAll('del').forEach(e => e.remove());"
        "return copy.textContent",
        newest,
    )
    assert shown == CORRECTED
    for tag, line in (("del", "line-through"), ("ins", "underline")):
        element = newest.find_element(By.TAG_NAME, tag)
        assert line in element.value_of_css_property("text-decoration-line")
    labels = [label.text for label in answer.find_elements(By.CSS_SELECTOR, "p.muted.small")]
    assert any(label.startswith("候选人更正 · ") for label in labels)
    assert any(label.startswith("候选人较早的更正 · ") for label in labels)
    assert earlier.find_elements(By.TAG_NAME, "del")


def test_a_word_of_another_answer_changes_the_recording(browser: Chrome, world: World) -> None:
    open_review(browser, world)
    first = browser.execute_script("return document.getElementById('player').src")
    browser.find_elements(By.CSS_SELECTOR, "#answer-2 .word")[4].click()
    wait_for(lambda: browser.execute_script("return document.getElementById('player').src") != first, "another source")
    wait_for(lambda: player(browser, "currentTime") >= 3.0, "the sound to play from the word")
    assert browser.find_element(By.ID, "playing").text.startswith("2. ")
    browser.execute_script("document.getElementById('player').pause()")


def test_captions_are_loaded_from_the_word_times(browser: Chrome, world: World) -> None:
    open_review(browser, world)
    cues = "const t = document.getElementById('player').textTracks[0]; return t && t.cues ? t.cues.length : 0"
    wait_for(lambda: browser.execute_script(cues) >= 2, "the captions")
    text = browser.execute_script("return document.getElementById('player').textTracks[0].cues[0].text")
    assert text.startswith("我负责")


def test_the_keyboard_steers_theplayer(browser: Chrome, world: World) -> None:
    open_review(browser, world)
    browser.execute_script("const p = document.getElementById('player'); p.pause(); p.currentTime = 1")
    wait_for(lambda: player(browser, "currentTime") == 1, "the player to stand at 1 s")
    _steer(browser, Keys.ARROW_RIGHT)
    wait_for(lambda: player(browser, "currentTime") == 6, "5 s further")
    _steer(browser, Keys.ARROW_LEFT)
    wait_for(lambda: player(browser, "currentTime") == 1, "5 s back")
    _steer(browser, Keys.ARROW_UP)
    assert player(browser, "playbackRate") == 1.25
    wait_for(lambda: browser.find_element(By.ID, "speed").text == "1.25×", "the speed to be shown")
    _steer(browser, Keys.ARROW_DOWN)
    assert player(browser, "playbackRate") == 1
    _steer(browser, Keys.SPACE)
    wait_for(lambda: not player(browser, "paused"), "the player to play")
    _steer(browser, Keys.SPACE)
    wait_for(lambda: player(browser, "paused"), "the player to pause")


def test_reports_are_downloaded_by_their_buttons(browser: Chrome, world: World, downloads: Path) -> None:
    interview = open_review(browser, world)
    for name in ("PDF", "JSON", "ZIP（含录像）"):
        browser.find_element(By.LINK_TEXT, name).click()
    files = {kind: downloads / f"interview-{interview}.{kind}" for kind in ("pdf", "json", "zip")}
    wait_for(lambda: all(file.exists() for file in files.values()), "three downloads", seconds=30)
    assert "面试报告" in PdfReader(files["pdf"]).pages[0].extract_text()
    assert InterviewReport.model_validate_json(files["json"].read_bytes()).interview_id == interview
    with zipfile.ZipFile(io.BytesIO(files["zip"].read_bytes())) as archive:
        assert archive.testzip() is None


def test_the_list_refreshes_itself_and_keeps_what_is_typed(browser: Chrome, world: World) -> None:
    browser.get(f"{world.url}/interviews?state=in_progress")
    field = browser.find_element(By.NAME, "text")
    field.send_keys("没打完")
    batch = world.demo.batches[0]
    sitting = Sitting(world.booth, batch.kit, batch.invitations[6].invitation_id)
    name = batch.invitations[6].candidate
    wait_for(lambda: name in browser.find_element(By.CSS_SELECTOR, "[data-refresh]").text, "the new row", seconds=20)
    assert field.get_attribute("value") == "没打完"
    sitting.say(EventType.RESUMED, ResumedData())


def test_the_browser_reports_no_error_on_any_page(browser: Chrome, world: World) -> None:
    interview = world.sittings["finished"].interview_id
    browser.get_log("browser")
    for path in (
        "/interviews",
        f"/interviews/{interview}",
        "/batches",
        "/candidates",
        "/kits/demo",
        "/devices",
        "/account",
    ):
        browser.get(world.url + path)
        assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == [], path
