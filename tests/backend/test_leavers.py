"""Employees who leave: noted, imported, taken back, hidden, without new interviews, and forgotten in the end."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from backend.db.employee_models import EmployeeRow, EmployeeScore
from backend.db.models import AuditRow, InvitationRow, Role
from backend.services import employees, holds, leavers
from backend.services.employees import ScoreKind
from backend.services.leavers import KEPT, Reason
from tests.backend.staffing import refusal, somebody
from tests.backend.test_employees import PEOPLE, promotion
from tests.backend.world import COMMAND_LINE, Served, Talk


@pytest.fixture
def backend(own_backend: Served) -> Served:
    employees.import_people(own_backend.hr, COMMAND_LINE, PEOPLE.encode())
    return own_backend


def listed(backend: Served, *, left: bool = False) -> dict[str, str]:
    return {line.code: line.employee_id for line in employees.lines(backend.hr, COMMAND_LINE, left=left)[0]}


def today(backend: Served, days: int = 0) -> date:
    return (backend.hr.now().astimezone() + timedelta(days=days)).date()


def invitation(backend: Served, code: str) -> InvitationRow:
    with backend.hr.db.read() as session:
        return session.query(InvitationRow).filter_by(code=code).one()


def test_who_left_is_hidden_gets_no_interview_and_comes_back_when_it_was_a_mistake(backend: Served) -> None:
    hr, who = backend.hr, somebody(backend.hr)
    employee_id, batch = listed(backend)["E1"], promotion(backend)
    code = employees.invite(hr, who, employee_id, batch)
    leavers.note(hr, who, employee_id, today(backend), Reason.RESIGNED)
    assert (list(listed(backend)), list(listed(backend, left=True))) == (["E4"], ["E1"])
    assert invitation(backend, code).cancelled_at is not None
    assert refusal(employees.invite, hr, who, employee_id, batch) == ("conflict", "left")
    line = employees.file(hr, who, employee_id).line
    assert (line.here, line.left_reason) == (False, Reason.RESIGNED)
    leavers.take_back(hr, who, employee_id)
    leavers.take_back(hr, who, employee_id)
    assert sorted(listed(backend)) == ["E1", "E4"]
    with hr.db.read() as session:
        told = [row.action for row in session.query(AuditRow).filter(AuditRow.action.like("employee_%"))]
        reasons = [row.detail for row in session.query(AuditRow).filter_by(action="employee_left")]
    assert told == ["employee_left", "employee_stays"]
    assert reasons == [{"day": today(backend).isoformat()}], "why somebody left is for HR alone"


def test_a_day_to_come_counts_when_it_comes(backend: Served) -> None:
    hr, who = backend.hr, somebody(backend.hr)
    employee_id, batch = listed(backend)["E1"], promotion(backend)
    leavers.note(hr, who, employee_id, today(backend, 1), Reason.RETIRED)
    code = employees.invite(hr, who, employee_id, batch)
    assert "E1" in listed(backend)
    backend.clock.ahead += timedelta(days=1)
    leavers.settle(hr)
    assert "E1" not in listed(backend)
    assert invitation(backend, code).cancelled_at is not None


def test_an_interview_that_has_begun_may_be_finished(backend: Served) -> None:
    hr, who = backend.hr, somebody(backend.hr)
    employee_id = listed(backend)["E1"]
    code = employees.invite(hr, who, employee_id, promotion(backend))
    talk = Talk(backend.enrol(), invitation(backend, code).id)
    talk.started(kit_id="promote")
    talk.put_all()
    leavers.note(hr, who, employee_id, today(backend), Reason.OTHER)
    assert invitation(backend, code).cancelled_at is None


@pytest.mark.parametrize("day", [date(1900, 1, 1), date(2199, 1, 1)])
def test_a_day_out_of_reason_is_refused(backend: Served, day: date) -> None:
    found = refusal(leavers.note, backend.hr, COMMAND_LINE, listed(backend)["E1"], day, Reason.OTHER)
    assert found == ("setting_invalid", "day")


def test_leavers_come_from_a_table_and_each_bad_row_is_named(backend: Served) -> None:
    day = today(backend, -3)
    in_words = f"{day.year}年{day.month}月{day.day}日"
    table = f"工号,离职日期,离职原因\nE1,{in_words},辞职\nE4,昨天,辞职\nE9,{day},\nE4,{day},心情\n"
    report = leavers.import_table(backend.hr, COMMAND_LINE, table.encode())
    assert (report.added, [(item.row, item.field, item.problem) for item in report.problems]) == (
        1,
        [(3, "离职日期", "malformed"), (4, "工号", "unknown"), (5, "离职原因", "malformed")],
    )
    assert leavers.import_table(backend.hr, COMMAND_LINE, table.encode()).same == 1
    assert list(listed(backend, left=True)) == ["E1"]
    slashes = f"employee id,leaving date\nE4,{day.strftime('%Y/%m/%d')} 00:00:00\n"
    assert leavers.import_table(backend.hr, COMMAND_LINE, slashes.encode()).added == 1


def test_half_a_year_later_nothing_names_them_and_a_hold_waits(backend: Served) -> None:
    hr, who = backend.hr, somebody(backend.hr)
    ids = listed(backend)
    scores = "工号,周期,绩效\nE1,2026Q2,88\nE4,2026Q2,70\n"
    employees.import_scores(hr, COMMAND_LINE, ScoreKind.PERFORMANCE, scores.encode())
    code = employees.invite(hr, who, ids["E1"], promotion(backend))
    talk = Talk(backend.enrol(), invitation(backend, code).id)
    talk.started(kit_id="promote")
    talk.put_all()
    holds.set_hold(hr, COMMAND_LINE, talk.interview_id, "lawsuit")
    for employee_id in ids.values():
        leavers.note(hr, who, employee_id, today(backend), Reason.DISMISSED)
    assert leavers.remove_over(hr, hr.now() + KEPT - timedelta(days=2)) == 0
    assert leavers.remove_over(hr, hr.now() + KEPT) == 1, "the other is under a hold"
    with hr.db.read() as session:
        gone = session.get_one(EmployeeRow, ids["E4"])
        assert (gone.person_sealed, gone.code, gone.left_reason) == ("", gone.id, "dismissed")
        assert [row.employee_id for row in session.query(EmployeeScore)] == [ids["E1"]]
    assert refusal(employees.file, hr, who, ids["E4"])[0] == "not_found"
    assert refusal(leavers.take_back, hr, who, ids["E4"])[0] == "not_found"
    assert list(listed(backend, left=True)) == ["E1"]
    holds.lift_hold(hr, COMMAND_LINE, talk.interview_id, "over")
    assert leavers.remove_over(hr, hr.now() + KEPT) == 1


@pytest.mark.parametrize("role", [Role.DEPARTMENT_HEAD, Role.AUDITOR])
def test_only_hr_notes_a_leaving(backend: Served, role: Role) -> None:
    who = somebody(backend.hr, role, "hq" if role is Role.DEPARTMENT_HEAD else None)
    employee_id = listed(backend)["E1"]
    assert refusal(leavers.note, backend.hr, who, employee_id, today(backend), Reason.OTHER)[0] == "forbidden"
    assert refusal(leavers.take_back, backend.hr, who, employee_id)[0] == "forbidden"
