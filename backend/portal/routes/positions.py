"""Positions: the organisation's departments with the people they have and may have."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Response

from backend.db.models import Role
from backend.portal import staffing_words
from backend.portal.routes.requisitions import number
from backend.portal.visit import PAGE, STAFF, Member, MemberForm, Visit, page_number, pages_of
from backend.services import batches, position_lists, positions, scope
from backend.services.positions import PositionDraft
from contract.errors import ErrorCode, XudaError

router = APIRouter()
_Short = Annotated[str, Form(max_length=300)]
_Long = Annotated[str, Form(max_length=10_000)]


@router.get("/positions")
def position_list(visit: Member, page: int = 1) -> Response:
    page, role = page_number(page), visit.actor.role
    found = position_lists.organisation(visit.hr, visit.actor, page=page, size=PAGE)
    return visit.page(
        "positions.html",
        found=found,
        page=page,
        pages=pages_of(found.rows),
        decides=role in STAFF,
        builds=role is Role.ADMINISTRATOR,
    )


@router.get("/positions/new")
def new_position(visit: Member, department: str = "") -> Response:
    scope.require(visit.actor, *STAFF)
    return _form(visit, "/positions", _typed(department, "", "", "1", "0", ""))


@router.post("/positions")
def add(
    visit: MemberForm,
    department: _Short = "",
    title_zh_CN: _Short = "",
    title_en: _Short = "",
    headcount: _Short = "",
    staffed: _Short = "",
    skills: _Long = "",
) -> Response:
    typed = _typed(department, title_zh_CN, title_en, headcount, staffed, skills)
    try:
        positions.add(visit.hr, visit.actor, _draft(typed))
    except XudaError as error:
        return _form(visit, "/positions", typed, error=error)
    return visit.redirect("/positions")


@router.get("/positions/{position_id}/edit")
def edit(visit: Member, position_id: str) -> Response:
    scope.require(visit.actor, *STAFF)
    with visit.hr.db.read() as session:
        row = positions.found(session, visit.actor, position_id)
        chinese, english = row.title.get("zh_CN", ""), row.title.get("en", "")
        people = str(row.headcount), str(row.staffed)
        typed = _typed(row.department_id, chinese, english, *people, "\n".join(row.skills))
    return _form(visit, f"/positions/{position_id}/edit", typed)


@router.post("/positions/{position_id}/edit")
def change(
    visit: MemberForm,
    position_id: str,
    department: _Short = "",
    title_zh_CN: _Short = "",
    title_en: _Short = "",
    headcount: _Short = "",
    staffed: _Short = "",
    skills: _Long = "",
) -> Response:
    typed = _typed(department, title_zh_CN, title_en, headcount, staffed, skills)
    try:
        positions.change(visit.hr, visit.actor, position_id, _draft(typed))
    except XudaError as error:
        return _form(visit, f"/positions/{position_id}/edit", typed, error=error)
    return visit.redirect("/positions")


@router.post("/positions/{position_id}/close")
def close(visit: MemberForm, position_id: str) -> Response:
    try:
        positions.close(visit.hr, visit.actor, position_id)
    except XudaError as error:
        if error.code is not ErrorCode.CONFLICT:
            raise
        words = staffing_words.problem(visit, error)
        return visit.page("refused.html", status=409, problem=words, back=f"/positions/{position_id}/edit")
    return visit.redirect("/positions")


def _form(visit: Visit, target: str, typed: dict[str, str], *, error: XudaError | None = None) -> Response:
    """Raises what the person cannot mend in the form."""
    if error is not None and error.code is not ErrorCode.SETTING_INVALID:
        raise error
    scope.require(visit.actor, *STAFF)
    return visit.page(
        "position_form.html",
        status=200 if error is None else 422,
        target=target,
        typed=typed,
        tree=batches.tree(visit.hr, visit.actor),
        problem=staffing_words.problem(visit, error) if error else "",
    )


def _typed(department: str, chinese: str, english: str, headcount: str, staffed: str, skills: str) -> dict[str, str]:
    return {
        "department": department,
        "title_zh_CN": chinese,
        "title_en": english,
        "headcount": headcount,
        "staffed": staffed,
        "skills": skills,
    }


def _draft(typed: dict[str, str]) -> PositionDraft:
    return PositionDraft(
        department_id=typed["department"],
        title={"zh_CN": typed["title_zh_CN"], "en": typed["title_en"]},
        headcount=number(typed["headcount"], "headcount"),
        staffed=number(typed["staffed"], "staffed"),
        skills=typed["skills"].splitlines(),
    )
