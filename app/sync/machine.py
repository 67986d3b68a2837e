"""What a device tells HR about itself with each sign of life."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Protocol

from app.device_settings import Received
from app.facts import app_version
from contract.api import AppliedSettings, Contact


class _Clock(Protocol):
    def now(self) -> datetime: ...


class Machine(NamedTuple):
    """``clock`` is the machine's own wall clock, right or wrong; ``free_bytes`` None when it cannot be told.

    ``settings``: what of HR's it goes by.
    """

    clock: datetime
    free_bytes: int | None
    settings: AppliedSettings | None = None


def look_at(folder: Path, clock: _Clock, received: Callable[[], Received] = Received) -> Callable[[], Machine]:
    """Finds out about the machine that keeps its recordings in ``folder``."""

    def look() -> Machine:
        known = received()
        applied = AppliedSettings(version=known.version, digest=known.digest, refused=list(known.refused))
        try:
            free = shutil.disk_usage(folder).free
        except OSError:
            return Machine(clock.now(), None, applied)
        return Machine(clock.now(), free, applied)

    return look


def contact_of(machine: Machine, pending: int, failed: int) -> Contact:
    """The sign of life: what waits here, and the machine as it is."""
    return Contact(
        pending=pending,
        failed=failed,
        free_bytes=machine.free_bytes,
        clock=machine.clock,
        app_version=app_version(),
        settings=machine.settings,
    )
