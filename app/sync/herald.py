"""Tells whoever listens how the delivery stands: each change once."""

from __future__ import annotations

import logging
from collections.abc import Callable

from app.interview.views import InterviewsChanged, KitsChanged, SyncNews, SyncPhase
from app.sync.ports import Books
from app.sync.shift import Shift

log = logging.getLogger(__name__)


class Herald:
    """``notify`` is called on the sending thread; what it raises is logged and hinders nothing."""

    def __init__(
        self, books: Books, shift: Shift, notify: Callable[[SyncNews | InterviewsChanged | KitsChanged], None]
    ) -> None:
        self._books = books
        self._shift = shift
        self._notify = notify
        self._last_news: SyncNews | None = None

    def announce(self, phase: SyncPhase, counts: tuple[int, int] | None = None) -> None:
        pending, failed = counts or self._books.counts()
        news = SyncNews(phase, pending, failed, self._shift.problem)
        if news == self._last_news:
            return
        self._last_news = news
        self.tell(news)

    def tell(self, news: SyncNews | InterviewsChanged | KitsChanged) -> None:
        try:
            self._notify(news)
        except Exception:
            log.exception("a listener of sync failed")
