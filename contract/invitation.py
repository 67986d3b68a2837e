"""Invitations: short signed tokens that are checked on the device without a network.

A token is ``xuda://i/`` and base64url of the packed fields with an Ed25519 signature: under 300 characters, so it fits
a QR code that a camera reads when tilted. It holds no personal data.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
import unicodedata
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import AwareDatetime, Field

from contract import keys
from contract.canonical import b64decode, b64encode
from contract.envelope import SignedDocument, WireModel
from contract.errors import ErrorCode, XudaError
from contract.parts import Elsewhere
from contract.redo import Redo
from contract.walkin import WalkInOffer

SCHEME = "xuda://i/"
_CONTEXT = b"xuda invitation v1:"
_HEAD = struct.Struct(">B16s16s16sQQB")
_VERSION = 1
_CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True, slots=True)
class Invitation:
    """The right to one interview with a kit. Times are UTC; ids are UUID strings (kit_id: the kit's own id)."""

    invitation_id: str
    batch_id: str
    kit_id: str
    not_before: datetime
    not_after: datetime

    def check_time(self, now: datetime, latest: datetime | None = None) -> None:
        """``now`` is what has surely been reached, ``latest`` what it may be by now where that is not the same.

        Doubt is on the candidate's side. Raises XudaError(INVITATION_NOT_YET | INVITATION_EXPIRED) with the bound as
        ``date``.
        """
        if max(now, latest or now) < self.not_before:
            raise XudaError(ErrorCode.INVITATION_NOT_YET, date=self.not_before.isoformat())
        if now > self.not_after:
            raise XudaError(ErrorCode.INVITATION_EXPIRED, date=self.not_after.isoformat())


def issue(invitation: Invitation, key: keys.SigningKey) -> str:
    """The signed token."""
    kit = invitation.kit_id.encode("ascii")
    body = (
        _HEAD.pack(
            _VERSION,
            bytes.fromhex(key.key_id),
            uuid.UUID(invitation.invitation_id).bytes,
            uuid.UUID(invitation.batch_id).bytes,
            int(invitation.not_before.timestamp()),
            int(invitation.not_after.timestamp()),
            len(kit),
        )
        + kit
    )
    return SCHEME + b64encode(body + key.sign(_CONTEXT + body))


def read(token: str, organisation_keys: Mapping[str, bytes]) -> Invitation:
    """Check a token's signature and take it apart; the time window is not checked here.

    Raises XudaError(INVITATION_INVALID) when it is damaged or forged, INVITATION_FOREIGN when another organisation
    signed it.
    """
    text = token.strip()
    if not text.startswith(SCHEME):
        raise XudaError(ErrorCode.INVITATION_INVALID)
    try:
        raw = b64decode(text[len(SCHEME) :])
        body, signature = raw[:-64], raw[-64:]
        version, signer, invitation_id, batch_id, start, end, length = _HEAD.unpack_from(body)
        kit_id = body[_HEAD.size :].decode("ascii")
        if version != _VERSION or len(kit_id) != length:
            raise XudaError(ErrorCode.INVITATION_INVALID)
        window = datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC)
    except (XudaError, struct.error, ValueError, OverflowError, OSError) as error:
        raise XudaError(ErrorCode.INVITATION_INVALID) from error
    public = organisation_keys.get(signer.hex())
    if public is None:
        raise XudaError(ErrorCode.INVITATION_FOREIGN)
    try:
        keys.verify(public, signature, _CONTEXT + body)
    except XudaError as error:
        raise XudaError(ErrorCode.INVITATION_INVALID) from error
    return Invitation(
        invitation_id=str(uuid.UUID(bytes=invitation_id)),
        batch_id=str(uuid.UUID(bytes=batch_id)),
        kit_id=kit_id,
        not_before=window[0],
        not_after=window[1],
    )


def new_code(random_bytes: bytes) -> str:
    """An 8-character invitation code to type, shown as ABCD-EFGH, from at least 5 random bytes."""
    text = keys.crockford(random_bytes, 8)
    return f"{text[:4]}-{text[4:]}"


def normalise_code(text: str) -> str:
    """What a person typed -> stored form: case, spaces, dashes, full-width forms and O/I/L mix-ups do not matter."""
    folded = unicodedata.normalize("NFKC", text).upper()
    folded = folded.translate(str.maketrans("OIL", "011"))
    kept = "".join(c for c in folded if c in _CODE_ALPHABET)
    return f"{kept[:4]}-{kept[4:]}" if len(kept) == 8 else kept


class Adjustments(WireModel):
    """Per-candidate adjustments (A6): factors on thinking and answer times, further takes, another way to answer."""

    time_factor: float = Field(default=1.0, ge=1.0, le=4.0)
    extra_takes: int = Field(default=0, ge=0, le=10)
    answer_as: str | None = Field(default=None, pattern=r"^(audio|text)$")

    def merged(self, other: Adjustments) -> Adjustments:
        """Both together: the larger of each, and text before sound. The same again, in any order, changes nothing."""
        ways = [way for way in ("text", "audio") if way in (self.answer_as, other.answer_as)]
        return Adjustments(
            time_factor=max(self.time_factor, other.time_factor),
            extra_takes=max(self.extra_takes, other.extra_takes),
            answer_as=ways[0] if ways else None,
        )


class Delegation(WireModel):
    """The organisation lets somebody adjust interviews: a member of staff, or the staff panel of a device.

    It is part of the signed roster: what is not in the newest one holds no more. ``public_key``: Ed25519, base64url.
    ``device_id``: it is that device's own key. ``batches``: only their candidates, empty: all. ``most``: the bounds;
    ``ways``: the other ways to answer that may be allowed.
    """

    delegation_id: str = Field(max_length=36)
    holder: str = Field(max_length=120)
    public_key: str = Field(max_length=64)
    device_id: str | None = None
    not_before: AwareDatetime
    not_after: AwareDatetime
    batches: list[str] = Field(default_factory=list)
    most_time_factor: float = Field(ge=1.0, le=4.0)
    most_extra_takes: int = Field(ge=0, le=10)
    ways: list[str] = Field(default_factory=list)

    def covers(self, adjustments: Adjustments, batch_id: str) -> bool:
        """Whether so much may be given to a candidate of that batch; the time is not looked at."""
        within = adjustments.time_factor <= self.most_time_factor and adjustments.extra_takes <= self.most_extra_takes
        way = adjustments.answer_as is None or adjustments.answer_as in self.ways
        return within and way and (not self.batches or batch_id in self.batches)


class RosterEntry(WireModel):
    """One invited candidate. ``lookups`` are keyed hashes of phone and ID number (see :func:`lookup_hash`).

    ``elsewhere``: how far the interview has come on other devices, None when none has begun it. ``redo``: one question
    may be answered again.
    """

    token: str
    code: str
    name: str
    lookups: list[str] = Field(default_factory=list)
    adjustments: Adjustments = Adjustments()
    elsewhere: Elsewhere | None = None
    redo: Redo | None = Field(default=None, exclude_if=lambda value: value is None)


class Roster(SignedDocument):
    """All invitations a device may need offline. ``salt`` (base64url) keys the look-up hashes."""

    organisation_id: str
    device_id: str
    issued_at: AwareDatetime
    salt: str
    entries: list[RosterEntry]
    delegations: list[Delegation] = Field(default_factory=list)
    walk_ins: list[WalkInOffer] = Field(default_factory=list, exclude_if=lambda value: not value)


def lookup_hash(identifier: str, salt: str) -> str:
    """Keyed hash of a phone or ID number: only digits and a final X count, so +86 138… and 138… with spaces agree."""
    folded = unicodedata.normalize("NFKC", identifier).upper()
    digits = "".join(str(unicodedata.digit(c)) if c.isdigit() else "X" for c in folded if c.isdigit() or c == "X")
    if digits.startswith("86") and len(digits) == 13:
        digits = digits[2:]
    return hmac.new(b64decode(salt), digits.encode("ascii"), hashlib.sha256).hexdigest()
