"""The file of the client's log."""

from __future__ import annotations

import logging
import logging.handlers
import sys


class PatientFile(logging.handlers.RotatingFileHandler):
    """On a disk that is full or fails, the log waits: neither the start nor a line on the terminal for each record."""

    def handleError(self, record: logging.LogRecord) -> None:
        if not isinstance(sys.exc_info()[1], OSError):
            super().handleError(record)
