"""A real backend on a faulty folder, every answer of which is put into the folder's log before it is sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uvicorn

from backend.app import create_app
from backend.db.models import Batch, Department
from backend.runtime import Runtime, create, open_runtime
from backend.services import batches, candidates, kits
from backend.services.candidates import Person
from backend.settings import Settings
from tests.backend.world import COMMAND_LINE, Clock, Served, wait_until

KIT = """
kit_id: test
department_id: rd
position: Tester
speech_language: en
consent: {version: "1", purpose: p, full_text: f, deletion: d}
guide: g
stages:
  - stage_id: one
    title: One
    questions:
      - {question_id: q1, kind: video, prompt: Say something}
      - {question_id: q2, kind: audio, prompt: Say more}
  - stage_id: two
    title: Two
    questions:
      - {question_id: q3, kind: text, prompt: Write something}
      - {question_id: q4, kind: single_choice, prompt: Choose, choices: [A, B]}
"""
Mark = Callable[..., None]


def set_up(data: Path) -> Runtime:
    """An organisation with one department and one kit, in a new folder."""
    hr = create(Settings(data=data), "Test organisation")
    with hr.db.write() as session:
        session.add(Department(id="rd", parent_id=None, name={"": "rd"}))
    kits.add_kit(hr, COMMAND_LINE, KIT.encode())
    return hr


def invite(hr: Runtime, name: str) -> tuple[str, str]:
    """Id and code of a new invitation."""
    start = datetime.now(UTC) - timedelta(hours=1)
    end = start + timedelta(days=2)
    batch_id = batches.add_batch(
        hr, COMMAND_LINE, kit_id="test", title="Batch", not_before=start, not_after=end, department_id=None
    )
    with hr.db.write() as session:
        invited = candidates.invite(hr, session, session.get_one(Batch, batch_id), Person(name, phone="13800138000"))
        return invited.id, invited.code


class Announced:
    """ASGI middleware: tells ``mark`` what an answer promises, before the first byte of it leaves."""

    def __init__(self, app: Any, mark: Mark) -> None:
        self._app = app
        self._mark = mark

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start: dict[str, Any] = {}
        body = bytearray()

        async def announce(message: Any) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            body.extend(message.get("body", b""))
            if not message.get("more_body"):
                self._tell(scope, start, bytes(body))
                await send(start)
                await send({"type": "http.response.body", "body": bytes(body)})

        await self._app(scope, receive, announce)

    def _tell(self, scope: Any, start: dict[str, Any], body: bytes) -> None:
        headers = {name.decode().lower(): value.decode() for name, value in start["headers"]}
        is_json = "json" in headers.get("content-type", "")
        facts = {"method": scope["method"], "path": scope["path"], "status": start["status"]}
        reply = json.loads(body) if is_json and body else None
        place = {"offset": headers.get("upload-offset"), "location": headers.get("location")}
        self._mark(promise="reply", **facts, **place, body=reply)


@contextmanager
def serving(data: Path, mark: Mark, *, port: int = 0) -> Iterator[Served]:
    """The backend of an existing folder behind a real server, on a port of its own unless one is given."""
    clock = Clock()
    hr = open_runtime(Settings(data=data), now=clock)
    application = Announced(create_app(hr.settings, runtime=hr), mark)
    server = uvicorn.Server(uvicorn.Config(application, port=port, log_config=None, timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        wait_until(lambda: server.started or not thread.is_alive())
        port = server.servers[0].sockets[0].getsockname()[1]
        yield Served(f"http://127.0.0.1:{port}", hr, clock)
    finally:
        server.should_exit = True
        thread.join(20)
        hr.close()
