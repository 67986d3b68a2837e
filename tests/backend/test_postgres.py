"""What holds on PostgreSQL in particular: several processes, migrations, its failures, what lies in it in clear."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from backend.cabinet import interview_subject
from backend.cabinet_postgres import PostgresCabinet
from backend.db import migrate as migrations
from backend.db.engine import open_engine, writers
from backend.db.migrate import current_version, migrate, newest_version
from backend.db.models import Department
from backend.runtime import Runtime, open_runtime
from backend.services import audit, audit_search, deletion
from contract.errors import ErrorCode, XudaError
from tests.backend import tus
from tests.backend.test_cabinet import DataKey
from tests.backend.world import COMMAND_LINE, Served, Talk, invite, organisation, served
from tests.support.postgres import Cluster
from tests.support.waiting import wait_for

NewDatabase = Callable[[], str]
# writes audit rows, or begins a write and never ends it, in a process of its own
_WRITER = """
import sys, time
from pathlib import Path
from backend.runtime import open_runtime
from backend.services import audit
from backend.settings import Settings
hr = open_runtime(Settings(data=Path(sys.argv[1]), database=sys.argv[2]))
if sys.argv[3] == "hang":
    with hr.db.write() as session:
        audit.record(session, hr.now(), "device:x", "test", "left open")
        print("in it", flush=True)
        time.sleep(600)
for number in range(int(sys.argv[3])):
    audit.record_now(hr, "device:x", "test", f"{sys.argv[4]}:{number}")
hr.close()
"""


@pytest.fixture
def hr(tmp_path: Path, postgres: NewDatabase) -> Iterator[Runtime]:
    with closing(organisation(tmp_path / "data", database=postgres())) as found:
        yield found


def writer(hr: Runtime, *arguments: str) -> subprocess.Popen[str]:
    assert hr.settings.database is not None
    command = [sys.executable, "-c", _WRITER, str(hr.settings.data), hr.settings.database, *arguments]
    return subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_processes_that_write_at_once_keep_one_unbroken_audit_log(hr: Runtime) -> None:
    before = audit_search.rows(hr, COMMAND_LINE)[1]
    writing = [writer(hr, "40", name) for name in ("a", "b")]
    for process in writing:
        assert process.wait(60) == 0, process.communicate()[1]
    assert audit.first_broken(hr) is None
    assert audit_search.rows(hr, COMMAND_LINE)[1] == before + 80
    with hr.db.read() as session:
        assert audit.head_fits(session)


def test_a_process_killed_inside_a_transaction_leaves_nothing_and_holds_up_nobody(hr: Runtime) -> None:
    before = audit_search.rows(hr, COMMAND_LINE)[1]
    process = writer(hr, "hang")
    assert process.stdout is not None
    assert process.stdout.readline() == "in it\n"
    process.kill()
    process.wait(20)
    audit.record_now(hr, COMMAND_LINE, "test", "after it")
    assert audit_search.rows(hr, COMMAND_LINE)[1] == before + 1
    assert audit.first_broken(hr) is None


def test_processes_that_start_at_once_migrate_a_new_database_once(postgres: NewDatabase) -> None:
    address, failures = postgres(), []

    def start() -> None:
        engine = open_engine(address)
        try:
            migrate(engine)
        except Exception as error:
            failures.append(error)
        finally:
            engine.dispose()

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    with closing_engine(address) as engine:
        assert current_version(engine) == newest_version()


def test_a_database_of_each_earlier_version_is_brought_up_to_date(postgres: NewDatabase) -> None:
    address = postgres()
    with closing_engine(address) as engine:
        upgrade_to(engine, "0005")
        with writers(engine).begin() as connection:
            connection.execute(text("INSERT INTO department (id, name) VALUES ('hq', '{\"\": \"hq\"}')"))
        migrate(engine)
        with Session(engine) as session:
            assert session.get_one(Department, "hq").name == {"": "hq"}
        assert current_version(engine) == newest_version()


def test_a_database_of_a_newer_version_is_refused(hr: Runtime) -> None:
    with writers(hr.db.engine).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(XudaError) as caught:
        open_runtime(hr.settings)
    assert caught.value.code is ErrorCode.DATABASE_NEWER


def test_values_that_a_column_cannot_hold_are_refused_as_known_errors(hr: Runtime) -> None:
    for name in ("nul\0", "x" * 500):
        with pytest.raises(XudaError) as caught, hr.db.write() as session:
            session.add(Department(id=name, name={"": "n"}))
        assert caught.value.code is ErrorCode.FORMAT_INVALID
        assert name not in str(caught.value)


def test_a_database_that_is_down_is_told_and_nothing_has_to_be_restarted(
    tmp_path: Path, cluster: Cluster, postgres: NewDatabase
) -> None:
    with served(tmp_path / "data", database=postgres()) as backend:
        booth = backend.enrol()
        cluster.down("fast")
        try:
            answer = booth.call("GET", "/v1/bootstrap")
        finally:
            cluster.up()
        assert (answer.status_code, answer.json()["code"]) == (503, "storage_unreachable")
        wait_for(lambda: booth.call("GET", "/v1/bootstrap").status_code == 200, "the backend to answer again")


@pytest.mark.parametrize("address", ["mysql://u:secret@127.0.0.1/x", "nothing like one"])
def test_an_address_that_is_none_is_refused_without_quoting_it(tmp_path: Path, address: str) -> None:
    with pytest.raises(XudaError) as caught:
        organisation(tmp_path / "data", database=address)
    assert caught.value.code is ErrorCode.SETTING_INVALID
    assert "secret" not in str(caught.value)


def test_a_dump_of_the_database_names_and_quotes_nobody_and_opens_nothing_deleted(
    tmp_path: Path, cluster: Cluster, postgres: NewDatabase
) -> None:
    main, keys = postgres(), postgres()
    with served(tmp_path / "data", database=main, key_database=keys) as backend:
        talk = told(backend)
        stolen = cluster.dump(main) + cluster.dump(keys)
        for needle in ("李雷", "13800138000", "something said"):
            assert needle not in stolen
        subject = interview_subject(talk.interview_id)
        assert subject in cluster.dump(keys)
        assert "CREATE TABLE xuda_keys" not in cluster.dump(main)
        deletion.delete_interview(backend.hr, COMMAND_LINE, talk.interview_id)
        assert subject not in cluster.dump(keys)


def test_keys_that_are_gone_are_refused_instead_of_looking_deleted(hr: Runtime) -> None:
    assert hr.settings.database is not None
    with psycopg.connect(hr.settings.database, autocommit=True) as connection:
        connection.execute("DROP SCHEMA xuda_keys CASCADE")
    with pytest.raises(XudaError) as caught:
        open_runtime(hr.settings)
    assert caught.value.code is ErrorCode.FILE_MISSING


def test_the_cabinet_agrees_on_one_key_undoes_together_and_destroys(postgres: NewDatabase) -> None:
    address, vault, sealed = postgres(), DataKey(), []
    with (
        closing(PostgresCabinet(open_engine(address), vault)) as first,
        closing(PostgresCabinet(open_engine(address), vault)) as second,
    ):
        work = [lambda c=cabinet: sealed.append(c.seal("a", "words", "p")) for cabinet in (first, second) * 4]
        threads = [threading.Thread(target=job) for job in work]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert [second.open("a", item, "p") for item in sealed] == ["words"] * 8

        def pulled() -> None:
            with first.together():
                first.seal("b", "words", "p")
                first.remember("b", [("phone", "x")])
                assert first.find("phone", "x") == ["b"]
                raise RuntimeError("pulled plug")

        with pytest.raises(RuntimeError):
            pulled()
        assert (second.subjects(), second.find("phone", "x")) == ({"a"}, [])

        first.remember("a", [("phone", "x"), ("email", "y")])
        first.remember("a", [("phone", "z")])
        assert (second.find("phone", "x"), second.find("phone", "z")) == ([], ["a"])
        second.destroy(["a", "never-there"])
        assert (first.subjects(), first.find("phone", "z")) == (set(), [])
        with pytest.raises(XudaError) as caught:
            first.open("a", sealed[0], "p")
        assert caught.value.code is ErrorCode.KEY_DESTROYED


def test_the_commands_work_by_settings_alone(tmp_path: Path, postgres: NewDatabase) -> None:
    environment = {"XUDA_HR_DATABASE": postgres(), "XUDA_HR_DATA": str(tmp_path / "data")}

    def run(*arguments: str) -> str:
        command = [sys.executable, "-m", "backend", *arguments]
        done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "Somebody" in run("init", "--organisation", "Somebody")
    assert "Enrolment" in run("device", "code")
    assert not (tmp_path / "data" / "hr.db").exists()
    assert not (tmp_path / "data" / "vault.db").exists()


def told(backend: Served) -> Talk:
    talk = Talk(backend.enrol(), invite(backend.hr, "李雷"))
    talk.started()
    talk.consented()
    sealed = talk.seal(b"a face")
    talk.spoken(sealed)
    talk.heard("something said")
    talk.finished()
    talk.put_all()
    tus.upload(talk, sealed)
    answer = talk.deliver(talk.manifest([sealed.ref]))
    assert answer.status_code in (200, 201), answer.text
    return talk


@contextmanager
def closing_engine(address: str) -> Iterator[Engine]:
    engine = open_engine(address)
    yield engine
    engine.dispose()


def upgrade_to(engine: Engine, version: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    with writers(engine).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)
