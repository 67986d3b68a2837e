"""Screens are made ahead in short steps, and rest while they are hidden; who hurries finds each as if it were ready."""

from __future__ import annotations

import weakref
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEventLoop, QObject, QTimer
from PySide6.QtWidgets import QLabel

from app.ui import icons, names
from app.ui.deck import Deck
from app.ui.dress import Appearance, build_application
from app.ui.loading import in_turns
from app.ui.names import Screen
from app.ui.tokens import Theme
from app.ui.widgets.basic import IconLabel
from app.ui.widgets.fold import Fold
from app.ui.widgets.page import Page
from tests.ui.booth import Booth

# from nothing at all to the icons of the page
STEPS = range(5)


def made(booth: Booth) -> Deck:
    booth.wait(lambda: not booth.window._spare_time.isActive(), 60)
    return booth.window.deck


def begin(booth: Booth, steps: int) -> Screen:
    """Make the next screen by so many steps and no further; which one it is."""
    window = booth.window
    window._spare_time.stop()
    while window.deck._begun is not None:
        window.deck.make_next()
    screen = next(screen for screen in window._maker.wanted() if screen not in window.deck.pages)
    for _ in range(steps):
        window.deck.make_next()
    return screen


def test_only_the_page_that_is_shown_is_refreshed(booth: Booth) -> None:
    refreshed: list[Screen] = []
    for screen, page in made(booth).pages.items():
        page.refresh = lambda screen=screen: refreshed.append(screen)  # type: ignore[method-assign,misc]
    booth.window.journey.changed()
    assert set(refreshed) == {Screen.START}


def test_a_page_that_comes_shows_what_has_changed_while_it_was_hidden(booth: Booth) -> None:
    made(booth)
    booth.enter()
    booth.on(Screen.ENTRY)
    booth.window.switch_language("en")
    booth.click(names.ENTRY_BACK)
    booth.on(Screen.START)
    assert booth.text(names.START_BEGIN) == "Start interview"
    assert booth.find(names.START_BEGIN).isEnabled()


@pytest.mark.parametrize("steps", STEPS)
def test_a_page_that_is_wanted_while_it_is_being_made_comes_whole_and_once(booth: Booth, steps: int) -> None:
    screen = begin(booth, steps)
    deck = booth.window.deck
    page = deck.page(screen)
    assert deck.stack.indexOf(page) >= 0
    assert [one for one in deck.stack.findChildren(Page) if one.place is screen] == [page]
    assert any(label.text() for label in page.findChildren(QLabel))
    made_by_now = dict(deck.pages)
    booth.window._spare_time.start()
    made(booth)
    assert deck.pages.items() >= made_by_now.items()
    assert len({page.place for page in deck.stack.findChildren(Page)}) == len(deck.stack.findChildren(Page))


@pytest.mark.parametrize("steps", STEPS)
def test_another_page_may_be_wanted_while_one_is_being_made(booth: Booth, steps: int) -> None:
    screen = begin(booth, steps)
    deck = booth.window.deck
    deck.page(Screen.MINE)
    while deck._begun is not None:
        deck.make_next()
    assert {screen, Screen.MINE} <= deck.pages.keys() if steps else Screen.MINE in deck.pages


@pytest.mark.parametrize("steps", STEPS)
def test_a_page_has_the_sizes_and_the_language_that_were_chosen_while_it_was_being_made(
    booth: Booth, steps: int
) -> None:
    begun = begin(booth, steps)
    window = booth.window
    window.change_appearance(Appearance(Theme.DARK, 150))
    window.switch_language("en")
    page = window.deck.page(begun)
    signs = [sign for sign in page.findChildren(IconLabel) if sign._size == "icon"]
    assert {sign.width() for sign in signs} <= {window.look.tokens.icon}
    other = window.deck.page(Screen.CONSENT)
    assert other.findChildren(IconLabel)
    assert {sign.width() for sign in other.findChildren(IconLabel) if sign._size == "icon"} == {window.look.tokens.icon}
    assert any("Before we begin" in label.text() for label in other.findChildren(QLabel))


def test_the_icons_of_a_page_are_drawn_before_it_comes(booth: Booth) -> None:
    icons._drawn.cache_clear()
    pages = made(booth).pages
    before = icons._drawn.cache_info()
    for screen in (Screen.ENTRY, Screen.CONSENT, Screen.LEFT):
        pages[screen].grab()
    after = icons._drawn.cache_info()
    assert after.misses == before.misses
    assert after.hits > before.hits


def test_a_question_of_a_faq_that_was_opened_stays_open_when_something_changes(booth: Booth) -> None:
    booth.enter()
    booth.on(Screen.ENTRY)
    page = booth.window.deck.pages[Screen.ENTRY]
    booth.wait(lambda: any(fold.isVisible() for fold in page.findChildren(Fold)))
    fold = next(fold for fold in page.findChildren(Fold) if fold.isVisible())
    fold.button.click()
    page.refresh()
    assert fold.text.isVisible()


def test_steps_may_outlive_their_owner_and_end_quietly() -> None:
    build_application([])
    taken: list[int] = []

    class Owner(QObject):
        def steps(self) -> Iterator[None]:
            for number in range(3):
                taken.append(number)
                yield

    owner = Owner()
    gone = weakref.ref(owner)
    in_turns(owner.steps(), owner)  # from now on only its steps keep it
    del owner
    loop = QEventLoop()
    QTimer.singleShot(50, loop.quit)
    loop.exec()
    assert taken == [0, 1, 2]
    assert gone() is None
