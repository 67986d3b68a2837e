"""A person at the booth who has a keyboard and nothing else: what can be done is what the keys do."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget
from pytestqt.exceptions import TimeoutError

from app.interview.views import InputEnded
from app.ui.names import Screen, Sheet
from tests.ui.booth import Booth

_KEY = Qt.Key
_NO = Qt.KeyboardModifier.NoModifier
# From where the focus stands to anything on the screen, and at most so many keys: an order that makes sense is short.
_MOST_TABS = 14


class Hands:
    """What both ways of operating share. ``booth`` is only looked at."""

    def __init__(self, booth: Booth) -> None:
        self.booth = booth

    def on(self, screen: Screen, sheet: Sheet = Sheet.NONE, seconds: float = 30.0) -> None:
        self.booth.on(screen, sheet, seconds)

    def press(self, name: str) -> None:
        raise NotImplementedError

    def write(self, name: str, words: str) -> None:
        raise NotImplementedError

    def wait_for_the_sound(self) -> None:
        """The microphone has played its file to the end."""
        self.booth.wait(lambda: any(isinstance(item, InputEnded) for item in self.booth.desk.news), 30)


class Keyboard(Hands):
    """Every step is a key that goes to the window, as the system would send it."""

    def on(self, screen: Screen, sheet: Sheet = Sheet.NONE, seconds: float = 30.0) -> None:
        super().on(screen, sheet, seconds)
        try:
            self.booth.wait(lambda: not self.lost(), 5)
        except TimeoutError:
            raise AssertionError(self.lost()) from None

    def lost(self) -> str:
        """What is wrong with the place of the focus; empty when a person can see where they are."""
        window, focused = self.booth.window, QApplication.focusWidget()
        if focused is None or not focused.isVisible() or not focused.isEnabled():
            return f"the focus is nowhere: {focused}"
        card = next((card for card in self.booth.visible("sheet_card")), None)
        if card is not None and not card.isAncestorOf(focused):
            return f"the focus is behind the sheet: {focused.objectName()}"
        page = window.deck.shown()
        if card is None and page is not None and not (page is focused or page.isAncestorOf(focused)):
            return f"the focus is not on the screen: {focused.objectName()}"
        if focused is page or not focused.focusPolicy() & Qt.FocusPolicy.TabFocus:
            return f"the focus is on nothing that can be used: {focused.objectName()}"
        return "" if seen_whole(focused) else f"the focus is out of sight: {focused.objectName()}"

    def tap(self, key: Qt.Key, modifier: Qt.KeyboardModifier = _NO) -> None:
        popup = QApplication.activePopupWidget() or QApplication.activeModalWidget()
        handle = (popup or self.booth.window).windowHandle()
        assert handle is not None
        QTest.keyClick(handle, key, modifier)

    def type(self, words: str) -> None:
        handle = (QApplication.activeModalWidget() or self.booth.window).windowHandle()
        assert handle is not None
        for letter in words:
            QTest.keyClick(handle, letter)

    def go_to(self, name: str, most: int = _MOST_TABS) -> QWidget:
        """Tab until the control has the focus. Fails where that takes more keys than anybody has patience for."""
        self.booth.wait(lambda: any(widget.isEnabled() for widget in self.booth.visible(name)))
        self.booth.wait(QApplication.focusWidget)
        passed = []
        for _ in range(most + 1):
            focused = QApplication.focusWidget()
            if focused is not None and focused.objectName() == name:
                assert seen_whole(focused), f"{name} has the focus and cannot be seen"
                assert passed == [] or self.booth.window.watch.by_key
                return focused
            now = focused.objectName() if focused is not None else "nothing"
            passed.append(now)
            self.tap(self._within(focused, name) or _KEY.Key_Tab)
        raise AssertionError(f"{name} is not reached within {most} Tabs: {passed}")

    def _within(self, focused: QWidget | None, name: str) -> Qt.Key | None:
        """The arrow to a neighbour of a group in which one is chosen: Tab stops there once. None outside of it."""
        group = focused.group() if isinstance(focused, QAbstractButton) else None
        wanted = self.booth.visible(name)[-1]
        if group is None or not group.exclusive() or wanted not in group.buttons():
            return None
        here, there = focused.mapToGlobal(QPoint(0, 0)), wanted.mapToGlobal(QPoint(0, 0))
        if abs(here.y() - there.y()) > focused.height() // 2:
            return _KEY.Key_Down if there.y() > here.y() else _KEY.Key_Up
        return _KEY.Key_Right if there.x() > here.x() else _KEY.Key_Left

    def press(self, name: str) -> None:
        self.go_to(name)
        self.tap(_KEY.Key_Space)

    def write(self, name: str, words: str) -> None:
        self.go_to(name)
        self.type(words)


def seen_whole(widget: QWidget) -> bool:
    """Nothing of it lies outside the window or is scrolled away; of a large field at least the larger part."""
    seen = widget.visibleRegion().boundingRect()
    window = widget.window()
    inside = window.rect().contains(QRect(widget.mapTo(window, QPoint(0, 0)), widget.size()))
    return seen.width() >= widget.width() and 2 * seen.height() >= widget.height() and (inside or seen.height() > 60)
