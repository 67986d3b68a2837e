"""Tables that somebody is choosing columns of: in memory for a while, never on the disk in clear."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from backend.runtime import Runtime

_KEPT = timedelta(minutes=30)
_MOST = 20


@dataclass(frozen=True, slots=True)
class _Held:
    by: str
    data: bytes
    at: datetime


class HeldTables:
    """A few at a time, each for whoever brought it. Any thread may call."""

    def __init__(self, hr: Runtime) -> None:
        self._hr = hr
        self._held: dict[str, _Held] = {}
        self._lock = threading.Lock()

    def hold(self, by: str, data: bytes) -> str:
        """The name under which the table can be had again."""
        name = secrets.token_urlsafe(12)
        with self._lock:
            self._tidy()
            self._held[name] = _Held(by, data, self._hr.now())
            while len(self._held) > _MOST:
                del self._held[next(iter(self._held))]
        return name

    def get(self, by: str, name: str) -> bytes | None:
        """None when it was let go, or is somebody else's."""
        with self._lock:
            self._tidy()
            found = self._held.get(name)
        return found.data if found is not None and found.by == by else None

    def drop(self, by: str, name: str) -> None:
        with self._lock:
            found = self._held.get(name)
            if found is not None and found.by == by:
                del self._held[name]

    def _tidy(self) -> None:
        now = self._hr.now()
        for name, held in list(self._held.items()):
            if not timedelta(0) <= now - held.at < _KEPT:
                del self._held[name]
