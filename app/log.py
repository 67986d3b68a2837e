"""Logging of the client: to stderr and to a rotating file in the data folder. No personal data is ever logged."""

from __future__ import annotations

import logging
import logging.handlers
import sys
from pathlib import Path
from types import TracebackType
from typing import TypeAlias

from app.crashes.stack import describe

_ExcInfo: TypeAlias = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
_FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"


class PlainFormatter(logging.Formatter):
    """Writes an exception as its kind and the places it went through: its message may hold what a candidate typed."""

    def formatException(self, ei: _ExcInfo) -> str:
        return "\n".join(describe(ei[1])) if ei[1] is not None else ""


def setup_logging(folder: Path | None, *, verbose: bool = False) -> None:
    """Send the ``app`` and ``contract`` loggers to stderr (warnings, or all when verbose) and to ``client.log``."""
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    for old in list(root.handlers):
        root.removeHandler(old)
    console = logging.StreamHandler()
    console.setLevel(logging.DEBUG if verbose else logging.WARNING)
    console.setFormatter(PlainFormatter(_FORMAT))
    root.addHandler(console)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        file = _PatientFile(folder / "client.log", maxBytes=1_000_000, backupCount=3, encoding="utf-8", delay=True)
        file.setFormatter(PlainFormatter(_FORMAT))
        root.addHandler(file)


class _PatientFile(logging.handlers.RotatingFileHandler):
    """On a disk that is full or fails, the log waits: neither the start nor a line on the terminal for each record."""

    def handleError(self, record: logging.LogRecord) -> None:
        if not isinstance(sys.exc_info()[1], OSError):
            super().handleError(record)
