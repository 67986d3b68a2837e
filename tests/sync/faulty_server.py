"""A small backend on a real socket that keeps the device API's rules, and breaks them where a test says so."""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

from pydantic import JsonValue

from contract.api import (
    Bootstrap,
    Contact,
    ContactReply,
    EnrolReply,
    EnrolRequest,
    EventReply,
    Health,
    InterviewCheck,
    ManifestReply,
    Organisation,
    check_token,
    token_issuer,
    upload_id,
)
from contract.canonical import b64decode, b64encode
from contract.envelope import Envelope, WireModel, open_envelope, sign
from contract.errors import ErrorCode, XudaError
from contract.events import Event, HrState, ObjectRef, derive_state, events_digest
from contract.invitation import Roster
from contract.keys import SigningKey, UnwrapKey, fingerprint
from contract.manifest import Manifest, Receipt
from contract.settings import SettingsDocument
from tests.sync.faults import Answer, Asked, FaultyHttp, problem_answer


class FaultyServer(FaultyHttp):
    """Keeps everything in memory; ``stored`` says in which order new things came in."""

    def __init__(self) -> None:
        super().__init__()
        self.organisation_key = SigningKey.generate()
        self.encryption_key = UnwrapKey.generate()
        self.devices: dict[str, bytes] = {}
        self.events: dict[str, dict[int, Envelope]] = {}
        self.objects: dict[str, dict[str, ObjectRef]] = {}
        self.uploads: dict[str, bytearray] = {}
        self.upload_refs: dict[str, tuple[str, ObjectRef]] = {}
        self.stored: list[str] = []
        self.contacts: list[Contact] = []
        self.settings: dict[str, JsonValue] | None = None
        self.settings_version = 0
        self.receipts: dict[str, Receipt] = {}
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    # ---- what happened -------------------------------------------------------------------------------------------

    @property
    def enrolment_code(self) -> str:
        return f"ABCDE-FGHJK-{fingerprint(self.organisation_key.public)[:5]}"

    def state(self, interview_id: str) -> HrState:
        return derive_state(self._parsed(interview_id))

    def set_device(self, **settings: JsonValue) -> None:
        """HR's settings for every device, as a new version."""
        self.settings, self.settings_version = settings, self.settings_version + 1

    # ---- answering -----------------------------------------------------------------------------------------------

    def _handle(self, asked: Asked) -> Answer:
        with self._lock:
            try:
                return self._route(asked)
            except XudaError as error:
                status = 401 if error.code in (ErrorCode.UNAUTHORIZED, ErrorCode.CLOCK_WRONG) else 422
                return problem_answer(status, error.code, error.params)

    def _route(self, asked: Asked) -> Answer:
        parts = asked.path.strip("/").split("/")
        if asked.line == "GET /v1/health":
            return _json(Health(version="test", time=self.clock()))
        if asked.line == "POST /v1/enrol":
            return self._enrol(asked)
        device_id = self._who(asked)
        if asked.line == "POST /v1/contact":
            self.contacts.append(Contact.read(asked.body))
            return _json(ContactReply(server_time=self.clock(), settings_version=self.settings_version or None))
        if asked.line == "GET /v1/bootstrap":
            return _json(self.bootstrap(device_id))
        if parts[:2] == ["v1", "files"]:
            return self._tus(asked, device_id)
        if parts[3:4] == ["events"]:
            return self._put_event(asked, parts[2], int(parts[4]), device_id)
        if parts[3:4] == ["check"]:
            return _json(self._check(parts[2]))
        if parts[3:4] == ["manifests"]:
            return self._put_manifest(asked, parts[2], device_id)
        return problem_answer(404, ErrorCode.NOT_FOUND)

    def _who(self, asked: Asked) -> str:
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        device_id = token_issuer(token)
        if device_id not in self.devices:
            raise XudaError(ErrorCode.UNAUTHORIZED)
        claims = check_token(token, self.devices[device_id], self.clock())
        if claims.get("scope") == "objects" and asked.path.startswith("/v1/files"):
            return device_id
        bound = (claims.get("htm"), claims.get("htu"), claims.get("bh"))
        if bound != (asked.method, asked.path, b64encode(hashlib.sha256(asked.body).digest())):
            raise XudaError(ErrorCode.UNAUTHORIZED)
        return device_id

    def _enrol(self, asked: Asked) -> Answer:
        request = EnrolRequest.model_validate_json(asked.body)
        if request.code != self.enrolment_code:
            return problem_answer(403, ErrorCode.ENROLMENT_CODE_INVALID)
        public = b64decode(request.public_key)
        known = [device_id for device_id, key in self.devices.items() if key == public]
        device_id = known[0] if known else uuid.uuid4().hex
        self.devices[device_id] = public
        return _json(EnrolReply(organisation=sign(self.organisation(device_id), self.organisation_key)))

    def organisation(self, device_id: str) -> Organisation:
        return Organisation(
            organisation_id="org",
            name="Test",
            sign_key=b64encode(self.organisation_key.public),
            encryption_key=b64encode(self.encryption_key.public),
            device_id=device_id,
            issued_at=self.clock(),
        )

    def bootstrap(self, device_id: str) -> Bootstrap:
        now = self.clock()
        roster = Roster(organisation_id="org", device_id=device_id, issued_at=now, salt=b64encode(b"salt"), entries=[])
        settings = None
        if self.settings is not None:
            document = SettingsDocument(
                organisation_id="org",
                device_id=device_id,
                version=self.settings_version,
                issued_at=now,
                settings=self.settings,
            )
            settings = sign(document, self.organisation_key)
        return Bootstrap(server_time=now, kits=[], roster=sign(roster, self.organisation_key), settings=settings)

    def _put_event(self, asked: Asked, interview_id: str, seq: int, device_id: str) -> Answer:
        envelope = Envelope.from_bytes(asked.body)
        key = self.devices[device_id]
        open_envelope(envelope, Event, {envelope.signer: key})
        held = self.events.setdefault(interview_id, {})
        if seq in held and held[seq].digest != envelope.digest:
            return problem_answer(409, ErrorCode.CONFLICT)
        status = 200 if seq in held else 201
        if status == 201:
            held[seq] = envelope
            self.stored.append(f"event {interview_id} {seq}")
        return _json(EventReply(interview_id=interview_id, seq=seq, digest=held[seq].digest), status)

    def _parsed(self, interview_id: str) -> list[Event]:
        return [Event.model_validate_json(e.payload_bytes) for e in self.events.get(interview_id, {}).values()]

    def _digests(self, interview_id: str) -> dict[int, str]:
        return {seq: envelope.digest for seq, envelope in self.events.get(interview_id, {}).items()}

    def _check(self, interview_id: str) -> InterviewCheck:
        digests = self._digests(interview_id)
        return InterviewCheck(
            interview_id=interview_id,
            state=self.state(interview_id),
            events=digests,
            events_digest=events_digest(digests),
            objects=list(self.objects.get(interview_id, {}).values()),
        )

    def _put_manifest(self, asked: Asked, interview_id: str, device_id: str) -> Answer:
        envelope = Envelope.from_bytes(asked.body)
        manifest = open_envelope(envelope, Manifest, {envelope.signer: self.devices[device_id]})
        digests = self._digests(interview_id)
        missing = [seq for seq in range(1, manifest.last_seq + 1) if seq not in digests]
        held = self.objects.get(interview_id, {})
        lacking = [ref.object_id for ref in manifest.objects if held.get(ref.object_id) != ref]
        if missing or lacking:
            return _json(ManifestReply(missing_events=missing, missing_objects=lacking))
        receipt = Receipt(
            receipt_id=uuid.uuid4().hex,
            interview_id=interview_id,
            manifest_digest=envelope.digest,
            serial=manifest.serial,
            last_seq=manifest.last_seq,
            events_digest=events_digest({seq: digests[seq] for seq in range(1, manifest.last_seq + 1)}),
            objects=manifest.objects,
            issued_at=self.clock(),
        )
        self.stored.append(f"manifest {interview_id}")
        self.receipts[interview_id] = receipt
        return _json(ManifestReply(receipt=sign(receipt, self.organisation_key)))

    # ---- tus -----------------------------------------------------------------------------------------------------

    def _tus(self, asked: Asked, device_id: str) -> Answer:
        if asked.method == "POST":
            return self._tus_create(asked, device_id)
        name = asked.path.rsplit("/", 1)[-1]
        if name not in self.uploads:
            return tus_answer(404)
        _, ref = self.upload_refs[name]
        held = self.uploads[name]
        if asked.method == "HEAD":
            return tus_answer(200, {"Upload-Offset": str(len(held)), "Upload-Length": str(ref.size)})
        if asked.method == "DELETE":
            self._drop(name)
            return tus_answer(204)
        return self._tus_patch(asked, name)

    def _tus_create(self, asked: Asked, device_id: str) -> Answer:
        pairs = (pair.split(" ") for pair in asked.headers["upload-metadata"].split(","))
        meta = {key: base64.b64decode(value).decode() for key, value in pairs}
        ref = ObjectRef(
            object_id=meta["object_id"],
            media_type=meta["media_type"],
            size=int(asked.headers["upload-length"]),
            sha256=meta["sha256"],
        )
        name = upload_id(device_id, meta["interview_id"], ref.object_id, ref.sha256)
        self.uploads.setdefault(name, bytearray())
        self.upload_refs[name] = (meta["interview_id"], ref)
        self._finish(name)
        headers = {"Location": f"/v1/files/{name}", "Upload-Offset": str(len(self.uploads.get(name, b"")))}
        return tus_answer(201, headers)

    def _tus_patch(self, asked: Asked, name: str) -> Answer:
        held = self.uploads[name]
        if int(asked.headers["upload-offset"]) != len(held):
            return tus_answer(409)
        kind, _, digest = asked.headers.get("upload-checksum", "").partition(" ")
        if kind == "sha256" and base64.b64decode(digest) != hashlib.sha256(asked.body).digest():
            return tus_answer(460)
        held += asked.body
        if not self._finish(name):
            return tus_answer(460)
        return tus_answer(204, {"Upload-Offset": str(len(held))})

    def _finish(self, name: str) -> bool:
        interview_id, ref = self.upload_refs[name]
        held = self.uploads[name]
        if len(held) < ref.size:
            return True
        if hashlib.sha256(held).hexdigest() != ref.sha256:
            self._drop(name)
            return False
        if self.objects.setdefault(interview_id, {}).get(ref.object_id) != ref:
            self.objects[interview_id][ref.object_id] = ref
            self.stored.append(f"object {interview_id} {ref.object_id}")
        return True

    def _drop(self, name: str) -> None:
        interview_id, ref = self.upload_refs.pop(name)
        del self.uploads[name]
        self.objects.get(interview_id, {}).pop(ref.object_id, None)


def _json(model: WireModel, status: int = 200) -> Answer:
    return Answer(status, model.model_dump_json().encode())


def tus_answer(status: int, headers: dict[str, str] | None = None) -> Answer:
    return Answer(status, b"", "", {"Tus-Resumable": "1.0.0", **(headers or {})})
