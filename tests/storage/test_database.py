"""The database thread: order, transactions, and files that cannot be used."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import sqlite_utils

from app.storage.database import Database
from app.storage.keyfile import FileKeyStore, PassphraseCodec
from app.storage.schema import MIGRATIONS, migrate
from contract.errors import ErrorCode, XudaError
from contract.keys import SigningKey
from tests.storage.office import NAME, WORDS, Device, Office

DATA = Path(__file__).parent / "data"


def refusal(path: Path) -> ErrorCode:
    before = path.read_bytes()
    with pytest.raises(XudaError) as caught:
        Database(path)
    assert path.read_bytes() == before
    return caught.value.code


def filled(tmp_path: Path) -> Path:
    with Device(tmp_path, Office()) as device:
        for _ in range(20):
            device.begin()
    path = tmp_path / "data" / "xuda.db"
    for beside in (".sum", ".copy"):  # as an older version left it: nothing to check against, nothing to restore from
        path.with_name(path.name + beside).unlink()
    return path


def test_the_pragmas_that_make_it_durable_and_forgetful_are_on(tmp_path: Path) -> None:
    database = Database(tmp_path / "xuda.db")
    try:
        for name, value in {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "foreign_keys": 1}.items():
            assert database.call(lambda db, name=name: db.execute(f"PRAGMA {name}").fetchone()[0]) == value
    finally:
        database.close()


def test_a_failed_transaction_leaves_nothing_and_the_next_one_works(tmp_path: Path) -> None:
    database = Database(tmp_path / "xuda.db")

    def fail(db: sqlite_utils.Database) -> None:
        db.table("settings").insert({"name": "a", "value": "1"})
        raise RuntimeError("in the middle")

    try:
        with pytest.raises(RuntimeError):
            database.transaction(fail)
        database.transaction(lambda db: db.table("settings").insert({"name": "b", "value": "2"}))
        assert database.call(lambda db: [row["name"] for row in db.table("settings").rows]) == ["b", "counter"]
    finally:
        database.close()


def test_everything_runs_on_one_thread_in_order_and_calls_nest(tmp_path: Path) -> None:
    database = Database(tmp_path / "xuda.db")
    seen: list[int] = []
    try:
        futures = [database.submit(lambda _db, n=n: seen.append(n)) for n in range(50)]
        names = database.call(lambda _db: database.call(lambda _db: threading.current_thread().name))
        assert seen == list(range(50))
        assert all(future.done() for future in futures)
        assert names == "database"
    finally:
        database.close()


def test_closing_finishes_what_was_queued_and_refuses_what_comes_later(tmp_path: Path) -> None:
    database = Database(tmp_path / "xuda.db")
    gate = threading.Event()
    database.submit(lambda _db: gate.wait(5))
    last = database.submit(lambda db: db.execute("SELECT 1").fetchone()[0])
    gate.set()
    database.close()
    database.close()
    assert last.result() == 1
    with pytest.raises(RuntimeError):
        database.submit(lambda _db: None)


@pytest.mark.parametrize("where", ["start", "middle", "everywhere"])
def test_a_damaged_file_is_refused_and_left_as_it_is(tmp_path: Path, where: str) -> None:
    path = filled(tmp_path)
    data = bytearray(path.read_bytes())
    start = {"start": 0, "middle": 4096, "everywhere": 0}[where]
    end = {"start": 100, "middle": 4096 * 8, "everywhere": len(data)}[where]
    data[start:end] = b"\xa5" * (end - start)
    path.write_bytes(data)
    assert refusal(path) is ErrorCode.DATABASE_DAMAGED


def test_a_cut_file_is_refused(tmp_path: Path) -> None:
    path = filled(tmp_path)
    path.write_bytes(path.read_bytes()[: -4096 * 3])
    assert refusal(path) is ErrorCode.DATABASE_DAMAGED


def test_a_newer_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = filled(tmp_path)
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.close()
    assert refusal(path) is ErrorCode.DATABASE_NEWER


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE interviews (a)")
    connection.close()
    with pytest.raises(XudaError) as caught:
        Database(path)
    assert caught.value.code is ErrorCode.DATABASE_DAMAGED
    connection = sqlite3.connect(path)
    assert [row[0] for row in connection.execute("SELECT name FROM sqlite_master")] == ["interviews"]
    connection.close()


def test_a_refused_database_leaves_no_thread_and_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "xuda.db"
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(XudaError):
        Database(path)
    assert "database" not in {thread.name for thread in threading.enumerate()}
    path.unlink()
    Database(path).close()


def test_a_second_process_is_refused_until_the_first_has_died(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from app.storage.database import Database\n"
        "Database(Path(sys.argv[1])); print('open', flush=True); time.sleep(60)"
    )
    path = tmp_path / "xuda.db"
    with subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE) as first:
        try:
            assert first.stdout is not None
            assert first.stdout.readline() == b"open\n"
            with pytest.raises(XudaError) as caught:
                Database(path)
            assert caught.value.code is ErrorCode.ALREADY_RUNNING
        finally:
            first.kill()
    Database(path).close()


def test_a_migration_that_fails_changes_neither_tables_nor_version(tmp_path: Path) -> None:
    db = sqlite_utils.Database(tmp_path / "xuda.db")
    migrate(db)

    def second(db: sqlite_utils.Database) -> None:
        db.execute("ALTER TABLE kits ADD COLUMN listed INTEGER")
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        migrate(db, (*MIGRATIONS, second))
    assert db.execute("PRAGMA user_version").fetchone()[0] == len(MIGRATIONS)
    assert "listed" not in db.table("kits").columns_dict
    migrate(db, (*MIGRATIONS, lambda db: db.table("kits").add_column("listed", int)))
    assert db.execute("PRAGMA user_version").fetchone()[0] == len(MIGRATIONS) + 1
    assert "listed" in db.table("kits").columns_dict
    db.close()


@pytest.mark.parametrize("version", [1])
def test_a_data_folder_of_every_released_version_still_opens(tmp_path: Path, version: int) -> None:
    shutil.copytree(DATA / f"version-{version}", tmp_path / "data")
    keystore = FileKeyStore(tmp_path / "data" / "keystore.sealed", PassphraseCodec("fixture"))
    office = Office(key=SigningKey.from_bytes(bytes(32)))
    with Device(tmp_path, office, keystore) as device:
        version_now = device.database.call(lambda db: db.execute("PRAGMA user_version").fetchone()[0])
        assert version_now == len(MIGRATIONS)
        (row,) = device.store.interviews()
        assert (row.state.value, row.answered, row.last_seq) == ("active", 1, 4)
        assert device.store.candidate_name(row.interview_id) == NAME
        (take,) = device.store.takes(row.interview_id)
        assert take.transcript is not None
        assert take.transcript.text == WORDS
        with device.store.open_object(take.take_id) as stored:
            assert stored.read() == b"sound" * 100
        assert device.store.draft(row.interview_id, "q2") == "draft"
        assert [event.seq for event in device.store.events(row.interview_id)] == [1, 2, 3, 4]
        assert device.shelf.organisation_name() == "Example Ltd"
        assert [kit.version for kit in device.shelf.kits()] == [1]
        assert device.shelf.admit("ABCD-EFGH").candidate_name == NAME
        device.finish(row.interview_id)
        device.settle(row.interview_id)


def test_an_upgraded_database_has_the_tables_of_a_new_one(tmp_path: Path) -> None:
    """Also fails when a migration that was released is edited instead of followed by a new one."""

    def tables(path: Path) -> set[tuple[str, str]]:
        database = Database(path)
        try:
            return database.call(lambda db: {tuple(row) for row in db.execute("SELECT name, sql FROM sqlite_master")})
        finally:
            database.close()

    shutil.copy(DATA / "version-1" / "xuda.db", tmp_path / "old.db")
    assert tables(tmp_path / "old.db") == tables(tmp_path / "new.db")
