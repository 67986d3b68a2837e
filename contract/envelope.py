"""Signed JSON documents in a DSSE envelope (https://github.com/secure-systems-lab/dsse, version 1).

The signature covers the payload's exact bytes and its type, so nothing is parsed before it is verified and a document
of one kind can never pass for another.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contract import keys
from contract.canonical import b64decode, b64encode, canonical_json, sha256_hex
from contract.errors import ErrorCode, XudaError

Document = TypeVar("Document", bound="SignedDocument")


class WireModel(BaseModel):
    """Base of everything that crosses the wire: immutable; who writes one may name no field that it does not have."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @classmethod
    def read(cls, data: bytes | str) -> Self:
        """From JSON of the other side, which may be newer: what is not known here is passed over, at every depth.

        A change that must not be passed over gets a new payload type or path. What is known has to be of its own kind:
        neither ``true`` nor ``"5"`` nor ``5.0`` is a whole number, and a number is no time (``docs/adr/0024``).
        Raises pydantic.ValidationError; :func:`field_of` names the field.
        """
        return cls.model_validate_json(data, extra="ignore", strict=True)

    @classmethod
    def read_value(cls, value: object) -> Self:
        """As :meth:`read`, from JSON that has been taken apart already."""
        # as text again: only there is a time or a word of an enumeration allowed to be a string
        return cls.read(json.dumps(value))


class SignedDocument(WireModel):
    """A wire model that is signed. Each subclass sets ``payload_type``."""

    @classmethod
    def payload_type(cls) -> str:
        return f"application/vnd.xuda.{cls.__name__.lower()}.v1+json"


class Signature(WireModel):
    keyid: str
    sig: str


class Envelope(WireModel):
    """A payload (base64url) with its type and one signature."""

    payloadType: str
    payload: str
    signatures: list[Signature] = Field(min_length=1, max_length=1)

    @property
    def payload_bytes(self) -> bytes:
        return b64decode(self.payload)

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the payload: the identity of the document."""
        return sha256_hex(self.payload_bytes)

    @property
    def signer(self) -> str:
        return self.signatures[0].keyid

    def to_bytes(self) -> bytes:
        return canonical_json(self.model_dump())

    @classmethod
    def from_bytes(cls, data: bytes | str) -> Envelope:
        """Raises XudaError(FORMAT_INVALID)."""
        try:
            return cls.read(data)
        except ValidationError as error:
            raise XudaError(ErrorCode.FORMAT_INVALID, field="envelope") from error


def _pae(payload_type: str, payload: bytes) -> bytes:
    kind = payload_type.encode("utf-8")
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def sign(document: SignedDocument, key: keys.SigningKey) -> Envelope:
    payload = canonical_json(document.model_dump(mode="json"))
    kind = type(document).payload_type()
    signature = Signature(keyid=key.key_id, sig=b64encode(key.sign(_pae(kind, payload))))
    return Envelope(payloadType=kind, payload=b64encode(payload), signatures=[signature])


def sign_again(envelope: Envelope, key: keys.SigningKey) -> Envelope:
    """The same payload, and so the same document, under another key."""
    signature = Signature(keyid=key.key_id, sig=b64encode(key.sign(_pae(envelope.payloadType, envelope.payload_bytes))))
    return envelope.model_copy(update={"signatures": [signature]})


def open_envelope(envelope: Envelope, kind: type[Document], public_keys: Mapping[str, bytes]) -> Document:
    """Verify, then parse.

    ``public_keys`` maps key ids to 32-byte Ed25519 keys that may sign this kind of document.
    Raises XudaError(KEY_UNKNOWN | SIGNATURE_INVALID | FORMAT_INVALID | VERSION_TOO_NEW).
    """
    public = public_keys.get(envelope.signer)
    if public is None:
        raise XudaError(ErrorCode.KEY_UNKNOWN, keyid=envelope.signer[:8])
    if envelope.payloadType != kind.payload_type():
        raise XudaError(ErrorCode.FORMAT_INVALID, field="payloadType")
    payload = envelope.payload_bytes
    keys.verify(public, b64decode(envelope.signatures[0].sig), _pae(envelope.payloadType, payload))
    return parse_payload(payload, kind)


def parse_payload(payload: bytes, kind: type[Document]) -> Document:
    """Parse a payload whose signature was verified before. Raises XudaError(FORMAT_INVALID)."""
    try:
        return kind.read(payload)
    except ValidationError as error:
        raise XudaError(ErrorCode.FORMAT_INVALID, field=field_of(error)) from error


def field_of(error: ValidationError) -> str:
    """The first field that does not do, with the names above it: ``objects.0.size``."""
    first = error.errors(include_url=False, include_input=False)[0]
    names = [str(part) for part in first["loc"]]
    inner = first.get("ctx", {}).get("error")  # of a part that is read by a model of its own, like an event's data
    return ".".join([*names, field_of(inner)] if isinstance(inner, ValidationError) else names)
