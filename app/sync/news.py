"""What the engine tells the rest of the client, and how fast it goes about its work."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from contract.errors import ErrorCode


class SyncPhase(StrEnum):
    """STOPPED: no thread runs. OFFLINE: no backend reached. PAUSED: the backend asked this device to wait or does not
    know it. SENDING: at work. WAITING: something failed and will be tried again. IDLE: nothing can be sent now.
    """

    STOPPED = "stopped"
    OFFLINE = "offline"
    PAUSED = "paused"
    SENDING = "sending"
    WAITING = "waiting"
    IDLE = "idle"


@dataclass(frozen=True, slots=True)
class SyncNews:
    """``pending``: items HR has not confirmed; ``failed``: items it refused for good. ``code``: the last trouble."""

    phase: SyncPhase
    pending: int
    failed: int
    code: ErrorCode | None = None


@dataclass(frozen=True, slots=True)
class SyncSummary:
    """Result of one run. ``delivered`` counts items confirmed in it; ``online``: the backend was reached at its end."""

    delivered: int
    pending: int
    failed: int
    online: bool
    code: ErrorCode | None = None


class WakeReason(StrEnum):
    """NEW: something was put in the outbox. EXIT: a candidate left, check the interview. USER: try everything now."""

    NEW = "new"
    EXIT = "exit"
    USER = "user"


@dataclass(frozen=True, slots=True)
class Pace:
    """All in seconds."""

    first_probe: float = 5.0
    probe: float = 15.0
    first_retry: float = 1.0
    longest_retry: float = 300.0
    pause: float = 60.0
    bootstrap: float = 600.0
    heartbeat: float = 30.0
