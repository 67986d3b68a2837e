"""Facts about the picture on the portal's pages: asked for with a warning, shown folded beside the recording."""

from __future__ import annotations

import re

import pytest

from backend.services import kits
from backend.services.actor import Actor
from contract import events as ev
from contract.events import EventType, PictureFact
from tests.portal.booth import Sitting
from tests.portal.browser import By, chromium, log_in, wait_for
from tests.portal.world import SAID, World, words

KIT = """
kit_id: pictured
department_id: rd
position: {zh_CN: 画面测试, en: Picture test}
consent: {version: "1", purpose: p, full_text: f, deletion: d}
guide: g
picture_facts: true
stages:
  - {stage_id: one, title: One, questions: [{question_id: introduction, kind: video, prompt: 介绍一下}]}
"""
SUMMARY = "画面事实（不计分）"


@pytest.fixture(scope="module")
def pictured(world: World) -> str:
    """Path of an interview with facts: 1.5 to 4.5 s without a face."""
    kits.add_kit(world.hr, Actor.command_line(), KIT.encode())
    with world.hr.db.read() as session:
        kit = kits.stored_kit(session, "pictured")
    invitation = world.demo.batches[0].invitations[5].invitation_id
    sitting = Sitting(world.booth, kit, invitation)
    agreed = ev.ConsentedData(consent_version="1", recording=True, scoring=False, picture_facts=True)
    sitting.say(EventType.CONSENTED, agreed).speak("introduction", words(), SAID)
    span = ev.PictureSpan(kind=PictureFact.NO_FACE, start=1.5, end=4.5)
    facts = ev.PicturedSealed(looked=7.5, spans=[span])
    sitting.say(EventType.PICTURED, ev.PicturedData(answer_id=sitting._spoken), facts).finish()
    world.sittings["pictured"] = sitting
    return f"/interviews/{sitting.interview_id}"


def test_who_still_rates_sees_that_there_may_be_some_and_none_of_them(world: World, pictured: str) -> None:
    page = world.http("hr").page(pictured).text
    assert SUMMARY in page
    assert "data-moment" not in page
    assert "画面事实：同意" in page
    assert '"picture_facts":[]' in world.http("hr").page(f"{pictured}/report.json").text.replace(" ", "")


def test_the_head_of_the_department_sees_them_folded_with_what_they_cannot_know(world: World, pictured: str) -> None:
    page = world.http("rd.head").page(pictured).text
    (fold,) = re.findall(r'<section class="card" id="picture-facts">.*?</section>', page, re.DOTALL)
    assert "<details><summary>" in fold
    assert "不能证明任何事" in fold
    assert "7.5 秒可以判断：没有人脸 3.0 秒，多张人脸 0.0 秒" in fold
    assert "0:01–0:04" in fold
    assert '"kind":"no_face"' in world.http("rd.head").page(f"{pictured}/report.json").text.replace(" ", "")


def test_other_interviews_lists_and_tables_say_nothing_of_them(world: World, pictured: str) -> None:
    head = world.http("rd.head")
    assert SUMMARY not in head.page(f"/interviews/{world.sittings['finished'].interview_id}").text
    for path in ("/interviews", f"/compare?ids={pictured.rsplit('/', 1)[-1]}"):
        assert "画面事实" not in head.page(path).text


def test_a_moment_is_played_from_the_page(world: World, pictured: str) -> None:
    with chromium() as browser:
        log_in(browser, world, "rd.head")
        wait_for(lambda: "/login" not in browser.current_url, "the login")
        browser.get(f"{world.url}{pictured}")
        wait_for(lambda: browser.find_elements(By.ID, "player"), "the player")
        assert not browser.find_element(By.CSS_SELECTOR, "[data-moment]").is_displayed()
        browser.find_element(By.CSS_SELECTOR, "#picture-facts summary").click()
        browser.find_element(By.CSS_SELECTOR, "[data-moment]").send_keys("\n")  # by keyboard
        now = "return document.getElementById('player').currentTime"
        wait_for(lambda: browser.execute_script(now) >= 1.4, "the player to jump")


def test_a_kit_asks_for_them_only_when_somebody_ticks_the_box_beside_the_warning(world: World, pictured: str) -> None:
    web = world.http("hr")
    draft = web.post(f"/kits/{world.demo.batches[0].kit.kit_id}/draft").url.split("#")[0]
    path = draft.removeprefix(world.url)
    page = web.page(path).text
    box = re.search(r'<input type="checkbox" name="picture"[^>]*>', page)
    assert box is not None
    assert "checked" not in box[0]
    assert "绝不计入评分" in page
    assert "picture_facts: true" not in web.page(f"{path}/kit.yaml").text
    texts = dict(re.findall(r'<textarea name="(\w+)"[^>]*>([^<]*)</textarea>', page))
    assert web.post(f"{path}/facts", **texts, days="180", picture="yes").status_code == 200
    assert "picture_facts: true" in web.page(f"{path}/kit.yaml").text
    assert re.search(r'name="picture" value="yes" checked', web.page(path).text)
    assert SUMMARY in web.page("/kits/pictured").text
