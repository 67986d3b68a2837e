"""Servers that share a database and a bucket: what one began another goes on with, and one alone does the chores."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from backend.runtime import Runtime, open_runtime
from backend.services import audit
from contract.errors import ErrorCode, XudaError
from tests.backend import tus
from tests.backend.world import Clock, Served, Talk, invite, organisation
from tests.support.waiting import wait_for

NewDatabase = Callable[[], str]
NewBucket = Callable[[], dict[str, str]]
_HOLDERS = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = 1 AND granted"


@pytest.fixture
def hr(tmp_path: Path, postgres: NewDatabase, s3: NewBucket) -> Iterator[Runtime]:
    with closing(organisation(tmp_path / "data", database=postgres(), **s3())) as found:
        yield found


@contextmanager
def server(hr: Runtime) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A server in a process of its own; its address."""
    settings = hr.settings
    names = {"DATA": settings.data, "DATABASE": settings.database, "OBJECTS": settings.objects}
    more = {"S3_ENDPOINT": settings.s3_endpoint, "S3_KEY": settings.s3_key, "S3_SECRET": settings.s3_secret}
    given = {f"XUDA_HR_{name}": str(value) for name, value in {**names, **more}.items()}
    command = [sys.executable, "-m", "backend", "serve", "--port", "0", "--lang", "en"]
    with subprocess.Popen(command, env={**os.environ, **given}, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().split()[-1], process
        finally:
            process.kill()


def holders(hr: Runtime) -> set[int]:
    assert hr.settings.database is not None
    with psycopg.connect(hr.settings.database) as connection:
        return {row[0] for row in connection.execute(_HOLDERS)}


def test_an_interview_begun_at_one_server_is_delivered_at_another_after_it_was_killed(hr: Runtime) -> None:
    with ExitStack() as stack:
        first, process = stack.enter_context(server(hr))
        wait_for(lambda: len(holders(hr)) == 1, "the first server to have the chores", seconds=30)
        (leader,) = holders(hr)
        second, _ = stack.enter_context(server(hr))
        booth = Served(first, hr, Clock()).enrol()
        talk = Talk(booth, invite(hr, "李雷"))
        talk.started()
        sealed = talk.seal(os.urandom(300_000))
        talk.spoken(sealed)
        talk.heard("hello there")
        talk.finished()
        assert talk.put(1).status_code == 201
        upload = tus.location(talk, sealed)
        assert tus.patch(booth, upload, 0, sealed.data[:100_000]).status_code == 204
        process.kill()
        process.wait(20)

        booth.url = second
        talk.put_all()
        upload = upload.replace(first, second)
        assert tus.offset(booth, upload) == 100_000
        assert tus.patch(booth, upload, 100_000, sealed.data[100_000:]).status_code == 204
        answer = talk.deliver(talk.manifest([sealed.ref]))
        assert answer.json()["receipt"] is not None
        assert talk.check()["receipt_serial"] == 4
        wait_for(lambda: holders(hr) - {leader}, "the other to have the chores", seconds=40)
    assert audit.first_broken(hr) is None


def test_wrong_guesses_are_counted_over_all_processes(hr: Runtime) -> None:
    with closing(open_runtime(replace(hr.settings))) as other:
        for number in range(20):
            (hr if number % 2 else other).limits.sign_in.count("192.0.2.7")
        for one in (hr, other):
            with pytest.raises(XudaError) as caught:
                one.limits.sign_in.check("192.0.2.7")
            assert caught.value.code is ErrorCode.RATE_LIMITED
            one.limits.sign_in.check("192.0.2.8")
    assert hr.settings.database is not None
    with psycopg.connect(hr.settings.database) as connection:
        assert "192.0.2.7" not in str(connection.execute("SELECT * FROM guess").fetchall())
