"""Deliberate defects that the clock campaign must find: what to patch, and with what."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from app.interview.active import ActiveInterview
from app.interview.store import InterviewRow
from app.storage.shelf import SqliteShelf
from app.sync.transport import Signer

_begun: dict[int, datetime] = {}


def _wall_clock_deadline(self: ActiveInterview, row: InterviewRow) -> float:
    """The total time used by the wall clock."""
    if row.interview_id != self.interview_id or self._since is None:
        return row.seconds_used
    begun = _begun.setdefault(id(self), self._clock.now())
    return row.seconds_used + (self._clock.now() - begun).total_seconds()


def _own_time(self: SqliteShelf) -> datetime | None:
    """Windows by this machine's clock."""
    return self._clock.now()


def _never_learns(self: Signer, server_time: datetime) -> None:
    """Tokens with this machine's time, whatever the backend says."""
    self._offset = timedelta(0)


DEFECTS: dict[str, tuple[str, Any]] = {
    "deadline-by-wall-clock": ("app.interview.active.ActiveInterview.seconds_used", _wall_clock_deadline),
    "window-by-wall-clock": ("app.storage.shelf.SqliteShelf.server_time", _own_time),
    "token-by-wall-clock": ("app.sync.transport.Signer.learn", _never_learns),
}
