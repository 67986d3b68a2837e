"""An enrolled device that sends what it likes, properly signed: HR's pages and files must stand it."""

from __future__ import annotations

import json
import os
import random
import re
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import requests

from backend.ratelimit import network
from backend.services import deletion
from contract import events as ev
from contract.canonical import b64decode, b64encode
from contract.envelope import Envelope, Signature, SignedDocument, _pae
from contract.errors import XudaError
from contract.events import Event, EventType
from contract.keys import SigningKey, wrap_key
from contract.sealed import seal_value
from tests.backend import tus
from tests.backend.world import COMMAND_LINE, Sealed, Talk, invite, wait_until
from tests.campaigns.model import Findings
from tests.security import rights
from tests.security.nasty import MARK, spoil
from tests.security.places import World

_RAW = re.compile(rf"<(script|img|svg|a)[^>]*{MARK}|[\u202a-\u202e\u2066-\u2069\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


_PER_DEVICE = 400  # interviews; HR takes in 500 new ones of a device within a day


def sign_raw(key: SigningKey, kind: type[SignedDocument], payload: bytes) -> Envelope:
    """An envelope around any bytes."""
    name = kind.payload_type()
    signature = Signature(keyid=key.key_id, sig=b64encode(key.sign(_pae(name, payload))))
    return Envelope(payloadType=name, payload=b64encode(payload), signatures=[signature])


def whole_interview(talk: Talk, recording: Sealed) -> list[tuple[EventType, dict[str, Any], dict[str, Any] | None]]:
    """Kind, clear and sealed part of every kind of event, in a sensible order."""
    public = b64decode(talk.booth.organisation.encryption_key)
    wrapped = wrap_key(talk.key, public, talk.interview_id)
    environment = {"os": "test", "network": "offline", "battery_percent": 81.0, "free_disk_bytes": 1, "errors": ["x"]}
    word = {"text": "some", "start": 0.0, "end": 0.5, "probability": 0.9}
    answer = {"answer_id": "a", "question_id": "q1", "kind": "video", "take": 1, "takes_used": 1, "duration": 3.5}
    fault = {"code": "camera_lost", "at": 1.5}
    reference = recording.ref.model_dump(mode="json")
    return [
        (
            EventType.STARTED,
            {
                "invitation_id": talk.invitation_id,
                "kit_id": "test",
                "kit_version": 1,
                "attempt": 1,
                "wrapped_key": wrapped,
                "language": "en",
                "app_version": "1",
                "environment": environment,
            },
            None,
        ),
        (
            EventType.CONSENTED,
            {"consent_version": "1", "recording": True, "scoring": True, "picture_facts": True},
            None,
        ),
        (
            EventType.ANSWER_SAVED,
            {**answer, "thinking_used": 2.0, "objects": [reference], "faults": [fault], "counts": {"frames": 7}},
            {"text": None, "choices": None},
        ),
        (
            EventType.TRANSCRIBED,
            {"answer_id": "a", "model": "m@0", "language": "en", "words": 2},
            {"text": "some words", "words": [word, {**word, "text": "words", "start": 0.6, "end": 1.0}]},
        ),
        (EventType.CORRECTED, {"answer_id": "a"}, {"text": "other words"}),
        (
            EventType.PICTURED,
            {"answer_id": "a"},
            {"looked": 3.0, "spans": [{"kind": "no_face", "start": 0.5, "end": 2.5}]},
        ),
        (
            EventType.ANSWER_SAVED,
            {**answer, "answer_id": "b", "question_id": "q2", "kind": "text", "duration": 0.0},
            {"text": "what I wrote", "choices": [0]},
        ),
        (
            EventType.PAUSED,
            {"reason": "network", "environment": environment, "unanswered": 2},
            {"words": "the network"},
        ),
        (EventType.RESUMED, {"environment": environment}, None),
        (EventType.FINISHED, {"answers": 2, "reason": "completed"}, None),
        (EventType.QUESTIONNAIRE, {"entrance_clear": 5, "flow_smooth": 4, "overall": 3}, {"words": "fine"}),
    ]


class HostileDevice:
    """Interviews with nasty values at random places; ``accepted`` counts the events that were taken in."""

    def __init__(self, world: World, findings: Findings, seed: int) -> None:
        self.world = world
        self.findings = findings
        self.rng = random.Random(f"hostile {seed}")
        self.sent = self.accepted = self.pages = 0
        self._booth = world.booths[rights.OWNER]
        self._session = requests.Session()

    def close(self) -> None:
        self._session.close()

    def _may_enrol(self) -> bool:
        """Not while HR lets this network wait for the codes that others have made up."""
        try:
            self.world.backend.hr.limits.enrolment.check(network("127.0.0.1"))
        except XudaError:
            return False
        return True

    def interview(self, number: int) -> None:
        """One spoilt interview: sent, looked at by HR in every form, and deleted again."""
        if number % _PER_DEVICE == 0:  # one device may begin so many a day
            wait_until(self._may_enrol, seconds=120)
            self._booth = self.world.backend.enrol(f"hostile {number}")
        booth = self._booth
        talk = Talk(booth, invite(self.world.backend.hr, "somebody"), str(uuid.uuid4()), os.urandom(32))
        recording = talk.seal(b"sound")
        spoilt = []
        for seq, (kind, data, sealed) in enumerate(whole_interview(talk, recording), start=1):
            # mostly one event or two are spoilt: the more there are, the less of them is taken in
            parts = {"data": data, "sealed": sealed} if sealed else {"data": data}
            if self.rng.random() < 0.25:
                spoil(self.rng, parts, self.rng.choice((1, 1, 2)))
                spoilt.append(seq)
            self._put(number, talk, seq, kind, parts)
        tus.upload(talk, recording)
        self._look(number, talk, recording, spoilt)
        deletion.delete_interview(self.world.backend.hr, COMMAND_LINE, talk.interview_id)

    def _put(self, number: int, talk: Talk, seq: int, kind: EventType, parts: dict[str, Any]) -> None:
        sealed = None
        if parts.get("sealed") is not None:
            plain = json.dumps(parts["sealed"]).encode()
            sealed = seal_value(plain, talk.key, ev._context(talk.interview_id, seq, kind))
        document = {
            "interview_id": talk.interview_id,
            "seq": seq,
            "kind": kind.value,
            "at": datetime.now(UTC).isoformat(),
            "device_id": talk.booth.device_id,
            "data": parts["data"],
            "sealed": sealed,
        }
        envelope = sign_raw(talk.booth.key, Event, json.dumps(document).encode())
        answer = talk.put(seq, envelope)
        self.sent += 1
        self.accepted += answer.status_code == 201
        fine = answer.status_code in (200, 201, 403, 409, 413, 422)
        self.findings.expect(fine, f"interview {number}: event {seq} answered {answer.status_code}: {document}")

    def _look(self, number: int, talk: Talk, recording: Sealed, spoilt: list[int]) -> None:
        for path in self._pages(talk, recording):
            login = self.world.logins[rights.HR]
            url = self.world.backend.url + path
            asked: dict[str, Any] = {"cookies": {"xuda_hr": login.token}, "allow_redirects": False, "timeout": 60}
            try:
                answer = self._session.get(url, **asked)
            except requests.ConnectionError:  # an idle connection that the server closed as we took it up
                answer = requests.get(url, **asked)
            self.pages += 1
            told = f"interview {number} (spoilt events {spoilt}): {path.replace(talk.interview_id, 'ID')}"
            self.findings.expect(answer.status_code < 500, f"{told} answered {answer.status_code}")
            if "html" in answer.headers.get("Content-Type", ""):
                raw = _RAW.search(answer.text.replace("\r", ""))
                self.findings.expect(raw is None, f"{told} shows {raw[0] if raw else ''!r} as it came")

    def _pages(self, talk: Talk, recording: Sealed) -> Iterator[str]:
        base = f"/interviews/{talk.interview_id}"
        yield from ("/interviews", base, f"{base}/report.json", f"{base}/captions/a.vtt")
        yield f"{base}/media/{recording.object_id}"
        yield f"{base}/report.{self.rng.choice(('pdf', 'zip'))}"
