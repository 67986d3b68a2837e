"""Making this device known to an organisation, with a one-time code that also says which organisation it must be."""

from __future__ import annotations

import logging
import platform
from typing import Protocol

from app.facts import app_version
from app.storage.enrolment import Enrolment, EnrolmentRepository, open_organisation
from app.storage.keystore import KeyStore
from app.sync.api import DeviceApi
from app.sync.failures import Fate, TransportError
from app.sync.transport import Transport
from contract.api import EnrolReply, EnrolRequest, Succession
from contract.canonical import b64decode, b64encode
from contract.envelope import Envelope, sign
from contract.errors import ErrorCode, XudaError
from contract.keys import SigningKey, fingerprint

log = logging.getLogger(__name__)

# The key of an enrolment under way: when the answer is lost, asking again with the same key gets the same device.
_NEW_KEY = "device-enrolling"
_GROUP = 5
_TRIES = 3
_LOOKALIKES = str.maketrans("OIL", "011")


class _Outbox(Protocol):
    def retry_failed(self) -> int: ...


class EnrolmentStorage(Protocol):
    """The parts of the data folder that enrolment needs."""

    @property
    def keystore(self) -> KeyStore: ...
    @property
    def enrolments(self) -> EnrolmentRepository: ...
    @property
    def outbox(self) -> _Outbox: ...


def enroll(
    server_url: str,
    code: str,
    device_name: str,
    storage: EnrolmentStorage,
    *,
    transport: Transport | None = None,
    new_organisation_key: bool = False,
) -> Enrolment:
    """Enrol this device and keep the organisation's keys for good.

    An enrolled device may be enrolled again (after a revocation, or at another address) with its own organisation. It
    proves with its old key who it has been, and then delivers also what that key has signed. Where the old key is lost
    HR's code names the device instead. ``new_organisation_key``: HR has said that the organisation's signing key was
    revoked, so another one than those known here is accepted. For another organisation use another data folder.

    Raises, with nothing changed on this device: XudaError(ENROLMENT_CODE_INVALID | FINGERPRINT_MISMATCH |
    ILLEGAL_STATE | SETTING_INVALID | SIGNATURE_INVALID | SERVER_UNREACHABLE | SERVER_NOT_XUDA | …).
    """
    expected = fingerprint_start(code)
    old = _former(storage)
    if old is not None and not new_organisation_key and expected not in _known_starts(old):
        raise XudaError(ErrorCode.FINGERPRINT_MISMATCH)
    link = transport or Transport(server_url)
    key = _key_under_way(storage.keystore)
    request = EnrolRequest(
        code=code.strip(),
        public_key=b64encode(key.public),
        name=device_name.strip()[:120],
        platform=platform.platform()[:200],
        app_version=app_version(),
        succession=_succession(old, key) if old is not None else None,
    )
    try:
        envelope = _ask(DeviceApi(link), request).organisation
        enrolment = _checked(envelope, expected, link.server_url, key)
        if old is not None and enrolment.organisation.organisation_id != old.organisation.organisation_id:
            raise XudaError(ErrorCode.ILLEGAL_STATE, reason="another organisation")
    except XudaError as error:
        if not _answer_lost(error):
            storage.keystore.delete(_NEW_KEY)
        raise
    finally:
        link.close()
    storage.enrolments.save(enrolment, envelope)
    storage.keystore.delete(_NEW_KEY)
    storage.outbox.retry_failed()
    log.info("enrolled as device %s", enrolment.device_id)
    return storage.enrolments.need()


def fingerprint_start(code: str) -> str:
    """The start of the organisation's fingerprint, which every code ends with; case and lookalikes do not matter.

    Raises XudaError(ENROLMENT_CODE_INVALID) when the text cannot be a code.
    """
    folded = "".join(c for c in code.upper().translate(_LOOKALIKES) if c.isascii() and c.isalnum())
    if len(folded) < 2 * _GROUP:
        raise XudaError(ErrorCode.ENROLMENT_CODE_INVALID)
    return folded[-_GROUP:]


def _former(storage: EnrolmentStorage) -> Enrolment | None:
    """What this device has been so far. None also when its key is lost: then HR's code has to say whom it continues."""
    try:
        return storage.enrolments.load()
    except XudaError as error:
        if error.code is not ErrorCode.KEYSTORE_MISSING:
            raise
        return None


def _known_starts(old: Enrolment) -> set[str]:
    return {fingerprint(public)[:_GROUP] for public in old.organisation_keys.values()}


def _succession(old: Enrolment, key: SigningKey) -> Envelope:
    claim = Succession(
        organisation_id=old.organisation.organisation_id,
        former_device_id=old.device_id,
        public_key=b64encode(key.public),
    )
    return sign(claim, old.device_key)


def _key_under_way(keystore: KeyStore) -> SigningKey:
    secret = keystore.get(_NEW_KEY)
    if secret is not None:
        return SigningKey.from_bytes(secret)
    key = SigningKey.generate()
    keystore.set(_NEW_KEY, key.to_bytes())
    return key


def _ask(api: DeviceApi, request: EnrolRequest) -> EnrolReply:
    for _ in range(_TRIES - 1):
        try:
            return api.enrol(request)
        except TransportError as error:
            # Only a lost answer is worth asking again at once; the code and key being the same, it costs nothing.
            if not _answer_lost(error):
                raise
    return api.enrol(request)


def _answer_lost(error: XudaError) -> bool:
    """Whether the backend may have enrolled this key without this device having heard of it."""
    return isinstance(error, TransportError) and error.fate is Fate.OFFLINE and error.status is None


def _checked(envelope: Envelope, expected: str, server_url: str, key: SigningKey) -> Enrolment:
    """Raises XudaError(FINGERPRINT_MISMATCH) when the organisation is not the one the code was made by."""
    organisation = open_organisation(envelope)
    if _start(organisation.sign_key) != expected:
        raise XudaError(ErrorCode.FINGERPRINT_MISMATCH)
    if not organisation.device_id:
        raise XudaError(ErrorCode.FORMAT_INVALID, field="device_id")
    return Enrolment(organisation.device_id, server_url, organisation, key)


def _start(sign_key: str) -> str:
    return fingerprint(b64decode(sign_key))[:_GROUP]
