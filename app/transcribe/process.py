"""The worker's process as the supervisor sees it."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from app.transcribe import worker
from app.transcribe.messages import FromWorker, ToWorker

CHUNK = 3840
"""Samples in one message: with one message under way at most, a pipe of any system holds it and sending never waits."""


@dataclass(frozen=True, slots=True)
class Witness:
    """``file`` is where a dying worker writes of its end; ``tell`` gets its exit code and what it wrote."""

    file: Path
    tell: Callable[[int | None, str], None]

    def testify(self, exit_code: int | None) -> None:
        text = ""
        with suppress(OSError):
            text = self.file.read_text("utf-8", "replace")
            self.file.unlink()
        self.tell(exit_code, text)


class WorkerProcess:
    """A spawned worker and the pipe to it."""

    def __init__(self, folder: Path, threads: int, witness: Witness | None = None) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe: Connection
        self.pipe, theirs = context.Pipe()
        fault_file = str(witness.file) if witness is not None else ""
        # daemon: it must never keep the client from ending
        self._process = context.Process(
            target=worker.run, args=(theirs, str(folder), threads, fault_file), name="xuda-speech", daemon=True
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

    def end(self) -> int | None:
        """Close the pipe, which ends a healthy worker, and kill one that does not end. Its exit code."""
        self.pipe.close()
        self._process.join(0.5)
        if self._process.is_alive():
            self._process.kill()
            self._process.join(5)
        exit_code = self._process.exitcode
        self._process.close()
        return exit_code

    def kill(self) -> None:
        self._process.kill()
        self.end()
