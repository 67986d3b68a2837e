"""What could not be done yet and is tried again until it can, ever more rarely."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from contract.errors import XudaError

log = logging.getLogger(__name__)

_FIRST_WAIT, _LONGEST_WAIT = 1.0, 60.0


class Unfinished:
    """For one thread: it asks for ``wait`` and calls ``try_again`` when that is over."""

    def __init__(self) -> None:
        self._calls: dict[str, Callable[[], bool]] = {}
        self._pause, self._next = _FIRST_WAIT, 0.0

    def add(self, name: str, fn: Callable[[], bool]) -> None:
        """``fn`` is called until it is True. What is under the same ``name`` already is replaced."""
        self._calls[name] = fn
        self._pause, self._next = _FIRST_WAIT, time.monotonic() + _FIRST_WAIT

    def wait(self) -> float | None:
        """Seconds until the next try, 0 when it is due; None when there is nothing to try."""
        return max(0.0, self._next - time.monotonic()) if self._calls else None

    def try_again(self) -> None:
        for name, fn in list(self._calls.items()):
            if _done(fn):
                del self._calls[name]
        self._pause = min(2 * self._pause, _LONGEST_WAIT)
        self._next = time.monotonic() + self._pause


def _done(fn: Callable[[], bool]) -> bool:
    try:
        return fn()
    except XudaError as error:
        log.warning("what is tried again fails again: %s", error.code.value)
    except Exception as error:  # a defect in it must not take the thread along
        log.error("what is tried again fails again: %s", type(error).__name__)
    return False
