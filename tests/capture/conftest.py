"""What the capture tests share: a listener and a sink that remember."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from app.capture.recorder import DeviceRecorder


class Listener:
    """Remembers faults with the moment they were reported, and the end of the input."""

    def __init__(self) -> None:
        self.faults: list[tuple[str, float]] = []
        self.ended = threading.Event()

    @property
    def codes(self) -> list[str]:
        return [code for code, _ in self.faults]

    def when(self, code: str) -> float:
        return next(at for known, at in self.faults if known == code)

    def on_fault(self, code: str) -> None:
        self.faults.append((code, time.monotonic()))

    def on_input_ended(self) -> None:
        self.ended.set()


class MemorySink:
    """Keeps what was written; ``error`` is raised by the next write once it is set."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.error: Exception | None = None
        self.refused = 0

    def write(self, data: bytes, /) -> int:
        if self.error is not None:
            self.refused += 1
            raise self.error
        self.data += data
        return len(data)


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def sink() -> MemorySink:
    return MemorySink()


@pytest.fixture
def recorder() -> Iterator[DeviceRecorder]:
    recorder = DeviceRecorder()
    yield recorder
    recorder.close()
