"""A device as the backend sees it: enrols, sends signed events, sealed objects and manifests over HTTP."""

from __future__ import annotations

import base64
import io
import os
import uuid
from datetime import UTC, datetime, timedelta

import requests

from contract import events as ev
from contract.api import EnrolReply, EnrolRequest, Health, ManifestReply, Organisation, request_token, upload_token
from contract.canonical import b64decode, b64encode, sha256_hex
from contract.envelope import SignedDocument, WireModel, parse_payload, sign
from contract.events import Event, EventType, ObjectRef, WordModel, events_digest, make_event
from contract.keys import SigningKey, wrap_key
from contract.kit import Kit, QuestionKind
from contract.manifest import Manifest
from contract.sealed import SealingWriter, object_context
from tests.portal import clip

ENVIRONMENT = {"device_model": "Booth 3", "os": "Windows 11", "network": "offline", "battery_percent": 81.0}


class Booth:
    """One enrolled device."""

    def __init__(self, server: str, code: str) -> None:
        self.server = server
        self.key = SigningKey.generate()
        request = EnrolRequest(
            code=code,
            public_key=b64encode(self.key.public),
            name="一号展台",
            platform="Windows 11",
            app_version="0.1.0",
        )
        answer = requests.post(f"{server}/v1/enrol", data=request.model_dump_json(), timeout=20)
        answer.raise_for_status()
        reply = EnrolReply.model_validate_json(answer.content)
        self.organisation = parse_payload(reply.organisation.payload_bytes, Organisation)
        # Tests turn the server's clock; a device goes by it.
        health = Health.model_validate_json(requests.get(f"{server}/v1/health", timeout=20).content)
        self._ahead = health.time - datetime.now(UTC)

    @property
    def device_id(self) -> str:
        return self.organisation.device_id

    def put(self, path: str, document: SignedDocument) -> bytes:
        body = sign(document, self.key).to_bytes()
        token = request_token(
            self.key, self.device_id, datetime.now(UTC) + self._ahead, method="PUT", path=path, body=body
        )
        headers = {"Authorization": f"Bearer {token}"}
        answer = requests.put(self.server + path, data=body, headers=headers, timeout=20)
        assert answer.ok, answer.text
        return answer.content

    def upload(self, interview_id: str, ref: ObjectRef, sealed: bytes) -> None:
        fields = {
            "interview_id": interview_id,
            "object_id": ref.object_id,
            "media_type": ref.media_type,
            "sha256": ref.sha256,
        }
        metadata = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in fields.items())
        headers = {
            "Authorization": f"Bearer {upload_token(self.key, self.device_id, datetime.now(UTC) + self._ahead)}",
            "Tus-Resumable": "1.0.0",
            "Upload-Length": str(len(sealed)),
            "Upload-Metadata": metadata,
            "Content-Type": "application/offset+octet-stream",
        }
        answer = requests.post(f"{self.server}/v1/files", data=sealed, headers=headers, timeout=20)
        assert answer.status_code == 201, answer.text


class Sitting:
    """A candidate's interview at a booth, told event by event; each is sent at once."""

    def __init__(self, booth: Booth, kit: Kit, invitation_id: str, *, attempt: int = 1) -> None:
        self.booth = booth
        self.kit = kit
        self.interview_id = str(uuid.uuid4())
        self.key = os.urandom(32)
        self.digests: dict[int, str] = {}
        self.objects: list[ObjectRef] = []
        self._spoken = ""
        self.began = datetime.now(UTC) - timedelta(minutes=20)
        wrapped = wrap_key(self.key, b64decode(kit.encryption_key), self.interview_id)
        self.say(
            EventType.STARTED,
            ev.StartedData(
                invitation_id=invitation_id,
                kit_id=kit.kit_id,
                kit_version=kit.version,
                attempt=attempt,
                wrapped_key=wrapped,
                language="zh_CN",
                app_version="0.1.0",
                environment=ENVIRONMENT,
            ),
        )
        self.say(EventType.CONSENTED, ev.ConsentedData(consent_version="2026-11", recording=True, scoring=True))

    def say(self, kind: EventType, data: WireModel, sealed: WireModel | None = None) -> Sitting:
        seq = len(self.digests) + 1
        event: Event = make_event(
            interview_id=self.interview_id,
            seq=seq,
            kind=kind,
            at=self.began + timedelta(seconds=40 * seq),
            device_id=self.booth.device_id,
            data=data,
            sealed=sealed,
            interview_key=self.key,
        )
        self.digests[seq] = sign(event, self.booth.key).digest
        self.booth.put(f"/v1/interviews/{self.interview_id}/events/{seq}", event)
        return self

    def speak(
        self, question_id: str, words: list[WordModel], text: str, *, seconds: float = 8, deliver: bool = True
    ) -> Sitting:
        """A spoken answer with its recording and transcript."""
        question = self.kit.question(question_id)
        video = question.kind is QuestionKind.VIDEO
        plain = clip.webm(seconds, picture=video)
        ref, sealed = self._seal(plain, "video/webm" if video else "audio/webm")
        answer_id = str(uuid.uuid4())
        data = ev.AnswerData(
            answer_id=answer_id,
            question_id=question_id,
            kind=question.kind,
            take=1,
            takes_used=1,
            duration=seconds,
            thinking_used=5,
            objects=[ref],
        )
        self.say(EventType.ANSWER_SAVED, data)
        heard = ev.TranscribedData(answer_id=answer_id, model="base@0a1b2c3d", language="zh", words=len(words))
        self.say(EventType.TRANSCRIBED, heard, ev.TranscribedSealed(text=text, words=words))
        self._spoken = answer_id
        self.objects.append(ref)
        if deliver:
            self.booth.upload(self.interview_id, ref, sealed)
        return self

    def correct(self, text: str) -> Sitting:
        """The candidate corrects the transcript of the last spoken answer."""
        return self.say(EventType.CORRECTED, ev.CorrectedData(answer_id=self._spoken), ev.CorrectedSealed(text=text))

    def write(self, question_id: str, text: str) -> Sitting:
        return self._plain_answer(question_id, QuestionKind.TEXT, ev.AnswerSealed(text=text))

    def choose(self, question_id: str, choice: int) -> Sitting:
        return self._plain_answer(question_id, QuestionKind.SINGLE_CHOICE, ev.AnswerSealed(choices=[choice]))

    def leave(self, kind: EventType, reason: str, words: str) -> Sitting:
        data = ev.ExitData(reason=reason, environment=ENVIRONMENT, unanswered=2)
        return self.say(kind, data, ev.ExitSealed(words=words))

    def finish(self) -> Sitting:
        self.say(EventType.FINISHED, ev.FinishedData(answers=4))
        ratings = ev.QuestionnaireData(entrance_clear=5, flow_smooth=4, overall=5)
        return self.say(EventType.QUESTIONNAIRE, ratings, ev.QuestionnaireSealed(words="流程清楚，提示及时。"))

    def hand_over(self) -> ManifestReply:
        """Send the manifest; the reply holds the receipt when all is there."""
        serial = max(self.digests)
        manifest = Manifest(
            interview_id=self.interview_id,
            device_id=self.booth.device_id,
            serial=serial,
            created_at=datetime.now(UTC),
            last_seq=serial,
            events_digest=events_digest(self.digests),
            objects=self.objects,
        )
        body = self.booth.put(f"/v1/interviews/{self.interview_id}/manifests/{serial}", manifest)
        return ManifestReply.model_validate_json(body)

    def _plain_answer(self, question_id: str, kind: QuestionKind, sealed: ev.AnswerSealed) -> Sitting:
        data = ev.AnswerData(
            answer_id=str(uuid.uuid4()), question_id=question_id, kind=kind, take=1, takes_used=1, duration=0
        )
        return self.say(EventType.ANSWER_SAVED, data, sealed)

    def _seal(self, plain: bytes, media_type: str) -> tuple[ObjectRef, bytes]:
        object_id = str(uuid.uuid4())
        target = io.BytesIO()
        writer = SealingWriter(target, self.key, object_context(self.interview_id, object_id))
        writer.write(plain)
        writer.close()
        sealed = target.getvalue()
        ref = ObjectRef(object_id=object_id, media_type=media_type, size=len(sealed), sha256=sha256_hex(sealed))
        return ref, sealed
