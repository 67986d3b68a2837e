"""A small backend on a real socket that keeps the device API's rules, and breaks them where a test says so."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.client
import socket
import ssl
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from contract.api import (
    Bootstrap,
    EnrolReply,
    EnrolRequest,
    EventReply,
    Health,
    InterviewCheck,
    ManifestReply,
    Organisation,
    Problem,
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

PROBLEM = "application/problem+json"
JSON = "application/json"
_HOP_BY_HOP = frozenset({"connection", "content-length", "content-type", "date", "server", "transfer-encoding"})
HTML = b"<!doctype html><html><body>Welcome to the hotel. Please log in.</body></html>"


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def line(self) -> str:
        return f"{self.method} {self.path}"


@dataclass
class Answer:
    status: int
    body: bytes = b""
    media_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)


class Silence(Exception):
    """The connection is closed without an answer."""


Handle = Callable[[Asked], Answer]
Fault = Callable[[Asked, Handle], Answer]


def lose_reply(asked: Asked, handle: Handle) -> Answer:
    """The request is carried out; its answer never arrives."""
    handle(asked)
    raise Silence


def refuse_connection(asked: Asked, handle: Handle) -> Answer:
    raise Silence


def captive_portal(asked: Asked, handle: Handle) -> Answer:
    return Answer(200, HTML, "text/html")


def server_error(asked: Asked, handle: Handle) -> Answer:
    return Answer(500, b"oops", "text/plain")


def problem(status: int, code: ErrorCode, **headers: str) -> Fault:
    def answer(asked: Asked, handle: Handle) -> Answer:
        return _problem(status, code, headers=headers)

    return answer


@dataclass
class Rule:
    matches: Callable[[Asked], bool]
    fault: Fault
    times: int


class FaultyServer:
    """``rules`` are asked in order; the first with ``times`` left that matches a request breaks it."""

    def __init__(self) -> None:
        self.organisation_key = SigningKey.generate()
        self.encryption_key = UnwrapKey.generate()
        self.devices: dict[str, bytes] = {}
        self.events: dict[str, dict[int, Envelope]] = {}
        self.objects: dict[str, dict[str, ObjectRef]] = {}
        self.uploads: dict[str, bytearray] = {}
        self.upload_refs: dict[str, tuple[str, ObjectRef]] = {}
        self.asked: list[Asked] = []
        self.stored: list[str] = []
        self.receipts: dict[str, Receipt] = {}
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.release = threading.Event()
        self._rules: list[Rule] = []
        self._lock = threading.RLock()
        self._server: ThreadingHTTPServer | None = None
        self._port = 0
        self._scheme = "http"

    # ---- life ----------------------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._port}"

    @property
    def enrolment_code(self) -> str:
        return f"ABCDE-FGHJK-{fingerprint(self.organisation_key.public)[:5]}"

    def start(self) -> None:
        """Listen; after a stop on the same port again."""
        server = self._server = _Server(("127.0.0.1", self._port), _handler(self))
        self._port = server.server_port
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self.release.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.close_connections()
            self._server.server_close()
            self._server = None

    def encrypt(self, context: ssl.SSLContext) -> None:
        """Speak TLS from now on."""
        assert self._server is not None
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._scheme = "https"

    def fail(self, match: str, fault: Fault, times: int = 1_000_000) -> None:
        """``match`` is a part of "METHOD /path"."""
        with self._lock:
            self._rules.append(Rule(lambda asked: match in asked.line, fault, times))

    def heal(self) -> None:
        with self._lock:
            self._rules.clear()

    def hang(self, asked: Asked, handle: Handle) -> Answer:
        """No answer until ``release`` is set."""
        self.release.wait(30)
        raise Silence

    # ---- what happened -------------------------------------------------------------------------------------------

    def lines(self, part: str = "") -> list[str]:
        with self._lock:
            return [asked.line for asked in self.asked if part in asked.line]

    def state(self, interview_id: str) -> HrState:
        return derive_state(self._parsed(interview_id))

    # ---- answering -----------------------------------------------------------------------------------------------

    def respond(self, asked: Asked) -> Answer:
        with self._lock:
            self.asked.append(asked)
            fault = self._fault_for(asked)
        return fault(asked, self._handle) if fault else self._handle(asked)

    def _fault_for(self, asked: Asked) -> Fault | None:
        for rule in self._rules:
            if rule.times > 0 and rule.matches(asked):
                rule.times -= 1
                return rule.fault
        return None

    def _handle(self, asked: Asked) -> Answer:
        with self._lock:
            try:
                return self._route(asked)
            except XudaError as error:
                status = 401 if error.code in (ErrorCode.UNAUTHORIZED, ErrorCode.CLOCK_WRONG) else 422
                return _problem(status, error.code, error.params)

    def _route(self, asked: Asked) -> Answer:
        parts = asked.path.strip("/").split("/")
        if asked.line == "GET /v1/health":
            return _json(Health(version="test", time=self.clock()))
        if asked.line == "POST /v1/enrol":
            return self._enrol(asked)
        device_id = self._who(asked)
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
        return _problem(404, ErrorCode.NOT_FOUND)

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
            return _problem(403, ErrorCode.ENROLMENT_CODE_INVALID)
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
        return Bootstrap(server_time=now, kits=[], roster=sign(roster, self.organisation_key))

    def _put_event(self, asked: Asked, interview_id: str, seq: int, device_id: str) -> Answer:
        envelope = Envelope.from_bytes(asked.body)
        key = self.devices[device_id]
        open_envelope(envelope, Event, {envelope.signer: key})
        held = self.events.setdefault(interview_id, {})
        if seq in held and held[seq].digest != envelope.digest:
            return _problem(409, ErrorCode.CONFLICT)
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
            return _tus_answer(404)
        _, ref = self.upload_refs[name]
        held = self.uploads[name]
        if asked.method == "HEAD":
            return _tus_answer(200, {"Upload-Offset": str(len(held)), "Upload-Length": str(ref.size)})
        if asked.method == "DELETE":
            self._drop(name)
            return _tus_answer(204)
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
        return _tus_answer(201, headers)

    def _tus_patch(self, asked: Asked, name: str) -> Answer:
        held = self.uploads[name]
        if int(asked.headers["upload-offset"]) != len(held):
            return _tus_answer(409)
        kind, _, digest = asked.headers.get("upload-checksum", "").partition(" ")
        if kind == "sha256" and base64.b64decode(digest) != hashlib.sha256(asked.body).digest():
            return _tus_answer(460)
        held += asked.body
        if not self._finish(name):
            return _tus_answer(460)
        return _tus_answer(204, {"Upload-Offset": str(len(held))})

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


class FaultyFront(FaultyServer):
    """Stands in front of a real backend: hands everything on to it, but for what a test breaks."""

    def __init__(self, upstream: str) -> None:
        super().__init__()
        self._upstream = urlsplit(upstream).netloc

    def _handle(self, asked: Asked) -> Answer:
        line = http.client.HTTPConnection(self._upstream, timeout=30)
        try:
            line.request(asked.method, asked.path, body=asked.body or None, headers=asked.headers)
            answer = line.getresponse()
            headers = {name: value for name, value in answer.getheaders() if name.lower() not in _HOP_BY_HOP}
            return Answer(answer.status, answer.read(), answer.getheader("Content-Type") or "", headers)
        finally:
            line.close()


def _json(model: WireModel, status: int = 200) -> Answer:
    return Answer(status, model.model_dump_json().encode())


def _problem(
    status: int,
    code: ErrorCode,
    params: dict[str, object] | None = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    body = Problem(code=code, status=status, params=params or {}).model_dump_json().encode()
    return Answer(status, body, PROBLEM, {name.replace("_", "-"): value for name, value in (headers or {}).items()})


def _tus_answer(status: int, headers: dict[str, str] | None = None) -> Answer:
    return Answer(status, b"", "", {"Tus-Resumable": "1.0.0", **(headers or {})})


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, *args: object) -> None:
        self._open: set[socket.socket] = set()
        super().__init__(*args)  # type: ignore[arg-type]

    def process_request(self, request: object, client_address: object) -> None:
        self._open.add(request)  # type: ignore[arg-type]
        super().process_request(request, client_address)  # type: ignore[arg-type]

    def close_connections(self) -> None:
        for sock in list(self._open):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is what these tests are about."""


def _handler(owner: FaultyServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _serve(self) -> None:
            wanted = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(wanted)
            if len(body) < wanted:
                self.close_connection = True
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            try:
                answer = owner.respond(Asked(self.command, self.path, headers, body))
            except Silence:
                self.close_connection = True
                return
            self._write(answer)

        def _write(self, answer: Answer) -> None:
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.media_type:
                self.send_header("Content-Type", answer.media_type)
            if answer.status != 204:
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)

        do_GET = do_POST = do_PUT = do_PATCH = do_HEAD = do_DELETE = _serve

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    return Handler


@contextlib.contextmanager
def running(server: FaultyServer) -> Iterator[FaultyServer]:
    server.start()
    try:
        yield server
    finally:
        server.stop()
