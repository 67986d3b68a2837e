"""A demo organisation behind a real server, with interviews in every state, for the portal's tests."""

from __future__ import annotations

import re
import socket
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyotp
import requests
import uvicorn

from backend.app import create_app
from backend.runtime import Runtime, create, open_runtime
from backend.services import demo, department_releases
from backend.services.actor import Actor
from backend.services.users import NewUser
from backend.settings import Settings
from contract.events import DeclinedData, EventType, ResumedData, WordModel
from tests.portal.booth import Booth, Sitting
from tests.support.databases import prepare
from tests.support.waiting import wait_for

PHRASES = ["我", "负责", "支付", "系统", "的", "重构", "上线", "之后", "故障", "减少", "了", "一半"]
SAID = "我负责支付系统的重构,上线之后故障减少了一半。"


class Clock:
    """The server's wall time, which a test may move on."""

    def __init__(self) -> None:
        self.offset = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def advance(self, seconds: float) -> None:
        self.offset += timedelta(seconds=seconds)


CORRECTED = "我负责支付系统的重写,上线之后故障减少了一半。"


def words(start: float = 0.4) -> list[WordModel]:
    """Half a second each; one of them was recognised with low confidence."""
    return [
        WordModel(
            text=text, start=start + 0.5 * n, end=start + 0.5 * n + 0.45, probability=0.3 if text == "重构" else 0.9
        )
        for n, text in enumerate(PHRASES)
    ]


@dataclass
class World:
    """``sittings`` by name: finished, paused, abandoned, declined, running, overseas."""

    url: str
    hr: Runtime
    clock: Clock
    demo: demo.Demo
    booth: Booth
    sittings: dict[str, Sitting] = field(default_factory=dict)

    def user(self, name: str) -> NewUser:
        return next(user for user in self.demo.users if user.username == name)

    def totp(self, name: str) -> str:
        """A code that was not used before: each one works once."""
        self.clock.advance(31)
        return pyotp.TOTP(self.user(name).totp_secret).at(self.clock())

    def http(self, name: str) -> Web:
        """A logged-in HTTP client without a browser."""
        web = Web(self.url)
        user = self.user(name)
        answer = web.post("/login", username=name, password=user.password, totp=self.totp(name))
        assert answer.status_code == 200, answer.text
        return web


class Web(requests.Session):
    """Follows the portal's forms: posts carry the token of the page before."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url

    def page(self, path: str, **options: object) -> requests.Response:
        return self.request("GET", self.url + path, timeout=20, **options)  # type: ignore[arg-type]

    def token(self, path: str) -> str:
        found = re.search(r'name="csrf" value="([^"]+)"', self.page(path).text)
        assert found, "a page with a form"
        return found[1]

    def post(self, path: str, *, files: object = None, **fields: str) -> requests.Response:  # type: ignore[override]
        data = {"csrf": self.token("/account" if self.cookies.get("xuda_hr") else "/login"), **fields}
        return self.request("POST", self.url + path, data=data, files=files, timeout=20)  # type: ignore[arg-type]


@dataclass
class Server:
    """uvicorn on an ephemeral port of this machine, in a thread."""

    hr: Runtime

    def __enter__(self) -> Server:
        listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        config = uvicorn.Config(create_app(self.hr.settings, runtime=self.hr), log_level="warning", ws="none")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([listener],), daemon=True)
        self._thread.start()
        wait_for(lambda: self._server.started, "the server")
        return self

    def __exit__(self, *error: object) -> None:
        self._server.should_exit = True
        self._thread.join(20)


def organisation(folder: Path, clock: Clock, **given: Any) -> tuple[Runtime, demo.Demo]:
    """``given``: settings besides the folder."""
    settings = Settings(data=folder, **given)
    if "database" not in given:
        prepare(folder)
    create(settings, demo.ORGANISATION).close()
    hr = open_runtime(settings, now=clock)
    return hr, demo.fill(hr, Actor.command_line())


def hold_interviews(world: World) -> None:
    """One interview per state HR can meet, delivered by a device."""
    batch, overseas = world.demo.batches
    for found in (batch, overseas):
        department_releases.open_batch(world.hr, Actor.command_line(), found.batch_id, on=True)
    people = [invitation.invitation_id for invitation in batch.invitations]

    def sit(place: int) -> Sitting:
        return Sitting(world.booth, batch.kit, people[place])

    finished = sit(0).speak("introduction", words(), SAID)
    finished.correct("我负责支付系统。")
    finished.correct(CORRECTED)
    finished.leave(EventType.PAUSED, "network", "会场断网了 <b>&")
    finished.say(EventType.RESUMED, ResumedData(environment={"network": "online"}))
    finished.speak("challenge", words(1.0), SAID, seconds=9)
    finished.write("change", "先评估影响,再与客户约定下一个版本。\n<script>alert(1)</script>").choose(
        "priority", 1
    ).finish()
    assert finished.hand_over().receipt is not None
    paused = (
        sit(1).speak("introduction", words(), SAID, deliver=False).leave(EventType.PAUSED, "technical", "摄像头坏了")
    )
    abandoned = sit(2).write("change", "还没想好").leave(EventType.ABANDONED, "other", "家里有急事")
    declined = Sitting(world.booth, batch.kit, people[3])
    declined.say(EventType.DECLINED, DeclinedData(consent_version="2026-11"))
    abroad = Sitting(world.booth, overseas.kit, overseas.invitations[0].invitation_id)
    running = sit(4)
    world.sittings = {
        "finished": finished,
        "paused": paused,
        "abandoned": abandoned,
        "declined": declined,
        "overseas": abroad,
        "running": running,
    }
