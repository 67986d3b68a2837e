"""The real client without windows on a faulty folder, and what a candidate does with it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from app.bootstrap import Client
from app.clock import SystemClock
from app.config import ClientSettings
from app.interview.views import InputEnded, News, TranscriptReady
from app.storage import keyfile
from app.storage.open import open_storage
from app.sync.enrolment import enroll
from tests.support.waiting import wait_for

T = TypeVar("T")
MODEL = Path(__file__).parents[1] / "speech" / "model"
NO_MODEL = "none"
PASSPHRASE = "faults"


@contextmanager
def cheap_passphrase() -> Iterator[None]:
    """The keystore of the client under a passphrase whose key costs little to derive, for there are many starts."""
    cost, given = dict(keyfile._COST), os.environ.get("XUDA_PASSPHRASE")
    keyfile._COST.update(iterations=1, lanes=1, memory=8)
    os.environ["XUDA_PASSPHRASE"] = PASSPHRASE
    try:
        yield
    finally:
        keyfile._COST.update(cost)
        os.environ.pop("XUDA_PASSPHRASE")
        if given is not None:
            os.environ["XUDA_PASSPHRASE"] = given


def enrol(data: Path, url: str, code: str) -> str:
    """The device's id; the client's command line does the same."""
    with closing(open_storage(data, SystemClock())) as storage:
        return enroll(url, code, "Booth 1", storage).device_id


class Visit:
    """One run of the client; every call goes to the database thread, as the screens do it."""

    def __init__(self, data: Path, *, model: bool = False, recover: bool = True) -> None:
        self.client = Client(ClientSettings(data=data, model=str(MODEL) if model else NO_MODEL))
        self.service = self.client.service
        self.store = self.client.storage.interviews
        self.news: list[News] = []
        self.client.news.subscribe(self.news.append)
        if recover:
            self.run(self.service.recover)

    def submit(self, call: Callable[[], T]) -> Future[T]:
        return self.client.submit(call)

    def run(self, call: Callable[..., T], *given: Any, **named: Any) -> T:
        return self.submit(lambda: call(*given, **named)).result(60)

    def begin(self, invitation: str) -> str:
        self.run(self.service.look_up, invitation)
        self.run(self.service.begin, language="en", scoring=True)
        assert self.service.active_id is not None
        return self.service.active_id

    def record(self, question: str, sound: Path, clip: Path | None = None, *, words: bool = False) -> str:
        """A take that hears ``sound`` to its end; its id."""
        self.client.devices.set_microphone(f"file:{sound}")
        if clip is not None:
            self.client.devices.set_camera(f"file:{clip}")
        self.news.clear()
        take_id = self.run(self.service.begin_take, question)
        wait_for(lambda: any(isinstance(item, InputEnded) for item in self.news), "the sound's end", seconds=60)
        self.run(self.service.end_take)
        if words:
            wait_for(lambda: self._heard(take_id), "the words", seconds=60)
        return take_id

    def _heard(self, take_id: str) -> bool:
        return any(isinstance(item, TranscriptReady) and item.take_id == take_id for item in self.news)

    def content(self, take_id: str) -> bytes:
        """What is stored of a take, in clear."""
        with self.store.open_object(take_id) as stream:
            return stream.read()

    def digest(self, take_id: str) -> str:
        return hashlib.sha256(self.content(take_id)).hexdigest()

    def deliver(self, seconds: float = 60) -> int:
        assert self.client.engine is not None
        return self.client.engine.run_until_idle(seconds).pending

    def close(self) -> None:
        self.client.close()

    def __enter__(self) -> Visit:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
