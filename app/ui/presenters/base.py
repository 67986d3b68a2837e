"""What all presenters share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from app.ui.names import Screen, Sheet

T = TypeVar("T")


class Runner(Protocol):
    """Runs an operation elsewhere and calls back on the thread of the screens."""

    def service(
        self, operation: Callable[[], T], success: Callable[[T], None], failure: Callable[[Exception], None], /
    ) -> None: ...

    def background(
        self, operation: Callable[[], T], success: Callable[[T], None], failure: Callable[[Exception], None], /
    ) -> None: ...


class View(Protocol):
    """The window, as presenters see it."""

    def show_screen(self, screen: Screen) -> None: ...

    def show_sheet(self, sheet: Sheet) -> None: ...


class Presenter:
    """Holds what a screen shows; tells its listeners when that changed."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[], None]] = []

    def listen(self, listener: Callable[[], None]) -> None:
        self._listeners.append(listener)

    def changed(self) -> None:
        for listener in list(self._listeners):
            listener()
