"""Heads of departments see interviews once HR has released them, and nothing of them before, wherever they look."""

from __future__ import annotations

import pytest

from backend.db.models import Role
from backend.services import audit_search, department_releases, interviews, listings, reports, requisition_lists
from backend.services.audit_search import Search
from backend.services.interviews import ListQuery
from contract.errors import XudaError
from tests.backend.staffing import opened, refusal, somebody
from tests.backend.world import COMMAND_LINE, Booth, Served


def shown(backend: Served, actor: object) -> list[str | None]:
    query = ListQuery(include_invited=False)
    return [row.interview_id for row in interviews.list_interviews(backend.hr, actor, query).items]  # type: ignore[arg-type]


def test_a_head_sees_an_interview_from_its_release_on_until_it_is_taken_back(own_backend: Served) -> None:
    hr, search = own_backend.hr, opened(own_backend, wanted=2)
    head = somebody(hr, Role.DEPARTMENT_HEAD, "rd")
    booth = own_backend.enrol()
    first, second = search.interview(booth, score=90), search.interview(booth, score=85)
    assert shown(own_backend, head) == []
    with pytest.raises(XudaError, match="not_found"):
        reports.build(hr, head, first, "en")
    department_releases.release(hr, search.approver, first)
    assert shown(own_backend, head) == [first]
    assert reports.build(hr, head, first, "en").interview_id == first
    assert refusal(interviews.summary, hr, head, second)[0] == "not_found"
    department_releases.take_back(hr, search.approver, first)
    assert shown(own_backend, head) == []


def test_a_batch_that_is_open_shows_all_of_its_interviews_also_later_ones(own_backend: Served) -> None:
    hr, search, booth = own_backend.hr, opened(own_backend, wanted=2), own_backend.enrol()
    head = somebody(hr, Role.DEPARTMENT_HEAD, "rd")
    department_releases.open_batch(hr, search.approver, search.batch_id, on=True)
    ids = {search.interview(booth), search.interview(booth)}
    assert set(shown(own_backend, head)) == ids
    department_releases.open_batch(hr, search.approver, search.batch_id, on=False)
    assert shown(own_backend, head) == []


def test_scores_and_links_are_kept_back_in_the_other_lists_too(own_backend: Served) -> None:
    hr, search, booth = own_backend.hr, opened(own_backend), own_backend.enrol()
    head = somebody(hr, Role.DEPARTMENT_HEAD, "rd")
    interview_id = search.interview(booth, score=90)
    for seen in (False, True):
        (row,) = requisition_lists.candidates(hr, head, search.requisition_id).items
        assert (row.interview_id, row.score, row.proposed) == (
            (interview_id, 90, True) if seen else (None, None, False)
        )
        (line,) = listings.invitation_lines(hr, head)
        assert line.interview_id == (interview_id if seen else None)
        department_releases.release(hr, search.approver, interview_id)


def test_another_department_sees_nothing_of_a_release(own_backend: Served) -> None:
    hr, search, booth = own_backend.hr, opened(own_backend), own_backend.enrol()
    department_releases.release(hr, search.approver, search.interview(booth))
    assert shown(own_backend, somebody(hr, Role.DEPARTMENT_HEAD, "sales")) == []


def test_hr_alone_releases_and_the_log_has_it(backend: Served, booth: Booth) -> None:
    search = opened(backend)
    interview_id = search.interview(booth)
    head = somebody(backend.hr, Role.DEPARTMENT_HEAD, "rd")
    assert refusal(department_releases.release, backend.hr, head, interview_id)[0] == "forbidden"
    department_releases.release(backend.hr, search.approver, interview_id)
    department_releases.release(backend.hr, search.approver, interview_id)
    rows, total = audit_search.rows(backend.hr, COMMAND_LINE, Search(action="release_department"))
    assert (total, rows[0].actor) == (1, search.approver.username)


def test_the_log_is_searched_by_who_what_on_what_and_when(backend: Served, booth: Booth) -> None:
    search = opened(backend)
    interview_id = search.interview(booth, score=70)
    now = backend.hr.now()
    for wanted, count in (
        (Search(who=search.approver.username, action="rate"), 1),
        (Search(target=f"interview:{interview_id}", action="rate"), 1),
        (Search(target="interview:%"), 0),
        (Search(action="rate", since=now), 0),
        (Search(action="rate", who=search.approver.username, until=now), 1),
    ):
        assert audit_search.rows(backend.hr, COMMAND_LINE, wanted)[1] == count, wanted
    assert {"rate", "enrol"} <= set(audit_search.actions(backend.hr, COMMAND_LINE))
