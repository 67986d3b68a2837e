"""Ed25519 signatures and HPKE key wrapping, on `cryptography` primitives only.

Suite: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM (RFC 9180).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from contract.canonical import b64decode, b64encode
from contract.errors import ErrorCode, XudaError

_SUITE = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
# Crockford's alphabet: no I, L, O, U, so a fingerprint can be read aloud.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def crockford(data: bytes, length: int) -> str:
    """The first ``length`` base-32 characters (5 bits each, most significant first) of ``data``."""
    bits = int.from_bytes(data, "big")
    total = len(data) * 8
    return "".join(_ALPHABET[(bits >> (total - 5 * (i + 1))) & 31] for i in range(length))


def key_id(public: bytes) -> str:
    """Name of a public key on the wire: 32 hex digits of its SHA-256."""
    return hashlib.sha256(public).hexdigest()[:32]


def fingerprint(public: bytes) -> str:
    """What people compare at enrolment: 20 characters (100 bits) in groups of five."""
    text = crockford(hashlib.sha256(public).digest(), 20)
    return "-".join(text[i : i + 5] for i in range(0, 20, 5))


@dataclass(frozen=True)
class SigningKey:
    """An Ed25519 private key."""

    private: Ed25519PrivateKey

    @classmethod
    def generate(cls) -> SigningKey:
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_bytes(cls, raw: bytes) -> SigningKey:
        return cls(Ed25519PrivateKey.from_private_bytes(raw))

    def to_bytes(self) -> bytes:
        """32 secret bytes."""
        return self.private.private_bytes_raw()

    @property
    def public(self) -> bytes:
        """32 bytes."""
        return self.private.public_key().public_bytes_raw()

    @property
    def key_id(self) -> str:
        return key_id(self.public)

    def sign(self, data: bytes) -> bytes:
        """64 bytes."""
        return self.private.sign(data)


def verify(public: bytes, signature: bytes, data: bytes) -> None:
    """Raises XudaError(SIGNATURE_INVALID)."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except (InvalidSignature, ValueError) as error:
        raise XudaError(ErrorCode.SIGNATURE_INVALID) from error


@dataclass(frozen=True)
class UnwrapKey:
    """The organisation's X25519 private key: opens interview keys wrapped to it."""

    private: X25519PrivateKey

    @classmethod
    def generate(cls) -> UnwrapKey:
        return cls(X25519PrivateKey.generate())

    @classmethod
    def from_bytes(cls, raw: bytes) -> UnwrapKey:
        return cls(X25519PrivateKey.from_private_bytes(raw))

    def to_bytes(self) -> bytes:
        return self.private.private_bytes_raw()

    @property
    def public(self) -> bytes:
        return self.private.public_key().public_bytes_raw()

    def unwrap(self, wrapped: str, interview_id: str) -> bytes:
        """The 32-byte interview key. Raises XudaError(SEALED_DAMAGED) when it is not for this key and interview."""
        try:
            return _SUITE.decrypt(b64decode(wrapped), self.private, info=_wrap_info(interview_id))
        except (InvalidTag, ValueError) as error:
            raise XudaError(ErrorCode.SEALED_DAMAGED, field="wrapped_key") from error


def wrap_key(interview_key: bytes, public: bytes, interview_id: str) -> str:
    """Wrap a 32-byte interview key to the organisation; the interview id is bound to it."""
    recipient = X25519PublicKey.from_public_bytes(public)
    return b64encode(_SUITE.encrypt(interview_key, recipient, info=_wrap_info(interview_id)))


def _wrap_info(interview_id: str) -> bytes:
    return b"xuda interview key v1:" + interview_id.encode("ascii")
