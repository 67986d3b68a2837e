"""More time, more takes or another way to answer, given by staff on the spot: a signed word that is checked offline.

A token is ``XUDA://A/`` and Crockford's base 32: 152 characters that make a small QR code and can be typed when there
is no camera. It is signed for one candidate by a key the organisation trusts with it: that of a member of staff
(``contract.invitation.Delegation``), a device's own where HR allows its staff panel that, or the organisation's.
"""

from __future__ import annotations

import hashlib
import struct
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from pydantic import ValidationError

from contract import keys
from contract.errors import ErrorCode, XudaError
from contract.invitation import Adjustments, normalise_code

SCHEME = "XUDA://A/"
NONCE_SIZE = 6
_CONTEXT = b"xuda adjustment v1:"
# version, signer, whom it is for, nonce, end, extra time in steps of 5 %, extra takes, way to answer, reason
_BODY = struct.Struct(">B6s4s6sIBBBB")
_VERSION = 1
_SIGNATURE = 64
_STEP = 5
_LENGTH = -(-(_BODY.size + _SIGNATURE) * 8 // 5)
_WAYS = (None, "audio", "text")
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class AdjustmentReason(StrEnum):
    """Why; the order is part of the token's form: new ones come last."""

    ACCESSIBILITY = "accessibility"
    TECHNICAL = "technical"
    INTERRUPTION = "interruption"
    LANGUAGE = "language"
    OTHER = "other"


_REASONS = tuple(AdjustmentReason)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token gives. ``nonce``: 6 random bytes in hex, by which it is used once. ``expires_at``: UTC, seconds."""

    adjustments: Adjustments
    reason: AdjustmentReason
    expires_at: datetime
    nonce: str


@dataclass(frozen=True, slots=True)
class SignedGrant:
    """``signer``: the key id of who signed; ``subject``: for whom."""

    grant: Grant
    signer: str
    subject: str


def subject_of_invitation(invitation_id: str) -> str:
    """Whom a token is for, by the invitation's id (its QR code or link)."""
    return f"invitation:{invitation_id}"


def subject_of_code(code: str) -> str:
    """Whom a token is for, by the invitation code that is printed beside the QR code."""
    return f"code:{normalise_code(code)}"


def issue(grant: Grant, subject: str, key: keys.SigningKey) -> str:
    """Raises XudaError(SETTING_INVALID) for extra time that is no multiple of 5 %."""
    percent = round((grant.adjustments.time_factor - 1) * 100)
    if percent % _STEP:
        raise XudaError(ErrorCode.SETTING_INVALID, field="extra-time", value=percent)
    body = _BODY.pack(
        _VERSION,
        bytes.fromhex(key.key_id)[:6],
        _hint(subject),
        bytes.fromhex(grant.nonce),
        int(grant.expires_at.timestamp()),
        percent // _STEP,
        grant.adjustments.extra_takes,
        _WAYS.index(grant.adjustments.answer_as),
        _REASONS.index(grant.reason),
    )
    return SCHEME + keys.crockford(body + key.sign(_signed(subject, body)) + b"\x00", _LENGTH)


def is_adjustment(text: str) -> bool:
    """Whether what was scanned or typed means to be such a token."""
    return _folded(text).startswith(SCHEME)


def read(token: str, subjects: Sequence[str], signers: Mapping[str, bytes]) -> SignedGrant:
    """Check a token's signature and take it apart; its end and the signer's bounds are the caller's.

    ``subjects``: what the candidate is known by; ``signers``: key id -> public key (32 bytes). Raises
    XudaError(ADJUSTMENT_INVALID) when it is damaged or forged, ADJUSTMENT_OTHER when it is for another candidate,
    ADJUSTMENT_SIGNER when nobody who may do so here has signed it.
    """
    raw = _decode(token)
    body, signature = raw[: _BODY.size], raw[_BODY.size :]
    version, signer, hint, nonce, end, steps, takes, way, reason = _BODY.unpack(body)
    try:
        grant = Grant(
            Adjustments(time_factor=1 + steps * _STEP / 100, extra_takes=takes, answer_as=_WAYS[way]),
            _REASONS[reason],
            datetime.fromtimestamp(end, UTC),
            nonce.hex(),
        )
    except (ValidationError, IndexError, ValueError) as error:
        raise XudaError(ErrorCode.ADJUSTMENT_INVALID) from error
    if version != _VERSION:
        raise XudaError(ErrorCode.ADJUSTMENT_INVALID)
    found = [(name, public) for name, public in signers.items() if bytes.fromhex(name)[:6] == signer]
    if not found:
        raise XudaError(ErrorCode.ADJUSTMENT_SIGNER)
    meant = [subject for subject in subjects if _hint(subject) == hint]
    if not meant:
        raise XudaError(ErrorCode.ADJUSTMENT_OTHER)
    for name, public in found:
        for subject in meant:
            if _verifies(public, signature, _signed(subject, body)):
                return SignedGrant(grant, name, subject)
    raise XudaError(ErrorCode.ADJUSTMENT_INVALID)


def in_groups(token: str) -> list[str]:
    """The part behind the scheme in groups of four, for people who type it."""
    text = token[len(SCHEME) :]
    return [text[place : place + 4] for place in range(0, len(text), 4)]


def _folded(text: str) -> str:
    """As it was meant: full-width forms, small letters and spaces do not matter."""
    return "".join(unicodedata.normalize("NFKC", text).upper().split())


def _decode(token: str) -> bytes:
    text = _folded(token).removeprefix(SCHEME)
    text = text.translate(str.maketrans("OIL", "011")).replace("-", "")
    if len(text) != _LENGTH or any(character not in _ALPHABET for character in text):
        raise XudaError(ErrorCode.ADJUSTMENT_INVALID)
    size = _BODY.size + _SIGNATURE
    bits = 0
    for character in text:
        bits = bits << 5 | _ALPHABET.index(character)
    spare = _LENGTH * 5 - size * 8
    if bits & ((1 << spare) - 1):
        raise XudaError(ErrorCode.ADJUSTMENT_INVALID)
    return (bits >> spare).to_bytes(size, "big")


def _hint(subject: str) -> bytes:
    return hashlib.sha256(subject.encode("utf-8")).digest()[:4]


def _signed(subject: str, body: bytes) -> bytes:
    return _CONTEXT + subject.encode("utf-8") + b"\x00" + body


def _verifies(public: bytes, signature: bytes, data: bytes) -> bool:
    try:
        keys.verify(public, signature, data)
    except XudaError:
        return False
    return True
