"""A PostgreSQL server of the test run's own: in a folder of its own, on a free port, gone at the end."""

from __future__ import annotations

import glob
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.databases import migrated

_PASSWORD = secrets.token_hex(8)
# a test's data need not survive the power: nothing is synced
_OPTIONS = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c listen_addresses=127.0.0.1"


def programs() -> Path | None:
    """The folder of ``initdb`` and ``postgres``; distributions keep them out of the path."""
    found = shutil.which("initdb")
    folders = [*([str(Path(found).parent)] if found else []), *sorted(glob.glob("/usr/lib/postgresql/*/bin"))]
    return next((Path(folder) for folder in reversed(folders) if (Path(folder) / "initdb").exists()), None)


class Cluster:
    """A server; :meth:`new` gives the address of an empty database of it."""

    def __init__(self, bin_folder: Path) -> None:
        self._bin = bin_folder
        self._folder = Path(tempfile.mkdtemp(prefix="xuda-postgres-"))
        self._user = _user()
        if self._user:
            shutil.chown(self._folder, self._user)
        self._count = 0
        self._template = ""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])

    def start(self) -> None:
        words = self._folder / "password"
        words.write_text(_PASSWORD)
        if self._user:
            shutil.chown(words, self._user)
        self._run("initdb", "--username=xuda", f"--pwfile={words}", "--auth=scram-sha-256", "--no-sync", "-E", "UTF8")
        self.up()

    def up(self) -> None:
        options = f"-p {self.port} -c unix_socket_directories={self._folder} {_OPTIONS}"
        self._run("pg_ctl", "start", "-w", "-l", str(self._folder / "log"), "-o", options)

    def down(self, how: str = "immediate") -> None:
        self._run("pg_ctl", "stop", "-w", "-m", how)

    def close(self) -> None:
        self.down()
        shutil.rmtree(self._folder, ignore_errors=True)

    def new(self, template: str = "template1") -> str:
        """The address of an empty database."""
        import psycopg

        self._count += 1
        name = f"test{self._count}"
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        return self._address(name)

    def migrated(self) -> str:
        """The address of a database without rows; the migrations have run once for all of them."""
        if not self._template:
            address = self.new()
            migrated(address)
            self._template = address.rpartition("/")[2]
        return self.new(self._template)

    def dump(self, address: str) -> str:
        """All of a database as SQL, as ``pg_dump`` writes it."""
        return self._run("pg_dump", f"--dbname={address}")

    def _address(self, name: str) -> str:
        return f"postgresql://xuda:{_PASSWORD}@127.0.0.1:{self.port}/{name}"

    def _run(self, program: str, *arguments: str) -> str:
        environment = {**os.environ, "PGDATA": str(self._folder / "data"), "LC_ALL": "C.UTF-8"}
        command = [str(self._bin / program), *arguments]
        with tempfile.TemporaryFile() as out:  # no pipe: the server would keep it open
            done = subprocess.run(
                command, user=self._user, env=environment, cwd=self._folder, stdout=out, stderr=subprocess.STDOUT
            )
            out.seek(0)
            text = out.read().decode()
        assert done.returncode == 0, text
        return text


def _user() -> str | None:
    """PostgreSQL does not run for root."""
    if os.geteuid() != 0:
        return None
    import pwd

    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """One server per test process, started by the first test that wants it."""
    found = programs() if os.name == "posix" else None
    if found is None:
        pytest.skip("PostgreSQL is not installed")
    made = Cluster(found)
    made.start()
    try:
        yield made
    finally:
        made.close()


@pytest.fixture(scope="session")
def postgres(cluster: Cluster) -> Callable[[], str]:
    """Gives the address of a new empty database."""
    return cluster.new
