"""What every change of an interview goes through: one operation at a time, its failure told, news passed on."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from app.ui.presenters.base import Presenter, Runner

if TYPE_CHECKING:
    from app.interview.views import News, SyncNews

T = TypeVar("T")
log = logging.getLogger(__name__)


class Operations(Presenter):
    """See module. A second operation that is asked for while one runs is not begun.

    ``error`` is what the notice says; ``sync`` the newest word of the delivery.
    """

    def __init__(self, runner: Runner) -> None:
        super().__init__()
        self.runner = runner
        self.busy = False
        self.error: Exception | None = None
        self.sync: SyncNews | None = None
        self._news: list[Callable[[News], None]] = []

    def do(
        self,
        operation: Callable[[], T],
        success: Callable[[T], None],
        failure: Callable[[Exception], None] | None = None,
        *,
        slowly: bool = False,
    ) -> bool:
        """Run a service call, or with ``slowly`` one that may take seconds; False when another one is running."""
        if self.busy:
            return False
        self.busy = True
        self.error = None
        self.changed()

        def done(value: T) -> None:
            self.busy = False
            success(value)
            self.changed()

        def failed(error: Exception) -> None:
            self.busy = False
            (failure or self.fail)(error)
            self.changed()

        run = self.runner.background if slowly else self.runner.service
        run(operation, done, failed)
        return True

    def quietly(self, operation: Callable[[], T], success: Callable[[T], None]) -> None:
        """Run a service call that no one waits for."""
        self.runner.service(operation, success, self.fail)

    def soon(self, action: Callable[[], None]) -> None:
        """Run ``action`` when service calls are answered: at once, except in the first moments after the start."""
        self.runner.service(lambda: None, lambda _: action(), self.fail)

    def fail(self, error: Exception) -> None:
        """Say on screen what happened; a bug is logged with its traceback as well."""
        from contract.errors import XudaError

        if not isinstance(error, XudaError):
            log.error("a service call failed", exc_info=error)
        self.error = error
        self.changed()

    def dismiss_error(self) -> None:
        self.error = None
        self.changed()

    def on_news(self, news: News) -> None:
        from app.interview.views import SyncNews

        if isinstance(news, SyncNews):
            self.sync = news
            self.changed()
        for listener in list(self._news):
            listener(news)

    def listen_news(self, listener: Callable[[News], None]) -> None:
        self._news.append(listener)
