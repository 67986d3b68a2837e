"""Where secrets live: the system's keyring, a file under a passphrase, or, announced loudly, a plain file elsewhere.

Names used: ``device`` (Ed25519 key), ``storage`` (seals the roster), ``interview:<id>`` (one key per interview).
"""

from __future__ import annotations

import json
import logging
import os
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from app.storage.files import disk_errors, make_folder, replace_file
from app.storage.keyfile import FileKeyStore, PassphraseCodec, PlainCodec
from contract.canonical import b64decode, b64encode, canonical_json
from contract.errors import ErrorCode, XudaError

log = logging.getLogger(__name__)

_MARKER = "keystore.json"
_SEALED = "keystore.sealed"
_SERVICE = "xuda"
_SYSTEM_BACKENDS = frozenset(
    f"keyring.backends.{name}" for name in ("SecretService", "kwallet", "libsecret", "macOS", "Windows")
)


class KeyStore(Protocol):
    """Named secrets. Every call is durable when it returns; all may be called from any thread."""

    @property
    def kind(self) -> str:
        """``keyring``, ``passphrase`` or ``file`` (not protected by anything but the file's permissions)."""
        ...

    def get(self, name: str) -> bytes | None: ...

    def set(self, name: str, secret: bytes) -> None: ...

    def delete(self, name: str) -> None:
        """A name that is not there is no error."""
        ...


class KeyringStore:
    """The system's keyring. ``namespace`` keeps two data folders of one user apart."""

    kind = "keyring"

    def __init__(self, backend: Any, namespace: str) -> None:
        self._backend = backend
        self._namespace = namespace

    def get(self, name: str) -> bytes | None:
        found = self._ask("get_password", self._user(name))
        return None if found is None else b64decode(found)

    def set(self, name: str, secret: bytes) -> None:
        self._ask("set_password", self._user(name), b64encode(secret))

    def delete(self, name: str) -> None:
        if self._ask("get_password", self._user(name)) is not None:
            self._ask("delete_password", self._user(name))

    def _user(self, name: str) -> str:
        return f"{self._namespace}:{name}"

    def _ask(self, method: str, *values: str) -> Any:
        from keyring.errors import KeyringError

        try:
            return getattr(self._backend, method)(_SERVICE, *values)
        except KeyringError as error:
            raise XudaError(ErrorCode.KEYSTORE_LOCKED) from error


def read_passphrase(environment: Mapping[str, str]) -> str | None:
    """From XUDA_PASSPHRASE, or the first line of the file XUDA_PASSPHRASE_FILE. Raises XudaError(FILE_MISSING)."""
    if environment.get("XUDA_PASSPHRASE"):
        return environment["XUDA_PASSPHRASE"]
    if not environment.get("XUDA_PASSPHRASE_FILE"):
        return None
    try:
        lines = Path(environment["XUDA_PASSPHRASE_FILE"]).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise XudaError(ErrorCode.FILE_MISSING, field="XUDA_PASSPHRASE_FILE") from error
    return lines[0] if lines and lines[0] else None


def open_keystore(data_dir: Path, passphrase: str | None = None, *, state_dir: Path | None = None) -> KeyStore:
    """The keystore of a data folder; the kind chosen when the folder is new stays with it.

    A passphrase that is given (or found in XUDA_PASSPHRASE or XUDA_PASSPHRASE_FILE) is used; else the system's
    keyring; else a plain file under ``state_dir`` (default: the user's state folder), never inside the data folder.
    Raises XudaError(KEYSTORE_LOCKED) for a missing or wrong passphrase or a locked keyring, KEYSTORE_MISSING when the
    keys are not where they were left, FORMAT_INVALID for a damaged file.
    """
    passphrase = passphrase or read_passphrase(os.environ)
    marker = data_dir / _MARKER
    if marker.exists():
        kind, namespace = _read_marker(marker)
        return _open_known(kind, namespace, data_dir, passphrase, state_dir)
    namespace = uuid.uuid4().hex
    store = _open_new(namespace, data_dir, passphrase, state_dir)
    with disk_errors():
        make_folder(data_dir)
        replace_file(marker, canonical_json({"kind": store.kind, "namespace": namespace}))
    return store


def _open_new(namespace: str, data_dir: Path, passphrase: str | None, state_dir: Path | None) -> KeyStore:
    if passphrase:
        return FileKeyStore(data_dir / _SEALED, PassphraseCodec(passphrase))
    backend = _system_keyring()
    if backend is not None:
        store = KeyringStore(backend, namespace)
        try:
            store.set("probe", b"probe")
            store.delete("probe")
            return store
        except XudaError:
            log.warning("the system's keyring is there but cannot be used")
    _warn_plain()
    return FileKeyStore(_plain_path(namespace, state_dir), PlainCodec())


def _open_known(kind: str, namespace: str, data_dir: Path, passphrase: str | None, state_dir: Path | None) -> KeyStore:
    if kind == PassphraseCodec.kind:
        if not passphrase:
            raise XudaError(ErrorCode.KEYSTORE_LOCKED)
        return FileKeyStore(_existing(data_dir / _SEALED), PassphraseCodec(passphrase))
    if kind == KeyringStore.kind:
        backend = _system_keyring()
        if backend is None:
            raise XudaError(ErrorCode.KEYSTORE_MISSING)
        return KeyringStore(backend, namespace)
    _warn_plain()
    return FileKeyStore(_existing(_plain_path(namespace, state_dir)), PlainCodec())


def _existing(path: Path) -> Path:
    if not path.exists():
        raise XudaError(ErrorCode.KEYSTORE_MISSING)
    return path


def _warn_plain() -> None:
    log.warning(
        "no system keyring and no passphrase: keys are in a plain file that only this user can read; "
        "set XUDA_PASSPHRASE before the first start to protect them"
    )


def _plain_path(namespace: str, state_dir: Path | None) -> Path:
    if state_dir is None:
        import platformdirs

        state_dir = platformdirs.user_state_path("xuda", appauthor=False)
    return state_dir / "keys" / f"{namespace}.json"


def _read_marker(marker: Path) -> tuple[str, str]:
    with disk_errors():
        data = marker.read_bytes()
    try:
        document = json.loads(data)
        kind, namespace = document["kind"], uuid.UUID(document["namespace"]).hex
    except (ValueError, KeyError, TypeError) as error:
        raise XudaError(ErrorCode.FORMAT_INVALID, field=_MARKER) from error
    if kind not in (PassphraseCodec.kind, KeyringStore.kind, PlainCodec.kind):
        raise XudaError(ErrorCode.FORMAT_INVALID, field=_MARKER)
    return str(kind), namespace


def _system_keyring() -> Any | None:
    """A keyring that the system protects, else None: plain-text and null backends of other packages do not count."""
    import keyring
    from keyring.backends.chainer import ChainerBackend

    chosen = keyring.get_keyring()
    candidates = list(chosen.backends) if isinstance(chosen, ChainerBackend) else [chosen]
    return next((backend for backend in candidates if type(backend).__module__ in _SYSTEM_BACKENDS), None)
