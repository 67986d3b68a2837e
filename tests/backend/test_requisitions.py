"""Requisitions over a real database: approval by other eyes, who may do what, and what is sealed."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from backend.db.models import AuditRow, Decision, Position, Requisition, RequisitionStep, Role
from backend.services import (
    decisions,
    interviews,
    placements,
    positions,
    requisition_lists,
    requisitions,
)
from backend.services.actor import Actor
from backend.services.candidate_states import Ruling
from backend.services.interview_rows import ListQuery
from backend.services.positions import PositionDraft
from backend.services.requisition_states import Move, RequisitionState
from backend.services.requisitions import Wish
from contract.errors import XudaError
from contract.events import HrState
from tests.backend.hiring import onboard, progress, state
from tests.backend.staffing import asked, counted, opened, position, refusal, somebody
from tests.backend.world import BOTH, COMMAND_LINE, Booth, Served

DATABASES = BOTH


# ---- approval -------------------------------------------------------------------------------------------------------


def test_a_requisition_goes_from_draft_over_rejection_and_change_to_open(backend: Served) -> None:
    search = asked(backend)
    search.move(Move.SUBMIT, by=search.asker)
    assert search.move(Move.REJECT, "headcount is frozen until May") is RequisitionState.REJECTED
    wish = Wish(position(backend.hr), 2, 75, "replacement")
    requisitions.change(backend.hr, search.asker, search.requisition_id, wish)
    search.move(Move.SUBMIT, by=search.asker)
    assert search.move(Move.APPROVE) is RequisitionState.OPEN
    line = requisition_lists.one(backend.hr, search.approver, search.requisition_id)
    assert (line.wanted, line.threshold, line.reason) == (2, 75, "replacement")
    steps = requisitions.steps(backend.hr, search.approver, search.requisition_id)
    assert [step.move for step in steps] == ["change", "submit", "reject", "change", "submit", "approve"]
    assert steps[2].words == "headcount is frozen until May"


def test_nobody_approves_what_they_asked_for_changed_or_submitted(backend: Served) -> None:
    search = asked(backend)
    hand = somebody(backend.hr)
    wish = Wish(position(backend.hr), 3)
    requisitions.change(backend.hr, hand, search.requisition_id, wish)
    sender = somebody(backend.hr)
    search.move(Move.SUBMIT, by=sender)
    for author in (search.asker, hand, sender):
        assert refusal(search.move, Move.APPROVE, by=author) == ("forbidden", "approval")
        assert not requisitions.may_approve(backend.hr, author, search.requisition_id)
    assert requisitions.may_approve(backend.hr, search.approver, search.requisition_id)
    assert search.move(Move.APPROVE) is RequisitionState.OPEN


def test_approving_is_for_a_person_and_not_for_the_command_line(backend: Served) -> None:
    search = asked(backend)
    search.move(Move.SUBMIT, by=search.asker)
    assert refusal(search.move, Move.APPROVE, by=COMMAND_LINE) == ("forbidden", "approval")


@pytest.mark.parametrize("words", ["", "  \n"])
def test_rejecting_needs_words(backend: Served, words: str) -> None:
    search = asked(backend)
    search.move(Move.SUBMIT, by=search.asker)
    assert refusal(search.move, Move.REJECT, words) == ("setting_invalid", "words")
    assert state(search) is RequisitionState.SUBMITTED


@pytest.mark.parametrize("step", [Move.HIRE, Move.FILL, Move.VACATE, Move.CHANGE])
def test_what_follows_from_decisions_is_nobodys_move(backend: Served, step: Move) -> None:
    assert refusal(opened(backend).move, step)[0] == "forbidden"


def test_what_is_approved_is_not_written_anew(backend: Served) -> None:
    search = opened(backend)
    wish = Wish(position(backend.hr), 99)
    found = refusal(requisitions.change, backend.hr, search.asker, search.requisition_id, wish)
    assert found == ("illegal_state", "requisition")
    assert progress(search).wanted == 1


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"wanted": 0}, "wanted"),
        ({"wanted": 1001}, "wanted"),
        ({"threshold": -1}, "threshold"),
        ({"threshold": 101}, "threshold"),
        ({"reason": "x" * 1001}, "reason"),
    ],
)
def test_a_wish_that_cannot_be_is_refused_with_its_field(backend: Served, wish: dict[str, int], field: str) -> None:
    given = Wish(**{"position_id": position(backend.hr), "wanted": 1, **wish})  # type: ignore[arg-type]
    assert refusal(requisitions.ask, backend.hr, somebody(backend.hr), given) == ("setting_invalid", field)


def test_a_position_never_promises_more_people_than_its_headcount(backend: Served) -> None:
    place = position(backend.hr, headcount=5, staffed=2)
    first, second = asked(backend, wanted=2, place=place), asked(backend, wanted=2, place=place)
    for search in (first, second):
        search.move(Move.SUBMIT, by=search.asker)
    first.move(Move.APPROVE)
    with pytest.raises(XudaError) as caught:
        second.move(Move.APPROVE)
    assert (caught.value.code.value, caught.value.field, caught.value.params) == ("conflict", "headcount", {"room": 1})
    first.move(Move.CLOSE)
    assert second.move(Move.APPROVE) is RequisitionState.OPEN
    assert refusal(first.move, Move.REOPEN) == ("conflict", "headcount")


def test_a_department_head_sees_and_asks_for_the_own_departments_alone(backend: Served) -> None:
    hr = backend.hr
    head = somebody(hr, Role.DEPARTMENT_HEAD, "rd")
    mine, below, foreign = (position(hr, department=name) for name in ("rd", "rd-lab", "sales"))
    seen = {line.position.id for line in positions.lines(hr, head)}
    assert seen >= {mine, below}
    assert foreign not in seen
    made = requisitions.ask(hr, head, Wish(below, 1))
    assert refusal(requisitions.ask, hr, head, Wish(foreign, 1)) == ("not_found", "position")
    requisitions.move(hr, head, made, Move.SUBMIT)
    assert refusal(requisitions.move, hr, head, made, Move.APPROVE)[0] == "forbidden"
    away = opened(backend, place=foreign)
    for look in (requisition_lists.one, requisition_lists.candidates, requisitions.steps):
        assert refusal(look, hr, head, away.requisition_id) == ("not_found", "requisition")
    listed = [line.requisition_id for line in requisition_lists.listed(hr, head)[0]]
    assert made in listed
    assert away.requisition_id not in listed
    auditor = somebody(hr, Role.AUDITOR)
    assert refusal(requisition_lists.listed, hr, auditor)[0] == "forbidden"


@pytest.mark.parametrize("role", [Role.DEPARTMENT_HEAD, Role.AUDITOR])
def test_deciding_scoring_and_positions_are_for_hr(backend: Served, booth: Booth, role: Role) -> None:
    search = opened(backend)
    interview_id = search.interview(booth, score=90)
    other = somebody(backend.hr, role, "rd" if role is Role.DEPARTMENT_HEAD else None)
    hr = backend.hr
    draft = PositionDraft("rd", {"en": "x"}, 1)
    assert refusal(decisions.decide, hr, other, interview_id, Ruling.ONBOARD)[0] == "forbidden"
    assert refusal(decisions.rate, hr, other, interview_id, 1)[0] == "forbidden"
    assert refusal(decisions.decisions, hr, other, interview_id)[0] == "forbidden"
    assert refusal(positions.add, hr, other, draft)[0] == "forbidden"
    assert refusal(positions.change, hr, other, "x", draft)[0] == "forbidden"
    assert refusal(placements.free, hr, other, "x")[0] == "forbidden"
    assert refusal(placements.joined, hr, other, "x")[0] == "forbidden"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": {"en": " "}}, "title"),
        ({"headcount": -1}, "headcount"),
        ({"staffed": -1}, "staffed"),
        ({"skills": ["x" * 101]}, "skills"),
        ({"department_id": "none"}, "department"),
    ],
)
def test_a_position_that_cannot_be_is_refused(backend: Served, changes: dict[str, object], field: str) -> None:
    given = {"department_id": "rd", "title": {"en": "x"}, "headcount": 1, **changes}
    draft = PositionDraft(**given)  # type: ignore[arg-type]
    assert refusal(positions.add, backend.hr, somebody(backend.hr), draft) == ("setting_invalid", field)


def test_reasons_are_sealed_and_the_log_quotes_none(backend: Served, booth: Booth) -> None:
    secret = "zq-secret-reason"
    search = asked(backend)
    wish = Wish(position(backend.hr), 1, 80, secret)
    requisitions.change(backend.hr, search.asker, search.requisition_id, wish)
    search.move(Move.SUBMIT, secret, by=search.asker)
    search.move(Move.REJECT, secret)
    other = opened(backend)
    interview_id = other.interview(booth)
    decisions.decide(backend.hr, other.approver, interview_id, Ruling.REJECT, secret)
    assert decisions.decisions(backend.hr, other.approver, interview_id)[0].reason == secret
    with backend.hr.db.read() as session:
        for table in (Requisition, RequisitionStep, Decision, AuditRow, Position):
            for row in session.scalars(select(table)):
                assert not [value for value in vars(row).values() if secret in str(value)]


def test_lists_take_as_many_queries_for_many_rows_as_for_few(own_backend: Served) -> None:
    backend = own_backend
    booth = backend.enrol()
    search = opened(backend, wanted=5)
    search.interview(booth, score=81)

    def looked_at(actor: Actor) -> list[int]:
        counts = []
        for look in (
            lambda: requisition_lists.listed(backend.hr, actor),
            lambda: requisition_lists.candidates(backend.hr, actor, search.requisition_id),
            lambda: positions.lines(backend.hr, actor),
        ):
            with counted(backend.hr) as statements:
                look()
            counts.append(len(statements))
        return counts

    before = looked_at(search.approver)
    for _ in range(3):
        search.interview(booth, score=90)
        opened(backend)
    onboard(search, search.interview(booth, score=99))
    assert looked_at(search.approver) == before
    assert max(before) <= 13
    found = interviews.list_interviews(backend.hr, search.approver, ListQuery(state=HrState.PENDING_ONBOARDING))
    assert found.total == 1
