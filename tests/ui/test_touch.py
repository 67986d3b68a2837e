"""Fingers: a swipe scrolls and presses nothing, and letters come up on the screen of a kiosk and go again."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QScrollArea, QScroller

from app.kiosk.desk import Rules
from app.ui import names
from app.ui.names import Screen, Sheet
from app.ui.touch import TouchScroll
from app.ui.widgets.fold import Fold
from app.ui.widgets.select import Select
from tests.interview.desk import CODE, WRITTEN
from tests.storage.office import Office
from tests.ui.booth import Booth
from tests.ui.conftest import Open
from tests.ui.hands import Fingers, scrolled_by, seen_whole


@pytest.fixture
def fingers(kiosk: Booth) -> Fingers:
    kiosk.window.resize(1024, 600)
    return Fingers(kiosk)


def test_a_swipe_scrolls_and_does_not_press_what_it_began_on(fingers: Fingers) -> None:
    fingers.press(names.ATTRACT_START)
    fingers.on(Screen.START)
    fingers.write(names.START_FIELD, CODE)
    fingers.press(names.START_BEGIN)
    fingers.on(Screen.ENTRY)
    page = fingers.booth.window.deck.shown()
    assert page is not None
    fingers.booth.wait(lambda: any(fold.isVisible() for fold in page.findChildren(Fold)))
    fold = next(fold.button for fold in page.findChildren(Fold) if fold.isVisible())
    area = page.findChild(QScrollArea)
    assert isinstance(area, QScrollArea)
    while not seen_whole(fold):
        fingers.swipe(area, up=True)
    before = area.verticalScrollBar().value()
    fingers.drag(fold, QPoint(40, 20), QPoint(40, 140))
    assert area.verticalScrollBar().value() < before
    assert (fold.isChecked(), fold.isDown()) == (False, False)
    fingers.tap_on(fold)
    assert fold.isChecked()


def test_letters_come_up_for_a_finger_in_a_field_and_go_with_the_first_key_of_a_real_keyboard(fingers: Fingers) -> None:
    fingers.press(names.ATTRACT_START)
    fingers.on(Screen.START)
    assert not fingers.booth.visible(names.KEYS)
    fingers.press(names.START_FIELD)
    fingers.booth.wait(lambda: fingers.booth.visible(names.KEYS))
    for letter in "a1":
        fingers.touch_key(letter)
    fingers.touch_key("B")
    fingers.press(names.KEYS_SIGNS)
    fingers.touch_key("+")
    fingers.press(names.KEYS_BACK)
    assert fingers.booth.text(names.START_FIELD) == "a1B"
    fingers.booth.key(Qt.Key.Key_C)
    fingers.booth.wait(lambda: not fingers.booth.visible(names.KEYS))
    assert fingers.booth.text(names.START_FIELD) == "a1Bc"


def test_a_sheet_with_fields_gives_way_to_the_letters_and_its_lists_open_when_the_finger_is_lifted(
    open_booth: Open, office: Office
) -> None:
    open_booth(stages=WRITTEN).desk.take_walk_ins(office)
    booth = open_booth(stages=WRITTEN, kiosk=True)
    booth.window.resize(1024, 600)
    fingers = Fingers(booth)
    fingers.on(Screen.ATTRACT)
    fingers.press(names.ATTRACT_WALK_IN)
    fingers.on(Screen.START, Sheet.WALK_IN)
    fingers.write(names.WALK_IN_FIELD_PREFIX + "phone", "139")
    fingers.press(names.WALK_IN_FIELD_PREFIX + "email")
    booth.wait(lambda: booth.visible(names.KEYS))
    board, field = booth.find(names.KEYS), booth.find(names.WALK_IN_FIELD_PREFIX + "email")
    booth.wait(lambda: seen_whole(field))
    assert field.mapTo(booth.window, QPoint(0, field.height())).y() <= board.mapTo(booth.window, QPoint(0, 0)).y()
    for letter in "a@b.cn":
        fingers.touch_key(letter)
    assert field.text() == "a@b.cn"
    fingers.press(names.KEYS_HIDE)
    places = booth.visible(names.WALK_IN_PLACE)
    if places:
        select = places[0]
        assert isinstance(select, Select)
        fingers.press(names.WALK_IN_PLACE)
        booth.wait(lambda: select.view().isVisible())
        select.hidePopup()


def test_a_swipe_that_began_on_a_field_scrolls_and_brings_no_letters_up(fingers: Fingers) -> None:
    booth = fingers.booth
    fingers.press(names.ATTRACT_START)
    fingers.on(Screen.START)
    booth.window.resize(1024, 420)
    field = fingers.bring_up(names.START_FIELD)
    area = scrolled_by(field)
    assert area is not None
    bar = area.verticalScrollBar()
    before, ends = bar.value(), [QPoint(40, 36), QPoint(40, 4)]
    fingers.drag(field, *(ends if before < bar.maximum() else ends[::-1]))
    booth.wait(lambda: QScroller.scroller(area.viewport()).state() is QScroller.State.Inactive)
    assert bar.value() != before
    booth.qtbot.wait(0)
    assert not booth.visible(names.KEYS)
    fingers.press(names.START_FIELD)
    booth.wait(lambda: booth.visible(names.KEYS))


@pytest.mark.parametrize("kiosk", [True, False])
def test_no_letters_come_up_where_the_booth_has_them_switched_off_or_outside_a_kiosk(
    open_booth: Open, kiosk: bool
) -> None:
    booth = open_booth(stages=WRITTEN, kiosk=kiosk, rules=Rules(screen_keys=False))
    fingers = Fingers(booth)
    if kiosk:
        fingers.press(names.ATTRACT_START)
    fingers.on(Screen.START)
    fingers.press(names.START_FIELD)
    booth.key(Qt.Key.Key_A)
    assert booth.text(names.START_FIELD) == "a"
    assert not booth.visible(names.KEYS)


@pytest.mark.skipif(sys.platform != "linux", reason="each system is asked in its own way; here GNOME's is played")
@pytest.mark.parametrize(("animations", "glides"), [("true", True), ("false", False)])
def test_what_is_swiped_glides_on_unless_the_system_asks_for_less_motion(
    booth: Booth, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, animations: str, glides: bool
) -> None:
    program = tmp_path / "bin" / "gsettings"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho {animations}\n", "utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    booth.window.resize(640, 560)
    booth.enter()
    booth.on(Screen.ENTRY)
    watch = next(one for one in booth.window.children() if isinstance(one, TouchScroll))
    area = booth.window.deck.pages[Screen.ENTRY]._scroll
    bar = area.verticalScrollBar()
    booth.wait(lambda: bar.maximum() > 200)
    fingers = Fingers(booth)
    fingers.flick(area.viewport(), 30)
    asked = watch._asked
    assert asked is not None
    assert asked.result(5) is not glides
    scroller = QScroller.scroller(area.viewport())
    booth.wait(lambda: scroller.state() is QScroller.State.Inactive)
    bar.setValue(0)
    at_the_finger = fingers.flick(area.viewport(), 60)
    booth.wait(lambda: scroller.state() is QScroller.State.Inactive)
    assert bar.value() > 0
    assert (bar.value() > at_the_finger) is glides
