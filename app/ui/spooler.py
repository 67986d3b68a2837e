"""Printing through CUPS (Linux, macOS): the PDF itself goes to the spooler's door, and its answer is heard.

Qt would draw the pages into a file in the temporary folder first and never hears that a job was refused.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time

from app.interview.papers import Printer
from app.ui.press import TITLE, system_printers
from contract.errors import ErrorCode, XudaError

_ANSWER_SECONDS = 20.0
_LOOK_SECONDS = 0.3
_TOOLS = ("lp", "lpstat", "cancel")
# Words of a printer's alerts (RFC 8011, printer-state-reasons) and what they mean for people; the first that fits.
_TROUBLES = (
    (ErrorCode.PRINTER_PAPER, ("media-empty", "media-needed")),
    (ErrorCode.PRINTER_FAULT, ("jam", "cover-open", "door-open", "interlock", "supply-empty", "toner-empty", "full")),
    (ErrorCode.PRINTER_OFFLINE, ("offline", "paused", "stopped", "shutdown", "timed-out")),
)
_CONNECTING = "connecting-to-device"
_MERELY_SAID = ("-warning", "-report")
_ALERTS = re.compile(r"^\s*Alerts:\s*(.*)$", re.MULTILINE)
_REQUEST = re.compile(r"^request id is (\S+)", re.MULTILINE)


def has_cups() -> bool:
    return all(shutil.which(tool) for tool in _TOOLS)


def trouble_in(alerts: list[str]) -> ErrorCode | None:
    """What keeps a printer with these alerts from printing; None when nothing does."""
    for code, words in _TROUBLES:
        for alert in alerts:
            if alert.endswith(_MERELY_SAID) and not alert.startswith("offline"):
                continue
            if any(word in alert for word in words):
                return code
    return None


class CupsPress:
    """A job that does not come out is taken back: no page may come out when somebody else stands there."""

    def __init__(self, patience: float = _ANSWER_SECONDS) -> None:
        self._patience = patience

    def printers(self) -> list[Printer]:
        return system_printers()

    def print(self, pdf: bytes, printer: str, copies: int) -> None:
        trouble = trouble_in(_alerts(printer))
        if trouble is not None:
            raise XudaError(trouble)
        options = ["-d", printer, "-n", str(copies), "-t", TITLE, "-o", "fit-to-page", "-o", "job-sheets=none,none"]
        done = _run(["lp", *options, "-"], pdf)
        found = _REQUEST.search(done.stdout.decode("utf-8", "replace"))
        if done.returncode != 0 or found is None:
            raise XudaError(ErrorCode.PRINT_REFUSED)
        self._see_it_out(printer, found[1])

    def _see_it_out(self, printer: str, job: str) -> None:
        deadline = time.monotonic() + self._patience
        while self._waiting(printer, job):
            alerts = _alerts(printer)
            late = time.monotonic() >= deadline
            trouble = trouble_in(alerts) or (ErrorCode.PRINTER_OFFLINE if late and _CONNECTING in alerts else None)
            if trouble is not None:
                _run(["cancel", job])
                raise XudaError(trouble)
            if late:  # a slow printer that complains of nothing: it is at it
                return
            time.sleep(_LOOK_SECONDS)

    @staticmethod
    def _waiting(printer: str, job: str) -> bool:
        lines = _run(["lpstat", "-W", "not-completed", "-o", printer]).stdout.decode("utf-8", "replace").splitlines()
        return any(line.split()[:1] == [job] for line in lines)


def _alerts(printer: str) -> list[str]:
    """Raises XudaError(PRINTER_OFFLINE) when the spooler does not know it or does not answer."""
    done = _run(["lpstat", "-l", "-p", printer])
    if done.returncode != 0:
        raise XudaError(ErrorCode.PRINTER_OFFLINE)
    found = _ALERTS.search(done.stdout.decode("utf-8", "replace"))
    return found[1].split() if found else []


def _run(command: list[str], given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "LC_ALL": "C"}
    if getattr(sys, "frozen", False):  # the libraries beside a frozen program are not for the system's programs
        environment.pop("LD_LIBRARY_PATH", None)
        if "LD_LIBRARY_PATH_ORIG" in os.environ:
            environment["LD_LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH_ORIG"]
    try:
        return subprocess.run(command, input=given, capture_output=True, env=environment, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise XudaError(ErrorCode.PRINT_REFUSED) from error
