"""Every page of the portal asks the database the same number of times, whatever number of rows there is."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from backend import runtime
from backend.settings import Settings
from benchmarks.filling import fill
from benchmarks.lists import Portal

# a page asks a few times more or less for what happens to stand first
_CHANCE = 2


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, int], dict[str, int]]:
    """Queries by page, of few rows and of several hundred."""
    return counts(tmp_path_factory.mktemp("few") / "data", 40), counts(tmp_path_factory.mktemp("many") / "data", 400)


def counts(data: Path, interviews: int) -> dict[str, int]:
    with closing(runtime.create(Settings(data=data), "Filled")) as hr:
        fill(hr, interviews)
        portal = Portal(hr)
        found = {}
        for path, page in portal.pages():
            measured = portal.measure(page, 1)
            if measured is not None:
                found[path] = measured.queries
        portal.close()
    return found


def test_no_page_asks_more_often_when_there_is_more(counted: tuple[dict[str, int], dict[str, int]]) -> None:
    few, many = counted
    lists = {"interviews", "candidates", "batches", "requisitions", "retention", "positions", "devices", "messages"}
    assert {f"/{name}" for name in lists} | {"/batches/{batch_id}"} <= set(many)
    grown = {path: (few[path], many[path]) for path in many if path in few and many[path] > few[path] + _CHANCE}
    assert grown == {}
