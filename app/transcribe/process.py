"""The worker's process as the supervisor sees it."""

from __future__ import annotations

import multiprocessing
import time
from multiprocessing.connection import Connection
from pathlib import Path

from app.transcribe import worker
from app.transcribe.messages import FromWorker, ToWorker

CHUNK = 3840
"""Samples in one message: with one message under way at most, a pipe of any system holds it and sending never waits."""


class WorkerProcess:
    """A spawned worker and the pipe to it."""

    def __init__(self, folder: Path, threads: int) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe: Connection
        self.pipe, theirs = context.Pipe()
        # daemon: it must never keep the client from ending
        self._process = context.Process(
            target=worker.run, args=(theirs, str(folder), threads), name="xuda-speech", daemon=True
        )
        self._process.start()
        theirs.close()  # or its end would never be seen
        self.ready = False
        self.taking = False  # an Audio message is under way
        self.heard = time.monotonic()

    @property
    def pid(self) -> int | None:
        return self._process.pid

    def send(self, message: ToWorker) -> None:
        """Raises OSError when the worker is gone."""
        self.pipe.send(message)

    def receive(self) -> list[FromWorker]:
        """All messages that have come. Raises EOFError or OSError when the worker is gone."""
        messages: list[FromWorker] = []
        while self.pipe.poll():
            messages.append(self.pipe.recv())
            self.heard = time.monotonic()
        return messages

    def end(self) -> None:
        """Close the pipe, which ends a healthy worker, and kill one that does not end."""
        self.pipe.close()
        self._process.join(0.5)
        if self._process.is_alive():
            self._process.kill()
            self._process.join(5)
        self._process.close()

    def kill(self) -> None:
        self._process.kill()
        self.end()
