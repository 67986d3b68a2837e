"""Pages that stay up to date by server-sent events: pieces of HTML that have changed, and a beat that says it is live.

Every tick reads the database anew, so it does not matter which server process a browser has reached, and asks again who
is looking: a login that ended or rights that changed end the stream. A browser that comes back gets everything.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from fastapi.concurrency import run_in_threadpool
from fastapi.sse import ServerSentEvent

from backend.portal.visit import Visit
from backend.services import auth
from contract.errors import ErrorCode, XudaError

TICK = 2.0
_MOST = 200
_MOST_OF_ONE = 8
_RETRY_MS = 2000
_LONGEST_PAUSE = 8.0
# a proxy or a balancer gets its connections back now and then; the browser opens a new one
LONGEST = 15 * 60.0


@dataclass(frozen=True, slots=True)
class Picture:
    """``pieces``: id of an element -> its content. ``rows``: per piece, ids of its rows -> those rows in full.

    ``at``: the time it shows, for people.
    """

    at: str
    pieces: dict[str, str]
    rows: dict[str, dict[str, str]]


class Streams:
    """How many streams are open in this process: all together, and per person."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()
        self._lock = threading.Lock()

    def check(self, user_id: str) -> None:
        """Raises XudaError(RATE_LIMITED) when there is no room for one more."""
        with self._lock:
            if self._open.total() >= _MOST or self._open[user_id] >= _MOST_OF_ONE:
                raise XudaError(ErrorCode.RATE_LIMITED, seconds=30)

    def pause(self, took: float) -> float:
        """Seconds until the next look, after one that ``took`` so many: pages of many people never keep the server
        busy, and none waits so long for a beat that it believes the line to be lost."""
        with self._lock:
            return min(_LONGEST_PAUSE, max(TICK, 10 * took, 3 * took * self._open.total()))

    @contextmanager
    def one(self, user_id: str) -> Iterator[None]:
        with self._lock:
            self._open[user_id] += 1
        try:
            yield
        finally:
            with self._lock:
                self._open[user_id] -= 1


async def follow(visit: Visit, streams: Streams, draw: Callable[[], Picture]) -> AsyncIterator[ServerSentEvent]:
    """Events ``piece`` (id and html), ``row`` (the same, for one row), ``beat`` and, before the end, ``bye``."""
    sent = _Sent()
    end = time.monotonic() + LONGEST
    yield ServerSentEvent(retry=_RETRY_MS, comment="live")
    with streams.one(visit.actor.user_id or ""):
        while time.monotonic() < end:
            begun = time.monotonic()
            drawn = await run_in_threadpool(_look, visit, draw)
            if isinstance(drawn, str):
                yield ServerSentEvent(event="bye", data={"why": drawn})
                return
            for event in sent.news(drawn):
                yield event
            yield ServerSentEvent(event="beat", data={"at": drawn.at})
            await asyncio.sleep(streams.pause(time.monotonic() - begun))
    yield ServerSentEvent(event="bye", data={"why": "again"})


def _look(visit: Visit, draw: Callable[[], Picture]) -> Picture | str:
    """The picture, or why there is none any more."""
    login = auth.current(visit.hr, visit.token, touch=False)
    if login is None:
        return "login"
    if login.actor != visit.actor:
        return "rights"
    return draw()


class _Sent:
    """What the browser has."""

    def __init__(self) -> None:
        self._pieces: dict[str, str] = {}
        self._rows: dict[str, dict[str, str]] = {}

    def news(self, picture: Picture) -> Iterator[ServerSentEvent]:
        for name, html in picture.pieces.items():
            rows = picture.rows.get(name)
            if rows is not None and self._same_rows(name, rows):
                yield from self._changed_rows(name, rows)
            elif self._pieces.get(name) != html:
                yield ServerSentEvent(event="piece", data={"id": name, "html": html})
            self._pieces[name] = html
            if rows is not None:
                self._rows[name] = rows

    def _same_rows(self, name: str, rows: dict[str, str]) -> bool:
        return list(self._rows.get(name, ())) == list(rows) and bool(rows)

    def _changed_rows(self, name: str, rows: dict[str, str]) -> Iterator[ServerSentEvent]:
        for row, html in rows.items():
            if self._rows[name][row] != html:
                yield ServerSentEvent(event="row", data={"id": row, "html": html})
