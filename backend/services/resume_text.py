"""The text of résumés, read by a process that may fail: what a file costs is bounded, and the disk sees none of it."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from types import TracebackType
from typing import IO, Self

MOST_BYTES = 5 * 1024 * 1024
_SECONDS = 20.0
_KINDS = {".pdf": "pdf", ".docx": "docx", ".txt": "txt", ".md": "txt"}
_HEADS = {"pdf": b"%PDF-", "docx": b"PK\x03\x04"}


@dataclass(frozen=True, slots=True)
class Read:
    """``problem`` is empty, or kind, too_large, damaged, locked, empty or slow."""

    text: str
    problem: str = ""


def kind_of(name: str, data: bytes) -> str | None:
    """pdf, docx or txt; None for what is none of them, whatever it is called."""
    kind = _KINDS.get(PurePath(name.replace("\\", "/")).suffix.lower())
    if kind is None or (kind in _HEADS and not data[:1024].lstrip().startswith(_HEADS[kind])):
        return None
    return None if kind == "txt" and b"\0" in data[:4096] else kind


class ResumeReader:
    """Reads one file after the other; as a context, whose end stops the process."""

    def __init__(self, seconds: float = _SECONDS) -> None:
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None

    def read(self, name: str, data: bytes) -> Read:
        """Never raises for what is in a file."""
        kind = kind_of(name, data)
        if kind is None:
            return Read("", "kind")
        if len(data) > MOST_BYTES:
            return Read("", "too_large")
        return self._asked(kind, data)

    def close(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        try:
            process.wait(2)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _asked(self, kind: str, data: bytes) -> Read:
        process = self._process or self._start()
        over = threading.Event()
        with _watched(process, self._seconds, over):
            try:
                given, told = _pipe(process.stdin), _pipe(process.stdout)
                given.write(json.dumps({"kind": kind, "size": len(data)}).encode() + b"\n" + data)
                given.flush()
                line = told.readline()
            except OSError:
                line = b""
        if not line:
            self.close()
            return Read("", "slow" if over.is_set() else "damaged")
        found = json.loads(line)
        return Read(found.get("text", ""), found.get("problem", ""))

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "backend.services.resume_reader"]
        pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=nothing)
        return self._process


@contextlib.contextmanager
def _watched(process: subprocess.Popen[bytes], seconds: float, over: threading.Event) -> Iterator[None]:
    def end() -> None:
        over.set()
        process.kill()

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream
