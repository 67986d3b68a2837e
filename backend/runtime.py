"""What every use case needs: database, keys, object store, clock. Opened once per process."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import Engine, func, select

from backend.cabinet import FILE_NAME, Cabinet, KeyCabinet
from backend.db.engine import Database, open_engine
from backend.db.keys import published
from backend.db.migrate import current_version, migrate
from backend.db.models import KeyListRow, OrganisationKeyRow, OrganisationRow
from backend.db.postgres import is_postgres
from backend.keys import KeyFile, KeySource, Secrets, Vault
from backend.objects.folder import FolderStore, make_folder
from backend.objects.store import ObjectStore
from backend.ratelimit import Limits, shared
from backend.settings import Settings
from backend.shelf import Shelf
from contract.canonical import b64encode
from contract.envelope import sign
from contract.errors import ErrorCode, XudaError
from contract.keylist import KeyList, KeyUse, OrganisationKey

_FIRST_WITH_CABINET = "0006"


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Runtime:
    """See module. ``now`` gives the server's wall time (UTC), the only clock that decides anything here.

    ``shelf``: what takes long to open, such as models for scoring.
    """

    settings: Settings
    db: Database
    vault: Vault
    cabinet: Cabinet
    store: ObjectStore
    organisation_id: str
    organisation_name: str
    now: Callable[[], datetime] = _utc_now
    limits: Limits = field(default_factory=Limits)
    shelf: Shelf = field(default_factory=Shelf)

    def close(self) -> None:
        self.db.close()
        self.cabinet.close()


def database_url(settings: Settings) -> str:
    return settings.database or f"sqlite:///{(settings.data / 'hr.db').as_posix()}"


def key_file(settings: Settings) -> KeyFile:
    return KeyFile(settings.data / "keys.json", settings.passphrase)


def create(settings: Settings, organisation: str, *, keys: KeySource | None = None) -> Runtime:
    """Set up an empty data folder for ``organisation`` and open it.

    A set-up that was cut short is finished with the keys that it has made. Raises XudaError(CONFLICT) when the folder
    already holds an organisation.
    """
    make_private_folder(settings.data)
    source = keys or key_file(settings)
    secrets = _first_secrets(settings, source)
    engine = open_engine(database_url(settings))
    cabinet = _make_cabinet(settings, Vault(source, list))
    migrate(engine)
    database = Database(engine, cabinet)
    signing, encryption, now = b64encode(secrets.signing[0].public), b64encode(secrets.encryption[0].public), _utc_now()
    with database.write() as session:
        if session.scalars(select(OrganisationRow)).first() is not None:
            raise XudaError(ErrorCode.CONFLICT, field="data")
        session.add(
            OrganisationRow(name=organisation, sign_key=signing, encryption_key=encryption, created_at=now),
        )
        for use, public in ((KeyUse.SIGNING, signing), (KeyUse.ENCRYPTION, encryption)):
            session.add(OrganisationKeyRow(use=use.value, epoch=1, public=public, since=now))
    database.close()
    cabinet.close()
    return open_runtime(settings, keys=source)


def open_runtime(
    settings: Settings, *, keys: KeySource | None = None, now: Callable[[], datetime] = _utc_now
) -> Runtime:
    """Open an existing data folder and bring its database up to date.

    Raises XudaError(FILE_MISSING | KEYSTORE_LOCKED | FORMAT_INVALID | DATABASE_NEWER | DATABASE_DAMAGED |
    KEY_UNKNOWN); the last when key file and database do not belong together.
    """
    engine = open_engine(database_url(settings))
    vault = Vault(keys or key_file(settings), lambda: _published(database))
    cabinet = _open_cabinet(settings, engine, vault)
    database = Database(engine, cabinet)
    migrate(engine, cabinet=cabinet, vault=vault)
    with database.read() as session:
        row = session.scalars(select(OrganisationRow)).one_or_none()
    if row is None:
        raise XudaError(ErrorCode.FILE_MISSING, file="hr.db")
    store = _open_store(settings)
    limits = Limits()
    if is_postgres(settings.database):
        limits = shared(database, lambda key: vault.keyed_hash(key, "guess"))
    hr = Runtime(settings, database, vault, cabinet, store, row.id, row.name, now, limits)
    _catch_up(hr)
    _issue_first_list(database, vault, row.id, now())
    return hr


def _open_cabinet(settings: Settings, engine: Engine, vault: Vault) -> Cabinet:
    version = current_version(engine)
    if version is not None and version >= _FIRST_WITH_CABINET and not _has_cabinet(settings):
        # an empty one would be made, and what is stored would look as if it had been deleted
        raise XudaError(ErrorCode.FILE_MISSING, file="xuda_keys" if _key_database(settings) else FILE_NAME)
    return _make_cabinet(settings, vault)


def _make_cabinet(settings: Settings, vault: Vault) -> Cabinet:
    address = _key_database(settings)
    if address is None:
        return KeyCabinet(settings.data / FILE_NAME, vault)
    from backend.cabinet_postgres import PostgresCabinet  # late: its driver is there where it is used

    return PostgresCabinet(open_engine(address), vault)


def _has_cabinet(settings: Settings) -> bool:
    address = _key_database(settings)
    if address is None:
        return (settings.data / FILE_NAME).exists()
    from backend.cabinet_postgres import has_keys

    engine = open_engine(address)
    try:
        return has_keys(engine)
    finally:
        engine.dispose()


def _key_database(settings: Settings) -> str | None:
    """Where the storage keys lie, None for a file in the data folder. Raises XudaError(SETTING_INVALID)."""
    address = settings.key_database or settings.database
    if settings.key_database is not None and not is_postgres(settings.key_database):
        raise XudaError(ErrorCode.SETTING_INVALID, field="key_database")
    return address if is_postgres(address) else None


def _open_store(settings: Settings) -> ObjectStore:
    """Raises XudaError(SETTING_INVALID)."""
    folder = settings.data / "objects"
    if settings.objects is None:
        return FolderStore(folder)
    if find_spec("obstore") is None:
        raise XudaError(ErrorCode.SETTING_INVALID, field="objects", detail="pip install 'xuda[s3]'")
    from backend.objects.s3 import S3Settings, S3Store  # late: its library is there where it is used

    given = S3Settings(settings.objects, settings.s3_endpoint, settings.s3_region, settings.s3_key, settings.s3_secret)
    return S3Store(given, folder)


def _published(database: Database) -> list[OrganisationKey]:
    with database.read() as session:
        return published(session)


def _catch_up(hr: Runtime) -> None:
    """Tell a database that was restored from before a change of keys of that change."""
    lists = hr.vault.secrets.lists
    with hr.db.read() as session:
        known = session.scalar(select(func.count()).select_from(KeyListRow)) or 0
    if len(lists) > known:
        from backend.services.restored_keys import catch_up  # late: services stand on this module

        catch_up(hr, lists)


def _issue_first_list(database: Database, vault: Vault, organisation_id: str, now: datetime) -> None:
    """The first link of the chain of key lists, for a new organisation and for one older than the chain.

    Raises XudaError(KEY_UNKNOWN) when the private half of the current signing key is not in the vault.
    """
    key = vault.sign_key
    with database.read() as session:
        if session.get(KeyListRow, 1) is not None:
            return
    with database.write() as session:
        if session.get(KeyListRow, 1) is None:
            first = KeyList(
                organisation_id=organisation_id, serial=1, previous="", issued_at=now, keys=published(session)
            )
            session.add(KeyListRow(serial=1, envelope=sign(first, key).to_bytes().decode("utf-8"), issued_at=now))


def _first_secrets(settings: Settings, source: KeySource) -> Secrets:
    """New keys, or those of a set-up that was cut short before there was anything to open with them."""
    try:
        return source.create()
    except FileExistsError as error:
        if (settings.data / "objects").exists():
            raise XudaError(ErrorCode.CONFLICT, field="data") from error
        return source.load()


def make_private_folder(path: Path) -> None:
    make_folder(path)
    if os.name == "posix":
        path.chmod(0o700)
