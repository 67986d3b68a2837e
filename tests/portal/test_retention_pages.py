"""Retention in the portal: a hold, a deletion with its certificate, the clock, in a real browser and over HTTP."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from contract.certificate import DeletionCertificate
from contract.envelope import Envelope, open_envelope
from tests.portal.browser import By, Chrome, chromium, log_in, press, wait_for
from tests.portal.world import World


@pytest.fixture(scope="module")
def browser(world: World) -> Iterator[Chrome]:
    with chromium() as found:
        log_in(found, world, "hr")
        wait_for(lambda: "/interviews" in found.current_url, "the page")
        yield found


def text_of(browser: Chrome) -> str:
    # in one step: an element that was found may belong to a page that is being left
    return str(browser.execute_script("const main = document.querySelector('main'); return main ? main.innerText : ''"))


def links_of(browser: Chrome, selector: str) -> list[str]:
    return list(
        browser.execute_script("return [...document.querySelectorAll(arguments[0])].map(a => a.href)", selector)
    )


def picture(browser: Chrome, name: str) -> None:
    """For a person to look at: only where a folder is named."""
    folder = os.environ.get("XUDA_PICTURES")
    if folder:
        browser.set_window_size(1280, 1600)
        browser.save_screenshot(str(Path(folder) / f"{name}.png"))


def fill(browser: Chrome, form: str, words: str) -> None:
    browser.execute_script("document.querySelectorAll('details').forEach(d => d.open = true)")
    browser.find_element(By.CSS_SELECTOR, f"form[action$='{form}'] input[name=reason]").send_keys(words)
    press(browser, f"form[action$='{form}'] button")


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_hr_holds_lifts_and_deletes_an_interview_and_downloads_its_certificate(
    world: World, browser: Chrome, language: str
) -> None:
    name = {"zh_CN": "abandoned", "en": "paused"}[language]
    interview = world.sittings[name].interview_id
    browser.get(f"{world.url}/language?to={language}&next=/interviews/{interview}")
    fill(browser, "/hold", "court case 12")
    wait_for(lambda: "court case 12" in text_of(browser), "the page", seconds=30)
    picture(browser, f"held-{language}")
    browser.get(f"{world.url}/retention")
    assert interview in text_of(browser)
    browser.get(f"{world.url}/interviews/{interview}")
    fill(browser, "/hold/lift", "settled")
    wait_for(lambda: "/retention" in browser.current_url, "the page", seconds=30)
    browser.get(f"{world.url}/interviews/{interview}")
    browser.execute_script("document.querySelectorAll('details').forEach(d => d.open = true)")
    picture(browser, f"kept-{language}")
    press(browser, "form[action$='/delete'] input[name=sure]")
    press(browser, "form[action$='/delete'] button")

    def certificates() -> list[str]:
        links = links_of(browser, "#deletions a")
        return [link for link in links if interview in link and link.endswith("certificate.pdf")]

    wait_for(certificates, "the certificate", seconds=30)
    picture(browser, f"retention-{language}")
    path = f"/deletions/{interview}/certificate.json"
    script = "const done = arguments[1]; fetch(arguments[0]).then(r => r.text()).then(done)"
    envelope = Envelope.from_bytes(browser.execute_async_script(script, path))
    assert open_envelope(envelope, DeletionCertificate, world.hr.vault.public_keys).interview_id == interview


def test_a_jumped_clock_is_said_and_confirmed_on_the_page(world: World, browser: Chrome) -> None:
    browser.get(f"{world.url}/retention")
    assert not browser.find_elements(By.CSS_SELECTOR, "form[action='/retention/clock']")
    world.clock.offset += timedelta(days=2)
    try:
        log_in(browser, world, "hr")
        wait_for(lambda: "/login" not in browser.current_url, "the page")
        browser.get(f"{world.url}/retention")
        picture(browser, "jumped")
        press(browser, "form[action='/retention/clock'] button")
        wait_for(lambda: not browser.find_elements(By.CSS_SELECTOR, "form[action='/retention/clock']"), "the page")
    finally:
        world.clock.offset -= timedelta(days=2)
