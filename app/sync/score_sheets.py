"""Fetches what answers are scored by, where HR's settings let this device score."""

from __future__ import annotations

import logging
import time

from app.sync.api import DeviceApi
from app.sync.ports import Books
from app.sync.shift import Shift
from contract.errors import ErrorCode, XudaError

log = logging.getLogger(__name__)

_NAME = "score-sheets"
# HR has taken the setting back meanwhile, or is of a version that knows nothing of it
_NOT_FOR_US = frozenset({ErrorCode.FORBIDDEN, ErrorCode.NOT_FOUND})


class ScoreSheetFetcher:
    """``due``: monotonic time from which HR is asked again; 0 for at once. ``waiting``: what is still missing."""

    def __init__(self, api: DeviceApi, books: Books, shift: Shift, every: float) -> None:
        self._api = api
        self._books = books
        self._shift = shift
        self._every = every
        self.due = 0.0
        self.waiting: list[str] = []

    def fetch(self) -> None:
        """What is due. Raises Leave when nothing can be fetched now at all."""
        mark = self._books.scoring_mark()
        if mark is None:
            self.due, self.waiting = 0.0, []
            return
        now = time.monotonic()
        if now < max(self.due, self._shift.backoff.due(_NAME)):
            return
        try:
            self._books.save_score_sheets(self._api.score_sheets(mark))
        except XudaError as error:
            if error.code not in _NOT_FOR_US:
                self.waiting = [_NAME]
                self._shift.backoff.failed(_NAME)
                self._shift.trouble(error)
                return
            log.info("HR gives no score sheets: %s", error.code)
        self._shift.backoff.succeeded(_NAME)
        self.due, self.waiting = now + self._every, []
