"""Where the keyboard is: at a sensible place on each screen, and back there when what had the focus went away."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from app.ui.announce import announce, heading_of
from app.ui.deck import Deck
from app.ui.touch import TouchScroll
from app.ui.widgets.overlay import Overlay
from app.ui.widgets.page import Page

# No event tells that any control of a screen can be used again; looked for only while none has the focus.
_LOOK_MS = 100


def usable(widget: QWidget | None) -> bool:
    """Whether a person could go on there."""
    return widget is not None and isValid(widget) and widget.isVisible() and widget.isEnabled()


def look_after(
    window: QWidget, deck: Deck, busy: Callable[[], bool], background: Callable[[Callable[[], bool]], Future[bool]]
) -> None:
    """Keyboard and fingers find their way in this window from now on. ``background``: see :class:`TouchScroll`."""
    FocusKeeper(window, deck, busy)
    TouchScroll(window, background)


class FocusKeeper(QObject):
    """Qt hands the focus of a control that is disabled or hidden to whatever comes next, which may be anywhere.

    Here it comes back as soon as the control can be used again; where it cannot, the focus goes to the first place of
    the screen, or of what lies over it. ``busy``: controls are disabled for a moment only.
    """

    def __init__(self, window: QWidget, deck: Deck, busy: Callable[[], bool]) -> None:
        super().__init__(window)
        self._window, self._deck, self._busy = window, deck, busy
        self._lost: QWidget | None = None
        self._look = QTimer(self)
        self._look.setInterval(_LOOK_MS)
        self._look.timeout.connect(self._settle)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._changed)
        deck.begin = self.begin

    def begin(self, page: Page) -> None:
        """This screen has just come. What lies over it keeps the keyboard."""
        self._forget()
        announce(page, heading_of(page))
        place = self._place() or page
        first = place.first()
        self._put(first or place)
        if first is None:
            self._lose(place)

    def _place(self) -> Page | Overlay | None:
        """What the keyboard belongs to now: the newest thing over the screen, else the screen."""
        direct = Qt.FindChildOption.FindDirectChildrenOnly
        above = [one for one in self._window.findChildren(Overlay, options=direct) if one.isVisible()]
        return above[-1] if above else self._deck.shown()

    def _changed(self, before: QWidget | None, after: QWidget | None) -> None:
        if not isValid(self._window):
            return  # the focus goes as the window does
        place = self._place()
        if place is None:
            return
        inside = before is not None and isValid(before) and before is not place and place.isAncestorOf(before)
        if inside and before is not None and (after is None or not usable(before)):
            self._lose(before)  # nothing has the focus now, or what Qt found
        elif after is not None and after is not place and place.isAncestorOf(after):
            self._forget()  # a person has gone there
            if isinstance(place, Page):
                place.reveal(after)

    def _lose(self, what: QWidget) -> None:
        self._lost = what
        self._look.start()
        QTimer.singleShot(0, self, self._settle)

    def _forget(self) -> None:
        self._lost = None
        self._look.stop()

    def _settle(self) -> None:
        lost, place = self._lost, self._place()
        if QApplication.mouseButtons() != Qt.MouseButton.NoButton:
            return  # a button that loses the focus while it is pressed is not clicked
        if lost is None or place is None or not place.isVisible():
            self._forget()
        elif lost is not place and usable(lost) and place.isAncestorOf(lost):
            self._forget()
            self._put(lost)
        elif not self._busy() and (first := place.first()) is not None:
            self._forget()
            self._put(first)
        elif QApplication.focusWidget() is None:
            self._put(place)  # from nowhere Tab would lead nowhere

    @staticmethod
    def _put(widget: QWidget) -> None:
        widget.setFocus(Qt.FocusReason.OtherFocusReason)
