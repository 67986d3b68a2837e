"""How a requisition fills over a real database: progress, proposals, places, closing and opening again."""

from __future__ import annotations

import threading

from sqlalchemy import select

from backend.db.models import AuditRow, Decision, Placement
from backend.services import (
    batches,
    decisions,
    deletion,
    interviews,
    placements,
    positions,
)
from backend.services.candidate_states import Ruling
from backend.services.requisition_lists import Progress
from backend.services.requisition_states import Move, RequisitionState
from contract.errors import XudaError
from contract.events import HrState
from tests.backend.hiring import candidates, onboard, progress, proposed, state
from tests.backend.staffing import asked, finish, opened, position, refusal
from tests.backend.world import BOTH, COMMAND_LINE, Booth, Served, Talk

DATABASES = BOTH


# ---- progress and proposals -----------------------------------------------------------------------------------------


def test_only_finished_interviews_count_whatever_is_decided(backend: Served, booth: Booth) -> None:
    search = opened(backend)
    ids = {end: search.interview(booth, end) for end in ("finished", "abandoned", "declined", "paused", "running")}
    search.invite("nobody came")
    assert progress(search) == Progress(invited=6, complete=1, hired=0, wanted=1)
    decisions.decide(backend.hr, search.approver, ids["abandoned"], Ruling.SECOND_ROUND)
    decisions.decide(backend.hr, search.approver, ids["declined"], Ruling.SECOND_ROUND)
    decisions.decide(backend.hr, search.approver, ids["finished"], Ruling.REJECT, "no experience")
    decisions.decide(backend.hr, search.approver, ids["abandoned"], Ruling.REJECT, "did not come")
    assert progress(search) == Progress(invited=6, complete=1, hired=0, wanted=1)


def test_a_second_attempt_that_was_finished_counts_once(backend: Served, booth: Booth) -> None:
    search = opened(backend)
    invitation = search.invite()
    for attempt, end in ((1, False), (2, True)):
        talk = Talk(booth, invitation)
        talk.started(attempt=attempt)
        talk.finished() if end else talk.paused()
        talk.put_all()
    assert (progress(search).invited, progress(search).complete) == (1, 1)
    (line,) = candidates(search)
    assert (line.state, line.interview_id) == (HrState.PENDING_REVIEW, talk.interview_id)


def test_a_candidate_is_proposed_from_the_threshold_on_and_a_person_confirms(backend: Served, booth: Booth) -> None:
    search = opened(backend, wanted=2)
    low, just = search.interview(booth, score=79), search.interview(booth, score=80)
    unrated = search.interview(booth)
    assert proposed(search) == [just]
    assert [line.interview_id for line in candidates(search)] == [just, low, unrated]
    assert state(search) is RequisitionState.OPEN
    assert refusal(onboard, search, low) == ("conflict", "threshold")
    assert refusal(onboard, search, unrated) == ("conflict", "threshold")
    assert refusal(decisions.decide, backend.hr, COMMAND_LINE, just, Ruling.ONBOARD) == ("forbidden", "person")
    assert onboard(search, just) is HrState.PENDING_ONBOARDING
    assert proposed(search) == []
    decisions.rate(backend.hr, search.approver, low, 90)
    assert proposed(search) == [low]


def test_an_unfinished_interview_is_neither_scored_nor_proposed_nor_hired(backend: Served, booth: Booth) -> None:
    search = opened(backend)
    for end in ("abandoned", "paused", "running", "declined"):
        interview_id = search.interview(booth, end)
        assert refusal(decisions.rate, backend.hr, search.approver, interview_id, 100) == ("illegal_state", "interview")
        assert refusal(onboard, search, interview_id) == ("illegal_state", "interview")
    assert proposed(search) == []


def test_who_declined_the_ai_interview_is_hired_after_a_round_with_people(backend: Served, booth: Booth) -> None:
    search = opened(backend)
    interview_id = search.interview(booth, "declined")
    assert (
        refusal(decisions.decide, backend.hr, search.approver, interview_id, Ruling.REJECT, "x")[0] == "illegal_state"
    )
    decisions.decide(backend.hr, search.approver, interview_id, Ruling.SECOND_ROUND)
    decisions.rate(backend.hr, search.approver, interview_id, 88)
    assert proposed(search) == []
    assert onboard(search, interview_id) is HrState.PENDING_ONBOARDING
    assert progress(search) == Progress(invited=1, complete=0, hired=1, wanted=1)


def test_a_candidate_on_hold_is_not_proposed_until_decided_anew(backend: Served, booth: Booth) -> None:
    search = opened(backend)
    interview_id = search.interview(booth, score=95)
    decisions.decide(backend.hr, search.approver, interview_id, Ruling.HOLD, "waits for the second reader")
    (line,) = candidates(search)
    assert (line.held, line.proposed, line.state) == (True, False, HrState.PENDING_REVIEW)
    decisions.decide(backend.hr, search.approver, interview_id, Ruling.SECOND_ROUND)
    assert proposed(search) == [interview_id]


def test_a_hold_on_an_interview_that_goes_on_does_not_stand_in_its_way(backend: Served, booth: Booth) -> None:
    search = opened(backend)
    talk = Talk(booth, search.invite())
    talk.started()
    finish(talk, "abandoned")
    talk.put_all()
    decisions.decide(backend.hr, search.approver, talk.interview_id, Ruling.HOLD)
    talk.resumed()
    talk.finished()
    talk.put_all()
    (line,) = candidates(search)
    assert line.state is HrState.PENDING_REVIEW
    assert interviews.summary(backend.hr, search.approver, talk.interview_id).state is HrState.PENDING_REVIEW


# ---- closing and opening again --------------------------------------------------------------------------------------


def test_the_last_place_closes_the_requisition_and_a_free_one_opens_it(backend: Served, booth: Booth) -> None:
    search = opened(backend, wanted=2)
    first, second, third = (search.interview(booth, score=85) for _ in range(3))
    onboard(search, first)
    assert state(search) is RequisitionState.OPEN
    onboard(search, second)
    assert state(search) is RequisitionState.FILLED
    assert refusal(onboard, search, third) == ("illegal_state", "requisition")
    assert proposed(search) == []
    taken_back = decisions.decide(backend.hr, search.approver, first, Ruling.REJECT, "took another offer")
    assert taken_back is HrState.REJECTED
    assert state(search) is RequisitionState.OPEN
    assert proposed(search) == [third]
    onboard(search, third)
    assert state(search) is RequisitionState.FILLED
    assert progress(search) == Progress(invited=3, complete=3, hired=2, wanted=2)
    with backend.hr.db.read() as session:
        query = select(AuditRow.action).where(AuditRow.target == f"requisition:{search.requisition_id}")
        actions = list(session.scalars(query.order_by(AuditRow.id)))
    assert actions.count("requisition_fill") == 2
    assert actions.count("requisition_vacate") == 1


def test_a_closed_requisition_hires_nobody_and_is_reopened_by_hand(backend: Served, booth: Booth) -> None:
    search = opened(backend)
    interview_id = search.interview(booth, score=85)
    search.move(Move.CLOSE, "budget")
    assert refusal(onboard, search, interview_id) == ("illegal_state", "requisition")
    with backend.hr.db.read() as session:
        assert session.scalar(select(Decision).where(Decision.interview_id == interview_id)) is None
    assert search.move(Move.REOPEN) is RequisitionState.OPEN
    onboard(search, interview_id)
    assert state(search) is RequisitionState.FILLED


def test_a_decision_taken_back_leads_to_what_the_events_say_and_frees_the_place(backend: Served, booth: Booth) -> None:
    search = opened(backend)
    interview_id = search.interview(booth, score=85)
    onboard(search, interview_id)
    back = decisions.decide(backend.hr, search.approver, interview_id, Ruling.RECONSIDER, "wrong person")
    assert back is HrState.PENDING_REVIEW
    assert state(search) is RequisitionState.OPEN
    assert [found.ruling for found in decisions.decisions(backend.hr, search.approver, interview_id)] == [
        Ruling.RECONSIDER,
        Ruling.ONBOARD,
    ]
    onboard(search, interview_id)
    assert state(search) is RequisitionState.FILLED


def test_one_person_invited_twice_takes_one_place(backend: Served, booth: Booth) -> None:
    search = opened(backend, wanted=2)
    phone = "13911112222"
    ids = []
    for _ in range(2):
        talk = Talk(booth, search.invite("韩梅梅", phone=phone))
        talk.started()
        talk.finished()
        talk.put_all()
        decisions.rate(backend.hr, search.approver, talk.interview_id, 90)
        ids.append(talk.interview_id)
        search.batch_id = batches.add_batch(
            backend.hr,
            search.approver,
            kit_id="test",
            title="Second batch",
            not_before=batches.moment("2026-01-01"),
            not_after=batches.moment("2099-01-01"),
            requisition_id=search.requisition_id,
        )
    onboard(search, ids[0])
    assert refusal(onboard, search, ids[1]) == ("conflict", "candidate")
    assert progress(search).hired == 1


def test_two_people_who_confirm_at_once_do_not_both_get_the_last_place(backend: Served, booth: Booth) -> None:
    search = opened(backend)
    ids = [search.interview(booth, score=85) for _ in range(4)]
    results: list[str] = []
    ready = threading.Barrier(len(ids))

    def confirm(interview_id: str) -> None:
        ready.wait(20)
        try:
            results.append(onboard(search, interview_id).value)
        except XudaError as error:
            results.append(error.code.value)

    threads = [threading.Thread(target=confirm, args=(interview_id,)) for interview_id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(results) == ["illegal_state"] * 3 + ["pending_onboarding"]
    assert progress(search).hired == 1


def test_who_is_hired_stays_hired_when_the_interview_is_deleted(backend: Served, booth: Booth) -> None:
    search = opened(backend)
    interview_id = search.interview(booth, score=85)
    onboard(search, interview_id)
    deletion.delete_interview(backend.hr, search.approver, interview_id)
    assert (state(search), progress(search).hired) == (RequisitionState.FILLED, 1)
    (line,) = candidates(search)
    assert (line.interview_id, line.state) == (None, HrState.PENDING_ONBOARDING)
    assert line.placement_id is not None
    assert placements.free(backend.hr, search.approver, line.placement_id) == search.requisition_id
    assert (state(search), progress(search).hired) == (RequisitionState.OPEN, 0)
    assert refusal(placements.free, backend.hr, search.approver, line.placement_id) == ("illegal_state", "placement")


def test_who_has_begun_to_work_is_counted_in_the_position_once(backend: Served, booth: Booth) -> None:
    place = position(backend.hr, headcount=3, staffed=1)
    search = opened(backend, wanted=2, place=place)
    interview_id = search.interview(booth, score=85)
    onboard(search, interview_id)

    def bound() -> tuple[int, int]:
        (line,) = [found for found in positions.lines(backend.hr, search.approver) if found.position.id == place]
        return line.position.staffed, line.bound

    assert bound() == (1, 3)
    (line,) = candidates(search)
    assert line.placement_id is not None
    placements.joined(backend.hr, search.approver, line.placement_id)
    assert bound() == (2, 3)
    late = refusal(decisions.decide, backend.hr, search.approver, interview_id, Ruling.REJECT, "x")
    assert late == ("illegal_state", "placement")
    assert candidates(search)[0].state is HrState.PENDING_ONBOARDING


# ---- batches, scope, secrets, lists ---------------------------------------------------------------------------------


def test_a_batch_is_for_an_open_requisition_of_its_department(backend: Served, booth: Booth) -> None:
    search, other = opened(backend), asked(backend)
    sales = opened(backend, place=position(backend.hr, department="sales"))
    assign = batches.assign
    assert refusal(assign, backend.hr, search.approver, search.batch_id, other.requisition_id) == (
        "conflict",
        "requisition",
    )
    assert refusal(assign, backend.hr, search.approver, search.batch_id, sales.requisition_id) == (
        "conflict",
        "department",
    )
    onboard(search, search.interview(booth, score=85))
    assert refusal(assign, backend.hr, search.approver, search.batch_id, None) == ("conflict", "placement")
    with backend.hr.db.read() as session:
        assert session.scalar(select(Placement.department_id).where(Placement.ended_at.is_(None)).limit(1)) is not None


def test_nobody_is_hired_from_a_batch_that_is_for_no_requisition(backend: Served, booth: Booth) -> None:
    search = opened(backend)
    batches.assign(backend.hr, search.approver, search.batch_id, None)
    interview_id = search.interview(booth, score=100)
    assert refusal(onboard, search, interview_id) == ("conflict", "requisition")
    batches.assign(backend.hr, search.approver, search.batch_id, search.requisition_id)
    assert onboard(search, interview_id) is HrState.PENDING_ONBOARDING


def test_an_interview_on_two_devices_is_one_candidate_with_one_word(
    backend: Served, booth: Booth, other: Booth
) -> None:
    search = opened(backend)
    first = Talk(booth, search.invite())
    first.started()
    first.finished()
    first.put_all()
    second = Talk(other, first.invitation_id)
    second.started()
    second.finished()
    second.put_all()
    decisions.rate(backend.hr, search.approver, second.interview_id, 90)
    assert progress(search) == Progress(invited=1, complete=1, hired=0, wanted=1)
    assert proposed(search) == [first.interview_id]
    onboard(search, first.interview_id)
    late = refusal(onboard, search, second.interview_id)
    assert late == ("illegal_state", "interview")
    assert progress(search).hired == 1
