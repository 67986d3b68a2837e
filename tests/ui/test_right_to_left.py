"""What is read from the right: buttons with Latin words and numbers in order, headings at the right edge."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QSize

from app.ui.dress import build_application
from app.ui.widgets.basic import Button, from_right, plain
from app.ui.widgets.fold import Fold
from tests.ui.pictures import SCENES, make_window

_NEAR = 60  # pixels: the margin of a card


def test_every_line_of_a_button_is_isolated_as_read_from_the_right() -> None:
    assert from_right("a 1\nb") == "\u2067a 1\u2069\n\u2067b\u2069"
    assert from_right(from_right("a")) == from_right("a")
    assert plain(from_right("a \u2068PDF\u2069\nb")) == "a \u2068PDF\u2069\nb"


def test_buttons_are_isolated_in_arabic_and_no_more_after_a_change_of_language() -> None:
    build_application([])
    made = make_window("ar", QSize(1024, 600))
    SCENES["proof"](made)
    made.settle()
    buttons = [one for one in made.window.findChildren(Button) if one.isVisible() and one.text()]
    assert buttons
    assert all(one.text().startswith("\u2067") for one in buttons)
    made.window.switch_language("en")
    made.settle()
    assert not any("\u2067" in one.text() for one in made.window.findChildren(Button) if one.isVisible())
    made.window.abort()


def test_headings_that_open_stand_where_reading_begins() -> None:
    build_application([])
    made = make_window("ar", QSize(1024, 600))
    SCENES["entry"](made)
    for _ in range(4):
        made.settle()
    folds = [fold for fold in made.window.findChildren(Fold) if fold.isVisible()]
    assert folds
    for fold in folds:
        right = fold.button.mapTo(fold, QPoint(fold.button.width(), 0)).x()
        assert fold.width() - right < _NEAR
        assert fold.button.width() < fold.width() - _NEAR
    made.window.abort()
