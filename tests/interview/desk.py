"""An interview service over real storage, a real recorder on files, and the small speech model."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from app.capture.media import AvMediaTools
from app.capture.recorder import DeviceRecorder
from app.interview.model import Environment
from app.interview.service import InterviewService
from app.interview.views import InputEnded, News, TakeReview, TranscriptReady
from app.storage.shelf import SqliteShelf
from app.transcribe.models import find
from app.transcribe.supervisor import WhisperTranscriber
from contract import invitation
from contract.canonical import b64encode
from contract.envelope import sign
from contract.invitation import Adjustments, Delegation, Invitation, RosterEntry, lookup_hash
from contract.kit import Kit
from contract.message import Message
from contract.redo import Redo
from contract.walkin import WalkInOffer
from tests.storage.office import Device, Office
from tests.support.waiting import wait_for

T = TypeVar("T")
MODEL = Path(__file__).parents[1] / "speech" / "model"
CODE, PHONE, NAME = "ABCD-EFGH", "13800138000", "王小明"


class TestClock:
    """Wall time as told, monotonic time as told."""

    __test__ = False

    def __init__(self) -> None:
        self.wall = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
        self.seconds = 100.0

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return self.seconds


def make_kit(office: Office, **more: Any) -> Kit:
    def spoken(question_id: str, kind: str) -> dict[str, Any]:
        return {"question_id": question_id, "kind": kind, "prompt": "?", "takes": 2, "answer_seconds": 60}

    choices = {"question_id": "q4", "kind": "single_choice", "prompt": "?", "choices": ["A", "B"]}
    text = {"question_id": "q3", "kind": "text", "prompt": "?", "max_characters": 40}
    return Kit.model_validate(
        {
            "kit_id": "engineer",
            "version": 1,
            "organisation": "Example",
            "department_id": "d1",
            "department": "Research",
            "position": "Engineer",
            "speech_language": "en",
            "consent": {"version": "7", "purpose": "p", "full_text": "f", "deletion": "d"},
            "guide": "g",
            "encryption_key": b64encode(office.unwrap.public),
            "stages": [
                {"stage_id": "s1", "title": "one", "questions": [spoken("q1", "video"), spoken("q2", "audio")]},
                {"stage_id": "s2", "title": "two", "questions": [text, choices]},
            ],
            **more,
        }
    )


WRITTEN = [
    {
        "stage_id": "s",
        "title": "one",
        "questions": [
            {"question_id": "q3", "kind": "text", "prompt": "?", "max_characters": 40},
            {"question_id": "q4", "kind": "single_choice", "prompt": "?", "choices": ["A", "B"]},
        ],
    }
]


class Desk:
    """A booth with one invited candidate; ``open`` again over the same folder is the next start of the program."""

    def __init__(
        self, folder: Path, office: Office, *, model: bool = False, adjustments: Adjustments | None = None, **kit: Any
    ) -> None:
        self.device = Device(folder, office)
        self.clock = TestClock()
        self.device.shelf = SqliteShelf(self.device.database, self.device.keystore, self.device.enrolments, self.clock)
        self.news: list[News] = []
        self.listeners: list[Callable[[News], None]] = []
        self.wakes = 0
        self.recorder = DeviceRecorder()
        self.transcriber = WhisperTranscriber(find(folder, wanted=str(MODEL)) if model else None)
        try:
            self._stock(office, adjustments or Adjustments(), kit)
        except BaseException:
            self.device.database.close()  # its thread would keep the tests from ending
            raise
        self.service = self.make_service()

    def make_service(self) -> InterviewService:
        return InterviewService(
            store=self.device.store,
            shelf=self.device.shelf,
            recorder=self.recorder,
            media=AvMediaTools(),
            transcriber=self.transcriber,
            clock=self.clock,
            facts=lambda: Environment(os="test", app_version="1"),
            new_key=lambda: os.urandom(32),
            post=lambda call: self.submit(call) and None,
            notify=self._tell,
            wake_sync=self._wake,
        )

    def _stock(self, office: Office, adjustments: Adjustments, kit: dict[str, Any]) -> None:
        if self.device.shelf.kits():
            return
        now = self.clock.now()
        right = Invitation(str(uuid.uuid4()), str(uuid.uuid4()), "engineer", now, now + timedelta(days=7))
        self.token = invitation.issue(right, office.key)
        lookups = [lookup_hash(PHONE, b64encode(b"salt"))]
        self.right = right
        self.entry = RosterEntry(token=self.token, code=CODE, name=NAME, lookups=lookups, adjustments=adjustments)
        kits = [sign(make_kit(office, **kit), office.key)]
        bootstrap = office.bootstrap(kits, office.roster([self.entry]), server_time=now)
        self.device.shelf.save_bootstrap(bootstrap, self.clock.monotonic())

    def trust(self, office: Office, *delegations: Delegation) -> None:
        """HR's newest word on who may adjust interviews here has come."""
        roster = office.roster([self.entry], delegations=delegations)
        now = self.device.shelf.server_time() or self.clock.now()
        self.device.shelf.save_bootstrap(office.bootstrap([], roster, server_time=now), self.clock.monotonic())

    def tell(self, office: Office, *messages: dict[str, Any]) -> None:
        """HR's newest messages have come; each says what is not as in the first line here."""
        now = self.clock.now()
        usual = {"organisation_id": "org-1", "device_id": "device-1", "audience": "everyone", "text": {"en": "text"}}
        usual |= {"not_before": now - timedelta(hours=1), "not_after": now + timedelta(days=5)}
        signed = [sign(Message.model_validate({**usual, **message}), office.key) for message in messages]
        bootstrap = office.bootstrap([], office.roster([self.entry]), server_time=now, messages=signed)
        self.device.shelf.save_bootstrap(bootstrap, self.clock.monotonic())

    def ask_again(self, office: Office, redo: Redo | None, *kits: Kit) -> None:
        """HR's newest word on what may be answered again has come."""
        self.entry = self.entry.model_copy(update={"redo": redo})
        now = self.device.shelf.server_time() or self.clock.now()
        signed = [sign(kit, office.key) for kit in kits]
        bootstrap = office.bootstrap(signed, office.roster([self.entry]), server_time=now)
        self.device.shelf.save_bootstrap(bootstrap, self.clock.monotonic())

    def take_walk_ins(self, office: Office, limit: int = 10, batch: str = "") -> WalkInOffer:
        """HR has opened a batch for people who are not invited, and this device knows of it."""
        start, end = self.clock.now() - timedelta(hours=1), self.clock.now() + timedelta(days=7)
        offer = WalkInOffer(
            batch_id=batch or str(uuid.uuid4()), kit_id="engineer", not_before=start, not_after=end, limit=limit
        )
        roster = office.roster([self.entry], walk_ins=[offer])
        self.device.shelf.save_bootstrap(
            office.bootstrap([], roster, server_time=self.clock.now()), self.clock.monotonic()
        )
        return offer

    def _tell(self, news: News) -> None:
        self.news.append(news)
        for listener in self.listeners:
            listener(news)

    def _wake(self) -> None:
        self.wakes += 1

    def submit(self, call: Callable[[], T]) -> Future[T]:
        future: Future[T] = self.device.database.submit(lambda _db: call())
        return future

    def run(self, call: Callable[..., T], *given: Any, **named: Any) -> T:
        """As the screens do: on the database thread."""
        return self.submit(lambda: call(*given, **named)).result()

    def begin(self) -> None:
        self.run(self.service.look_up, CODE)
        self.run(self.service.begin, language="zh_CN", scoring=True)

    def record(self, question_id: str, sound: Path, clip: Path | None = None) -> TakeReview:
        """A whole take whose microphone plays ``sound`` to its end."""
        self.recorder.set_microphone(f"file:{sound}")
        if clip is not None:
            self.recorder.set_camera(f"file:{clip}")
        self.news.clear()
        self.run(self.service.begin_take, question_id)
        wait_for(lambda: any(isinstance(item, InputEnded) for item in self.news), "the sound's end", seconds=30)
        return self.run(self.service.end_take)

    def wait_for_voice(self) -> None:
        """A second of the answer has been recorded."""
        wait_for(lambda: self.recorder.elapsed > 1.0, "a second of recording")

    def words(self, take_id: str) -> str:
        """The transcript of a take, once it is there."""

        def found() -> list[TranscriptReady]:
            return [item for item in self.news if isinstance(item, TranscriptReady) and item.take_id == take_id]

        wait_for(found, "the transcript", seconds=60)
        return found()[0].transcript.text

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.recorder.close()
        self.transcriber.close()
        self.device.database.close()
