"""Fingers: what does not fit is scrolled by swiping, and a swipe that began on a button does not press it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QTouchEvent, QWindow
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QAbstractSlider,
    QScroller,
    QScrollerProperties,
    QWidget,
)

from app.ui.motion import reduced_motion
from app.ui.widgets.select import Select

# of the window: whether the last touch, from its beginning on, is or was a swipe
SWIPED = "swiped"
_DRAGGING = (QScroller.State.Dragging, QScroller.State.Scrolling)


class TouchScroll(QObject):
    """Watches what reaches the window. A touch becomes a press of the mouse as ever, unless it is a swipe.

    What was swiped glides on for a moment, unless the system asks for less motion: it is asked on another thread, by
    ``background``, with the first touch.
    """

    def __init__(self, window: QWidget, background: Callable[[Callable[[], bool]], Future[bool]]) -> None:
        super().__init__(window)
        self._window = window
        self._background = background
        self._asked: Future[bool] | None = None
        self._scroller: QScroller | None = None
        self._viewport: QWidget | None = None
        self._pressed: QWidget | None = None
        self._swiping = False
        window.installEventFilter(self)
        self._watch(window.windowHandle())

    def _watch(self, handle: QWindow | None) -> None:
        if handle is not None:
            handle.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if watched is self._window:
            if kind == QEvent.Type.Show:
                self._watch(self._window.windowHandle())
            return False
        if kind == QEvent.Type.TouchBegin and isinstance(event, QTouchEvent):
            self._begin(event)
        elif kind == QEvent.Type.TouchUpdate and isinstance(event, QTouchEvent):
            return self._move(event)
        elif kind in (QEvent.Type.TouchEnd, QEvent.Type.TouchCancel) and isinstance(event, QTouchEvent):
            self._feed(QScroller.Input.InputRelease, event)
        elif isinstance(event, QMouseEvent) and self._swiping:
            return self._mouse(event)
        return False

    @property
    def _still(self) -> bool:
        """Nothing moves but what a finger moves."""
        asked = self._asked
        return asked is not None and asked.done() and asked.exception() is None and asked.result()

    def _begin(self, event: QTouchEvent) -> None:
        if self._asked is None:
            self._asked = self._background(reduced_motion)
        place = event.points()[0].position().toPoint()
        self._swiping = False
        self._window.setProperty(SWIPED, False)
        self._pressed = self._window.childAt(place)
        self._viewport = None if isinstance(self._pressed, QAbstractSlider) else self._scrolled(self._pressed, place)
        self._scroller = QScroller.scroller(self._viewport) if self._viewport is not None else None
        if self._scroller is not None:
            properties = self._scroller.scrollerProperties()
            off = QScrollerProperties.OvershootPolicy.OvershootAlwaysOff
            properties.setScrollMetric(QScrollerProperties.ScrollMetric.VerticalOvershootPolicy, off)
            if self._still:
                properties.setScrollMetric(QScrollerProperties.ScrollMetric.MaximumVelocity, 0.0)
            self._scroller.setScrollerProperties(properties)
        self._feed(QScroller.Input.InputPress, event)

    def _scrolled(self, widget: QWidget | None, place: QPoint) -> QWidget | None:
        """The viewport around a place that has more than it shows."""
        while widget is not None:
            if isinstance(widget, QAbstractScrollArea) and widget.verticalScrollBar().maximum() > 0:
                return widget.viewport()
            widget = widget.parentWidget()
        return None

    def _move(self, event: QTouchEvent) -> bool:
        self._feed(QScroller.Input.InputMove, event)
        if not self._swiping and self._scroller is not None and self._scroller.state() in _DRAGGING:
            self._swiping = True
            self._window.setProperty(SWIPED, True)
            self._let_go()
        if self._swiping:
            event.accept()
        return self._swiping

    def _feed(self, phase: QScroller.Input, event: QTouchEvent) -> None:
        if self._scroller is not None and self._viewport is not None:
            place = self._viewport.mapFrom(self._window, event.points()[0].position().toPoint())
            self._scroller.handleInput(phase, QPointF(place), event.timestamp())

    def _let_go(self) -> None:
        """What the finger began on is not pressed any more."""
        pressed = self._pressed
        if isinstance(pressed, QAbstractButton):
            pressed.setDown(False)
        elif isinstance(pressed, Select):
            pressed.let_go()

    def _mouse(self, event: QMouseEvent) -> bool:
        """The mouse that Qt makes of a swipe: it must not move over what was pressed, or it would press it again."""
        if event.type() == QEvent.Type.MouseMove:
            return True
        if event.type() == QEvent.Type.MouseButtonRelease and event.button() == Qt.MouseButton.LeftButton:
            self._swiping = False
        return False
