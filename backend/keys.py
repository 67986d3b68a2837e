"""The server's secrets: a key file beside the database, readable by its owner only, optionally under a passphrase.

A deployment with a key management service gives :class:`Vault` its own :class:`KeySource` instead of the file.
"""

from __future__ import annotations

import hmac
import json
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from argon2.low_level import Type, hash_secret_raw

from backend.objects.folder import sync_file, sync_folder
from contract.canonical import b64decode, b64encode, canonical_json
from contract.errors import ErrorCode, XudaError
from contract.keylist import KeyUse, OrganisationKey, accepted, public_keys
from contract.keys import SigningKey, UnwrapKey, fingerprint
from contract.sealed import open_value, seal_value

_CONTEXT = "xuda-hr key file v1"
_LOOK_AGAIN = 2.0


@dataclass(frozen=True)
class Secrets:
    """``signing`` and ``encryption``: the organisation's private keys, in any order; which of them is current stands in
    the database. ``data``: 32 bytes that seal personal columns and key hashes. ``lookup_salt`` (base64url): keys the
    roster's look-up hashes, shared with enrolled devices. ``lists``: the signed key lists (JSON) up to the last change,
    so that a database restored from before it can be told of it."""

    signing: tuple[SigningKey, ...]
    encryption: tuple[UnwrapKey, ...]
    data: bytes
    lookup_salt: str
    lists: tuple[str, ...] = ()

    @classmethod
    def generate(cls) -> Secrets:
        return cls((SigningKey.generate(),), (UnwrapKey.generate(),), os.urandom(32), b64encode(os.urandom(32)))


class KeySource(Protocol):
    """Where the secrets live. Every method raises XudaError when they cannot be had."""

    def load(self) -> Secrets: ...

    def create(self) -> Secrets: ...

    def save(self, secrets: Secrets) -> None:
        """Replace them, durably and as a whole."""
        ...

    def stamp(self) -> object:
        """Another value when the secrets may have changed since."""
        ...


class KeyFile:
    """Secrets in ``path`` (mode 0600); with a passphrase the content is sealed under an Argon2id key."""

    def __init__(self, path: Path, passphrase: str | None = None) -> None:
        self._path = path
        self._passphrase = passphrase

    def create(self) -> Secrets:
        """New secrets, on disk before they are returned. Raises FileExistsError: keys are never overwritten."""
        if self._path.exists():
            raise FileExistsError(self._path.name)
        secrets = Secrets.generate()
        temporary = self._temporary()
        self._write(temporary, secrets)
        os.replace(temporary, self._path)  # never half a file under that name, wherever the power goes
        sync_folder(self._path.parent)
        return secrets

    def save(self, secrets: Secrets) -> None:
        """The old content is gone from the name, and overwritten where the file system allows it: it may hold a key
        that was destroyed. Raises XudaError(DISK_ERROR)."""
        try:
            temporary = self._temporary()
            self._write(temporary, secrets)
            _replace(temporary, self._path)
        except OSError as error:
            raise XudaError(ErrorCode.DISK_ERROR, file=self._path.name) from error

    def _temporary(self) -> Path:
        """A name beside the file's own that is free."""
        temporary = self._path.with_name(self._path.name + ".new")
        temporary.unlink(missing_ok=True)
        return temporary

    def stamp(self) -> object:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size

    def load(self) -> Secrets:
        """Raises XudaError(FILE_MISSING | KEYSTORE_LOCKED | FORMAT_INVALID | DISK_ERROR)."""
        try:
            document = json.loads(self._path.read_bytes())
        except FileNotFoundError as error:
            raise XudaError(ErrorCode.FILE_MISSING, file=self._path.name) from error
        except OSError as error:
            raise XudaError(ErrorCode.DISK_ERROR, file=self._path.name) from error
        except ValueError as error:
            raise XudaError(ErrorCode.FORMAT_INVALID, field=self._path.name) from error
        try:
            content = json.loads(self._opened(document)) if "sealed" in document else document["keys"]
            return _read(content)
        except (KeyError, TypeError, ValueError) as error:
            raise XudaError(ErrorCode.FORMAT_INVALID, field=self._path.name) from error

    def _write(self, path: Path, secrets: Secrets) -> None:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(canonical_json(self._document(secrets)))
            file.flush()
            os.fsync(file.fileno())

    def _document(self, secrets: Secrets) -> dict[str, Any]:
        content = {
            "signing": [b64encode(key.to_bytes()) for key in secrets.signing],
            "encryption": [b64encode(key.to_bytes()) for key in secrets.encryption],
            "data": b64encode(secrets.data),
            "lookup_salt": secrets.lookup_salt,
            "lists": list(secrets.lists),
        }
        if self._passphrase is None:
            return {"version": 2, "keys": content}
        salt = os.urandom(16)
        sealed = seal_value(canonical_json(content), stretch(self._passphrase, salt), _CONTEXT)
        return {"version": 2, "salt": b64encode(salt), "sealed": sealed}

    def _opened(self, document: dict[str, Any]) -> bytes:
        if self._passphrase is None:
            raise XudaError(ErrorCode.KEYSTORE_LOCKED, field="passphrase")
        key = stretch(self._passphrase, b64decode(document["salt"]))
        try:
            return open_value(document["sealed"], key, _CONTEXT)
        except XudaError as error:
            raise XudaError(ErrorCode.KEYSTORE_LOCKED, field="passphrase") from error


def _read(content: dict[str, Any]) -> Secrets:
    # version 1 had one key of each use, under other names
    signing = content["signing"] if "signing" in content else [content["sign"]]
    encryption = content["encryption"] if "encryption" in content else [content["unwrap"]]
    return Secrets(
        tuple(SigningKey.from_bytes(b64decode(key)) for key in signing),
        tuple(UnwrapKey.from_bytes(b64decode(key)) for key in encryption),
        b64decode(content["data"]),
        content["lookup_salt"],
        tuple(str(text) for text in content.get("lists", ())),
    )


def _replace(temporary: Path, path: Path) -> None:
    if os.name != "posix":
        os.replace(temporary, path)  # an open file cannot be replaced there, so the old content is not overwritten
        return
    with path.open("r+b") as old:
        os.replace(temporary, path)
        sync_folder(path.parent)
        old.write(bytes(os.fstat(old.fileno()).st_size))
        sync_file(old)


def stretch(passphrase: str, salt: bytes) -> bytes:
    secret = passphrase.encode("utf-8")
    return hash_secret_raw(secret, salt, time_cost=3, memory_cost=65536, parallelism=1, hash_len=32, type=Type.ID)


class Vault:
    """Uses the secrets without handing them round.

    ``published`` gives the organisation's public keys as the database has them. Keys may be changed by another process
    (``xuda-hr key rotate`` beside a server), so both are looked at again when they may have changed.
    """

    def __init__(self, source: KeySource, published: Callable[[], list[OrganisationKey]]) -> None:
        """Raises what ``source.load`` raises. The public keys are asked for when they are first needed."""
        self._source = source
        self._published = published
        self._lock = threading.Lock()
        self._stamp = source.stamp()
        self._secrets = source.load()
        self._keys: list[OrganisationKey] = []
        self._looked = float("-inf")

    def reload(self) -> None:
        """Look again now."""
        with self._lock:
            self._look()

    @property
    def source(self) -> KeySource:
        return self._source

    @property
    def secrets(self) -> Secrets:
        """For changing the keys (``services.organisation_keys``) alone."""
        return self._fresh()[0]

    @property
    def keys(self) -> list[OrganisationKey]:
        """Every public key the organisation ever had."""
        return self._fresh()[1]

    @property
    def sign_key(self) -> SigningKey:
        """The current one. Raises XudaError(KEY_UNKNOWN) when its private half is not here."""
        secrets, keys = self._fresh()
        public = _current(keys, KeyUse.SIGNING)
        for key in secrets.signing:
            if b64encode(key.public) == public:
                return key
        raise XudaError(ErrorCode.KEY_UNKNOWN, keyid=public[:8])

    @property
    def public_keys(self) -> dict[str, bytes]:
        """Key id -> public key of everything the organisation ever signed with, as ``open_envelope`` wants it: for
        reading what was stored here."""
        return public_keys(key for key in self.keys if key.use is KeyUse.SIGNING)

    def accepted_keys(self, at: datetime | None) -> dict[str, bytes]:
        """Key id -> public key for what comes from outside at a time: neither revoked nor past its overlap."""
        return accepted(self.keys, at)

    @property
    def encryption_key(self) -> str:
        """The organisation's current public encryption key, base64url."""
        return _current(self.keys, KeyUse.ENCRYPTION)

    @property
    def fingerprint(self) -> str:
        return fingerprint(b64decode(_current(self.keys, KeyUse.SIGNING)))

    @property
    def lookup_salt(self) -> str:
        return self._secrets.lookup_salt

    def unwrap(self, wrapped: str, interview_id: str) -> bytes:
        """The 32-byte key of an interview, whatever epoch it was wrapped to. Raises XudaError(SEALED_DAMAGED)."""
        return self.unwrap_with(wrapped, interview_id)[0]

    def unwrap_with(self, wrapped: str, interview_id: str) -> tuple[bytes, str]:
        """The key, and the public half (base64url) of the one it was wrapped to. Raises XudaError(SEALED_DAMAGED)."""
        for key in reversed(self._fresh()[0].encryption):
            try:
                return key.unwrap(wrapped, interview_id), b64encode(key.public)
            except XudaError:
                continue
        raise XudaError(ErrorCode.SEALED_DAMAGED, field="wrapped_key")

    def seal(self, text: str, context: str) -> str:
        return seal_value(text.encode("utf-8"), self._secrets.data, context)

    def open(self, sealed: str, context: str) -> str:
        """Raises XudaError(SEALED_DAMAGED)."""
        return open_value(sealed, self._secrets.data, context).decode("utf-8")

    def keyed_hash(self, text: str, context: str) -> str:
        """64 hex digits; without the data key nothing can be guessed from them."""
        return hmac.new(self._secrets.data, f"{context}\n{text}".encode(), "sha256").hexdigest()

    def _fresh(self) -> tuple[Secrets, list[OrganisationKey]]:
        with self._lock:
            if time.monotonic() - self._looked > _LOOK_AGAIN or self._source.stamp() != self._stamp:
                self._look()
            return self._secrets, self._keys

    def _look(self) -> None:
        stamp = self._source.stamp()
        if stamp != self._stamp:
            self._secrets, self._stamp = self._source.load(), stamp
        self._keys = self._published()
        self._looked = time.monotonic()


def _current(keys: list[OrganisationKey], use: KeyUse) -> str:
    return max((key for key in keys if key.use is use), key=lambda key: key.epoch).public
