"""A real backend on a real port, and a device that talks to it with the contract alone."""

from __future__ import annotations

import hashlib
import io
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests
import uvicorn

from backend.app import create_app
from backend.db.models import Batch, Department
from backend.runtime import Runtime, create, open_runtime
from backend.services import batches, candidates, devices, kits
from backend.services.actor import Actor
from backend.services.candidates import Person
from backend.settings import Settings
from contract import events as ev
from contract.api import EnrolReply, EnrolRequest, Organisation, request_token, upload_token
from contract.canonical import b64decode, b64encode
from contract.envelope import Envelope, SignedDocument, open_envelope, sign
from contract.events import Event, EventType, ObjectRef, events_digest, make_event
from contract.keys import SigningKey, key_id, wrap_key
from contract.kit import QuestionKind
from contract.manifest import Manifest
from contract.sealed import SealingWriter, object_context
from tests.support.databases import prepare

COMMAND_LINE = Actor.command_line()
# what modules whose tests hold on either database say: DATABASES = BOTH
BOTH = ("sqlite", "postgresql")
# and whether recordings lie in a folder or in a bucket
STORES = ("sqlite", "postgresql+s3")
KIT = """
kit_id: test
department_id: rd
position: Tester
consent: {version: "1", purpose: p, full_text: f, deletion: d}
guide: g
stages:
  - stage_id: one
    title: One
    questions:
      - {question_id: q1, kind: video, prompt: Say something}
      - {question_id: q2, kind: text, prompt: Write something}
"""


class Clock:
    """The server's clock, moved by hand."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


def organisation(data: Path, **settings: Any) -> Runtime:
    """A small organisation: hq > rd > rd-lab, hq > sales; one kit."""
    if "database" not in settings:
        prepare(data)
    hr = create(Settings(data=data, **settings), "Test organisation")
    with hr.db.write() as session:
        for name, parent in (("hq", None), ("rd", "hq"), ("rd-lab", "rd"), ("sales", "hq")):
            session.add(Department(id=name, parent_id=parent, name={"": name}))
            session.flush()
    kits.add_kit(hr, COMMAND_LINE, KIT.encode())
    return hr


def invite(hr: Runtime, name: str, *, phone: str = "13800138000", department: str | None = None) -> str:
    """Id of a new invitation to a batch of its own."""
    start = datetime.now(UTC) - timedelta(hours=1)
    batch_id = batches.add_batch(
        hr,
        COMMAND_LINE,
        kit_id="test",
        title="Batch",
        not_before=start,
        not_after=start + timedelta(days=2),
        department_id=department,
    )
    with hr.db.write() as session:
        batch = session.get_one(Batch, batch_id)
        batch.department_opens = True  # heads see it: what they see before a release has tests of its own
        return candidates.invite(hr, session, batch, Person(name, phone=phone)).id


@dataclass
class Served:
    """A backend that answers at ``url``; ``hr`` is the runtime it works on."""

    url: str
    hr: Runtime
    clock: Clock

    def enrol(self, name: str = "Booth 1") -> Booth:
        code = devices.new_enrolment_code(self.hr, COMMAND_LINE)
        key = SigningKey.generate()
        request = EnrolRequest(code=code, public_key=b64encode(key.public), name=name, platform="test", app_version="1")
        answer = requests.post(f"{self.url}/v1/enrol", data=request.model_dump_json(), timeout=20)
        assert answer.status_code == 200, answer.text
        envelope = EnrolReply.model_validate_json(answer.content).organisation
        claimed = Organisation.model_validate_json(envelope.payload_bytes)
        public = b64decode(claimed.sign_key)
        found = open_envelope(envelope, Organisation, {key_id(public): public})
        return Booth(self.url, key, found)


@contextmanager
def served(data: Path, **settings: Any) -> Iterator[Served]:
    """An organisation in ``data`` (made when the folder is new) behind a real server."""
    clock = Clock()
    if not (data / "keys.json").exists():
        organisation(data, **settings).close()
    hr = open_runtime(Settings(data=data, **settings), now=clock)
    server = uvicorn.Server(
        uvicorn.Config(create_app(hr.settings, runtime=hr), port=0, log_config=None, timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield Served(f"http://127.0.0.1:{port}", hr, clock)
    finally:
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()


def wait_until(condition: Callable[[], object], *, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


@dataclass
class Booth:
    """An enrolled device."""

    url: str
    key: SigningKey
    organisation: Organisation
    seconds_off: float = 0

    @property
    def device_id(self) -> str:
        return self.organisation.device_id

    @property
    def organisation_keys(self) -> dict[str, bytes]:
        public = b64decode(self.organisation.sign_key)
        return {key_id(public): public}

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.seconds_off)

    def take_time(self, refusal: requests.Response) -> None:
        """Go by the server's time from now on, as a device does that was told that its clock is wrong."""
        told = datetime.fromisoformat(refusal.json()["params"]["server_time"])
        self.seconds_off = (told - datetime.now(UTC)).total_seconds()

    def call(self, method: str, path: str, document: Any = None) -> requests.Response:
        """A signed request; ``document`` is an envelope or raw bytes."""
        body = document.to_bytes() if isinstance(document, Envelope) else (document or b"")
        token = request_token(self.key, self.device_id, self.now(), method=method, path=path, body=body)
        return requests.request(
            method, self.url + path, data=body, headers={"Authorization": f"Bearer {token}"}, timeout=30
        )

    def sign(self, document: SignedDocument) -> Envelope:
        return sign(document, self.key)

    def upload_headers(self) -> dict[str, str]:
        token = upload_token(self.key, self.device_id, self.now())
        return {"Authorization": f"Bearer {token}", "Tus-Resumable": "1.0.0"}


@dataclass
class Sealed:
    """A sealed object in memory."""

    object_id: str
    data: bytes
    media_type: str = "video/webm"

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    @property
    def ref(self) -> ObjectRef:
        return ObjectRef(object_id=self.object_id, media_type=self.media_type, size=len(self.data), sha256=self.sha256)


@dataclass
class Talk:
    """An interview a device records; ``envelopes`` are its signed events by number."""

    booth: Booth
    invitation_id: str
    interview_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    key: bytes = field(default_factory=lambda: os.urandom(32))
    envelopes: dict[int, Envelope] = field(default_factory=dict)

    def add(self, kind: EventType, data: Any, sealed: Any = None, *, seq: int | None = None) -> Envelope:
        number = seq or len(self.envelopes) + 1
        event = make_event(
            interview_id=self.interview_id,
            seq=number,
            kind=kind,
            at=datetime.now(UTC),
            device_id=self.booth.device_id,
            data=data,
            sealed=sealed,
            interview_key=self.key,
        )
        envelope = self.booth.sign(event)
        self.envelopes[number] = envelope
        return envelope

    def started(self, sealed: Any = None, **changes: Any) -> Envelope:
        public = b64decode(self.booth.organisation.encryption_key)
        data = {
            "invitation_id": self.invitation_id,
            "kit_id": "test",
            "kit_version": 1,
            "attempt": 1,
            "wrapped_key": wrap_key(self.key, public, self.interview_id),
            "language": "en",
            "app_version": "1",
            "environment": {"os": "test"},
        }
        return self.add(EventType.STARTED, ev.StartedData(**{**data, **changes}), sealed)

    def consented(self, *, scoring: bool = False, elsewhere: bool = False) -> Envelope:
        data = ev.ConsentedData(consent_version="1", recording=True, scoring=scoring, elsewhere=elsewhere)
        return self.add(EventType.CONSENTED, data)

    def spoken(self, sealed: Sealed, *, question: str = "q1") -> Envelope:
        data = ev.AnswerData(
            answer_id=f"a-{question}",
            question_id=question,
            kind=QuestionKind.VIDEO,
            take=1,
            takes_used=1,
            duration=3.5,
            objects=[sealed.ref],
        )
        return self.add(EventType.ANSWER_SAVED, data, ev.AnswerSealed())

    def heard(self, text: str, *, question: str = "q1") -> Envelope:
        words = [ev.WordModel(text=word, start=i, end=i + 0.5, probability=0.9) for i, word in enumerate(text.split())]
        data = ev.TranscribedData(answer_id=f"a-{question}", model="m@0", language="en", words=len(words))
        return self.add(EventType.TRANSCRIBED, data, ev.TranscribedSealed(text=text, words=words))

    def written(self, text: str) -> Envelope:
        data = ev.AnswerData(
            answer_id="a-q2", question_id="q2", kind=QuestionKind.TEXT, take=1, takes_used=1, duration=0
        )
        return self.add(EventType.ANSWER_SAVED, data, ev.AnswerSealed(text=text))

    def paused(self, reason: str = "network", words: str = "") -> Envelope:
        sealed = ev.ExitSealed(words=words) if words else None
        return self.add(EventType.PAUSED, ev.ExitData(reason=reason), sealed)

    def resumed(self) -> Envelope:
        return self.add(EventType.RESUMED, ev.ResumedData())

    def finished(self) -> Envelope:
        return self.add(EventType.FINISHED, ev.FinishedData(answers=2))

    def seal(self, plain: bytes, *, object_id: str | None = None) -> Sealed:
        name = object_id or str(uuid.uuid4())
        target = io.BytesIO()
        writer = SealingWriter(target, self.key, object_context(self.interview_id, name))
        writer.write(plain)
        writer.close()
        return Sealed(name, target.getvalue())

    def put(self, seq: int, envelope: Envelope | None = None) -> requests.Response:
        path = f"/v1/interviews/{self.interview_id}/events/{seq}"
        return self.booth.call("PUT", path, envelope or self.envelopes[seq])

    def put_all(self) -> None:
        for seq in self.envelopes:
            answer = self.put(seq)
            assert answer.status_code in (200, 201), answer.text

    def check(self) -> Any:
        answer = self.booth.call("GET", f"/v1/interviews/{self.interview_id}/check")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def manifest(self, objects: list[ObjectRef], **changes: Any) -> Manifest:
        last = max(self.envelopes)
        values = {
            "interview_id": self.interview_id,
            "device_id": self.booth.device_id,
            "serial": last,
            "created_at": datetime.now(UTC),
            "last_seq": last,
            "events_digest": events_digest({seq: item.digest for seq, item in self.envelopes.items()}),
            "objects": objects,
        }
        return Manifest(**{**values, **changes})

    def deliver(self, manifest: Manifest | Envelope) -> requests.Response:
        envelope = manifest if isinstance(manifest, Envelope) else self.booth.sign(manifest)
        serial = Manifest.model_validate_json(envelope.payload_bytes).serial
        return self.booth.call("PUT", f"/v1/interviews/{self.interview_id}/manifests/{serial}", envelope)

    def opened(self, envelope: Envelope) -> Event:
        return open_envelope(envelope, Event, {self.booth.key.key_id: self.booth.key.public})
