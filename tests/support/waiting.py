"""Waiting for a condition instead of for a time."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_for(condition: Callable[[], object], what: str, *, seconds: float = 10.0, step: float = 0.01) -> float:
    """Wait until ``condition()`` is true; returns the seconds it took. Fails the test after ``seconds``."""
    begin = time.monotonic()
    while not condition():
        if time.monotonic() - begin > seconds:
            raise AssertionError(f"Waited {seconds} s in vain for {what}")
        time.sleep(step)
    return time.monotonic() - begin
