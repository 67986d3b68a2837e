"""A thread that works in rounds until it is stopped; what goes wrong in one is logged, and tried again in the next."""

from __future__ import annotations

import logging
import threading

_log = logging.getLogger(__name__)


class Rounds:
    """Base of the server's own threads. ``look_again``: seconds until the round after one that failed.

    ``stop_within``: seconds :meth:`stop` waits for what is being worked on. Any thread may :meth:`wake` it.
    """

    def __init__(self, name: str, *, look_again: float, stop_within: float) -> None:
        self._name, self._look_again, self._stop_within = name, look_again, stop_within
        self._woken = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Also again after it was stopped."""
        self._stopping = False
        self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
        self._thread.start()

    def wake(self) -> None:
        self._woken.set()

    def stop(self) -> None:
        """What is being worked on is finished first."""
        self._stopping = True
        self._woken.set()
        if self._thread is not None and self._thread.is_alive():
            self._thread.join(self._stop_within)

    def _round(self) -> float:
        """Do what there is to do, and look at ``_stopping`` in between. The seconds until there may be more."""
        raise NotImplementedError

    def _ended(self) -> None:
        """Stopped, after the last round and on the same thread."""

    def _work(self) -> None:
        while not self._stopping:
            self._woken.clear()
            try:
                pause = self._round()
            except Exception as error:
                # without the traceback: a driver's message may quote the row
                _log.error("%s failed and will be tried again: %s", self._name, type(error).__name__)
                pause = self._look_again
            if not self._stopping and pause > 0:
                self._woken.wait(pause)
        self._ended()
