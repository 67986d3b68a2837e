"""How people grow: what positions ask for, courses, and what an employee lacks for a position."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Form, Response

from backend.portal import growth_words, import_words
from backend.portal.routes.requisitions import number
from backend.portal.visit import STAFF, Member, MemberForm, Visit
from backend.services import abilities, ability_gap, courses, employees, positions, scope
from backend.services.abilities import Level
from backend.services.courses import CourseDraft
from backend.services.sheet_import import Report
from contract.errors import ErrorCode, XudaError
from contract.text import pick
from report import table

router = APIRouter()
_Short = Annotated[str, Form(max_length=300)]
_Long = Annotated[str, Form(max_length=5000)]
_Many = Annotated[list[str], Form(max_length=200)]
_OF_THE_FILE = (ErrorCode.ROW_INVALID, ErrorCode.FILE_ENCODING, ErrorCode.TABLE_UNREADABLE, ErrorCode.TOO_LARGE)
_SPARE = 4


@router.get("/positions/{position_id}/abilities")
def abilities_page(visit: Member, position_id: str) -> Response:
    rows = [(level.name, str(level.level)) for level in abilities.wanted(visit.hr, visit.actor, position_id)]
    return _abilities(visit, position_id, rows)


@router.post("/positions/{position_id}/abilities")
def put_abilities(visit: MemberForm, position_id: str, ability: _Many = [], level: _Many = []) -> Response:  # noqa: B006
    """Rows without a name are left out."""
    scope.require(visit.actor, *STAFF)
    rows = [(name, value) for name, value in zip(ability, level, strict=False) if name.strip()]
    try:
        wanted = [Level(name, number(value, "level")) for name, value in rows]
        abilities.put(visit.hr, visit.actor, position_id, wanted)
    except XudaError as error:
        if error.code is not ErrorCode.SETTING_INVALID:
            raise
        return _abilities(visit, position_id, rows, problem=growth_words.problem(visit, error))
    return visit.redirect(f"/positions/{position_id}/abilities")


@router.get("/courses")
def course_list(visit: Member) -> Response:
    return _courses(visit)


@router.post("/courses")
def add_course(
    visit: MemberForm, code: _Short = "", title: _Short = "", taught: _Long = "", level: _Short = "", hours: _Short = ""
) -> Response:
    scope.require(visit.actor, *STAFF)
    typed = {"code": code, "title": title, "taught": taught, "level": level, "hours": hours}
    try:
        courses.add(visit.hr, visit.actor, _draft(typed))
    except XudaError as error:
        return _courses(visit, typed=typed, problem=_mended(visit, error))
    return visit.redirect("/courses")


@router.post("/courses/import")
def import_courses(visit: MemberForm, file: Annotated[bytes, File()] = b"") -> Response:
    scope.require(visit.actor, *STAFF)
    try:
        return _courses(visit, report=courses.import_table(visit.hr, visit.actor, file))
    except XudaError as error:
        if error.code not in _OF_THE_FILE:
            raise
        return _courses(visit, problem=import_words.file_words(visit, error, "code, title, abilities, level"))


@router.get("/courses/{course_id}/edit")
def edit_course(visit: Member, course_id: str) -> Response:
    draft = courses.one(visit.hr, visit.actor, course_id).draft
    taught = "\n".join(draft.abilities)
    typed = {"code": draft.code, "title": draft.title, "taught": taught}
    return _course(visit, course_id, {**typed, "level": str(draft.level), "hours": str(draft.hours)})


@router.post("/courses/{course_id}/edit")
def change_course(
    visit: MemberForm,
    course_id: str,
    code: _Short = "",
    title: _Short = "",
    taught: _Long = "",
    level: _Short = "",
    hours: _Short = "",
) -> Response:
    scope.require(visit.actor, *STAFF)
    typed = {"code": code, "title": title, "taught": taught, "level": level, "hours": hours}
    try:
        courses.change(visit.hr, visit.actor, course_id, _draft(typed))
    except XudaError as error:
        return _course(visit, course_id, typed, problem=_mended(visit, error))
    return visit.redirect("/courses")


@router.post("/courses/{course_id}/retire")
def retire_course(visit: MemberForm, course_id: str, on: _Short = "") -> Response:
    courses.retire(visit.hr, visit.actor, course_id, on=on == "yes")
    return visit.redirect("/courses")


@router.get("/employees/{employee_id}/gap")
def gap_page(visit: Member, employee_id: str, position: str = "") -> Response:
    """Without a position: that of the employee, if the organisation has it."""
    hr, actor = visit.hr, visit.actor
    chosen = position or employees.own_position(hr, actor, employee_id)
    return visit.page(
        "gap.html",
        employee=employees.file(hr, actor, employee_id).line,
        found=ability_gap.take(hr, actor, employee_id, chosen) if chosen else None,
        chosen=chosen,
        lines=positions.lines(hr, actor),
        known_words=lambda known: growth_words.known(visit, known),
    )


@router.get("/employees/{employee_id}/gap.csv")
def gap_sheet(visit: Member, employee_id: str, position: str = "") -> Response:
    """The same as a table."""
    chosen = position or employees.own_position(visit.hr, visit.actor, employee_id)
    head, rows = growth_words.sheet(visit, ability_gap.take(visit.hr, visit.actor, employee_id, chosen))
    lines = [table.line(head), *(table.line(row) for row in rows)]
    headers = {"Content-Disposition": 'attachment; filename="ability-gap.csv"'}
    return Response(table.BEGIN + b"".join(lines), media_type="text/csv; charset=utf-8", headers=headers)


def _abilities(visit: Visit, position_id: str, rows: list[tuple[str, str]], *, problem: str = "") -> Response:
    with visit.hr.db.read() as session:
        row = positions.found(session, visit.actor, position_id)
        title, skills = pick(row.title, visit.language), list(row.skills)
    named = {abilities.folded(name) for name, _ in rows}
    # skills of the position without a level yet, to fill in
    spare = [(skill, "") for skill in skills if abilities.folded(skill) not in named]
    return visit.page(
        "position_abilities.html",
        status=422 if problem else 200,
        position_id=position_id,
        title=title,
        rows=rows,
        spare=[*spare, *[("", "")] * _SPARE],
        problem=problem,
    )


def _courses(
    visit: Visit, *, typed: dict[str, str] | None = None, report: Report | None = None, problem: str = ""
) -> Response:
    return visit.page(
        "courses.html",
        status=422 if problem else 200,
        lines=courses.lines(visit.hr, visit.actor),
        typed=typed or dict.fromkeys(("code", "title", "taught", "level", "hours"), ""),
        report=report,
        problem=problem,
        row_words=lambda row: import_words.row_words(visit, row),
    )


def _course(visit: Visit, course_id: str, typed: dict[str, str], *, problem: str = "") -> Response:
    line = courses.one(visit.hr, visit.actor, course_id)
    return visit.page("course.html", status=422 if problem else 200, line=line, typed=typed, problem=problem)


def _mended(visit: Visit, error: XudaError) -> str:
    """What the person can mend; raises anything else."""
    if error.code not in (ErrorCode.SETTING_INVALID, ErrorCode.CONFLICT):
        raise error
    return growth_words.problem(visit, error)


def _draft(typed: dict[str, str]) -> CourseDraft:
    """Raises XudaError(SETTING_INVALID) with the field."""
    hours = number(typed["hours"] or "0", "hours")
    taught = courses.parted(typed["taught"])
    return CourseDraft(typed["code"].strip(), typed["title"], taught, number(typed["level"], "level"), hours)
