"""Whoever stands at a kiosk does not get out of its window: keys, menus, closing, hiding."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QCloseEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication

from app.ui import names
from app.ui.kiosk import swallowed
from app.ui.names import Screen, Sheet
from tests.ui.booth import Booth


def test_the_window_cannot_be_closed_from_outside_and_asks_for_the_pin_instead(kiosk: Booth) -> None:
    handle = kiosk.window.windowHandle()
    assert handle is not None
    QCoreApplication.sendEvent(handle, QCloseEvent())
    kiosk.on(Screen.ATTRACT, Sheet.PIN)
    assert kiosk.window.isVisible()


def test_a_window_that_was_made_small_or_hidden_behind_others_comes_back(kiosk: Booth) -> None:
    assert kiosk.window.windowFlags() & Qt.WindowType.WindowStaysOnTopHint
    kiosk.window.showMinimized()
    kiosk.wait(lambda: kiosk.window.isFullScreen() and not kiosk.window.isMinimized())


@pytest.mark.parametrize(
    ("key", "modifier"),
    [
        (Qt.Key.Key_F4, Qt.KeyboardModifier.AltModifier),
        (Qt.Key.Key_Tab, Qt.KeyboardModifier.AltModifier),
        (Qt.Key.Key_F11, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier),
        (Qt.Key.Key_W, Qt.KeyboardModifier.ControlModifier),
        (Qt.Key.Key_L, Qt.KeyboardModifier.MetaModifier),
        (Qt.Key.Key_Menu, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_F10, Qt.KeyboardModifier.ShiftModifier),
    ],
)
def test_keys_that_lead_out_are_swallowed(kiosk: Booth, key: Qt.Key, modifier: Qt.KeyboardModifier) -> None:
    assert swallowed(key, modifier)
    assert kiosk.window.kiosk is not None
    event = QKeyEvent(QEvent.Type.KeyPress, key, modifier)
    assert kiosk.window.kiosk.guard.eventFilter(kiosk.window, event)


@pytest.mark.parametrize(
    ("key", "modifier"),
    [
        (Qt.Key.Key_A, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_Q, Qt.KeyboardModifier.ShiftModifier),
        (Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier),
        (Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier),  # @ on some keyboards
        (Qt.Key.Key_Tab, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_F1, Qt.KeyboardModifier.NoModifier),
    ],
)
def test_what_is_typed_is_never_swallowed(key: Qt.Key, modifier: Qt.KeyboardModifier) -> None:
    assert not swallowed(key, modifier)


def test_no_context_menu_opens_in_a_field(kiosk: Booth) -> None:
    kiosk.click(names.ATTRACT_START)
    kiosk.on(Screen.START)
    field = kiosk.find(names.START_FIELD)
    assert kiosk.window.kiosk is not None
    kiosk.window.kiosk.guard.look_after()
    handle = kiosk.window.windowHandle()
    place = QPointF(field.mapTo(kiosk.window, QPoint(30, 20)))
    right = Qt.MouseButton.RightButton
    for kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease):
        event = QMouseEvent(kind, place, handle.mapToGlobal(place), right, right, Qt.KeyboardModifier.NoModifier)
        QCoreApplication.sendEvent(handle, event)
    QApplication.processEvents()
    assert QApplication.activePopupWidget() is None
