"""The first start of a frozen program looks itself over, in the background: a copy that was cut is told at once."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from app import program
from app.storage.files import disk_errors, replace_file
from contract.errors import ErrorCode, XudaError

log = logging.getLogger(__name__)
_MARK = "program-seen"
_LOWER = 10
# the window's own: it is open already
_SEEN_ANYWAY = frozenset({"window", "sound", "model", "worker", "players"})


def look_over(data: Path) -> None:
    """Once for each build and data folder; takes seconds of a process of its own. Raises XudaError(PROGRAM_DAMAGED)."""
    folder = program.program_folder()
    if folder is None:
        return
    build = program.read_listing(folder).build
    if _seen(data) == build:
        return
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as child:
        problem = child.submit(first_problem).result()
    if problem:
        log.error("the program is not whole: %s", problem)
        raise XudaError(ErrorCode.PROGRAM_DAMAGED, file=problem)
    with contextlib.suppress(XudaError), disk_errors():
        replace_file(data / _MARK, build.encode())


def first_problem() -> str:
    """The first check of the self-test that fails, and why; empty when none does. Called in the process of its own."""
    from app import selftest
    from app.config import ClientSettings

    _be_modest()
    for name, check in selftest.CHECKS:
        if name not in _SEEN_ANYWAY:
            found = selftest.make(name, check, ClientSettings(lang="en"))
            if found.state == "failed":
                return f"{name}: {found.details}"
    return ""


def _seen(data: Path) -> str:
    try:
        return (data / _MARK).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _be_modest() -> None:
    """Whoever answers meanwhile notices nothing of it."""
    with contextlib.suppress(OSError):
        if sys.platform == "win32":
            import psutil

            psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
        else:
            os.nice(_LOWER)
