"""Every page of the portal asks the database the same number of times, whatever number of rows there is."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

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


def test_no_page_goes_through_all_interviews_for_each_of_many_rows(tmp_path: Path) -> None:
    """What SQLite plans without statistics, as on a database that is new: joined by an index that nearly all share."""
    asked: dict[str, Any] = {}
    with closing(runtime.create(Settings(data=tmp_path / "data"), "Filled")) as hr:
        fill(hr, 40)
        portal = Portal(hr)
        event.listen(hr.db.engine, "before_cursor_execute", lambda *about: asked.update({about[2]: about[3]}))
        for _, page in portal.pages():
            portal.measure(page, 1)
        with hr.db.engine.connect() as connection:
            plans = {
                row[3]: sql
                for sql, values in list(asked.items())
                if sql.startswith("SELECT")
                for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)
            }
        portal.close()
    shared = ("interview_counted", "interview_listed", "interview_standing", "SCAN interview")
    wrong = [step for step in plans if "LEFT-JOIN" in step and any(name in step for name in shared)]
    assert wrong == []
    assert any("interview_of_person" in step for step in plans), "the analytics are among them"


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
