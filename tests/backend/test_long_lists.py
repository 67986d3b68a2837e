"""Lists too long to open every name of: what the database sorts and counts is what one would see by opening all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from backend import runtime
from backend.runtime import Runtime
from backend.services import interviews, listings
from backend.services.interview_rows import ListQuery
from backend.settings import Settings
from benchmarks.filling import fill
from contract.events import HrState
from tests.backend.world import BOTH, COMMAND_LINE

DATABASES = BOTH


@pytest.fixture(scope="module")
def hr(tmp_path_factory: pytest.TempPathFactory, database: Callable[[], dict[str, str]]) -> Iterator[Runtime]:
    settings = Settings(data=tmp_path_factory.mktemp("hr") / "data", **database())  # type: ignore[arg-type]
    with closing(runtime.create(settings, "Filled")) as made:
        fill(made, 80)
        yield made


@pytest.mark.parametrize("sort", ["updated", "state", "code"])
@pytest.mark.parametrize("state", [None, HrState.PAUSED, HrState.INVITED, HrState.SECOND_ROUND])
def test_the_database_sorts_and_counts_as_the_opened_list_does(hr: Runtime, sort: str, state: HrState | None) -> None:
    query = ListQuery(sort=sort, state=state, size=500)
    found = interviews.list_interviews(hr, COMMAND_LINE, query)
    with hr.db.read() as session:
        opened = interviews._Lookup(hr, session, COMMAND_LINE).opened(query, False)
    assert (found.total, found.counts) == (opened.total, opened.counts)
    assert {row.invitation_id for row in found.items} == {row.invitation_id for row in opened.items}
    ranks = [interviews._SORT_KEYS[sort](row) for row in found.items]
    assert ranks == sorted(ranks, reverse=True)
    assert found.items
    assert all(row.candidate for row in found.items)


def test_pages_hold_every_row_once(hr: Runtime) -> None:
    pages = [interviews.list_interviews(hr, COMMAND_LINE, ListQuery(page=page, size=20)) for page in range(1, 7)]
    shown = [row.invitation_id for page in pages for row in page.items]
    assert len(shown) == len(set(shown)) == pages[0].total


def test_of_a_long_list_a_whole_name_and_part_of_a_code_are_found(hr: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    some = interviews.list_interviews(hr, COMMAND_LINE, ListQuery(size=500)).items[7]
    assert some.code is not None
    for module in (interviews, listings):
        monkeypatch.setattr(module, "MOST_OPENED", 20)
    for text in (some.candidate, some.code[:4].lower()):
        found = interviews.list_interviews(hr, COMMAND_LINE, ListQuery(text=text))
        assert found.coarse
        assert some.invitation_id in {row.invitation_id for row in found.items}
        people = listings.invitation_page(hr, COMMAND_LINE, text=text)
        assert some.invitation_id in {line.invitation_id for line in people.lines}
    assert not interviews.list_interviews(hr, COMMAND_LINE, ListQuery(text=some.candidate[:1])).items


def test_the_next_interview_follows_the_order_of_the_list(hr: Runtime) -> None:
    query = ListQuery(size=500, include_invited=False)
    ids = [row.interview_id for row in interviews.list_interviews(hr, COMMAND_LINE, query).items]
    assert ids[3] is not None
    assert interviews.next_after(hr, COMMAND_LINE, query, ids[3]) == ids[4]
    assert ids[-1] is not None
    assert interviews.next_after(hr, COMMAND_LINE, query, ids[-1]) == ids[0]
