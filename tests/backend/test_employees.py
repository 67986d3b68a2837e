"""Employees: tables with a report per row, interviews inside the organisation, and one score of two."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from backend.db.employee_models import EmployeeRow
from backend.db.models import InvitationRow, Role
from backend.services import batches, decisions, employees, kits
from backend.services.employees import EmployeeLine, ScoreKind, Weights
from tests.backend.staffing import refusal, somebody
from tests.backend.world import COMMAND_LINE, KIT, Served, Talk

PEOPLE = """员工名册
工号,姓名,部门,岗位,手机
E1,周文静,rd,工程师,13900139000
E2,许志远,nowhere,会计,
E3,,rd,,
E1,重复,rd,,
E4,吴桐,sales,销售,
"""
SCORES = "工号,周期,绩效\nE1,2026Q2,88\nE1,2026Q3,91.5\nE9,2026Q3,70\nE4,2026Q3,一百\nE4,,80\n"


def imported(backend: Served) -> dict[str, EmployeeLine]:
    employees.import_people(backend.hr, COMMAND_LINE, PEOPLE.encode())
    return shown(backend)


def shown(backend: Served) -> dict[str, EmployeeLine]:
    return {line.code: line for line in employees.lines(backend.hr, COMMAND_LINE)[0]}


def promotion(backend: Served) -> str:
    """Id of a batch for employees."""
    kits.add_kit(
        backend.hr, COMMAND_LINE, (KIT.replace("kit_id: test", "kit_id: promote") + "kind: promotion\n").encode()
    )
    start = datetime.now(UTC) - timedelta(hours=1)
    return batches.add_batch(
        backend.hr, COMMAND_LINE, kit_id="promote", title="晋升", not_before=start, not_after=start + timedelta(days=2)
    )


def test_people_come_from_a_table_and_each_bad_row_is_named(own_backend: Served) -> None:
    report = employees.import_people(own_backend.hr, COMMAND_LINE, PEOPLE.encode("gb18030"))
    assert (report.added, [(item.row, item.problem) for item in report.problems]) == (
        2,
        [(4, "unknown"), (5, "missing"), (6, "twice")],
    )
    again = employees.import_people(own_backend.hr, COMMAND_LINE, PEOPLE.encode())
    assert (again.added, again.changed, again.same) == (0, 0, 2)
    moved = employees.import_people(own_backend.hr, COMMAND_LINE, "工号,姓名,部门\nE1,周文静,sales\n".encode())
    assert (moved.changed, shown(own_backend)["E1"].position) == (1, "工程师")


def test_names_are_sealed_in_the_database(own_backend: Served) -> None:
    imported(own_backend)
    with own_backend.hr.db.read() as session:
        assert all("周文静" not in row.person_sealed for row in session.query(EmployeeRow))


def test_the_newest_performance_counts_and_bad_scores_are_named(own_backend: Served) -> None:
    imported(own_backend)
    report = employees.import_scores(own_backend.hr, COMMAND_LINE, ScoreKind.PERFORMANCE, SCORES.encode())
    assert [(item.row, item.field, item.problem) for item in report.problems] == [
        (4, "工号", "unknown"),
        (5, "绩效", "malformed"),
        (6, "周期", "missing"),
    ]
    assert shown(own_backend)["E1"].performance == 91.5
    again = employees.import_scores(own_backend.hr, COMMAND_LINE, ScoreKind.PERFORMANCE, SCORES.encode())
    assert (again.added, again.same) == (0, 2)


def test_an_interview_inside_goes_into_the_file_and_the_combined_score(own_backend: Served) -> None:
    hr, who = own_backend.hr, somebody(own_backend.hr)
    employee_id = imported(own_backend)["E1"].employee_id
    batch_id = promotion(own_backend)
    code = employees.invite(hr, who, employee_id, batch_id)
    with hr.db.read() as session:
        invitation_id = session.query(InvitationRow).filter_by(code=code).one().id
    talk = Talk(own_backend.enrol(), invitation_id)
    talk.started(kit_id="promote")
    talk.finished()
    talk.put_all()
    assert shown(own_backend)["E1"].combined is None
    decisions.rate(hr, who, talk.interview_id, 80)
    employees.import_scores(hr, who, ScoreKind.ASSESSMENT, "工号,测评,分数\nE1,专业,75\n".encode())
    line = shown(own_backend)["E1"]
    assert (line.interview, line.assessment, line.combined) == (80, 75.0, 77.5)
    (inside,) = employees.file(hr, who, employee_id).interviews
    assert (inside.interview_id, inside.score, inside.batch) == (talk.interview_id, 80, "晋升")
    assert refusal(employees.invite, hr, who, employee_id, batch_id) == ("conflict", "phone")


def test_weights_are_the_administrators_and_change_the_score(own_backend: Served) -> None:
    assert Weights().combined(80, 75) == 77.5
    assert Weights(3, 1).combined(80, 75) == 78.8
    employees.set_weights(own_backend.hr, COMMAND_LINE, Weights(3, 1))
    assert employees.weights(own_backend.hr) == Weights(3, 1)
    for wrong in (Weights(0, 0), Weights(-1, 2), Weights(101, 1)):
        assert refusal(employees.set_weights, own_backend.hr, COMMAND_LINE, wrong) == ("setting_invalid", "weights")
    assert refusal(employees.set_weights, own_backend.hr, somebody(own_backend.hr), Weights())[0] == "forbidden"


def test_a_batch_for_candidates_is_none_for_employees(own_backend: Served) -> None:
    hr, start = own_backend.hr, datetime.now(UTC)
    employee_id = imported(own_backend)["E1"].employee_id
    batch_id = batches.add_batch(
        hr, COMMAND_LINE, kit_id="test", title="x", not_before=start, not_after=start + timedelta(days=1)
    )
    assert refusal(employees.invite, hr, somebody(hr), employee_id, batch_id) == ("setting_invalid", "batch")


@pytest.mark.parametrize("role", [Role.DEPARTMENT_HEAD, Role.AUDITOR])
def test_files_are_for_hr_alone(own_backend: Served, role: Role) -> None:
    employee_id = imported(own_backend)["E1"].employee_id
    who = somebody(own_backend.hr, role, "hq" if role is Role.DEPARTMENT_HEAD else None)
    assert refusal(employees.file, own_backend.hr, who, employee_id)[0] == "forbidden"
    assert refusal(employees.lines, own_backend.hr, who)[0] == "forbidden"
