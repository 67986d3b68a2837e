"""Departments: a new one, another name, another place in the tree."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Response

from backend.db.models import Role
from backend.portal import staffing_words
from backend.portal.visit import Member, MemberForm, Visit
from backend.services import batches, departments, scope
from backend.services.departments import DepartmentDraft
from contract.errors import ErrorCode, XudaError

router = APIRouter()
_Short = Annotated[str, Form(max_length=300)]


@router.get("/departments/new")
def new_department(visit: Member) -> Response:
    return _form(visit, "/departments", _typed("", "", "", ""))


@router.post("/departments")
def add(
    visit: MemberForm, department_id: _Short = "", parent: _Short = "", name_zh_CN: _Short = "", name_en: _Short = ""
) -> Response:
    typed = _typed(department_id, parent, name_zh_CN, name_en)
    try:
        departments.add(visit.hr, visit.actor, department_id.strip(), _draft(typed))
    except XudaError as error:
        return _form(visit, "/departments", typed, error=error)
    return visit.redirect("/positions")


@router.get("/departments/{department_id}/edit")
def edit(visit: Member, department_id: str) -> Response:
    row = departments.found(visit.hr, visit.actor, department_id)
    chinese, english = row.name.get("zh_CN", row.name.get("", "")), row.name.get("en", "")
    return _form(visit, f"/departments/{row.id}/edit", _typed(row.id, row.parent_id or "", chinese, english))


@router.post("/departments/{department_id}/edit")
def change(
    visit: MemberForm, department_id: str, parent: _Short = "", name_zh_CN: _Short = "", name_en: _Short = ""
) -> Response:
    typed = _typed(department_id, parent, name_zh_CN, name_en)
    try:
        departments.change(visit.hr, visit.actor, department_id, _draft(typed))
    except XudaError as error:
        return _form(visit, f"/departments/{department_id}/edit", typed, error=error)
    return visit.redirect("/positions")


def _form(visit: Visit, target: str, typed: dict[str, str], *, error: XudaError | None = None) -> Response:
    """Raises what the person cannot mend in the form."""
    if error is not None and error.code not in (ErrorCode.SETTING_INVALID, ErrorCode.CONFLICT):
        raise error
    scope.require(visit.actor, Role.ADMINISTRATOR)
    return visit.page(
        "department_form.html",
        status=200 if error is None else 422,
        target=target,
        typed=typed,
        tree=batches.tree(visit.hr, visit.actor),
        problem=staffing_words.problem(visit, error) if error else "",
    )


def _typed(department_id: str, parent: str, chinese: str, english: str) -> dict[str, str]:
    return {"department_id": department_id, "parent": parent, "name_zh_CN": chinese, "name_en": english}


def _draft(typed: dict[str, str]) -> DepartmentDraft:
    return DepartmentDraft(typed["parent"] or None, {"zh_CN": typed["name_zh_CN"], "en": typed["name_en"]})
