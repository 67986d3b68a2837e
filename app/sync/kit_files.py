"""Fetches the files that kits and score sheets name: in pieces, going on after a cut, believed only by their hash."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence

from app.storage.kit_files import NamedFile
from app.sync.ports import FilePort
from app.sync.shift import Shift
from contract.errors import XudaError

log = logging.getLogger(__name__)

PIECE = 512 * 1024


class FileFetcher:
    """``wanted`` tells what is missing, ``ask`` gets bytes of one: file, first byte, how many. ``done``: there is more
    now. ``between`` is called after each piece: whatever small waits to be sent goes first, and it may stop everything.

    ``waiting``: names of files that are still missing.
    """

    def __init__(
        self,
        wanted: Callable[[], Sequence[NamedFile]],
        ask: Callable[[NamedFile, int, int], bytes],
        files: FilePort,
        shift: Shift,
        done: Callable[[], None],
        between: Callable[[], None],
    ) -> None:
        self._wanted = wanted
        self._ask = ask
        self._files = files
        self._shift = shift
        self._done = done
        self._between = between
        self.waiting: list[str] = []

    def fetch(self) -> None:
        """Everything that is due. A file that fails waits and holds up no other. Raises Leave when nothing can be
        fetched now at all."""
        wanted = self._wanted()
        self.waiting = [file.sha256 for file in wanted]
        for file in wanted:
            if self._shift.backoff.due(file.sha256) <= time.monotonic():
                self._try(file)
        if len(self.waiting) < len(wanted):
            self._done()

    def _try(self, file: NamedFile) -> None:
        try:
            self._one(file)
        except XudaError as error:
            self._shift.backoff.failed(file.sha256)
            log.warning("a file could not be fetched: %s", error.code)
            self._shift.trouble(error)
            return
        self._shift.backoff.succeeded(file.sha256)
        self.waiting.remove(file.sha256)

    def _one(self, file: NamedFile) -> None:
        whole = False
        while not whole:
            start = self._files.begun(file)
            if start >= file.size:
                start = 0  # all is there and was never checked: once more from the beginning
            whole = self._files.add(file, start, self._ask(file, start, PIECE))
            if not whole:
                self._between()
