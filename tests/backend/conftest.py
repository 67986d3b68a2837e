"""One backend per test module; each test enrols devices and begins interviews of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.backend.world import Booth, Served, Talk, invite, served


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("hr") / "data") as found:
        yield found


@pytest.fixture
def own_backend(tmp_path: Path) -> Iterator[Served]:
    """A backend for one test that turns its clock or damages its files."""
    with served(tmp_path / "data") as found:
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
