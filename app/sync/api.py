"""The device API as typed calls (docs/sync.md). Every call raises TransportError and nothing else."""

from __future__ import annotations

from typing import TypeVar

from pydantic import ValidationError

from app.storage.kit_files import NamedFile
from app.sync.failures import Fate, Reply, TransportError, failure, not_xuda
from app.sync.transport import Transport
from contract.api import (
    Bootstrap,
    Contact,
    ContactReply,
    ElsewhereReply,
    EnrolReply,
    EnrolRequest,
    EventReply,
    HandOverReply,
    HandOverRequest,
    Health,
    InterviewCheck,
    ManifestReply,
    NoticeRequest,
    Notices,
    ScoreSheets,
)
from contract.envelope import Envelope, WireModel
from contract.errors import ErrorCode
from contract.parts import Elsewhere

Answer = TypeVar("Answer", bound=WireModel)
# Bytes a second: a slow disk that is busy with ten others.
_READ_BACK_PACE = 5_000_000
_HEALTH_SECONDS = 5.0
_JSON = {"Content-Type": "application/json", "Accept": "application/json"}


class DeviceApi:
    """The backend as one device sees it."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    def health(self) -> Health:
        """Soon answered or not at all: a line that came back meanwhile must not wait for an answer that is lost."""
        health = self._call("GET", "/v1/health", Health, patience=min(_HEALTH_SECONDS, self.transport.patience))
        if health.name != Health.model_fields["name"].default:
            raise TransportError(ErrorCode.SERVER_NOT_XUDA, Fate.OFFLINE)
        return health

    def enrol(self, request: EnrolRequest) -> EnrolReply:
        return self._call("POST", "/v1/enrol", EnrolReply, request.model_dump_json().encode())

    def contact(self, contact: Contact) -> ContactReply:
        return self._call("POST", "/v1/contact", ContactReply, contact.model_dump_json().encode())

    def bootstrap(self, keys_serial: int = 0) -> Bootstrap:
        """``keys_serial``: number of the newest key list that is here; only later ones are sent."""
        path = f"/v1/bootstrap?keys={keys_serial}" if keys_serial else "/v1/bootstrap"
        return self._call("GET", path, Bootstrap)

    def score_sheets(self, known: str) -> ScoreSheets:
        """``known``: the mark of what is here."""
        return self._call("GET", f"/v1/score-sheets?known={known}" if known else "/v1/score-sheets", ScoreSheets)

    def kit_file(self, file: NamedFile, start: int, count: int) -> bytes:
        """At most ``count`` bytes of a kit's file from ``start`` on."""
        return self._piece(f"/v1/kit-files/{file.sha256}", file, start, count)

    def score_model(self, file: NamedFile, start: int, count: int) -> bytes:
        """As :meth:`kit_file`, of a learned model."""
        return self._piece(f"/v1/score-models/{file.sha256}", file, start, count)

    def _piece(self, path: str, file: NamedFile, start: int, count: int) -> bytes:
        last = min(start + count, file.size) - 1
        headers = {"Range": f"bytes={start}-{last}", "Accept": "application/octet-stream"}
        reply = self.transport.send("GET", path, headers=headers)
        if not reply.ok:
            raise failure(reply)
        wanted = f"bytes {start}-{last}/{file.size}"
        if reply.status != 206 or reply.headers.get("content-range") != wanted or len(reply.body) != last - start + 1:
            raise not_xuda(reply)
        return reply.body

    def elsewhere(self, invitation_id: str) -> Elsewhere | None:
        return self._call("GET", f"/v1/invitations/{invitation_id}/elsewhere", ElsewhereReply).elsewhere

    def hand_over(self, interview_id: str, invitation_id: str) -> Envelope:
        body = HandOverRequest(invitation_id=invitation_id).model_dump_json().encode()
        return self._call("PUT", f"/v1/interviews/{interview_id}/hand-over", HandOverReply, body).ticket

    def notices(self, interview_ids: list[str]) -> list[Envelope]:
        body = NoticeRequest(interviews=interview_ids).model_dump_json().encode()
        return self._call("POST", "/v1/notices", Notices, body).notices

    def deletion_certificate(self, interview_id: str) -> Envelope | None:
        """None while HR has not deleted everything yet (a legal hold may stand), or does not know of it."""
        reply = self.transport.send("GET", f"/v1/interviews/{interview_id}/deletion-certificate", headers=_JSON)
        if reply.status == 202:
            return None
        return self._read(reply, Envelope)

    def check(self, interview_id: str) -> InterviewCheck:
        answer = self._call("GET", f"/v1/interviews/{interview_id}/check", InterviewCheck)
        _same(answer.interview_id, interview_id)
        return answer

    def put_event(self, interview_id: str, seq: int, envelope: Envelope) -> None:
        """Done only when the backend names the very payload that was sent."""
        path = f"/v1/interviews/{interview_id}/events/{seq}"
        answer = self._call("PUT", path, EventReply, envelope.to_bytes())
        _same((answer.interview_id, answer.seq, answer.digest), (interview_id, seq, envelope.digest))

    def put_manifest(self, interview_id: str, serial: int, envelope: Envelope, size: int) -> ManifestReply:
        """``size``: bytes of all its recordings, which the backend reads back before it answers."""
        path = f"/v1/interviews/{interview_id}/manifests/{serial}"
        patience = self.transport.patience + size / _READ_BACK_PACE
        return self._call("PUT", path, ManifestReply, envelope.to_bytes(), patience=patience)

    def _call(
        self, method: str, path: str, model: type[Answer], body: bytes = b"", *, patience: float | None = None
    ) -> Answer:
        return self._read(self.transport.send(method, path, body=body, headers=_JSON, patience=patience), model)

    @staticmethod
    def _read(reply: Reply, model: type[Answer]) -> Answer:
        if not reply.ok:
            raise failure(reply)
        if reply.media_type != "application/json":
            raise not_xuda(reply)
        try:
            return model.read(reply.body)
        except ValidationError as error:
            raise not_xuda(reply) from error


def _same(got: object, expected: object) -> None:
    """A backend that confirms something else than what was sent has confirmed nothing."""
    if got != expected:
        raise TransportError(ErrorCode.SERVER_MISMATCH, Fate.RETRY)
