"""An organisation that enrols devices, signs kits, rosters and receipts; and a device's storage on a real folder."""

from __future__ import annotations

import io
import itertools
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from app.clock import SystemClock
from app.interview.model import Proof, Transcript, Word
from app.interview.states import InterviewState, TakeState
from app.interview.store import EventDraft, InterviewRow, TakeRow
from app.storage.enrolment import Enrolment
from app.storage.keyfile import FileKeyStore, PlainCodec
from app.storage.keystore import KeyStore
from app.storage.open import open_storage
from app.storage.outbox import ItemKind
from contract import invitation
from contract.api import Bootstrap, Organisation
from contract.canonical import b64encode
from contract.envelope import Envelope, sign
from contract.events import (
    AnswerData,
    AnswerSealed,
    ConsentedData,
    EventType,
    FinishedData,
    StartedData,
    TranscribedData,
    TranscribedSealed,
    WordModel,
)
from contract.invitation import Delegation, Invitation, Roster, RosterEntry
from contract.keys import SigningKey, UnwrapKey, wrap_key
from contract.kit import Kit, QuestionKind
from contract.manifest import Manifest, Receipt
from contract.walkin import WalkInOffer

NAME = "欧阳铁蛋 Planted-Name-7319"
WORDS = "这是一句不会出现在别处的话 planted phrase zx81"
NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


def make_kit(version: int = 1, kit_id: str = "engineer", hours: str = "") -> Kit:
    return Kit.model_validate(
        {
            "kit_id": kit_id,
            "version": version,
            "organisation": "Example",
            "department_id": "d1",
            "department": "Research",
            "position": "Engineer",
            "consent": {"version": "1", "purpose": "p", "full_text": "f", "deletion": "d"},
            "guide": "g",
            "support": {"hours": hours},
            "stages": [
                {
                    "stage_id": "s",
                    "title": "t",
                    "questions": [
                        {"question_id": "q1", "kind": "video", "prompt": "?"},
                        {"question_id": "q2", "kind": "text", "prompt": "?"},
                    ],
                }
            ],
            "encryption_key": b64encode(bytes(32)),
        }
    )


@dataclass
class Office:
    """The organisation and its keys."""

    key: SigningKey = field(default_factory=SigningKey.generate)
    unwrap: UnwrapKey = field(default_factory=UnwrapKey.generate)
    name: str = "Example Ltd"

    def enrol(self, device_id: str = "device-1") -> tuple[Enrolment, Envelope]:
        organisation = Organisation(
            organisation_id="org-1",
            name=self.name,
            sign_key=b64encode(self.key.public),
            encryption_key=b64encode(self.unwrap.public),
            device_id=device_id,
            issued_at=NOW,
        )
        enrolment = Enrolment(device_id, "https://hr.example", organisation, SigningKey.generate())
        return enrolment, sign(organisation, self.key)

    def invite(self, kit_id: str = "engineer", start: datetime = NOW, days: float = 7) -> str:
        right = Invitation(str(uuid.uuid4()), str(uuid.uuid4()), kit_id, start, start + timedelta(days=days))
        return invitation.issue(right, self.key)

    def roster(
        self,
        entries: list[RosterEntry],
        device_id: str = "device-1",
        salt: bytes = b"salt",
        delegations: Sequence[Delegation] = (),
        walk_ins: Sequence[WalkInOffer] = (),
    ) -> Envelope:
        roster = Roster(
            organisation_id="org-1",
            device_id=device_id,
            issued_at=NOW,
            salt=b64encode(salt),
            entries=entries,
            delegations=list(delegations),
            walk_ins=list(walk_ins),
        )
        return sign(roster, self.key)

    def bootstrap(self, kits: list[Envelope], roster: Envelope | None = None, **more: object) -> Bootstrap:
        return Bootstrap.model_validate({"server_time": NOW, "kits": kits, "roster": roster or self.roster([]), **more})

    def receipt(
        self, envelope: Envelope, manifest: Manifest, key: SigningKey | None = None, **other: object
    ) -> Envelope:
        fields = {
            "receipt_id": str(uuid.uuid4()),
            "interview_id": manifest.interview_id,
            "manifest_digest": envelope.digest,
            "serial": manifest.serial,
            "last_seq": manifest.last_seq,
            "events_digest": manifest.events_digest,
            "objects": manifest.objects,
            "issued_at": NOW,
        }
        return sign(Receipt.model_validate({**fields, **other}), key or self.key)


class Device:
    """A device's storage, opened as the client opens it. The keystore's file lies outside the data folder."""

    def __init__(self, folder: Path, office: Office, keystore: KeyStore | None = None) -> None:
        self.data = folder / "data"
        self.office = office
        self.clock = SystemClock()
        self.keystore = keystore or FileKeyStore(folder / "keys" / "keys.json", PlainCodec())
        self.storage = open_storage(self.data, self.clock, keystore=self.keystore)
        self.database, self.vault, self.report = self.storage.database, self.storage.vault, self.storage.report
        self.enrolments, self.shelf = self.storage.enrolments, self.storage.shelf
        self.store, self.outbox = self.storage.interviews, self.storage.outbox
        try:
            if self.enrolments.load() is None:
                self.enrolments.save(*office.enrol())
        except BaseException:
            self.storage.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.storage.close()

    def interview_key(self, interview_id: str) -> bytes:
        key = self.keystore.get(f"interview:{interview_id}")
        assert key is not None
        return key

    def files(self) -> dict[str, bytes]:
        """Every file of the data folder with its bytes."""
        found = sorted(path for path in self.data.rglob("*") if path.is_file())
        return {path.relative_to(self.data).as_posix(): path.read_bytes() for path in found}

    def begin(self, *, state: InterviewState = InterviewState.ACTIVE, name: str = NAME) -> InterviewRow:
        interview_id, key = str(uuid.uuid4()), uuid.uuid4().bytes * 2
        row = InterviewRow(
            interview_id=interview_id,
            invitation_id=str(uuid.uuid4()),
            kit_id="engineer",
            kit_version=1,
            attempt=1,
            state=state,
            language="zh_CN",
            scoring=True,
            seconds_used=0.0,
            last_seq=0,
            created_at=self.clock.now(),
            updated_at=self.clock.now(),
        )
        started = StartedData(
            invitation_id=row.invitation_id,
            kit_id="engineer",
            kit_version=1,
            attempt=1,
            wrapped_key=wrap_key(key, self.office.unwrap.public, interview_id),
            language="zh_CN",
            app_version="0",
            environment={},
        )
        consent = ConsentedData(consent_version="1", recording=True, scoring=True)
        events = [EventDraft(EventType.STARTED, started), EventDraft(EventType.CONSENTED, consent)]
        return self.store.create(row, key=key, candidate_name=name, events=events)

    def record(self, interview_id: str, content: bytes = b"sound" * 3000, question_id: str = "q1") -> TakeRow:
        """A complete take, recorded and stored."""
        number = 1 + sum(take.question_id == question_id for take in self.store.takes(interview_id))
        take = new_take(interview_id, question_id, number)
        sink = self.store.begin_take(take)
        sink.write(content)
        sink.close()
        with self.store.open_raw(take.take_id) as raw:
            self.store.store_object(take.take_id, io.BytesIO(raw.read()), "video/webm")
        recorded = replace(take, state=TakeState.RECORDED, duration=3.0, counted=True, proof=PROOF)
        self.store.save_take(recorded)
        return self.store.take(take.take_id)

    def submit(self, take: TakeRow) -> InterviewRow:
        chosen = replace(take, state=TakeState.SUBMITTED)
        return self.store.append(take.interview_id, [spoken_answer(chosen)], takes=[chosen])

    def transcribe(self, take_id: str, words: str = WORDS) -> InterviewRow:
        take = replace(self.store.take(take_id), transcript=transcript(words))
        return self.store.append(take.interview_id, [transcribed(take_id, words)], takes=[take])

    def finish(self, interview_id: str) -> InterviewRow:
        draft = EventDraft(EventType.FINISHED, FinishedData(answers=1))
        return self.store.append(interview_id, [draft], state=InterviewState.FINISHED)

    def deliver(self) -> int:
        """Hand everything that waits to an HR that takes it, without a manifest. How many items that were."""
        items = [item for item in self.outbox.pending() if item.kind is not ItemKind.MANIFEST]
        for item in items:
            self.outbox.done(item)
        return len(items)

    def settle(self, interview_id: str) -> None:
        """Deliver everything, and save the receipt of an honest HR."""
        self.deliver()
        sent = self.outbox.manifest(interview_id)
        assert sent is not None
        self.outbox.save_receipt(interview_id, self.office.receipt(*sent))


PROOF = Proof(duration=3.0, has_video=True, has_audio=True, voice_seconds=2.5, loudness=-20.0, moving=True, black=False)


def new_take(interview_id: str, question_id: str = "q1", number: int = 1) -> TakeRow:
    return TakeRow(
        take_id=str(uuid.uuid4()),
        interview_id=interview_id,
        question_id=question_id,
        number=number,
        state=TakeState.RECORDING,
        has_video=True,
    )


def transcript(words: str) -> Transcript:
    return Transcript(text=words, words=(Word(words, 0.1, 2.0, 0.9),), language="zh", model="tiny@0123")


def spoken_answer(take: TakeRow) -> EventDraft:
    data = AnswerData(
        answer_id=take.take_id,
        question_id=take.question_id,
        kind=QuestionKind.VIDEO,
        take=take.number,
        takes_used=1,
        duration=take.duration,
    )
    return EventDraft(EventType.ANSWER_SAVED, data)


def text_answer(words: str = WORDS, question_id: str = "q2") -> EventDraft:
    data = AnswerData(
        answer_id=str(uuid.uuid4()), question_id=question_id, kind=QuestionKind.TEXT, take=1, takes_used=0, duration=0
    )
    return EventDraft(EventType.ANSWER_SAVED, data, AnswerSealed(text=words))


def transcribed(answer_id: str, words: str) -> EventDraft:
    sealed = TranscribedSealed(text=words, words=[WordModel(text=words, start=0.1, end=2.0, probability=0.9)])
    data = TranscribedData(answer_id=answer_id, model="tiny@0123", language="zh", words=1)
    return EventDraft(EventType.TRANSCRIBED, data, sealed)


def wait_until(condition: object, seconds: float = 10.0) -> None:
    """Until ``condition()`` is true; fails the test after ``seconds``."""
    assert callable(condition)
    start = time.monotonic()
    for pause in itertools.repeat(0.01):
        if condition():
            return
        assert time.monotonic() - start < seconds, "waited in vain"
        time.sleep(pause)
