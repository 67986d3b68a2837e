"""The keyboard alone is enough."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.interview.states import InterviewState
from app.ui import names
from app.ui.dress import Appearance, build_application
from app.ui.names import Screen, Sheet
from app.ui.tokens import Theme
from tests.interview.desk import CODE
from tests.ui.booth import Booth
from tests.ui.gallery import close, opened


def tab_to(booth: Booth, name: str) -> None:
    """Press Tab until the control has the focus, at most once around."""
    booth.find(name)
    for _ in range(60):
        focused = QApplication.focusWidget()
        if focused is not None and focused.objectName() == name and focused.isEnabled():
            return
        booth.key(Qt.Key.Key_Tab)
    raise AssertionError(f"{name} is not reached with the keyboard")


def press(booth: Booth, name: str) -> None:
    booth.wait(lambda: booth.find(name).isEnabled())
    tab_to(booth, name)
    booth.key(Qt.Key.Key_Space)


def write(booth: Booth, words: str) -> None:
    handle = booth.window.windowHandle()
    assert handle is not None
    for letter in words:
        QTest.keyClick(handle, letter)


def test_an_interview_is_done_with_the_keyboard_alone(booth: Booth) -> None:
    booth.on(Screen.START)
    write(booth, CODE)
    booth.key(Qt.Key.Key_Return)
    booth.on(Screen.ENTRY)
    press(booth, names.ENTRY_CONTINUE)
    booth.on(Screen.CONSENT)
    press(booth, names.CONSENT_RECORDING)
    press(booth, names.CONSENT_AGREE)
    booth.on(Screen.TEXT)
    write(booth, "typed")
    press(booth, names.TEXT_SUBMIT)
    booth.on(Screen.CHOICE)
    press(booth, names.CHOICE_OPTION_PREFIX + "0")
    press(booth, names.CHOICE_SUBMIT)
    booth.on(Screen.FINISH)
    press(booth, names.FINISH_DONE)
    booth.on(Screen.START)
    assert booth.rows()[0].state is InterviewState.FINISHED


def test_the_focus_stays_inside_an_open_sheet_and_escape_closes_it(booth: Booth) -> None:
    booth.agree()
    booth.on(Screen.TEXT)
    booth.click(names.TOPBAR_LEAVE)
    booth.on(Screen.TEXT, Sheet.LEAVE)
    sheet = booth.find("sheet_card")
    for _ in range(20):
        booth.key(Qt.Key.Key_Tab)
        focused = QApplication.focusWidget()
        assert focused is not None
        assert sheet.isAncestorOf(focused)
    booth.key(Qt.Key.Key_Escape)
    booth.on(Screen.TEXT)


def test_help_opens_with_f1_on_any_screen_and_closes_with_escape(booth: Booth) -> None:
    booth.agree()
    booth.on(Screen.TEXT)
    booth.key(Qt.Key.Key_F1)
    booth.find(names.HELP_COPY)
    booth.wait(lambda: booth.find(names.HELP_DIAGNOSTICS).toPlainText() == "test")
    booth.key(Qt.Key.Key_Escape)
    booth.wait(lambda: not booth.visible(names.HELP_PANEL))


def test_the_ring_around_the_focus_is_shown_for_the_keyboard_and_not_after_a_click(booth: Booth) -> None:
    booth.on(Screen.START)

    def seen() -> bool:
        booth.key(Qt.Key.Key_Tab)
        return booth.window.watch.by_key

    booth.wait(seen)  # a key that comes before the window has the focus is nobody's
    handle = booth.window.windowHandle()
    assert handle is not None
    QTest.mouseClick(handle, Qt.MouseButton.LeftButton)
    assert not booth.window.watch.by_key


@pytest.mark.parametrize(("scene", "field"), [("help", names.HELP_DIAGNOSTICS), ("proof", names.PROOF_TRANSCRIPT)])
def test_all_of_a_field_is_seen_once_tab_has_led_to_it(scene: str, field: str) -> None:
    """Qt by itself scrolls to the cursor alone, and the frame of the field stays below the edge."""
    build_application([])
    made = opened(scene, "de", QSize(1024, 600), Appearance(Theme.LIGHT, 200))
    handle = made.window.windowHandle()
    assert handle is not None
    for _ in range(30):
        focused = QApplication.focusWidget()
        if focused is not None and focused.objectName() == field:
            break
        QTest.keyClick(handle, Qt.Key.Key_Tab)
        made.settle()
    assert focused is not None
    assert focused.objectName() == field
    assert focused.visibleRegion().boundingRect() == focused.rect()
    close(made)
