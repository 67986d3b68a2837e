"""Telling a candidate what was decided: through the device, and taken back only while no device has it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from backend.db.models import AuditRow, Role
from backend.services import decisions, releases
from backend.services.candidate_states import Ruling
from backend.services.releases import ReleaseView
from tests.backend.staffing import Search, opened, refusal, somebody
from tests.backend.world import Booth, Served


def results(booth: Booth) -> dict[str, Any]:
    answer = booth.call("GET", "/v1/bootstrap")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()["results"]
    return found


def decided(search: Search, booth: Booth, ruling: Ruling = Ruling.SECOND_ROUND) -> tuple[str, str]:
    """An interview and the decision on it."""
    interview_id = search.interview(booth)
    decisions.decide(search.hr, search.approver, interview_id, ruling, "because")
    return interview_id, seen(search, interview_id).decision_id


def seen(search: Search, interview_id: str) -> ReleaseView:
    found = releases.preview(search.hr, search.approver, interview_id)
    assert found is not None
    return found


def test_a_decision_reaches_the_device_once_it_is_released(backend: Served, booth: Booth) -> None:
    search = opened(backend)
    interview_id, decision = decided(search, booth)
    assert results(booth) == {}
    releases.release(search.hr, search.approver, interview_id, decision)
    assert seen(search, interview_id).fetched_at is None
    assert results(booth) == {interview_id: "second_round"}
    assert seen(search, interview_id).fetched_at is not None


def test_a_release_is_taken_back_until_a_device_has_it(backend: Served, booth: Booth, other: Booth) -> None:
    search = opened(backend)
    interview_id, decision = decided(search, booth, Ruling.REJECT)
    releases.release(search.hr, search.approver, interview_id, decision)
    assert results(other) == {}, "another device learns nothing and holds nothing up"
    releases.take_back(search.hr, search.approver, interview_id, decision)
    assert results(booth) == {}
    releases.release(search.hr, search.approver, interview_id, decision)
    results(booth)
    assert refusal(releases.take_back, search.hr, search.approver, interview_id, decision) == ("conflict", "fetched")
    assert results(booth) == {interview_id: "rejected"}


def test_what_was_told_stays_until_a_newer_decision_is_released(backend: Served, booth: Booth) -> None:
    search = opened(backend)
    interview_id, decision = decided(search, booth, Ruling.REJECT)
    releases.release(search.hr, search.approver, interview_id, decision)
    results(booth)
    decisions.decide(search.hr, search.approver, interview_id, Ruling.RECONSIDER, "a mistake")
    assert results(booth) == {interview_id: "rejected"}
    assert refusal(releases.release, search.hr, search.approver, interview_id, decision) == ("conflict", "decision")
    releases.release(search.hr, search.approver, interview_id, seen(search, interview_id).decision_id)
    assert results(booth) == {interview_id: "pending_review"}


def test_a_decision_that_was_put_off_has_nothing_to_tell(backend: Served, booth: Booth) -> None:
    search = opened(backend)
    interview_id, decision = decided(search, booth, Ruling.HOLD)
    assert not seen(search, interview_id).tells
    assert refusal(releases.release, search.hr, search.approver, interview_id, decision) == (
        "illegal_state",
        "release",
    )


@pytest.mark.parametrize("role", [Role.DEPARTMENT_HEAD, Role.AUDITOR])
def test_releasing_is_for_hr(backend: Served, booth: Booth, role: Role) -> None:
    search = opened(backend)
    interview_id, decision = decided(search, booth)
    actor = somebody(search.hr, role, "rd")
    for act in (releases.release, releases.take_back):
        assert refusal(act, search.hr, actor, interview_id, decision)[0] == "forbidden"
    assert refusal(releases.preview, search.hr, actor, interview_id)[0] == "forbidden"


def test_the_log_says_who_released_and_which_device_has_it(backend: Served, booth: Booth) -> None:
    search = opened(backend)
    interview_id, decision = decided(search, booth)
    releases.release(search.hr, search.approver, interview_id, decision)
    releases.take_back(search.hr, search.approver, interview_id, decision)
    releases.release(search.hr, search.approver, interview_id, decision)
    results(booth)
    results(booth)
    with search.hr.db.read() as session:
        rows = [
            row
            for row in session.scalars(select(AuditRow).order_by(AuditRow.id))
            if decision in (row.detail.get("decision"), row.target.rpartition(":")[2])
        ]
    named = [(row.action, row.actor) for row in rows if row.action != "decide"]
    who = search.approver.username
    assert named == [
        ("release_decision", who),
        ("take_back_release", who),
        ("release_decision", who),
        ("fetch_decision", f"device:{booth.device_id}"),
    ]
