"""One HR per module; each test has a booth of its own that is never online."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.runtime import Runtime
from tests.support.stick import enrolled, office
from tests.sync.device import Device


@pytest.fixture(scope="module")
def hr(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    with office(tmp_path_factory.mktemp("hr") / "data") as found:
        yield found


@pytest.fixture
def own_hr(tmp_path: Path) -> Iterator[Runtime]:
    """For a test that damages files or closes doors."""
    with office(tmp_path / "hr") as found:
        yield found


@pytest.fixture
def booth(hr: Runtime, tmp_path: Path) -> Iterator[Device]:
    device = enrolled(hr, tmp_path / "booth")
    yield device
    device.close()


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder
