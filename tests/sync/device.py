"""A client without its windows: real storage in a folder, enrolled over the network, and interviews to deliver."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.interview.model import Transcript
from app.interview.states import InterviewState, TakeState
from app.interview.store import EventDraft, InterviewRow, TakeRow
from app.interview.views import SyncNews
from app.storage.keyfile import FileKeyStore, PlainCodec
from app.storage.notices import NoticeBook
from app.storage.open import open_storage
from app.sync.engine import SyncEngine
from app.sync.machine import look_at
from app.sync.news import Pace
from app.sync.rules import SendingRules
from app.sync.transport import Signer, Transport
from app.sync.uploader import Chunks
from contract.canonical import b64decode
from contract.events import (
    AnswerData,
    AnswerSealed,
    EventType,
    ExitData,
    FinishedData,
    ObjectRef,
    ResumedData,
    StartedData,
    WithdrawnData,
)
from contract.keys import wrap_key
from contract.kit import QuestionKind

QUICK_CHUNKS = Chunks(256 * 1024)
QUICK = Pace(
    first_probe=0.05,
    probe=0.1,
    first_retry=0.05,
    longest_retry=0.4,
    pause=0.3,
    bootstrap=600,
    heartbeat=600,
)


class WrongClock:
    """A machine whose wall clock is off."""

    def __init__(self, off: timedelta = timedelta(0)) -> None:
        self.off = off

    def now(self) -> datetime:
        return datetime.now(UTC) + self.off

    def monotonic(self) -> float:
        return time.monotonic()


class Device:
    """Storage, interviews and a sync engine. ``news`` collects what the engine has told."""

    def __init__(self, folder: Path, clock: WrongClock | None = None) -> None:
        self.clock = clock or WrongClock()
        self.folder = folder
        storage = open_storage(folder / "data", self.clock, keystore=FileKeyStore(folder / "keys", PlainCodec()))
        self.storage = storage
        self.database = storage.database
        self.keystore = storage.keystore
        self.enrolments = storage.enrolments
        self.shelf = storage.shelf
        self.vault = storage.vault
        self.store = storage.interviews
        self.outbox = storage.outbox
        self.news: list[SyncNews] = []
        self.engine: SyncEngine | None = None
        self.transport: Transport | None = None

    def close(self) -> None:
        if self.engine is not None:
            self.engine.stop()
        self.database.close()

    def make_engine(
        self,
        *,
        pace: Pace = QUICK,
        url: str | None = None,
        chunks: Chunks = QUICK_CHUNKS,
        patience: float = 0.7,
        hears_notices: bool = False,
        at: datetime | None = None,
    ) -> SyncEngine:
        """``url``: reach the backend through this address; ``patience``: seconds without an answer.

        ``hears_notices``: asks HR what happened elsewhere to its interviews. ``at``: the local time all the while.
        """
        book = NoticeBook(self.database, self.store, self.enrolments, self.clock) if hears_notices else None
        enrolment = self.enrolments.need()
        signer = Signer(enrolment.device_key, enrolment.device_id, self.clock)
        self.transport = Transport(url or enrolment.server_url, signer=signer, timeouts=(2, patience))
        self.engine = SyncEngine(
            self.database,
            self.outbox,
            self.shelf,
            self.transport,
            self.news.append,
            machine=look_at(self.folder, self.clock, lambda: self.storage.settings.current),
            rules=SendingRules(
                lambda: self.storage.settings.current.settings, lambda: at or datetime.now().astimezone()
            ),
            pace=pace,
            chunks=chunks,
            notices=book,
        )
        return self.engine

    # ---- interviews ----------------------------------------------------------------------------------------------

    def begin(self) -> str:
        """A started interview; its id."""
        interview_id = str(uuid.uuid4())
        key = os.urandom(32)
        organisation = self.enrolments.need().organisation
        now = self.clock.now()
        started = StartedData(
            invitation_id="invitation-1",
            kit_id="kit-1",
            kit_version=1,
            attempt=1,
            wrapped_key=wrap_key(key, b64decode(organisation.encryption_key), interview_id),
            language="en",
            app_version="1",
            environment={},
        )
        row = InterviewRow(
            interview_id=interview_id,
            invitation_id="invitation-1",
            kit_id="kit-1",
            kit_version=1,
            attempt=1,
            state=InterviewState.ACTIVE,
            language="en",
            scoring=False,
            seconds_used=0,
            last_seq=0,
            created_at=now,
            updated_at=now,
        )
        self.store.create(row, key=key, candidate_name="A", events=[EventDraft(EventType.STARTED, started)])
        return interview_id

    def write(self, interview_id: str, text: str = "words") -> None:
        """Answer a text question."""
        data = AnswerData(
            answer_id=uuid.uuid4().hex,
            question_id="q-text",
            kind=QuestionKind.TEXT,
            take=1,
            takes_used=0,
            duration=0,
        )
        self.store.append(interview_id, [EventDraft(EventType.ANSWER_SAVED, data, AnswerSealed(text=text))])

    def speak(self, interview_id: str, size: int = 700_000, content: bytes | None = None) -> ObjectRef:
        """Answer a video question with a recording of ``content``, or of ``size`` random bytes; sealed it is larger."""
        take = TakeRow(
            take_id=uuid.uuid4().hex,
            interview_id=interview_id,
            question_id="q-video",
            number=1,
            state=TakeState.RECORDING,
            has_video=True,
        )
        sink = self.store.begin_take(take)
        sink.write(b"x")
        sink.close()
        recorded = replace(take, state=TakeState.RECORDED, counted=True, duration=5.0)
        self.store.save_take(recorded)
        stored = self.store.store_object(take.take_id, io.BytesIO(content or os.urandom(size)), "video/webm")
        ref = ObjectRef(
            object_id=stored.object_id,
            media_type=stored.media_type,
            size=stored.size,
            sha256=stored.sha256,
        )
        data = AnswerData(
            answer_id=take.take_id,
            question_id=take.question_id,
            kind=QuestionKind.VIDEO,
            take=1,
            takes_used=1,
            duration=5.0,
            objects=[ref],
        )
        submitted = replace(recorded, state=TakeState.SUBMITTED, transcript=Transcript("", (), "en", "m@0"))
        self.store.append(interview_id, [EventDraft(EventType.ANSWER_SAVED, data)], takes=[submitted])
        return ref

    def pause(self, interview_id: str) -> None:
        event = EventDraft(EventType.PAUSED, ExitData(reason="network"))
        self.store.append(interview_id, [event], state=InterviewState.PAUSED)

    def resume(self, interview_id: str) -> None:
        self.store.append(interview_id, [EventDraft(EventType.RESUMED, ResumedData())], state=InterviewState.ACTIVE)

    def withdraw(self, interview_id: str) -> None:
        """The candidate takes the consent back: key and files go at once."""
        event = EventDraft(EventType.WITHDRAWN, WithdrawnData())
        self.store.withdraw(interview_id, event)

    def finish(self, interview_id: str) -> None:
        event = EventDraft(EventType.FINISHED, FinishedData(answers=1))
        self.store.append(interview_id, [event], state=InterviewState.FINISHED)

    def interview(self, *, size: int = 700_000) -> tuple[str, ObjectRef]:
        """A whole finished interview with one written and one spoken answer: four events, one object."""
        interview_id = self.begin()
        self.write(interview_id)
        ref = self.speak(interview_id, size)
        self.finish(interview_id)
        return interview_id, ref

    def recording(self, interview_id: str, ref: ObjectRef) -> Path:
        return self.vault.object_path(interview_id, ref.object_id)


def deliver_in_a_process(folder: Path) -> subprocess.Popen[bytes]:
    """A program of its own that delivers the outbox of ``folder``, to be killed."""
    program = (
        "import pathlib, sys\n"
        "from tests.sync.device import Device\n"
        "Device(pathlib.Path(sys.argv[1])).make_engine(patience=60).run_until_idle(60)\n"
    )
    root = Path(__file__).resolve().parents[2]
    return subprocess.Popen([sys.executable, "-c", program, str(folder)], cwd=root)


def eventually(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait until ``condition`` holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.01)
