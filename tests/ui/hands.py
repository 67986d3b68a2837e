"""A person at the booth with a keyboard and nothing else, or with a finger and nothing else."""

from __future__ import annotations

import functools

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt
from PySide6.QtGui import QPointingDevice
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractScrollArea, QApplication, QScroller, QWidget
from pytestqt.exceptions import TimeoutError

from app.interview.views import InputEnded
from app.ui import names
from app.ui.names import Screen, Sheet
from tests.ui.booth import Booth

_KEY = Qt.Key
_NO = Qt.KeyboardModifier.NoModifier
# From where the focus stands to anything on the screen, and at most so many keys: an order that makes sense is short.
_MOST_TABS = 14
_MOST_SWIPES = 12
_DRAG_STEPS, _STEP_MS, _HOLD_MS = 8, 12, 120
_LEAST_TARGET = 44


class StrayWindows(QObject):
    """A part that is shown before it has its place is a window for a moment: it flashes and takes the keyboard away."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.seen: list[str] = []
        QApplication.instance().installEventFilter(self)  # type: ignore[union-attr]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        shown = event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched is not self._window
        if shown and watched.windowType() in (Qt.WindowType.Widget, Qt.WindowType.Window) and watched.isWindow():
            self.seen.append(f"{type(watched).__name__} {watched.objectName()}")
        return False


class Hands:
    """What both ways of operating share. ``booth`` is only looked at."""

    def __init__(self, booth: Booth) -> None:
        self.booth = booth
        booth.window.activateWindow()  # as a window system does by itself; the platform of tests may be late
        booth.wait(booth.window.isActiveWindow)
        self._strays = StrayWindows(booth.window)

    def on(self, screen: Screen, sheet: Sheet = Sheet.NONE, seconds: float = 30.0) -> None:
        assert self._strays.seen == []
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


class Fingers(Hands):
    """Every step is a touch on something that can be seen; what is out of sight is swiped into view first."""

    def __init__(self, booth: Booth) -> None:
        super().__init__(booth)
        self._device = touch_screen()

    def tap_on(self, widget: QWidget) -> None:
        """The middle of what can be seen of it."""
        region = widget.visibleRegion().boundingRect()
        assert not region.isEmpty(), f"{widget.objectName()} is out of sight"
        place = region.center()
        QTest.touchEvent(widget.window(), self._device).press(0, widget.mapTo(widget.window(), place)).commit()
        QTest.touchEvent(widget.window(), self._device).release(0, widget.mapTo(widget.window(), place)).commit()

    def settled(self, widget: QWidget) -> None:
        """What has just come is laid out a moment later: nobody is quick enough to touch it before."""
        before = QRect()

        def stays() -> bool:
            nonlocal before
            last, before = before, QRect(widget.mapToGlobal(QPoint(0, 0)), widget.size())
            return last == before and min(widget.width(), widget.height()) >= _LEAST_TARGET

        try:
            self.booth.wait(stays, 2)
        except TimeoutError:
            raise AssertionError(f"{widget.objectName()} is too small: {widget.size()}") from None

    def press(self, name: str) -> None:
        self.booth.wait(lambda: any(widget.isEnabled() for widget in self.booth.visible(name)))
        self.tap_on(self.bring_up(name))

    def bring_up(self, name: str) -> QWidget:
        """Swipe until the control can be touched, as long as swiping moves anything."""
        for _ in range(_MOST_SWIPES):
            widget = self.booth.visible(name)[-1]
            self.settled(widget)
            area = scrolled_by(widget)
            if area is None:
                return widget
            seen = widget.visibleRegion().boundingRect()
            if 2 * seen.height() > min(widget.height(), area.height()) and seen.height() >= _LEAST_TARGET // 2:
                return widget
            below = widget.mapTo(area, QPoint(0, widget.height() // 2)).y() > area.height() // 2
            self.swipe(area, up=below)
        raise AssertionError(f"{name} is not reached by swiping")

    def swipe(self, area: QAbstractScrollArea, *, up: bool) -> None:
        """One finger over two thirds of the area, wherever it comes down."""
        view, bar = area.viewport(), area.verticalScrollBar()
        far, before = view.height() // 3, bar.value()
        begin, end = (view.height() // 2 + far, view.height() // 2 - far)[:: 1 if up else -1]
        self.drag(view, QPoint(view.width() // 2, begin), QPoint(view.width() // 2, end))
        scroller = QScroller.scroller(view)
        self.booth.wait(lambda: scroller.state() is QScroller.State.Inactive)
        assert bar.value() != before, f"a swipe {'up' if up else 'down'} has moved nothing: {before} of {bar.maximum()}"

    def drag(self, widget: QWidget, begin: QPoint, end: QPoint) -> None:
        """Held still at the end, so that it scrolls as far as the finger and no further."""
        window = widget.window()
        at = [widget.mapTo(window, begin + (end - begin) * n / _DRAG_STEPS) for n in range(_DRAG_STEPS + 1)]
        QTest.touchEvent(window, self._device).press(0, at[0]).commit()
        for place in at[1:]:
            self.booth.qtbot.wait(_STEP_MS)
            QTest.touchEvent(window, self._device).move(0, place).commit()
        self.booth.qtbot.wait(_HOLD_MS)
        still = at[-1] + QPoint(0, 1)
        QTest.touchEvent(window, self._device).move(0, still).commit()
        QTest.touchEvent(window, self._device).release(0, still).commit()

    def flick(self, view: QWidget, distance: int) -> int:
        """Up, and lifted while still moving; where what is swiped was then."""
        area, window = view.parentWidget(), view.window()
        assert isinstance(area, QAbstractScrollArea)
        at = [view.mapTo(window, view.rect().center() - QPoint(0, distance * n // 4)) for n in range(5)]
        QTest.touchEvent(window, self._device).press(0, at[0]).commit()
        for place in at[1:]:
            self.booth.qtbot.wait(_STEP_MS)
            QTest.touchEvent(window, self._device).move(0, place).commit()
        there = area.verticalScrollBar().value()
        QTest.touchEvent(window, self._device).release(0, at[-1]).commit()
        return there

    def write(self, name: str, words: str) -> None:
        """Touch the field, then the keys that come up on the screen; they go away again by themselves or by a key."""
        self.press(name)
        self.booth.wait(lambda: self.booth.visible(names.KEYS))
        for letter in words:
            self.touch_key(letter)
        self.press(names.KEYS_HIDE)
        self.booth.wait(lambda: not self.booth.visible(names.KEYS))

    def touch_key(self, letter: str) -> None:
        if letter.isupper():
            self.press(names.KEYS_SHIFT)
        elif not letter.isalnum() and not self.booth.visible(names.KEY_PREFIX + letter):
            self.press(names.KEYS_SIGNS)
        self.press(names.KEY_PREFIX + letter.lower())


def scrolled_by(widget: QWidget) -> QAbstractScrollArea | None:
    """What is swiped to bring the widget into view; None where nothing scrolls."""
    above = widget.parentWidget()
    while above is not None:
        if isinstance(above, QAbstractScrollArea) and above.verticalScrollBar().maximum() > 0:
            return above
        above = above.parentWidget()
    return None


@functools.cache
def touch_screen() -> QPointingDevice:
    return QTest.createTouchDevice()
