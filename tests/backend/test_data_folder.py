"""The data folder: keys under a passphrase, migrations, databases that are newer, damaged or of somebody else."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sqlite3
import stat
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from backend import runtime
from backend.db import engine
from backend.db.engine import open_engine
from backend.db.migrate import migrate, newest_version
from backend.db.models import Base
from backend.settings import Settings
from contract.errors import ErrorCode, XudaError
from tests.backend.world import organisation


@pytest.fixture
def data(tmp_path: Path) -> Path:
    organisation(tmp_path / "data").close()
    return tmp_path / "data"


def refused(data: Path, **settings: str) -> ErrorCode:
    with pytest.raises(XudaError) as caught:
        runtime.open_runtime(Settings(data=data, **settings))  # type: ignore[arg-type]
    return caught.value.code


def test_a_folder_opens_again_with_the_same_organisation(data: Path) -> None:
    first = runtime.open_runtime(Settings(data=data))
    second = runtime.open_runtime(Settings(data=data))
    assert first.vault.fingerprint == second.vault.fingerprint
    assert first.organisation_id == second.organisation_id
    first.close()
    second.close()


def test_a_folder_is_never_set_up_twice(data: Path) -> None:
    before = (data / "keys.json").read_bytes()
    with pytest.raises(XudaError) as caught:
        runtime.create(Settings(data=data), "Another")
    assert caught.value.code is ErrorCode.CONFLICT
    assert (data / "keys.json").read_bytes() == before


@pytest.mark.parametrize("passphrase", [None, "open sesame"])
def test_a_set_up_that_was_cut_short_is_finished(tmp_path: Path, passphrase: str | None) -> None:
    settings = Settings(data=tmp_path, passphrase=passphrase)
    begun = runtime.key_file(settings).create()
    hr = runtime.create(settings, "Organisation")
    assert hr.vault.sign_key.public == begun.signing[0].public
    hr.close()


def test_keys_without_a_database_are_not_used_again_when_there_were_recordings(data: Path) -> None:
    (data / "objects").mkdir()
    for file in data.glob("hr.db*"):
        file.unlink()
    with pytest.raises(XudaError) as caught:
        runtime.create(Settings(data=data), "Another")
    assert caught.value.code is ErrorCode.CONFLICT


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps rights elsewhere")
def test_only_the_owner_reads_keys_and_folder(data: Path) -> None:
    assert stat.S_IMODE((data / "keys.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(data.stat().st_mode) == 0o700


def test_a_passphrase_seals_the_keys(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, passphrase="open sesame")
    first = runtime.create(settings, "Organisation")
    fingerprint = first.vault.fingerprint
    first.close()
    assert "keys" not in json.loads((tmp_path / "keys.json").read_text())
    assert refused(tmp_path) is ErrorCode.KEYSTORE_LOCKED
    assert refused(tmp_path, passphrase="open barley") is ErrorCode.KEYSTORE_LOCKED
    again = runtime.open_runtime(settings)
    assert again.vault.fingerprint == fingerprint
    again.close()


def test_a_database_of_a_newer_version_is_refused_and_left_alone(data: Path) -> None:
    with sqlite3.connect(data / "hr.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    assert refused(data) is ErrorCode.DATABASE_NEWER
    with sqlite3.connect(data / "hr.db") as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("9999",)
    connection.close()


def test_a_damaged_database_is_said(data: Path) -> None:
    for path in data.glob("hr.db*"):
        path.write_bytes(b"not a database at all" * 500)
    assert refused(data) is ErrorCode.DATABASE_DAMAGED


@pytest.mark.parametrize("name", ["hr.db", "vault.db"])
@pytest.mark.parametrize("missing", [1, 100, 4096, 8192])
def test_a_database_without_its_end_is_said_before_anything_is_read_of_it(data: Path, name: str, missing: int) -> None:
    """SQLite reads what is not there as rows of nothing."""
    file = data / name
    file.write_bytes(file.read_bytes()[:-missing])
    assert refused(data) is ErrorCode.DATABASE_DAMAGED


def test_keys_and_database_of_different_organisations_do_not_open(data: Path, tmp_path: Path) -> None:
    organisation(tmp_path / "other").close()
    shutil.copy(tmp_path / "other" / "keys.json", data / "keys.json")
    assert refused(data) is ErrorCode.KEY_UNKNOWN


@pytest.mark.parametrize("content", ["", "{}", "[]", "{", '{"keys": {"sign": "x"}}'])
def test_a_broken_key_file_is_said(data: Path, content: str) -> None:
    (data / "keys.json").write_text(content)
    assert refused(data) is ErrorCode.FORMAT_INVALID


def test_a_folder_without_keys_is_said(tmp_path: Path) -> None:
    assert refused(tmp_path) is ErrorCode.FILE_MISSING


@pytest.mark.filterwarnings("ignore:autogenerate skipping")  # an index by an expression
def test_the_migrations_make_exactly_the_tables_of_the_models(data: Path) -> None:
    engine = open_engine(f"sqlite:///{data / 'hr.db'}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert context.get_current_revision() == newest_version()
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from alembic.operations import Operations

    made: list[str] = []
    create_table = Operations.create_table

    def failing(self: Operations, name: str, *columns: object, **more: object) -> object:
        if name == "interview":
            raise RuntimeError("pulled plug")
        made.append(name)
        return create_table(self, name, *columns, **more)  # type: ignore[arg-type]

    engine = open_engine(f"sqlite:///{tmp_path / 'hr.db'}")
    with monkeypatch.context() as patch:
        patch.setattr(Operations, "create_table", failing)
        with pytest.raises(RuntimeError):
            migrate(engine)
    assert made
    with engine.connect() as connection:
        tables = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars().all()
    assert tables == []
    migrate(engine)
    engine.dispose()


def test_the_database_is_durable_and_checks_references(data: Path) -> None:
    engine = open_engine(f"sqlite:///{data / 'hr.db'}")
    with engine.connect() as connection:
        values = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    engine.dispose()
    assert values == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


@pytest.mark.parametrize(
    ("word", "overwritten"),
    [
        (b"CREATE TABLE organisation", b"CREATE T\x80\x80LE organisation"),
        (b"Test organisation", b"Test org\x80\x80isation"),
        (b"created_at DATETIME", b"creaaed_at DATETIME"),
    ],
)
def test_a_damaged_database_is_refused_without_quoting_it(tmp_path: Path, word: bytes, overwritten: bytes) -> None:
    data = tmp_path / "data"
    organisation(data).close()
    content = (data / "hr.db").read_bytes()
    assert word in content
    (data / "hr.db").write_bytes(content.replace(word, overwritten))
    with pytest.raises(XudaError) as caught:
        runtime.open_runtime(Settings(data=data)).close()
    assert caught.value.code is ErrorCode.DATABASE_DAMAGED
    assert "organisation" not in str(caught.value)


def test_a_damaged_time_is_said_without_quoting_it(data: Path) -> None:
    with sqlite3.connect(data / "hr.db") as connection:
        connection.execute("UPDATE organisation SET created_at = '2026-11-22 13:52:57\x0e612588'")
    connection.close()
    assert refused(data) is ErrorCode.DATABASE_DAMAGED


def test_a_disk_that_is_full_when_the_database_is_opened_is_said_so(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(engine, "sync_folder", full)
    assert refused(data) is ErrorCode.DISK_FULL
