"""Logging of the client: to stderr and to a rotating file in the data folder. No personal data is ever logged."""

from __future__ import annotations

import logging
from pathlib import Path
from types import TracebackType
from typing import TypeAlias

_ExcInfo: TypeAlias = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
_FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"


class PlainFormatter(logging.Formatter):
    """Writes an exception as its kind and the places it went through: its message may hold what a candidate typed."""

    def formatException(self, ei: _ExcInfo) -> str:
        from app.crashes.stack import describe

        return "\n".join(describe(ei[1])) if ei[1] is not None else ""


def setup_logging(folder: Path | None = None, *, verbose: bool = False) -> None:
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
        keep_log(folder)


def keep_log(folder: Path) -> None:
    """Write to ``client.log`` in ``folder`` from now on. Raises OSError when there is no such folder to be made."""
    from app.log_file import PatientFile  # late: the first screen does not wait for it

    folder.mkdir(parents=True, exist_ok=True)
    file = PatientFile(folder / "client.log", maxBytes=1_000_000, backupCount=3, encoding="utf-8", delay=True)
    file.setFormatter(PlainFormatter(_FORMAT))
    logging.getLogger().addHandler(file)
