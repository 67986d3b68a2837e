"""The forecast over a real database: who leaves, which places are open, what is proposed, and what people say to it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path

from sqlalchemy import select

from backend.db.employee_models import EmployeeRow
from backend.db.growth_models import ForecastWord
from backend.db.models import AuditRow, Position, Requisition, RequisitionStep, Role, new_id
from backend.runtime import Runtime
from backend.services import (
    forecast,
    forecast_answers,
    onboarding_order,
    placements,
    positions,
    requisition_lists,
    requisitions,
)
from backend.services.forecast import ASIDE, Line
from backend.services.positions import PositionDraft
from backend.services.requisition_states import Move, RequisitionState
from backend.services.requisitions import Wish
from tests.backend.hiring import onboard
from tests.backend.staffing import counted, opened, refusal, somebody
from tests.backend.world import BOTH, COMMAND_LINE, Served, organisation

DATABASES = BOTH


def place(hr: Runtime, title: str, headcount: int, staffed: int, *, department: str = "rd") -> str:
    return positions.add(hr, COMMAND_LINE, PositionDraft(department, {"zh_CN": title, "en": title}, headcount, staffed))


def today(backend: Served, days: int = 0) -> date:
    return (backend.hr.now().astimezone() + timedelta(days=days)).date()


def left(backend: Served, days: list[date], *, title: str = "测试工程师", department: str = "rd") -> None:
    """People of the position who left on these days, as rows that were anonymised since."""
    with backend.hr.db.write() as session:
        for day in days:
            name = new_id()
            row = EmployeeRow(id=name, code=name, department_id=department, position=title, person_sealed="")
            row.created_at = backend.hr.now()
            row.left_at, row.left_reason = datetime.combine(day, time()).astimezone(), "resigned"
            session.add(row)


def of(backend: Served, position_id: str, months: int = 0) -> Line:
    found = forecast.take(backend.hr, COMMAND_LINE, months).lines
    return next(line for line in found if line.position.id == position_id)


def test_open_places_are_proposed_without_those_already_asked_for(own_backend: Served) -> None:
    hr = own_backend.hr
    tester = place(hr, "测试工程师", 10, 4)
    assert (of(own_backend, tester).proposed, of(own_backend, tester).now) == ([6, 0, 0], 6)
    requisitions.ask(hr, somebody(hr), Wish(tester, 1))
    opened(own_backend, wanted=2, place=tester)
    line = of(own_backend, tester)
    assert (line.places.asked, line.places.hiring, line.proposed) == (1, 2, [3, 0, 0])
    positions.change(hr, COMMAND_LINE, tester, PositionDraft("rd", {"en": "x"}, 4, 4))
    assert of(own_backend, tester).total == 0


def test_people_who_are_expected_to_leave_are_proposed_over_the_months(own_backend: Served) -> None:
    hr = own_backend.hr
    busy, calm = place(hr, "客服", 60, 60, department="sales"), place(hr, "会计", 60, 60, department="hq")
    left(own_backend, [today(own_backend, -7 * n) for n in range(1, 41)], title="客服", department="sales")
    line = of(own_backend, busy, 12)
    # 40 of 60 in a year: some 10 in three months
    assert (line.outlook.seen, line.places.free, line.now) == (40, 0, 0)
    assert 7 <= line.total <= 11
    assert all(2 <= number <= 5 for number in line.proposed)
    assert line.outlook.to_come.low < line.outlook.to_come.mean < line.outlook.to_come.high
    assert not line.few
    still = of(own_backend, calm, 12)
    assert still.few
    assert still.total < line.total
    assert sum(forecast.take(hr, COMMAND_LINE, 12).by_month) == 40


def test_a_leaving_that_is_noted_counts_in_its_month_and_only_there(own_backend: Served) -> None:
    hr = own_backend.hr
    tester = place(hr, "测试工程师", 5, 5)
    left(own_backend, [today(own_backend, 45)])
    line = of(own_backend, tester)
    assert (line.outlook.known, line.outlook.seen, line.proposed) == ([0, 1, 0], 0, [0, 1, 0])
    left(own_backend, [today(own_backend, 200)])
    assert of(own_backend, tester).outlook.known == [0, 1, 0], "that is too far ahead"


def test_older_leavings_make_it_look_back_further_and_unknown_positions_stay_with_the_department(
    own_backend: Served,
) -> None:
    hr = own_backend.hr
    place(hr, "测试工程师", 5, 5)
    left(own_backend, [today(own_backend, -30)], title=" 测试工程师 ")
    assert forecast.take(hr, COMMAND_LINE).window.months == 12
    left(own_backend, [today(own_backend, -500)], title="没有这个岗位")
    found = forecast.take(hr, COMMAND_LINE)
    branch = next(branch for branch in found.branches if branch.department.id == "rd")
    assert (found.window.months, branch.outlook.seen, branch.unplaced) == (24, 2, 1)
    assert (len(found.by_month), sum(found.by_month)) == (24, 2)
    assert found.few
    assert sum(forecast.take(hr, COMMAND_LINE, 12).by_month) == 1


def test_a_proposal_becomes_a_draft_that_somebody_else_has_to_approve(own_backend: Served) -> None:
    hr, who = own_backend.hr, somebody(own_backend.hr)
    tester = place(hr, "测试工程师", 10, 4)
    with hr.db.read() as session:
        assert session.query(Requisition).count() == 0, "nothing is created by itself"
    made = forecast_answers.ask(hr, who, Wish(tester, 5, reason="编制空缺", needed_by=today(own_backend, 30)))
    line = requisition_lists.one(hr, who, made)
    assert (line.state, line.wanted, line.reason) == (RequisitionState.DRAFT, 5, "编制空缺")
    assert requisitions.move(hr, who, made, Move.SUBMIT) is RequisitionState.SUBMITTED
    assert refusal(requisitions.move, hr, who, made, Move.APPROVE) == ("forbidden", "approval")
    assert of(own_backend, tester).proposed == [1, 0, 0]
    forecast_answers.ask(hr, who, Wish(tester, 1))
    assert refusal(forecast_answers.ask, hr, who, Wish(tester, 1)) == ("conflict", "proposal")
    with hr.db.read() as session:
        told = [row.detail for row in session.scalars(select(AuditRow).where(AuditRow.action == "forecast_asked"))]
        assert session.query(Requisition).count() == 2
    assert told[0] == {"requisition": made, "wanted": 5, "proposed": 6}


def test_what_is_dismissed_comes_back_when_more_is_proposed_or_after_a_while(own_backend: Served) -> None:
    hr, who = own_backend.hr, somebody(own_backend.hr)
    tester = place(hr, "测试工程师", 10, 8)
    assert refusal(forecast_answers.dismiss, hr, who, tester, " ") == ("setting_invalid", "words")
    forecast_answers.dismiss(hr, who, tester, "预算冻结到明年")
    word = of(own_backend, tester).dismissed
    assert word is not None
    assert (forecast_answers.reason(hr, word), word.wanted) == ("预算冻结到明年", 2)
    assert "预算" not in (word.reason_sealed or "")
    assert forecast.take(hr, who).branches[1].proposed == 0
    with hr.db.write() as session:
        session.get_one(Position, tester).headcount = 11
    assert of(own_backend, tester).dismissed is None, "more people are proposed now"
    with hr.db.write() as session:
        session.get_one(Position, tester).headcount = 10
    assert of(own_backend, tester).dismissed is not None
    own_backend.clock.ahead += ASIDE
    assert of(own_backend, tester).dismissed is None
    forecast_answers.dismiss(hr, who, tester, "again")
    forecast_answers.take_back(hr, who, tester)
    forecast_answers.take_back(hr, who, tester)
    assert of(own_backend, tester).dismissed is None
    with hr.db.read() as session:
        assert all(row.ended_at for row in session.scalars(select(ForecastWord)))


def test_a_head_sees_the_own_departments_once_hr_shows_it(own_backend: Served) -> None:
    hr, officer = own_backend.hr, somebody(own_backend.hr)
    head = somebody(hr, Role.DEPARTMENT_HEAD, "rd")
    mine, other = place(hr, "测试工程师", 3, 1), place(hr, "销售", 3, 1, department="sales")
    assert not forecast.readable(hr, head)
    assert refusal(forecast.take, hr, head) == ("forbidden", "forecast")
    assert refusal(forecast_answers.ask, hr, head, Wish(mine, 1)) == ("forbidden", "forecast")
    assert refusal(forecast_answers.show_to_heads, hr, head, on=True)[0] == "forbidden"
    forecast_answers.show_to_heads(hr, officer, on=True)
    found = forecast.take(hr, head)
    assert [line.position.id for line in found.lines] == [mine]
    assert sorted(branch.department.id for branch in found.branches) == ["rd", "rd-lab"]
    assert refusal(forecast_answers.ask, hr, head, Wish(other, 1)) == ("not_found", "position")
    assert forecast_answers.ask(hr, head, Wish(mine, 1))
    assert refusal(forecast_answers.dismiss, hr, head, mine, "no")[0] == "forbidden"
    assert refusal(forecast.take, hr, somebody(hr, Role.AUDITOR))[0] == "forbidden"


def test_onboarding_is_ordered_by_time_missing_people_and_day(own_backend: Served) -> None:
    hr, booth = own_backend.hr, own_backend.enrol()
    late = opened(own_backend, wanted=1, place=place(hr, "测试工程师", 10, 9))
    first = late.interview(booth, name="李雷", score=90)
    onboard(late, first)
    with hr.db.write() as session:
        for step in session.scalars(
            select(RequisitionStep).where(RequisitionStep.requisition_id == late.requisition_id)
        ):
            step.at -= timedelta(days=30)
    urgent = opened(own_backend, wanted=1, place=place(hr, "运维", 2, 0))
    with hr.db.write() as session:
        session.get_one(Requisition, urgent.requisition_id).needed_by = today(own_backend, 9)
    second = urgent.interview(booth, name="韩梅梅", score=85)
    onboard(urgent, second)
    found = onboarding_order.take(hr, somebody(hr))
    assert [(row.name, row.open_days, row.missing) for row in found] == [("韩梅梅", 0, 2), ("李雷", 30, 1)]
    # 30 for all places missing, 27 for nine days of ninety; without a day 40 and 30 points are worth 100
    assert [(row.open_points, row.missing_points, row.needed_points) for row in found] == [(0, 30, 27), (19, 4, None)]
    placements.joined(hr, somebody(hr), found[0].placement_id)
    assert [row.name for row in onboarding_order.take(hr, somebody(hr))] == ["李雷"]
    assert onboarding_order.take(hr, somebody(hr, Role.DEPARTMENT_HEAD, "sales")) == []


def test_the_number_of_queries_does_not_grow(tmp_path: Path) -> None:
    hr = organisation(tmp_path / "data")
    told = []
    for many in (1, 12):
        for number in range(many):
            place(hr, f"岗位{many}-{number}", 5, 2)
        with counted(hr) as statements:
            forecast.take(hr, COMMAND_LINE)
        told.append(len(statements))
    hr.close()
    assert told[0] == told[1] < 15
