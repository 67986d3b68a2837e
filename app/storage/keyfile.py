"""Keystores that are a file: sealed under a passphrase, or as it is where there is neither keyring nor passphrase."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from app.storage.files import disk_errors, make_folder, replace_file
from contract.canonical import b64decode, b64encode, canonical_json
from contract.errors import ErrorCode, XudaError

# 64 MiB: RFC 9106's second choice; a few tenths of a second at each start
_COST = {"kdf": "argon2id", "iterations": 3, "lanes": 4, "memory": 64 * 1024}
_MOST_MEMORY = 2**30
_MOST_ROUNDS = 64
_FORMAT = "xuda keystore 1"


class PlainCodec:
    """The secrets as JSON. Only for a file outside the data folder that no other user may read."""

    kind = "file"

    def encode(self, secrets: dict[str, str]) -> bytes:
        return canonical_json({"format": _FORMAT, "secrets": secrets})

    def decode(self, data: bytes) -> dict[str, str]:
        return _strings(_document(data)["secrets"])


class PassphraseCodec:
    """AES-256-GCM under a key that Argon2id derives from the passphrase; the parameters are bound to it.

    A file of an earlier version, whose key came from scrypt, is read as well and written anew with Argon2id.
    """

    kind = "passphrase"

    def __init__(self, passphrase: str) -> None:
        self._passphrase = passphrase.encode("utf-8")
        self._head: dict[str, Any] | None = None
        self._aead: AESGCM | None = None

    def encode(self, secrets: dict[str, str]) -> bytes:
        if self._aead is None or self._head is None or self._head["kdf"] != _COST["kdf"]:
            self._use({"format": _FORMAT, "salt": b64encode(os.urandom(16)), **_COST})
        assert self._aead is not None
        assert self._head is not None
        nonce = os.urandom(12)
        sealed = nonce + self._aead.encrypt(nonce, canonical_json(secrets), canonical_json(self._head))
        return canonical_json({**self._head, "sealed": b64encode(sealed)})

    def decode(self, data: bytes) -> dict[str, str]:
        document = _document(data)
        sealed = b64decode(str(document.pop("sealed", "")))
        self._use(document)
        assert self._aead is not None
        try:
            plain = self._aead.decrypt(sealed[:12], sealed[12:], canonical_json(document))
        except (InvalidTag, ValueError) as error:
            raise XudaError(ErrorCode.PASSPHRASE_WRONG) from error
        return _strings(json.loads(plain))

    def _use(self, head: dict[str, Any]) -> None:
        try:
            kdf = _scrypt(head) if head["kdf"] == "scrypt" else _argon2id(head)
        except (KeyError, TypeError, ValueError) as error:
            raise XudaError(ErrorCode.FORMAT_INVALID, field="keystore") from error
        self._head, self._aead = head, AESGCM(kdf.derive(self._passphrase))


def _argon2id(head: dict[str, Any]) -> Argon2id:
    """Raises KeyError, TypeError or ValueError for parameters that are not ours or would eat the machine."""
    rounds, lanes, memory = (int(head[name]) for name in ("iterations", "lanes", "memory"))
    if head["kdf"] != "argon2id" or memory * 1024 > _MOST_MEMORY or rounds > _MOST_ROUNDS or lanes > 16:
        raise ValueError("key derivation")
    return Argon2id(salt=b64decode(head["salt"]), length=32, iterations=rounds, lanes=lanes, memory_cost=memory)


def _scrypt(head: dict[str, Any]) -> Scrypt:
    n, r, p = (int(head[name]) for name in ("n", "r", "p"))
    if 128 * n * r > _MOST_MEMORY or not 0 < p <= 16:
        raise ValueError("key derivation")
    return Scrypt(salt=b64decode(head["salt"]), length=32, n=n, r=r, p=p)


class FileKeyStore:
    """A keystore in one file, rewritten atomically; a removed secret is overwritten on the disk.

    Raises XudaError(PASSPHRASE_WRONG), FORMAT_INVALID for a damaged file, DISK_FULL, DISK_ERROR.
    """

    def __init__(self, path: Path, codec: PlainCodec | PassphraseCodec) -> None:
        self.kind = codec.kind
        self._path = path
        self._codec = codec
        self._lock = threading.Lock()
        self._secrets = self._read()

    def get(self, name: str) -> bytes | None:
        with self._lock:
            text = self._secrets.get(name)
        return None if text is None else b64decode(text)

    def set(self, name: str, secret: bytes) -> None:
        with self._lock:
            self._write({**self._secrets, name: b64encode(secret)})

    def delete(self, name: str) -> None:
        with self._lock:
            if name in self._secrets:
                self._write({key: value for key, value in self._secrets.items() if key != name})

    def take_over(self, secrets: dict[str, str]) -> None:
        """Hold exactly these (name -> base64url), as ``export`` of another store gave them."""
        with self._lock:
            self._write(dict(secrets))

    def export(self) -> dict[str, str]:
        with self._lock:
            return dict(self._secrets)

    def _read(self) -> dict[str, str]:
        with disk_errors():
            if self._path.exists():
                return self._codec.decode(self._path.read_bytes())
            make_folder(self._path.parent)
        self._write({})
        return {}

    def _write(self, secrets: dict[str, str]) -> None:
        with disk_errors():
            replace_file(self._path, self._codec.encode(secrets))
        self._secrets = secrets


def _document(data: bytes) -> dict[str, Any]:
    try:
        document = json.loads(data)
    except ValueError as error:
        raise XudaError(ErrorCode.FORMAT_INVALID, field="keystore") from error
    if not isinstance(document, dict) or document.get("format") != _FORMAT:
        raise XudaError(ErrorCode.FORMAT_INVALID, field="keystore")
    return document


def _strings(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise XudaError(ErrorCode.FORMAT_INVALID, field="keystore")
    return value
