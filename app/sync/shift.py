"""What the parts of the engine share while it works: whether to go on, and what is wrong."""

from __future__ import annotations

import threading
import time

from app.sync.backoff import Backoff
from app.sync.failures import TransportError
from app.sync.line import Line
from contract.errors import ErrorCode, XudaError


class Leave(Exception):
    """The work at hand is left where it is: the engine stops, or has been asked to wait."""


class Shift:
    """``code`` is the newest problem; ``deadline`` the monotonic time at which the work ends, None for no end."""

    def __init__(self, line: Line, backoff: Backoff) -> None:
        self.line = line
        self.backoff = backoff
        self.stopping = threading.Event()
        self.deadline: float | None = None
        self.code: ErrorCode | None = None
        # stays until HR's keys can be followed again: until then receipts cannot be checked
        self.distrust: ErrorCode | None = None

    @property
    def problem(self) -> ErrorCode | None:
        return self.distrust or self.code

    def go_on_or_leave(self) -> None:
        late = self.deadline is not None and time.monotonic() > self.deadline
        if self.stopping.is_set() or late or not self.line.online or self.line.paused:
            raise Leave

    def leave_if_stopping(self) -> None:
        if self.stopping.is_set():
            raise Leave

    def trouble(self, error: XudaError) -> None:
        """What a failure means for everything else. Raises Leave when nothing else can be sent now."""
        self.leave_if_stopping()
        self.code = error.code
        if isinstance(error, TransportError) and not self.line.still_good(error):
            raise Leave
