"""One backend per test module; each test enrols devices and begins interviews of its own.

A module that says ``DATABASES = BOTH`` runs on SQLite and on PostgreSQL, one that says ``DATABASES = STORES`` with a
folder and with a bucket. ``XUDA_TEST_DATABASE=postgresql+s3`` runs every module on PostgreSQL and S3.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.backend.world import Booth, Served, Talk, invite, served

_SQLITE, _POSTGRESQL = "sqlite", "postgresql"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    kinds = getattr(metafunc.module, "DATABASES", ())
    if kinds and "database" in metafunc.fixturenames:
        metafunc.parametrize("database", kinds, indirect=True, scope="module")


@pytest.fixture(scope="module")
def database(request: pytest.FixtureRequest) -> Callable[[], dict[str, str]]:
    """Gives the settings of a new database."""
    kind = os.environ.get("XUDA_TEST_DATABASE") or getattr(request, "param", _SQLITE)
    base, _, more = kind.partition("+")
    new = request.getfixturevalue("cluster").migrated if base == _POSTGRESQL else None
    bucket = request.getfixturevalue("s3") if more else dict
    return lambda: {**({"database": new()} if new else {}), **bucket()}


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory, database: Callable[[], dict[str, str]]) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("hr") / "data", **database()) as found:
        yield found


@pytest.fixture
def own_backend(tmp_path: Path, database: Callable[[], dict[str, str]]) -> Iterator[Served]:
    """A backend for one test that turns its clock or damages its files."""
    with served(tmp_path / "data", **database()) as found:
        yield found


@pytest.fixture
def booth(backend: Served) -> Booth:
    return backend.enrol()


@pytest.fixture
def talk(backend: Served, booth: Booth) -> Talk:
    return Talk(booth, invite(backend.hr, "李雷"))


@pytest.fixture
def other(backend: Served) -> Booth:
    return backend.enrol("Booth 2")
