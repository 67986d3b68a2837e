"""Fetches the files that kits name: piece by piece, going on where it was cut, believed only by their hash."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from app.interview.views import KitsChanged
from app.sync.api import DeviceApi
from app.sync.herald import Herald
from app.sync.ports import Books, FilePort
from app.sync.shift import Shift
from contract.errors import XudaError
from contract.kit_media import MediaFile

log = logging.getLogger(__name__)

PIECE = 512 * 1024


class KitFileFetcher:
    """``between`` is called after each piece: whatever small waits to be sent goes first, and it may stop everything.

    ``waiting``: names of files that are still missing.
    """

    def __init__(
        self,
        api: DeviceApi,
        books: Books,
        files: FilePort,
        shift: Shift,
        herald: Herald,
        between: Callable[[], None],
    ) -> None:
        self._api = api
        self._books = books
        self._files = files
        self._shift = shift
        self._herald = herald
        self._between = between
        self.waiting: list[str] = []

    def fetch(self) -> None:
        """Everything that is due. A file that fails waits and holds up no other. Raises Leave when nothing can be
        fetched now at all."""
        wanted = self._books.wanted_files()
        self.waiting = [file.sha256 for file in wanted]
        for file in wanted:
            if self._shift.backoff.due(file.sha256) <= time.monotonic():
                self._try(file)
        if len(self.waiting) < len(wanted):
            self._herald.tell(KitsChanged())

    def _try(self, file: MediaFile) -> None:
        try:
            self._one(file)
        except XudaError as error:
            self._shift.backoff.failed(file.sha256)
            log.warning("a file of a kit could not be fetched: %s", error.code)
            self._shift.trouble(error)
            return
        self._shift.backoff.succeeded(file.sha256)
        self.waiting.remove(file.sha256)

    def _one(self, file: MediaFile) -> None:
        whole = False
        while not whole:
            start = self._files.begun(file)
            if start >= file.size:
                start = 0  # all is there and was never checked: once more from the beginning
            whole = self._files.add(file, start, self._api.kit_file(file, start, PIECE))
            if not whole:
                self._between()
