from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.storage.office import Device, Office


@pytest.fixture(scope="session")
def office() -> Office:
    return Office()


@pytest.fixture
def device(tmp_path: Path, office: Office) -> Iterator[Device]:
    with Device(tmp_path, office) as opened:
        yield opened
