"""The ability gap over a real database: what is wanted, what is known from where, and which courses close it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from backend.db.employee_models import EmployeeRow
from backend.db.growth_models import EmployeeAbility
from backend.db.models import AuditRow, InvitationRow, Role
from backend.services import (
    abilities,
    ability_gap,
    courses,
    decisions,
    employees,
    leavers,
    positions,
    score_making,
    scorecards,
    scores,
)
from backend.services.abilities import Level
from backend.services.ability_gap import Gap, Sheet, Source
from backend.services.actor import Actor
from backend.services.courses import CourseDraft, CourseLine
from backend.services.employees import ScoreKind
from backend.services.leavers import KEPT, Reason
from backend.services.positions import PositionDraft
from backend.services.rubric import default_rubric
from backend.services.scorecard_sheet import Content, Mark
from tests.assessment.cases import middling
from tests.backend.staffing import refusal, somebody
from tests.backend.test_employees import PEOPLE, promotion
from tests.backend.world import BOTH, COMMAND_LINE, Served, Talk

DATABASES = BOTH
COURSES = """课程编码,课程名称,培养能力,达到水平,学时
PY1,Python 入门,Python,60,8
PY2,Python 进阶,Python;SQL,80,24
SQL1,SQL 专项,sql,90,12
COM,沟通,沟通表达,100,6
"""


@pytest.fixture
def backend(own_backend: Served) -> Served:
    employees.import_people(own_backend.hr, COMMAND_LINE, PEOPLE.encode())
    return own_backend


def employee(backend: Served, code: str = "E1") -> str:
    with backend.hr.db.read() as session:
        return session.query(EmployeeRow).filter_by(code=code).one().id


def place(backend: Served, *levels: Level, title: str = "工程师") -> str:
    made = positions.add(backend.hr, COMMAND_LINE, PositionDraft("rd", {"zh_CN": title}, 9, 0, (), "P-1"))
    abilities.put(backend.hr, COMMAND_LINE, made, levels)
    return made


def known(backend: Served, *rows: str) -> None:
    table = "\n".join(["工号,能力,测评,分数", *rows])
    abilities.import_known(backend.hr, COMMAND_LINE, table.encode())


def taken(backend: Served, position_id: str) -> Sheet:
    return ability_gap.take(backend.hr, somebody(backend.hr), employee(backend), position_id)


def gap_of(sheet: Sheet, name: str) -> Gap:
    return next(gap for gap in sheet.gaps if gap.ability == name)


def test_the_gap_is_what_is_wanted_less_what_is_known_of_the_newest_test(backend: Served) -> None:
    position_id = place(backend, Level("Python", 85), Level("SQL", 60), Level("领导力", 70))
    known(backend, "E1,python,2025 测评,40")
    backend.clock.ahead += timedelta(days=1)
    known(backend, "E1,Python,2026 测评,62.5", "E1,SQL,2026 测评,75")
    sheet = taken(backend, position_id)
    assert [(gap.ability, gap.has, gap.gap) for gap in sheet.gaps] == [
        ("Python", 62.5, 22.5),
        ("SQL", 75.0, 0.0),
        ("领导力", None, None),
    ]
    told = gap_of(sheet, "Python").known
    assert [(one.label, one.value, one.counts) for one in told] == [
        ("2026 测评", 62.5, True),
        ("2025 测评", 40.0, False),
    ]
    with backend.hr.db.read() as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.action == "view_ability_gap")).all()
    assert [row.detail for row in rows] == [{"position": position_id}]


def test_a_scorecard_and_a_test_are_weighed_like_the_combined_score(backend: Served) -> None:
    hr = backend.hr
    position_id = place(backend, Level("沟通表达", 90))
    code = employees.invite(hr, somebody(hr), employee(backend), promotion(backend))
    with hr.db.read() as session:
        invitation_id = session.query(InvitationRow).filter_by(code=code).one().id
    talk = Talk(backend.enrol(), invitation_id)
    talk.started(kit_id="promote")
    talk.written("x")
    talk.finished()
    talk.put_all()
    who = somebody(hr)
    rated = Content(ratings={"q2": {"communication": Mark(level=4), **others()}})
    scorecards.hand_in(hr, who, talk.interview_id, rated, 0)
    found = gap_of(taken(backend, position_id), "沟通表达")
    assert [(one.source, one.value, one.label) for one in found.known] == [(Source.INTERVIEW, 80.0, "晋升")]
    assert (found.has, found.gap) == (80.0, 10.0)
    known(backend, "E1,沟通表达,2026 测评,75")
    assert gap_of(taken(backend, position_id), "沟通表达").has == 77.5
    employees.set_weights(hr, COMMAND_LINE, employees.Weights(1, 3))
    assert gap_of(taken(backend, position_id), "沟通表达").has == 76.2


def test_an_interview_that_nobody_has_rated_counts_by_the_ai_and_says_so(backend: Served) -> None:
    hr, who = backend.hr, somebody(backend.hr)
    position_id = place(backend, Level("沟通表达", 90))
    talk = scored(backend)
    info = scores.shown(hr, COMMAND_LINE, talk.interview_id, "zh_CN").info
    assert info is not None
    points = next(one.score.points for one in info.dimensions if one.title == "沟通表达")
    assert points is not None

    def seen(actor: Actor) -> Gap:
        return gap_of(ability_gap.take(hr, actor, employee(backend), position_id), "沟通表达")

    assert [(one.source, one.label, one.value, one.by_ai) for one in seen(COMMAND_LINE).known] == [
        (Source.INTERVIEW, "晋升", int(points + 0.5), True)
    ]
    assert seen(who).known == (), "may still rate it"
    known(backend, "E1,沟通表达,2026 测评,75")
    assert seen(COMMAND_LINE).has == round((int(points + 0.5) + 75) / 2, 1)
    rated = Content(ratings={"q1": {"communication": Mark(level=4), **others()}})
    scorecards.hand_in(hr, who, talk.interview_id, rated, 0)
    people = [one for one in seen(COMMAND_LINE).known if one.source is Source.INTERVIEW]
    assert [(one.value, one.by_ai) for one in people] == [(80.0, False)], "people's ratings take its place"


def test_who_was_rated_without_a_scorecard_has_no_score_of_the_ai_in_the_gap(backend: Served) -> None:
    hr, who = backend.hr, somebody(backend.hr)
    position_id = place(backend, Level("沟通表达", 90))
    talk = scored(backend)
    decisions.rate(hr, who, talk.interview_id, 90)
    found = ability_gap.take(hr, COMMAND_LINE, employee(backend), position_id)
    assert gap_of(found, "沟通表达").known == ()


def scored(backend: Served) -> Talk:
    """An interview inside the organisation with a score of the AI."""
    code = employees.invite(backend.hr, somebody(backend.hr), employee(backend), promotion(backend))
    with backend.hr.db.read() as session:
        invitation_id = session.query(InvitationRow).filter_by(code=code).one().id
    talk = Talk(backend.enrol(), invitation_id)
    talk.started(kit_id="promote")
    talk.consented(scoring=True)
    talk.spoken(talk.seal(b"one"))
    talk.heard(middling("en"))
    talk.finished()
    talk.put_all()
    assert score_making.make(backend.hr, talk.interview_id, "server")
    return talk


def others() -> dict[str, Mark]:
    """Marks for the other dimensions of the default rubric."""
    names = [dimension.dimension_id for dimension in default_rubric().general]
    return {name: Mark(level=2) for name in names if name != "communication"}


def test_performance_counts_where_it_is_asked_for_and_a_test_by_its_name(backend: Served) -> None:
    hr = backend.hr
    position_id = place(backend, Level("绩效", 85), Level("专业测评", 80), Level("Python", 50))
    for kind, table in (
        (ScoreKind.PERFORMANCE, "工号,周期,绩效\nE1,2026Q2,88\n"),
        (ScoreKind.ASSESSMENT, "工号,测评,分数\nE1,专业测评,75\n"),
    ):
        employees.import_scores(hr, COMMAND_LINE, kind, table.encode())
    sheet = taken(backend, position_id)
    assert (gap_of(sheet, "绩效").gap, gap_of(sheet, "专业测评").gap) == (0.0, 5.0)
    assert gap_of(sheet, "Python").has is None, "performance says nothing about one ability"


def test_courses_that_close_most_come_first_and_what_is_unknown_waits(backend: Served) -> None:
    hr = backend.hr
    courses.import_table(hr, COMMAND_LINE, COURSES.encode())
    position_id = place(backend, Level("Python", 85), Level("SQL", 85), Level("沟通表达", 70))
    known(backend, "E1,Python,测评,50", "E1,SQL,测评,70")
    sheet = taken(backend, position_id)
    told = [
        (one.course.draft.code, one.points, [(c.ability, c.before, c.after) for c in one.closes])
        for one in sheet.advice
    ]
    assert told == [
        ("PY2", 40.0, [("Python", 50.0, 80), ("SQL", 70.0, 80)]),
        ("SQL1", 5.0, [("SQL", 80, 85)]),
    ]
    assert sheet.unmet == ["Python"], "85 is taught by none"
    assert [line.draft.code for line in sheet.maybe] == ["COM"]
    courses.retire(hr, COMMAND_LINE, sheet.advice[0].course.course_id, on=True)
    assert [one.course.draft.code for one in taken(backend, position_id).advice] == ["SQL1", "PY1"]


def test_of_two_courses_alike_the_shorter_is_chosen() -> None:
    gaps = [Gap("Python", 80, 60.0, ())]
    catalogue = [CourseLine(str(hours), CourseDraft(f"C{hours}", "x", ["python"], 90, hours)) for hours in (40, 8, 20)]
    advice, unmet = ability_gap.advise(gaps, catalogue)
    assert [one.course.draft.hours for one in advice] == [8]
    assert (advice[0].points, unmet) == (20.0, [])
    assert ability_gap.advise([Gap("Python", 80, 90.0, ())], catalogue) == ([], [])


def test_levels_and_courses_come_from_tables_and_each_bad_row_is_named(backend: Served) -> None:
    hr = backend.hr
    position_id = place(backend)
    table = "岗位编码,能力,要求\nP-1,Python,80\nP-1,男,80\nP-X,Python,80\nP-1,SQL,101\n"
    report = abilities.import_wanted(hr, COMMAND_LINE, table.encode("gb18030"))
    assert [(row.row, row.problem) for row in report.problems] == [(3, "malformed"), (4, "unknown"), (5, "malformed")]
    assert (report.added, abilities.wanted(hr, COMMAND_LINE, position_id)) == (1, [Level("Python", 80)])
    assert abilities.import_wanted(hr, COMMAND_LINE, table.encode()).same == 1
    assert refusal(abilities.put, hr, COMMAND_LINE, position_id, [Level("a", 1), Level("A", 2)])[1] == "ability"
    assert refusal(abilities.put, hr, COMMAND_LINE, position_id, [Level("男", 1)])[1] == "unfair"
    bad = COURSES + "PY1,再来,Python,60,8\nX 1,坏编码,Python,60,8\nX2,坏水平,Python,高,8\nX3,无能力,,60,8\n"
    found = courses.import_table(hr, COMMAND_LINE, bad.encode())
    assert (found.added, [row.row for row in found.problems]) == (4, [6, 7, 8, 9])
    again = courses.import_table(hr, COMMAND_LINE, COURSES.replace("SQL 专项", "SQL 精讲").encode())
    assert (again.changed, again.same) == (1, 3)
    assert refusal(courses.add, hr, COMMAND_LINE, CourseDraft("PY1", "x", ["y"], 1, 1)) == ("conflict", "code")


@pytest.mark.parametrize("role", [Role.DEPARTMENT_HEAD, Role.AUDITOR])
def test_it_is_for_hr_alone(backend: Served, role: Role) -> None:
    hr, position_id = backend.hr, place(backend, Level("Python", 80))
    who = somebody(hr, role, "hq" if role is Role.DEPARTMENT_HEAD else None)
    assert refusal(ability_gap.take, hr, who, employee(backend), position_id)[0] == "forbidden"
    assert refusal(abilities.put, hr, who, position_id, [])[0] == "forbidden"
    assert refusal(courses.lines, hr, who)[0] == "forbidden"


def test_what_is_known_goes_with_the_employees_data(backend: Served) -> None:
    hr = backend.hr
    known(backend, "E1,Python,测评,50", "E4,Python,测评,50")
    leavers.note(hr, COMMAND_LINE, employee(backend), hr.now().date(), Reason.OTHER)
    leavers.remove_over(hr, hr.now() + KEPT)
    with hr.db.read() as session:
        assert [row.employee_id for row in session.scalars(select(EmployeeAbility))] == [employee(backend, "E4")]
