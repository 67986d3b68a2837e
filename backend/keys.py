"""The server's secrets: a key file beside the database, readable by its owner only, optionally under a passphrase.

A deployment with a key management service gives :class:`Vault` its own :class:`KeySource` instead of the file.
"""

from __future__ import annotations

import hmac
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from argon2.low_level import Type, hash_secret_raw

from contract.canonical import b64decode, b64encode, canonical_json
from contract.errors import ErrorCode, XudaError
from contract.keys import SigningKey, UnwrapKey, fingerprint
from contract.sealed import open_value, seal_value

_CONTEXT = "xuda-hr key file v1"


@dataclass(frozen=True)
class Secrets:
    """``sign`` and ``unwrap``: the organisation's keys. ``data``: 32 bytes that seal personal columns and key hashes.
    ``lookup_salt`` (base64url): keys the roster's look-up hashes, shared with enrolled devices."""

    sign: SigningKey
    unwrap: UnwrapKey
    data: bytes
    lookup_salt: str

    @classmethod
    def generate(cls) -> Secrets:
        return cls(SigningKey.generate(), UnwrapKey.generate(), os.urandom(32), b64encode(os.urandom(32)))


class KeySource(Protocol):
    """Where the secrets live. ``load`` raises XudaError when they cannot be had."""

    def load(self) -> Secrets: ...

    def create(self) -> Secrets: ...


class KeyFile:
    """Secrets in ``path`` (mode 0600); with a passphrase the content is sealed under an Argon2id key."""

    def __init__(self, path: Path, passphrase: str | None = None) -> None:
        self._path = path
        self._passphrase = passphrase

    def create(self) -> Secrets:
        """New secrets, on disk before they are returned. Raises FileExistsError: keys are never overwritten."""
        secrets = Secrets.generate()
        document = self._document(secrets)
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(canonical_json(document))
            file.flush()
            os.fsync(file.fileno())
        return secrets

    def load(self) -> Secrets:
        """Raises XudaError(FILE_MISSING | KEYSTORE_LOCKED | FORMAT_INVALID)."""
        try:
            document = json.loads(self._path.read_bytes())
        except FileNotFoundError as error:
            raise XudaError(ErrorCode.FILE_MISSING, file=self._path.name) from error
        except ValueError as error:
            raise XudaError(ErrorCode.FORMAT_INVALID, field=self._path.name) from error
        try:
            content = json.loads(self._opened(document)) if "sealed" in document else document["keys"]
            return Secrets(
                SigningKey.from_bytes(b64decode(content["sign"])),
                UnwrapKey.from_bytes(b64decode(content["unwrap"])),
                b64decode(content["data"]),
                content["lookup_salt"],
            )
        except (KeyError, TypeError, ValueError) as error:
            raise XudaError(ErrorCode.FORMAT_INVALID, field=self._path.name) from error

    def _document(self, secrets: Secrets) -> dict[str, Any]:
        content = {
            "sign": b64encode(secrets.sign.to_bytes()),
            "unwrap": b64encode(secrets.unwrap.to_bytes()),
            "data": b64encode(secrets.data),
            "lookup_salt": secrets.lookup_salt,
        }
        if self._passphrase is None:
            return {"version": 1, "keys": content}
        salt = os.urandom(16)
        sealed = seal_value(canonical_json(content), _stretch(self._passphrase, salt), _CONTEXT)
        return {"version": 1, "salt": b64encode(salt), "sealed": sealed}

    def _opened(self, document: dict[str, Any]) -> bytes:
        if self._passphrase is None:
            raise XudaError(ErrorCode.KEYSTORE_LOCKED, field="passphrase")
        key = _stretch(self._passphrase, b64decode(document["salt"]))
        try:
            return open_value(document["sealed"], key, _CONTEXT)
        except XudaError as error:
            raise XudaError(ErrorCode.KEYSTORE_LOCKED, field="passphrase") from error


def _stretch(passphrase: str, salt: bytes) -> bytes:
    secret = passphrase.encode("utf-8")
    return hash_secret_raw(secret, salt, time_cost=3, memory_cost=65536, parallelism=1, hash_len=32, type=Type.ID)


class Vault:
    """Uses the secrets without handing them round."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets

    @property
    def sign_key(self) -> SigningKey:
        return self._secrets.sign

    @property
    def public_keys(self) -> dict[str, bytes]:
        """Key id -> public key of the organisation, as ``open_envelope`` and ``invitation.read`` want it."""
        return {self._secrets.sign.key_id: self._secrets.sign.public}

    @property
    def encryption_key(self) -> str:
        """The organisation's public encryption key, base64url."""
        return b64encode(self._secrets.unwrap.public)

    @property
    def fingerprint(self) -> str:
        return fingerprint(self._secrets.sign.public)

    @property
    def lookup_salt(self) -> str:
        return self._secrets.lookup_salt

    def unwrap(self, wrapped: str, interview_id: str) -> bytes:
        """The 32-byte key of an interview. Raises XudaError(SEALED_DAMAGED)."""
        return self._secrets.unwrap.unwrap(wrapped, interview_id)

    def seal(self, text: str, context: str) -> str:
        return seal_value(text.encode("utf-8"), self._secrets.data, context)

    def open(self, sealed: str, context: str) -> str:
        """Raises XudaError(SEALED_DAMAGED)."""
        return open_value(sealed, self._secrets.data, context).decode("utf-8")

    def keyed_hash(self, text: str, context: str) -> str:
        """64 hex digits; without the data key nothing can be guessed from them."""
        return hmac.new(self._secrets.data, f"{context}\n{text}".encode(), "sha256").hexdigest()
