"""The frame of a screen: a scrolling column with the actions below it, always in reach."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from PySide6 import QtCore
from PySide6.QtCore import QEvent, QPoint, QSize, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from app.ui.names import Screen
from app.ui.style import Look
from app.ui.widgets.basic import column

if TYPE_CHECKING:
    from app.ui.presenters.base import Presenter
    from app.ui.widgets.flow import Flow


def focusable(parent: QWidget) -> list[QWidget]:
    """The controls inside that can take the focus now, in reading order."""
    return [
        widget
        for widget in parent.findChildren(QWidget)
        if widget.focusPolicy() & QtCore.Qt.FocusPolicy.TabFocus and widget.isVisible() and widget.isEnabled()
    ]


class _Holder(QWidget):
    """As high as its content needs at the width it is given, and no higher: wrapped labels guess too much."""

    def minimumSizeHint(self) -> QSize:
        return QSize(0, 0)


def scroll_to(area: QScrollArea, widget: QWidget, margin: int) -> None:
    """All of the widget is to be seen, or its beginning. Qt itself is content with the place of the cursor."""
    content = area.widget()
    if content is None or not content.isAncestorOf(widget):
        return
    top = widget.mapTo(content, QPoint(0, 0)).y()
    for edge in (top + widget.height(), top):
        area.ensureVisible(0, edge, 0, margin)


class Page(QWidget):
    """Base of all screens. ``column`` takes the content, ``bar`` the buttons of the footer.

    ``station`` is the step of the way (0..4), None where the navigation is shown instead. Words are set in
    :meth:`retranslate`; :meth:`say` and its like remember them so that a change of language sets them anew.
    """

    place = Screen.START
    station: int | None = None
    wide = False

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self._words: list[Callable[[], None]] = []
        self._bound: list[QWidget] = []
        self.setProperty("canvas", "true")
        self.column = column(look, gap=2)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setProperty("horizontalScrollBarPolicy", "ScrollBarAlwaysOff")
        self._scroll.setProperty("focusPolicy", "NoFocus")
        self._scroll.setWidget(self._centred())
        self._outer = outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self._scroll, 1)
        self.restyle()

    def restyle(self) -> None:
        for inner in self._bound:
            inner.setMaximumWidth(self._width())

    def _centred(self) -> QWidget:
        holder = _Holder()
        holder.setProperty("canvas", "true")
        inner = QWidget()
        self._bound.append(inner)
        inner.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        inner.setLayout(self.column)
        layout = QHBoxLayout(holder)
        edge = self.look.tokens.space(3)
        layout.setContentsMargins(edge, edge, edge, edge)
        layout.addStretch(1)
        layout.addWidget(inner, 1000)
        layout.addStretch(1)
        return holder

    @property
    def bar(self) -> Flow:
        return self._footer_and_bar[1]

    @property
    def footer(self) -> QFrame:
        """Hidden at first."""
        return self._footer_and_bar[0]

    @cached_property
    def _footer_and_bar(self) -> tuple[QFrame, Flow]:
        from app.ui.widgets.flow import Flow

        footer, bar = QFrame(), Flow(self.look)
        footer.setObjectName("footer")
        footer.setLayout(self._footer_layout(bar))
        footer.hide()
        self._outer.addWidget(footer)
        return footer, bar

    def _footer_layout(self, bar: Flow) -> QHBoxLayout:
        inner = QWidget()
        self._bound.append(inner)
        inner.setMaximumWidth(self._width())
        inner.setLayout(bar)
        layout = QHBoxLayout()
        layout.setContentsMargins(
            self.look.tokens.space(3), self.look.tokens.space(1), self.look.tokens.space(3), self.look.tokens.space(1)
        )
        layout.addStretch(1)
        layout.addWidget(inner, 1000)
        layout.addStretch(1)
        return layout

    def _width(self) -> int:
        return self.look.tokens.wide if self.wide else self.look.tokens.column

    # ---- words --------------------

    def say(self, set_text: Callable[[str], object], message: str) -> None:
        """Set a fixed text now and after each change of language."""

        def apply() -> None:
            set_text(self.look.t(message))

        self._words.append(apply)
        apply()

    def retranslate(self) -> None:
        for apply in self._words:
            apply()
        self.refresh()

    # ---- what it shows --------------------

    def hear(self, presenter: Presenter) -> None:
        """Show each change of it while this is the page that is shown. A page that comes is refreshed by then."""
        presenter.listen(self._show_change)

    def _show_change(self) -> None:
        if not self.isHidden():  # the stack hides all pages but one
            self.refresh()

    # ---- for subclasses --------------------

    def complete(self) -> None:
        """Make what the first frame need not show. Called once, before anything of it can be wanted."""

    def entered(self) -> None:
        """The screen has just become the current one."""

    def left(self) -> None:
        """Another screen is shown now."""

    def refresh(self) -> None:
        """Show what the presenter holds."""

    def first(self) -> QWidget | None:
        """Where the keyboard begins: the way on, else the first control in reading order. None while none is there."""
        chain = focusable(self)
        way_on = (one for one in chain if self.footer.isAncestorOf(one) and one.property("kind") == "primary")
        return next(way_on, None) or next(iter(chain), None)

    def keep_in_sight(self) -> None:
        """Something above is about to come or to grow: what has the focus stays in sight for whoever uses keys."""
        focused = self._focused()
        if focused is not None and not focused.visibleRegion().isEmpty():
            QTimer.singleShot(0, self, self._show_focus)

    def _show_focus(self) -> None:
        focused = self._focused()
        if focused is not None:
            self.reveal(focused)

    def reveal(self, widget: QWidget) -> None:
        """A key has led to this control."""
        if self.look.watch.by_key:
            scroll_to(self._scroll, widget, self.look.tokens.space(1))

    def _focused(self) -> QWidget | None:
        """What has the focus, if it can be scrolled to."""
        focused = self.window().focusWidget()
        return focused if focused is not None and self._scroll.isAncestorOf(focused) else None

    def scroll_to_top(self) -> None:
        self._scroll.verticalScrollBar().setValue(0)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LayoutDirectionChange:
            self.update()
