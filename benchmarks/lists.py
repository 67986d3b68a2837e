"""Lists of the portal with many interviews: ``python -m benchmarks.lists --interviews 50000 [--database URL]``.

Every page of the portal is asked for that is found among the routes and needs no more than an id of something that is
there. Printed are the median time at the server, without the network, and how many queries it cost.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import secrets
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine, event, select

from backend import runtime
from backend.app import create_app
from backend.cabinet import KeyCabinet
from backend.db.models import Batch, Device, KitRow, LoginSession, Requisition, Role, User
from backend.portal.visit import SESSION_COOKIE
from backend.runtime import Runtime
from backend.settings import Settings
from benchmarks.filling import fill
from tests.security.routes import table

# a path's parameter -> the column of what it names; what shows one interview alone is no list
_NAMED = {
    "batch_id": Batch.id,
    "requisition_id": Requisition.id,
    "kit_id": KitRow.kit_id,
    "device_id": Device.id,
}
# no page: a stream, or a file that holds everything
_NO_PAGE = re.compile(
    r"\.(csv|jsonl|json|yaml|pdf|zip|xlsx|vtt|txt)$|stream|events|/live|/sheet$|/next$|/media/|^/static|^/v1|^/api"
)


@dataclass(frozen=True, slots=True)
class Measured:
    """``seconds``: median; ``busy``: median of the processor's time; ``queries``: of the last time."""

    page: str
    seconds: float
    busy: float
    queries: int
    size: int


class Portal:
    """The portal in this process, as an administrator sees it."""

    def __init__(self, hr: Runtime) -> None:
        self._hr = hr
        self.app = create_app(hr.settings, runtime=hr)
        self._client = TestClient(self.app, base_url="http://127.0.0.1", follow_redirects=False)
        self._client.cookies.set(SESSION_COOKIE, _login(hr))
        self.queries = 0

    def close(self) -> None:
        self._client.close()

    def pages(self) -> list[tuple[str, str]]:
        """Path and address of every page there is something for."""
        found = []
        for path in sorted(paths(self.app)):
            filled = self._filled(path)
            if filled is not None and not _NO_PAGE.search(path):
                found.append((path, filled))
        return found

    def measure(self, page: str, times: int) -> Measured | None:
        """None for what is no page of this person's."""
        taken, busy, answer = [], [], None
        for _ in range(times + 1):
            with self.counted():
                begin, working = time.perf_counter(), time.process_time()
                answer = self._client.get(page)
                taken.append(time.perf_counter() - begin)
                busy.append(time.process_time() - working)
            if answer.status_code != 200 or not answer.headers["content-type"].startswith("text/html"):
                return None
        assert answer is not None
        return Measured(
            page, statistics.median(taken[1:]), statistics.median(busy[1:]), self.queries, len(answer.content)
        )

    @contextmanager
    def counted(self) -> Iterator[None]:
        """``queries`` of the block: to the database and for storage keys."""
        self.queries = 0

        def count(*_: Any) -> None:
            self.queries += 1

        engines = [self._hr.db.engine]
        cabinet: Any = self._hr.cabinet
        if isinstance(cabinet, KeyCabinet):
            cabinet._connection.set_trace_callback(count)
        else:
            engines.append(cabinet._engine)
        for engine in engines:
            event.listen(engine, "before_cursor_execute", count)
        try:
            yield
        finally:
            _stop(engines, count, cabinet)

    def _filled(self, path: str) -> str | None:
        for name in re.findall(r"{(\w+)", path):
            if name not in _NAMED:
                return None
            with self._hr.db.read() as session:
                found = session.scalar(select(_NAMED[name]).order_by(_NAMED[name]).limit(1))
            if found is None:
                return None
            path = re.sub(rf"{{{name}[^}}]*}}", found, path)
        return path


def _stop(engines: list[Engine], count: Any, cabinet: Any) -> None:
    for engine in engines:
        event.remove(engine, "before_cursor_execute", count)
    if isinstance(cabinet, KeyCabinet):
        cabinet._connection.set_trace_callback(None)


def paths(app: FastAPI) -> set[str]:
    """The paths of all GET routes of an application and what is mounted in it."""
    return {path for method, path in (route.split(" ", 1) for route in table(app)) if method == "GET"}


def _login(hr: Runtime) -> str:
    """The cookie of an administrator's session."""
    token, now = secrets.token_urlsafe(32), hr.now()
    with hr.db.write() as session:
        user = User(
            username=f"bench-{secrets.token_hex(4)}",
            role=Role.ADMINISTRATOR.value,
            password="",
            totp_sealed="",
            created_at=now,
        )
        session.add(user)
        session.flush()
        name = hashlib.sha256(token.encode()).hexdigest()
        session.add(LoginSession(id=name, user_id=user.id, csrf="x", created_at=now, seen_at=now, totp_at=now))
    return token


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--interviews", type=int, default=50_000)
    parser.add_argument("--times", type=int, default=7)
    parser.add_argument("--database", help="address of an empty PostgreSQL database instead of SQLite")
    parser.add_argument("--data", type=Path, help="folder to fill, or to use when it is filled")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = options.data or Path(folder) / "data"
        settings = Settings(data=data, database=options.database)
        if not (data / "keys.json").exists():
            begin = time.perf_counter()
            with closing(runtime.create(settings, "Filled")) as hr:
                fill(hr, options.interviews)
            print(f"filled with {options.interviews} interviews in {time.perf_counter() - begin:.0f} s")
        with closing(runtime.open_runtime(settings)) as hr, closing(Portal(hr)) as portal:
            for path, page in portal.pages():
                found = portal.measure(page, options.times)
                if found is not None:
                    time_taken = f"{found.seconds * 1000:8.1f} ms, {found.busy * 1000:8.1f} ms busy"
                    print(f"{time_taken} {found.queries:5d} queries {found.size // 1024:6d} KiB", path)


if __name__ == "__main__":
    main()
