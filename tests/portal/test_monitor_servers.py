"""Streams of the live monitor and the server processes behind them: several on one database, and one that stops."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from backend import http
from backend.app import create_app
from backend.runtime import open_runtime
from contract.events import EventType, ExitData
from tests.portal.test_monitor_pages import count, stream, until
from tests.portal.world import Web, World
from tests.support.waiting import wait_for


@contextmanager
def another_server(world: World) -> Iterator[tuple[str, uvicorn.Server]]:
    """A server of its own, as the product starts it, on the same data."""
    hr = open_runtime(world.hr.settings, now=world.clock)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(http.config(create_app(hr.settings, runtime=hr)))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    wait_for(lambda: server.started, "the other server")
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", server
    finally:
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()


def elsewhere(web: Web, url: str) -> Web:
    """The same login at another server."""
    other = Web(url)
    other.cookies.update(web.cookies)
    return other


def test_what_one_server_learns_the_stream_of_another_tells(world: World, officer: Web) -> None:
    with another_server(world) as (url, _), stream(elsewhere(officer, url)) as events:
        first = until(events, "beat")
        running = count(first[0][1]["html"], "running")
        world.sittings["running"].say(EventType.PAUSED, ExitData(reason="network"))
        later = until(events, "piece")
        assert count(later[-1][1]["html"], "running") == running - 1


def test_a_server_that_stops_does_not_wait_for_streams(world: World, officer: Web) -> None:
    with another_server(world) as (url, server), stream(elsewhere(officer, url)) as events:
        until(events, "beat")
        begun = time.monotonic()
        server.should_exit = True
        wait_for(lambda: not server.servers or not server.servers[0].is_serving(), "that it takes nobody in any more")
        with contextlib.suppress(OSError):  # so requests tells of a line that was cut
            for _ in events:
                pass
        assert time.monotonic() - begun < 8
