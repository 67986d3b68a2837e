"""Devices: enrolment with a one-time code, proof of who asks, revocation."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from backend.db.models import Device, EnrolmentCode, new_id
from backend.db.models.devices import PRACTICE
from backend.ratelimit import network
from backend.runtime import Runtime
from backend.services import audit, device_settings, succession
from backend.services.actor import Actor
from contract.api import Contact, ContactReply, EnrolReply, EnrolRequest, Organisation, check_token, token_issuer
from contract.canonical import b64decode, b64encode
from contract.envelope import sign
from contract.errors import ErrorCode, XudaError
from contract.keys import crockford

_TOUCH_EVERY = timedelta(seconds=5)
_LOOKALIKES = str.maketrans("OIL", "011")


@dataclass(frozen=True, slots=True)
class Asking:
    """A device that has proved who it is. ``public``: its 32-byte key; ``claims``: its token's verified claims.

    ``signers``: key id -> (device id, public key) of itself and of the devices it was before it was enrolled again.
    What those have signed is taken from it, also when they were revoked since: revoking ends a device's right to speak,
    not what it has said.
    """

    device_id: str
    public: bytes
    claims: dict[str, object]
    signers: dict[str, tuple[str, bytes]]


def new_enrolment_code(
    hr: Runtime, actor: Actor, *, valid: timedelta = timedelta(days=7), replaces: str | None = None
) -> str:
    """A one-time code, only ever shown here: two random groups and the start of the organisation's fingerprint.

    ``replaces``: the device to be enrolled continues this one. Needed when the old one's key is lost; a device that
    still has its key proves it by itself. Raises XudaError(NOT_FOUND).
    """
    text = crockford(secrets.token_bytes(7), 10)
    code = f"{text[:5]}-{text[5:]}-{hr.vault.fingerprint[:5]}"
    with hr.db.write() as session:
        now = hr.now()
        if replaces is not None:
            find(session, replaces)
        session.add(EnrolmentCode(id=_code_id(hr, code), created_at=now, expires_at=now + valid, replaces_id=replaces))
        audit.record(session, now, actor, "enrolment_code", f"device:{replaces}" if replaces else "device")
    return code


def enrol(hr: Runtime, request: EnrolRequest, *, address: str) -> EnrolReply:
    """Register a device. The same code with the same key again gives the same device: a reply may get lost.

    A device that was enrolled before names its former self, signed with that one's key; its interviews become the new
    one's. Raises XudaError(ENROLMENT_CODE_INVALID | RATE_LIMITED | FORMAT_INVALID | KEY_UNKNOWN | SIGNATURE_INVALID).
    """
    source = network(address)
    hr.limits.enrolment.check(source)
    _check_public_key(request.public_key)
    code_id = _code_id(hr, request.code)
    with hr.db.write() as session:
        now = hr.now()
        former_id = succession.former_device(session, hr.organisation_id, request)
        device_id = _use_code(session, code_id, request, now, former_id)
        if device_id is not None:
            former_id = succession.take_over(session, device_id, now)
            device_settings.begin(hr, session, device_id, former_id)
            detail = {"former": former_id} if former_id else {}
            audit.record(session, now, f"device:{device_id}", "enrol", f"device:{device_id}", **detail)
    if device_id is None:
        hr.limits.enrolment.count(source)
        raise XudaError(ErrorCode.ENROLMENT_CODE_INVALID)
    return EnrolReply(organisation=sign(_organisation(hr, device_id), hr.vault.sign_key))


def authenticate(hr: Runtime, token: str) -> Asking:
    """The device a bearer token proves. Raises XudaError(UNAUTHORIZED | CLOCK_WRONG), and DEVICE_REVOKED to the device
    itself alone."""
    device_id = token_issuer(token)
    now = hr.now()
    with hr.db.read() as session:
        device = session.get(Device, device_id)
        if device is None:
            raise XudaError(ErrorCode.UNAUTHORIZED)
        public, seen = b64decode(device.public_key), device.seen_at
        signers = succession.signers(session, device)
    try:
        claims = check_token(token, public, now)
    except TypeError as error:  # times that are no numbers
        raise XudaError(ErrorCode.UNAUTHORIZED) from error
    if device.revoked_at is not None:
        raise XudaError(ErrorCode.DEVICE_REVOKED)
    # A time to come was written when our own clock was wrong: it would keep a silent device looking alive.
    if seen is None or not timedelta(0) <= now - seen <= _TOUCH_EVERY:
        with hr.db.write() as session:
            session.execute(update(Device).where(Device.id == device_id).values(seen_at=now))
    return Asking(device_id, public, claims, signers)


def contact(hr: Runtime, asking: Asking, said: Contact) -> ContactReply:
    """Keep what a device says of itself; the last word counts."""
    now = hr.now()
    values = {
        "seen_at": now,
        "contact_at": now,
        "pending": said.pending,
        "failed": said.failed,
        "free_bytes": said.free_bytes,
        "clock_off": round((said.clock - now).total_seconds()),
        "app_version": said.app_version,
    }
    with hr.db.write() as session:
        session.execute(update(Device).where(Device.id == asking.device_id).values(**values))
        wanted = device_settings.applied(hr, session, asking.device_id, said.settings) if said.settings else None
    return ContactReply(server_time=now, settings_version=wanted)


def claim_fits(asking: Asking, name: str, expected: str) -> bool:
    return hmac.compare_digest(str(asking.claims.get(name, "")), expected)


def list_devices(hr: Runtime) -> Sequence[Device]:
    with hr.db.read() as session:
        return session.scalars(select(Device).where(Device.platform != PRACTICE).order_by(Device.enrolled_at)).all()


def find(session: Session, device_id: str) -> Device:
    """Raises XudaError(NOT_FOUND)."""
    device = session.get(Device, device_id)
    if device is None:
        raise XudaError(ErrorCode.NOT_FOUND, field="device")
    return device


def revoke(hr: Runtime, actor: Actor, device_id: str) -> None:
    """From now on this device is not listened to. Raises XudaError(NOT_FOUND)."""
    with hr.db.write() as session:
        device = find(session, device_id)
        if device.revoked_at is None:
            device.revoked_at = hr.now()
            audit.record(session, hr.now(), actor, "revoke", f"device:{device_id}")


def _code_id(hr: Runtime, code: str) -> str:
    folded = "".join(c for c in code.upper().translate(_LOOKALIKES) if c.isascii() and c.isalnum())
    return hr.vault.keyed_hash(folded, "enrolment code")


def _use_code(
    session: Session, code_id: str, request: EnrolRequest, now: datetime, former_id: str | None
) -> str | None:
    code = session.get(EnrolmentCode, code_id)
    if code is None:
        return None
    if code.used_at is not None:
        known = session.get(Device, code.device_id)
        same = known is not None and known.public_key == request.public_key and known.revoked_at is None
        return known.id if known is not None and same else None
    if code.expires_at < now:
        return None
    device = Device(
        id=new_id(),
        name=request.name,
        platform=request.platform,
        app_version=request.app_version,
        public_key=request.public_key,
        enrolled_at=now,
        seen_at=now,
        former_id=former_id or code.replaces_id,
    )
    session.add(device)
    session.flush()
    code.used_at, code.device_id = now, device.id
    return device.id


def _check_public_key(text: str) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(b64decode(text))
    except (ValueError, XudaError) as error:
        raise XudaError(ErrorCode.FORMAT_INVALID, field="public_key") from error


def _organisation(hr: Runtime, device_id: str) -> Organisation:
    return Organisation(
        organisation_id=hr.organisation_id,
        name=hr.organisation_name,
        sign_key=b64encode(hr.vault.sign_key.public),
        encryption_key=hr.vault.encryption_key,
        device_id=device_id,
        issued_at=hr.now(),
    )
