"""A real headless Chromium."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium.common.exceptions import WebDriverException
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from tests.portal.world import World
from tests.support.waiting import wait_for

__all__ = ["By", "Chrome", "chromium", "log_in", "open_review", "player", "press", "wait_for"]
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--autoplay-policy=no-user-gesture-required",
    "--window-size=1280,900",
    "--lang=zh-CN",
)


def _program(*names: str) -> str:
    found = next((path for name in names if (path := shutil.which(name))), None)
    assert found, f"needs one of {names}"
    return found


@contextmanager
def chromium(downloads: Path | None = None) -> Iterator[Chrome]:
    """A browser with a fresh profile; ``downloads`` is where it puts files."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        options = ChromeOptions()
        options.binary_location = _program("chromium", "chromium-browser", "google-chrome")
        for flag in (*_FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        if downloads is not None:
            options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
        browser = Chrome(options=options, service=Service(_program("chromedriver")))
        try:
            yield browser
        finally:
            browser.quit()


def log_in(browser: Chrome, world: World, name: str, *, totp: str | None = None) -> None:
    """Fill the login form as a person does."""
    browser.get(f"{world.url}/login")
    fields = {"username": name, "password": world.user(name).password, "totp": totp or world.totp(name)}
    for field, text in fields.items():
        browser.find_element(By.NAME, field).send_keys(text)
    form = browser.find_element(By.CSS_SELECTOR, ".login button.main")
    form.click()
    # the next page comes on its own: whoever opened another one meanwhile would lose it again
    wait_for(lambda: _is_gone(form), "the answer to the login", seconds=20)


def _is_gone(element: WebElement) -> bool:
    try:
        return not element.is_enabled()
    except WebDriverException:  # in the moment in which pages change, chromium has other words for "stale"
        return True


def press(browser: Chrome, selector: str) -> None:
    """Once it is there: the page before may have been left a moment ago."""
    wait_for(lambda: browser.find_elements(By.CSS_SELECTOR, selector), selector)
    browser.find_element(By.CSS_SELECTOR, selector).click()


def open_review(browser: Chrome, world: World) -> str:
    """The review page of the finished interview, its recording unlocked and loaded. Returns the interview's id."""
    interview = world.sittings["finished"].interview_id
    browser.get(f"{world.url}/interviews/{interview}")
    if browser.find_elements(By.CSS_SELECTOR, "input[name=totp]"):
        browser.find_element(By.NAME, "totp").send_keys(world.totp("hr"))
        press(browser, ".watch button.main")
    wait_for(lambda: player(browser, "readyState") >= 2, "the recording to load", seconds=20)
    return interview


def player(browser: Chrome, name: str) -> float:
    """A property of the page's player."""
    return float(browser.execute_script(f"return Number(document.getElementById('player').{name})"))
