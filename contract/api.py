"""Bodies of the device API (paths in docs/sync.md) and how a device proves who it is."""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime, timedelta
from typing import Annotated, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import AfterValidator, AwareDatetime, Field, field_validator

from contract.canonical import b64encode
from contract.envelope import Envelope, SignedDocument, WireModel
from contract.errors import ErrorCode, XudaError
from contract.events import HrState, ObjectRef
from contract.keys import SigningKey
from contract.numbers import Count, Ordinal
from contract.parts import Elsewhere
from contract.scoresheet import MOST_MODEL_BYTES

AUDIENCE = "xuda-hr"
TOKEN_SECONDS = 300
TUS_PATH = "/v1/files"
# Carries the Problem, as ASCII JSON, where an answer has no body of its own (HEAD). Lower case, as readers see it.
PROBLEM_HEADER = "xuda-problem"
# For networks that let only GET and POST through: the method that is meant. Tokens are bound to the method meant.
METHOD_HEADER = "x-http-method-override"
OVERRIDABLE = frozenset({"PUT", "PATCH", "DELETE", "HEAD"})


def _of_our_time(stamp: datetime) -> datetime:
    # others reckon from it: at the ends of the calendar that is an error, long after the answer has come
    if not 1970 <= stamp.year < 2200:
        raise ValueError("not a time of ours")
    return stamp


ServerTime = Annotated[AwareDatetime, AfterValidator(_of_our_time)]


class Problem(WireModel):
    """Body of every error answer (application/problem+json).

    ``code`` is an ErrorCode; from a newer backend it may be a word that is not known here.
    """

    code: ErrorCode | str = Field(union_mode="left_to_right")
    status: int = Field(ge=100, le=999)
    field: str | None = None
    row: Count | None = None
    params: dict[str, Any] = Field(default_factory=dict)


class Health(WireModel):
    name: str = "xuda-hr"
    version: str
    time: ServerTime


class AppliedSettings(WireModel):
    """Which settings (``contract.settings``) a device goes by: ``version`` 0 for none, ``digest`` of the document,
    ``refused``: the fields that it could not use."""

    version: Count
    digest: str = Field(max_length=64)
    refused: list[Annotated[str, Field(max_length=64)]] = Field(default_factory=list, max_length=64)


class Contact(WireModel):
    """A device's sign of life. ``pending``/``failed``: what waits in its outbox; ``clock``: its uncorrected wall clock.

    ``free_bytes``: room left where it stores recordings, None when it cannot tell. ``settings``: what it applies.
    """

    pending: int = Field(ge=0, lt=2**31)
    failed: int = Field(ge=0, lt=2**31)
    free_bytes: int | None = Field(default=None, ge=0, lt=2**63)
    clock: AwareDatetime
    app_version: str = Field(max_length=64)
    settings: AppliedSettings | None = None


class ContactReply(WireModel):
    """``settings_version``: the version of its settings that the device should have; None when nothing was ever set."""

    server_time: ServerTime
    settings_version: Count | None = None


class EnrolRequest(WireModel):
    """``public_key``: the device's Ed25519 key, base64url. ``succession``: who it was before (see Succession)."""

    code: str = Field(max_length=64)
    public_key: str = Field(max_length=64)
    name: str = Field(max_length=120)
    platform: str = Field(max_length=200)
    app_version: str = Field(max_length=64)
    succession: Envelope | None = None


class Succession(SignedDocument):
    """Signed with a device's former key: what that key has signed is now brought by the device with ``public_key``."""

    organisation_id: str
    former_device_id: str
    public_key: str


class Organisation(SignedDocument):
    """Signed by itself; the enrolment code carries the start of ``fingerprint(sign_key)``."""

    organisation_id: str
    name: str
    sign_key: str
    encryption_key: str
    device_id: str
    issued_at: AwareDatetime


class EnrolReply(WireModel):
    organisation: Envelope


class Bootstrap(WireModel):
    """Everything a device needs offline: kits and roster in envelopes, HR's word on its interviews.

    ``key_lists``: the lists of the organisation's keys (``contract.keylist``), oldest first, that the device lacks.
    ``settings``: a signed ``contract.settings.SettingsDocument``, None when nothing was ever set. ``messages``: signed
    ``contract.message.Message`` documents; what is missing here was withdrawn or is over.
    """

    server_time: ServerTime
    key_lists: list[Envelope] = Field(default_factory=list)
    kits: list[Envelope]
    roster: Envelope
    results: dict[str, HrState] = Field(default_factory=dict)
    settings: Envelope | None = None
    messages: list[Envelope] = Field(default_factory=list)

    @field_validator("results", mode="before")
    @classmethod
    def _known_states(cls, results: Any) -> Any:
        """A newer backend may know more states than this reader; the others still hold."""
        known = set(HrState)
        return (
            {key: state for key, state in results.items() if state in known} if isinstance(results, dict) else results
        )


class ScoreSheets(WireModel):
    """What a device that may score scores by, now. ``mark`` names all of it: a device that says the same mark has it.

    ``sheets``: signed ``contract.scoresheet.ScoreSheet`` documents, None when the device has them; what is missing here
    is scored no more. ``models``: SHA-256 (hex) -> size in bytes of the files of learned models that they name.
    """

    mark: str = Field(min_length=1, max_length=64)
    sheets: list[Envelope] | None = None
    models: dict[Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")], Annotated[int, Field(ge=1, le=MOST_MODEL_BYTES)]] = (
        Field(default_factory=dict)
    )


class EventReply(WireModel):
    """``digest`` is the SHA-256 of the stored payload."""

    interview_id: str
    seq: Ordinal
    digest: str


class InterviewCheck(WireModel):
    """What the backend holds of an interview: the client repairs any difference."""

    interview_id: str
    state: HrState | str = Field(union_mode="left_to_right")
    events: dict[Ordinal, str]
    events_digest: str
    objects: list[ObjectRef]
    receipt_serial: Ordinal | None = None


class ManifestReply(WireModel):
    """``receipt`` when everything was read back; otherwise what is still missing."""

    receipt: Envelope | None = None
    missing_events: list[Ordinal] = Field(default_factory=list)
    missing_objects: list[str] = Field(default_factory=list)


class HandOverRequest(WireModel):
    """Body of ``PUT /v1/interviews/{id}/hand-over``; the id is that of the part the device is going to begin."""

    invitation_id: str = Field(min_length=1, max_length=64)


class HandOverReply(WireModel):
    """``ticket``: a signed contract.parts.HandOver."""

    ticket: Envelope


class ElsewhereReply(WireModel):
    """``elsewhere`` is None when no other device has begun the interview."""

    elsewhere: Elsewhere | None = None


class NoticeRequest(WireModel):
    """The parts a device still keeps something of."""

    interviews: list[str] = Field(max_length=500)


class Notices(WireModel):
    """Signed contract.parts.Notice documents, at most one per part that was asked for."""

    notices: list[Envelope] = Field(default_factory=list)


def upload_id(device_id: str, interview_id: str, object_id: str, sha256: str) -> str:
    """Content-bound id of a tus upload: the same object from the same device is always the same upload."""
    return hashlib.sha256(f"{device_id}\n{interview_id}\n{object_id}\n{sha256}".encode()).hexdigest()


def request_token(key: SigningKey, device_id: str, now: datetime, *, method: str, path: str, body: bytes = b"") -> str:
    """Bearer token (JWT, EdDSA) for exactly one request: method, path with query, and body are bound to it."""
    claims = {"htm": method, "htu": path, "bh": b64encode(hashlib.sha256(body).digest())}
    return _token(key, device_id, now, TOKEN_SECONDS, claims)


def upload_token(key: SigningKey, device_id: str, now: datetime, *, seconds: int = 3600) -> str:
    """Bearer token for the tus endpoint alone, so that any tus client can send a device's objects."""
    return _token(key, device_id, now, seconds, {"scope": "objects"})


def _token(key: SigningKey, device_id: str, now: datetime, seconds: int, claims: dict[str, str]) -> str:
    import jwt  # late: it takes a tenth of a second that a client's first window would wait for

    times = {"iat": now, "exp": now + timedelta(seconds=seconds)}
    payload = {"iss": device_id, "aud": AUDIENCE, "jti": uuid.uuid4().hex, **times, **claims}
    return jwt.encode(payload, key.private, algorithm="EdDSA", headers={"kid": key.key_id})


def token_issuer(token: str) -> str:
    """The device id a token claims, unverified: for looking its key up. Raises XudaError(UNAUTHORIZED)."""
    import jwt

    try:
        issuer = jwt.decode(token, options={"verify_signature": False}).get("iss")
    except jwt.PyJWTError as error:
        raise XudaError(ErrorCode.UNAUTHORIZED) from error
    if not isinstance(issuer, str):
        raise XudaError(ErrorCode.UNAUTHORIZED)
    return issuer


def check_token(token: str, public: bytes, now: datetime, *, leeway: int = 300) -> dict[str, Any]:
    """Verified claims of a device's token; the caller compares htm, htu, bh or scope with the request.

    Raises XudaError(UNAUTHORIZED), or CLOCK_WRONG (with ``server_time``) when only the times do not fit.
    """
    import jwt

    options = {"verify_exp": False, "verify_iat": False, "require": ["iat", "exp", "iss", "jti"]}
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            Ed25519PublicKey.from_public_bytes(public),
            algorithms=["EdDSA"],
            audience=AUDIENCE,
            options=options,  # type: ignore[arg-type]
        )
    except jwt.PyJWTError as error:
        raise XudaError(ErrorCode.UNAUTHORIZED) from error
    stamp = now.timestamp()
    if not claims["iat"] - leeway <= stamp <= claims["exp"] + leeway or claims["exp"] - claims["iat"] > 3600:
        raise XudaError(ErrorCode.CLOCK_WRONG, server_time=now.isoformat())
    return claims
