"""Where secrets live: the system's keyring, a file under a passphrase, or, where that is asked for, a plain file.

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
    """The system's keyring. ``namespace`` keeps two data folders of one user apart.

    Raises XudaError(KEYSTORE_LOCKED) when it is locked or the user does not allow its use, KEYSTORE_MISSING when there
    is none any more.
    """

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

    def probe(self) -> None:
        """Write, read and remove something: a keyring that is there may still be locked."""
        self.set("probe", b"probe")
        if self.get("probe") != b"probe":
            raise XudaError(ErrorCode.KEYSTORE_MISSING)
        self.delete("probe")

    def _user(self, name: str) -> str:
        return f"{self._namespace}:{name}"

    def _ask(self, method: str, *values: str) -> Any:
        from keyring.errors import InitError, NoKeyringError

        try:
            return getattr(self._backend, method)(_SERVICE, *values)
        except (InitError, NoKeyringError) as error:
            raise XudaError(ErrorCode.KEYSTORE_MISSING) from error
        except Exception as error:
            # each backend lets errors of its own system through beside keyring's own (a prompt that was cancelled, a
            # bus that went away); to the user all of them are a store that does not open
            log.warning("the system's keyring refused %s: %s", method, type(error).__name__)
            raise XudaError(ErrorCode.KEYSTORE_LOCKED) from error


def read_passphrase(environment: Mapping[str, str]) -> str | None:
    """From XUDA_PASSPHRASE, or the first line of the file XUDA_PASSPHRASE_FILE. Raises XudaError(FILE_MISSING)."""
    if environment.get("XUDA_PASSPHRASE"):
        return environment["XUDA_PASSPHRASE"]
    if not environment.get("XUDA_PASSPHRASE_FILE"):
        return None
    return passphrase_in(Path(environment["XUDA_PASSPHRASE_FILE"]), "XUDA_PASSPHRASE_FILE")


def passphrase_in(path: Path, field: str) -> str | None:
    """The first line of a file, None when it is empty. Raises XudaError(FILE_MISSING) naming the setting ``field``."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise XudaError(ErrorCode.FILE_MISSING, field=field) from error
    return lines[0] if lines and lines[0] else None


def open_keystore(
    data_dir: Path, passphrase: str | None = None, *, plain: bool = False, state_dir: Path | None = None
) -> KeyStore:
    """The keystore of a data folder; the kind chosen when the folder is new stays with it.

    A passphrase that is given (or found in XUDA_PASSPHRASE or XUDA_PASSPHRASE_FILE) is used; else the system's
    keyring. ``plain``: the user asks for a plain file under ``state_dir`` (default: the user's state folder). A folder
    whose keys are in such a file is moved to protection unless ``plain`` asks for it again.

    Raises XudaError(PASSPHRASE_MISSING) when there is neither keyring nor passphrase for a new folder,
    KEYSTORE_UNPROTECTED for an old one in a plain file; PASSPHRASE_NEEDED | PASSPHRASE_WRONG; KEYSTORE_LOCKED for a
    locked or forbidden keyring; KEYSTORE_MISSING when the keys are not where they were left; FORMAT_INVALID for a
    damaged file.
    """
    passphrase = passphrase or read_passphrase(os.environ)
    marker = data_dir / _MARKER
    if marker.exists():
        kind, namespace = _read_marker(marker)
        return _open_known(kind, namespace, data_dir, passphrase, plain, state_dir)
    namespace = uuid.uuid4().hex
    store = _open_new(namespace, data_dir, passphrase, plain, state_dir)
    _write_marker(data_dir, store.kind, namespace)
    return store


def change_passphrase(data_dir: Path, old: str, new: str) -> None:
    """Seal the keys under another passphrase. Nobody else may have the data folder open.

    Raises XudaError(PASSPHRASE_WRONG | SETTING_INVALID); the latter when the keys are not under a passphrase.
    """
    if keystore_kind(data_dir) != PassphraseCodec.kind:
        raise XudaError(ErrorCode.SETTING_INVALID, field="keystore", value=keystore_kind(data_dir) or "")
    path = data_dir / _SEALED
    secrets = FileKeyStore(_existing(path), PassphraseCodec(old)).export()
    with disk_errors():
        replace_file(path, PassphraseCodec(new).encode(secrets))


def set_aside(data_dir: Path) -> Path | None:
    """Give up the keys of a data folder whose passphrase or keyring is lost; the next start makes new ones.

    Nothing is deleted: a sealed file is kept under another name, which is returned, should the passphrase come back.
    """
    sealed, kept = data_dir / _SEALED, None
    with disk_errors():
        if sealed.exists():
            kept = sealed.with_name(f"keystore.lost-{uuid.uuid4().hex[:8]}")
            os.replace(sealed, kept)
        (data_dir / _MARKER).unlink(missing_ok=True)
    return kept


def keystore_kind(data_dir: Path) -> str | None:
    """``keyring``, ``passphrase`` or ``file``; None before the first start. Raises XudaError(FORMAT_INVALID)."""
    marker = data_dir / _MARKER
    return _read_marker(marker)[0] if marker.exists() else None


def _open_new(namespace: str, data_dir: Path, passphrase: str | None, plain: bool, state_dir: Path | None) -> KeyStore:
    if plain:
        _warn_plain()
        return FileKeyStore(_plain_path(namespace, state_dir), PlainCodec())
    if passphrase:
        return FileKeyStore(data_dir / _SEALED, PassphraseCodec(passphrase))
    store = _usable_keyring(namespace)
    if store is None:
        raise XudaError(ErrorCode.PASSPHRASE_MISSING)
    return store


def _usable_keyring(namespace: str) -> KeyringStore | None:
    """None where the system has none. Raises XudaError(KEYSTORE_LOCKED)."""
    backend = _system_keyring()
    if backend is None:
        return None
    store = KeyringStore(backend, namespace)
    try:
        store.probe()
    except XudaError as error:
        if error.code is not ErrorCode.KEYSTORE_MISSING:
            raise
        log.warning("the system's keyring is there but keeps nothing")
        return None
    return store


def _open_known(
    kind: str, namespace: str, data_dir: Path, passphrase: str | None, plain: bool, state_dir: Path | None
) -> KeyStore:
    plain_file = _plain_path(namespace, state_dir)
    if kind == PlainCodec.kind:
        return _open_plain(namespace, data_dir, passphrase, plain, plain_file)
    if kind == PassphraseCodec.kind:
        if not passphrase:
            raise XudaError(ErrorCode.PASSPHRASE_NEEDED)
        store: KeyStore = FileKeyStore(_existing(data_dir / _SEALED), PassphraseCodec(passphrase))
    else:
        backend = _system_keyring()
        if backend is None:
            raise XudaError(ErrorCode.KEYSTORE_MISSING)
        store = KeyringStore(backend, namespace)
    _remove_plain(plain_file)
    return store


def _open_plain(namespace: str, data_dir: Path, passphrase: str | None, plain: bool, path: Path) -> KeyStore:
    """A plain file is left for protection as soon as there is some. The marker is what counts: until it is changed the
    plain file is the truth, and the move begins anew after a crash; from then on the plain file is only a left-over."""
    unprotected = FileKeyStore(_existing(path), PlainCodec())
    if plain:
        _warn_plain()
        return unprotected
    store: FileKeyStore | KeyringStore | None
    if passphrase:
        with disk_errors():
            (data_dir / _SEALED).unlink(missing_ok=True)
        store = FileKeyStore(data_dir / _SEALED, PassphraseCodec(passphrase))
        store.take_over(unprotected.export())
    else:
        store = _usable_keyring(namespace)
        if store is None:
            raise XudaError(ErrorCode.KEYSTORE_UNPROTECTED)
        for name, secret in unprotected.export().items():
            store.set(name, b64decode(secret))
    _write_marker(data_dir, store.kind, namespace)
    _remove_plain(path)
    log.warning("the keys of this device were moved from a plain file to protection (%s)", store.kind)
    return store


def _remove_plain(path: Path) -> None:
    """Overwritten first, as far as the file system allows it."""
    if path.exists():
        with disk_errors():
            replace_file(path, b"")
            path.unlink()


def _existing(path: Path) -> Path:
    if not path.exists():
        raise XudaError(ErrorCode.KEYSTORE_MISSING)
    return path


def _warn_plain() -> None:
    log.warning("keys are in a plain file, as --keystore file asks for: nothing protects them from who can read it")


def _plain_path(namespace: str, state_dir: Path | None) -> Path:
    if state_dir is None:
        import platformdirs

        state_dir = platformdirs.user_state_path("xuda", appauthor=False)
    return state_dir / "keys" / f"{namespace}.json"


def _write_marker(data_dir: Path, kind: str, namespace: str) -> None:
    with disk_errors():
        make_folder(data_dir)
        replace_file(data_dir / _MARKER, canonical_json({"kind": kind, "namespace": namespace}))


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
