"""What one run of sync has done, and how fast the engine goes about its work."""

from __future__ import annotations

from dataclasses import dataclass

from contract.errors import ErrorCode


@dataclass(frozen=True, slots=True)
class SyncSummary:
    """Result of one run. ``delivered`` counts items confirmed in it; ``online``: the backend was reached at its end."""

    delivered: int
    pending: int
    failed: int
    online: bool
    code: ErrorCode | None = None


@dataclass(frozen=True, slots=True)
class Pace:
    """All in seconds. The defaults are the product's; tests go faster."""

    first_probe: float = 5.0
    probe: float = 15.0
    first_retry: float = 1.0
    longest_retry: float = 300.0
    pause: float = 60.0
    revoked: float = 3600.0
    bootstrap: float = 600.0
    heartbeat: float = 30.0
