"""Fixtures every test can use; no screen, no network for models, no thread left behind."""

import gc
import os
import threading
import time
from collections.abc import Iterator

# Before anything imports Qt or the hub client.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import pytest

pytest_plugins = ["tests.support.devices", "tests.support.postgres", "tests.support.s3"]

_PATIENCE = 3.0


def pytest_collection_finish() -> None:
    """What the modules of all tests hold stays for the whole run: no search for garbage need look through it again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def no_thread_is_left_behind() -> Iterator[None]:
    """A test that leaves a non-daemon thread would keep the program alive after its window has closed."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + _PATIENCE
    for thread in set(threading.enumerate()) - before:
        if not thread.daemon:
            thread.join(max(0.0, deadline - time.monotonic()))
    left = [thread.name for thread in set(threading.enumerate()) - before if thread.is_alive() and not thread.daemon]
    assert left == []
