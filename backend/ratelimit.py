"""Limits on guessing, kept in memory (a restart forgives, the lock in the database does not), or shared by all
processes of a PostgreSQL database."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select

from backend.db.engine import Database
from backend.db.guess_models import GuessRow
from contract.errors import ErrorCode, XudaError

FAILURES_BEFORE_LOCK = 5
LOCK = timedelta(minutes=5)
_MOST_KEYS = 10_000
_FORGOTTEN = timedelta(days=1)


def network(address: str) -> str:
    """What one stranger can be expected to have: an IPv4 address, or all of an IPv6 /64; else the text as it is."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if found.version == 4:
        return str(found)
    mapped = found.ipv4_mapped
    return str(mapped) if mapped else str(ipaddress.ip_network((found, 64), strict=False))


class RateLimit:
    """At most ``limit`` counted failures per key within ``window`` seconds."""

    def __init__(self, *, limit: int, window: float) -> None:
        self._limit = limit
        self._window = window
        self._failures: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    @property
    def limit(self) -> int:
        return self._limit

    @property
    def window(self) -> float:
        return self._window

    def check(self, key: str) -> None:
        """Raises XudaError(RATE_LIMITED) with the ``seconds`` to wait."""
        with self._lock:
            times = self._recent(key)
            if len(times) >= self._limit:
                wait = self._window - (time.monotonic() - times[0])
                raise XudaError(ErrorCode.RATE_LIMITED, seconds=max(1, int(wait)))

    def count(self, key: str) -> None:
        with self._lock:
            if len(self._failures) >= _MOST_KEYS:
                self._failures.pop(next(iter(self._failures)))
            self._failures.setdefault(key, deque()).append(time.monotonic())

    def _recent(self, key: str) -> deque[float]:
        times = self._failures.get(key, deque())
        while times and time.monotonic() - times[0] > self._window:
            times.popleft()
        if not times:
            self._failures.pop(key, None)
        return times


class SharedRateLimit(RateLimit):
    """The same over all processes that share a database; keys are kept as keyed hashes."""

    def __init__(self, db: Database, hashed: Callable[[str], str], name: str, *, limit: int, window: float) -> None:
        super().__init__(limit=limit, window=window)
        self._db, self._hashed, self._name = db, hashed, name

    def check(self, key: str) -> None:
        now = datetime.now(UTC)
        since = now - timedelta(seconds=self._window)
        mine = GuessRow.limit_name == self._name, GuessRow.key_hash == self._hashed(key), GuessRow.at > since
        with self._db.read() as session:
            times = session.scalars(select(GuessRow.at).where(*mine).order_by(GuessRow.at)).all()
        if len(times) >= self._limit:
            wait = self._window - (now - times[0]).total_seconds()
            raise XudaError(ErrorCode.RATE_LIMITED, seconds=max(1, int(wait)))

    def count(self, key: str) -> None:
        now = datetime.now(UTC)
        with self._db.write() as session:
            session.add(GuessRow(limit_name=self._name, key_hash=self._hashed(key), at=now))
            session.execute(delete(GuessRow).where(GuessRow.at < now - _FORGOTTEN))


def shared(db: Database, hashed: Callable[[str], str]) -> Limits:
    """Limits that hold over all processes."""
    made = {}
    for item in fields(Limits):
        alone: RateLimit = getattr(Limits(), item.name)
        made[item.name] = SharedRateLimit(db, hashed, item.name, limit=alone.limit, window=alone.window)
    return Limits(**made)


@dataclass(frozen=True)
class Limits:
    """What one backend remembers of failed guesses.

    ``sign_in``, ``candidate``, ``one_time`` (codes asked for, also those that were sent: a whole hall may be behind one
    address), ``codes`` (of invitations, on the page of times), ``enrolment`` and ``tokens`` (of the
    REST API) count by network, ``shared`` also by link, ``candidate_code`` by the invitation code that was typed. Names
    and codes that do not exist are locked like those that do, so that the lock does not tell which is which.
    """

    sign_in: RateLimit = field(default_factory=lambda: RateLimit(limit=20, window=60))
    unknown_name: RateLimit = field(
        default_factory=lambda: RateLimit(limit=FAILURES_BEFORE_LOCK, window=LOCK.total_seconds())
    )
    shared: RateLimit = field(default_factory=lambda: RateLimit(limit=10, window=LOCK.total_seconds()))
    candidate: RateLimit = field(default_factory=lambda: RateLimit(limit=20, window=600))
    candidate_code: RateLimit = field(default_factory=lambda: RateLimit(limit=5, window=900))
    tokens: RateLimit = field(default_factory=lambda: RateLimit(limit=20, window=60))
    one_time: RateLimit = field(default_factory=lambda: RateLimit(limit=60, window=600))
    codes: RateLimit = field(default_factory=lambda: RateLimit(limit=10, window=LOCK.total_seconds()))
    enrolment: RateLimit = field(default_factory=lambda: RateLimit(limit=10, window=60))
