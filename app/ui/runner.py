"""Background work as a value: an operation, what to do with its result, what to do with its failure."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

if TYPE_CHECKING:
    from app.ui.context import Submit

T = TypeVar("T")
Success = Callable[[T], None]
Failure = Callable[[Exception], None]


class QtRunner(QObject):
    """Runs operations off the Qt thread and delivers their results on it, in the order they ended."""

    _posted = Signal()

    def __init__(self, submit: Submit, background: Submit) -> None:
        super().__init__()
        self._submit = submit
        self._background = background
        self._closed = False
        self._thread = threading.get_ident()
        self._calls: deque[Callable[[], None]] = deque()
        # From another thread it waits its turn by itself. To say so would make the names of Qt's own namespace: no
        # frame waits for them, and no other thread may make them, see :mod:`app.ui.qt_names`.
        self._posted.connect(self._take)

    def service(self, operation: Callable[[], T], success: Success[T], failure: Failure) -> None:
        """On the database thread."""
        self._start(self._submit, operation, success, failure)

    def background(self, operation: Callable[[], T], success: Success[T], failure: Failure) -> None:
        """On a thread that may take its time: devices and checks."""
        self._start(self._background, operation, success, failure)

    def follow(self, future: Future[T], success: Success[T], failure: Failure) -> None:
        """Deliver the result of a call that is under way already."""
        future.add_done_callback(lambda done: self._end(done, success, failure))

    def close(self) -> None:
        """Deliver nothing more: the window is gone."""
        self._closed = True

    def _start(self, submit: Submit, operation: Callable[[], T], success: Success[T], failure: Failure) -> None:
        self.follow(submit(operation), success, failure)

    def _end(self, future: Future[T], success: Success[T], failure: Failure) -> None:
        if not self._closed:
            self.post(lambda: _deliver(future, success, failure))

    def post(self, call: Callable[[], None]) -> None:
        """On the Qt thread, in its turn. From any thread."""
        self._calls.append(call)
        if threading.get_ident() == self._thread:
            QTimer.singleShot(0, self._take)
        else:
            self._posted.emit()

    def _take(self) -> None:
        call = self._calls.popleft()
        if not self._closed:
            call()


def _deliver(future: Future[T], success: Success[T], failure: Failure) -> None:
    try:
        value = future.result()
    except CancelledError:
        return
    except Exception as error:
        failure(error)
    else:
        success(value)
