"""Every page of the portal can be read and used; pages are found from the routes, so that none is forgotten."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.portal.browser import Chrome, chromium
from tests.portal.gallery import SIZES, Photographer, scenes
from tests.portal.scenes import Scenes


@pytest.fixture(scope="module")
def made() -> Iterator[Scenes]:
    with scenes() as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Chrome]:
    with chromium() as opened:
        yield opened


@pytest.mark.parametrize(("language", "size"), [("zh_CN", "laptop"), ("en", "pad")])
def test_every_page_can_be_read_and_used(made: Scenes, browser: Chrome, language: str, size: str) -> None:
    photographer = Photographer(browser, made)
    pages = made.pages()
    wrong = [f"{page.name}: {line}" for page in pages for line in photographer.open(page, language, SIZES[size])]
    assert not wrong, "\n".join(wrong)
    assert len({page.name for page in pages}) == len(pages)


def test_what_cannot_be_read_is_noticed(made: Scenes, browser: Chrome) -> None:
    photographer = Photographer(browser, made)
    page = next(page for page in made.pages() if page.name == "positions")
    assert photographer.open(page, "zh_CN", SIZES["laptop"]) == []
    spoil = {
        "px wide": "document.querySelector('main').style.minWidth = '2000px'",
        "sideways": "document.querySelector('table').style.minWidth = '2000px'",
        "cut off": "document.querySelector('h1').style.cssText = 'width: 20px; overflow: hidden; white-space: nowrap'",
        "lies over": "document.querySelector('.side nav a + a').style.cssText = 'margin-top: -30px'",
        "without a label": "document.querySelector('main').append(document.createElement('input'))",
        "main headings": "document.querySelector('main').append(document.createElement('h1'))",
        "nothing says": "document.querySelector('main a[href]').replaceChildren()",
    }
    for words, script in spoil.items():
        photographer.open(page, "zh_CN", SIZES["laptop"])
        browser.execute_script(script)
        assert any(words in line for line in photographer.look()), words
