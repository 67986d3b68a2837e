"""Whether the backend can be talked to at all: reached or not, and asked to wait or not."""

from __future__ import annotations

import logging
import time

from app.sync.api import DeviceApi
from app.sync.facts import NetworkFacts
from app.sync.failures import Fate, TransportError
from app.sync.news import Pace
from contract.errors import ErrorCode

log = logging.getLogger(__name__)


class Line:
    """Knows when to try again. Used by the sending thread alone."""

    def __init__(self, api: DeviceApi, facts: NetworkFacts, pace: Pace) -> None:
        self._api = api
        self._facts = facts
        self._pace = pace
        self._probe_due = 0.0
        self._paused_until = 0.0
        self.online = False
        # HR has revoked this device: waiting for the next try makes little sense, a person has to act
        self.revoked = False
        self.code: ErrorCode | None = None

    @property
    def paused(self) -> bool:
        return time.monotonic() < self._paused_until

    def wait(self) -> float:
        """Seconds until the line may be used or tried again."""
        due = self._paused_until if self.online else self._probe_due
        return max(0.0, due - time.monotonic())

    def probe_now(self) -> None:
        self._probe_due = 0.0

    def resume(self) -> None:
        self._paused_until = 0.0
        self.revoked = False

    def probe(self) -> bool:
        """Ask for a sign of life when it is time to."""
        if time.monotonic() < self._probe_due:
            return False
        if self._alive():
            self.online = True
            self.code = None
            log.info("the backend is reached")
            return True
        self._probe_due = time.monotonic() + self._pace.probe
        return False

    def still_good(self, error: TransportError) -> bool:
        """Whether other things may be sent after this failure.

        A request that was cut, broke the backend or was answered by somebody else may itself be to blame: only when a
        plain sign of life fails too is the backend taken for gone.
        """
        if error.fate is Fate.PAUSE:
            self.revoked = error.code is ErrorCode.DEVICE_REVOKED
            usual = self._pace.revoked if self.revoked else self._pace.pause
            self._paused_until = time.monotonic() + (usual if error.retry_after is None else error.retry_after)
            return False
        doubtful = error.fate is Fate.OFFLINE or (error.status or 0) >= 500
        if doubtful and not self._alive():
            log.info("the backend is out of reach: %s", self.code)
            self.online = False
            self._probe_due = time.monotonic() + self._pace.first_probe
            return False
        return True

    def _alive(self) -> bool:
        try:
            self._api.health()
        except TransportError as error:
            self.code = error.code
            self._facts.lost()
            return False
        self._facts.reached()
        return True
