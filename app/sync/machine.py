"""What a device tells HR about itself with each sign of life."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Protocol


class _Clock(Protocol):
    def now(self) -> datetime: ...


class Machine(NamedTuple):
    """``clock`` is the machine's own wall clock, right or wrong; ``free_bytes`` None when it cannot be told."""

    clock: datetime
    free_bytes: int | None


def look_at(folder: Path, clock: _Clock) -> Callable[[], Machine]:
    """Finds out about the machine that keeps its recordings in ``folder``."""

    def look() -> Machine:
        try:
            return Machine(clock.now(), shutil.disk_usage(folder).free)
        except OSError:
            return Machine(clock.now(), None)

    return look
