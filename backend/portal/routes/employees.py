"""Employees: the list with their scores, imports, and one's file with interviews inside the organisation."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Form, Response

from backend.db.models import Role
from backend.portal import import_words
from backend.portal.visit import STAFF, Member, MemberForm, Visit
from backend.services import employees, scope
from backend.services.employees import PAGE_SIZE, ScoreKind, Weights
from backend.services.sheet_import import Report
from contract.errors import ErrorCode, XudaError

router = APIRouter()
_OF_THE_FILE = (ErrorCode.ROW_INVALID, ErrorCode.FILE_ENCODING, ErrorCode.TABLE_UNREADABLE, ErrorCode.TOO_LARGE)
_Short = Annotated[str, Form(max_length=64)]
_MOST_PAGES = 1_000_000


@router.get("/employees")
def employee_list(visit: Member, page: int = 1) -> Response:
    return _list(visit, page=page)


@router.post("/employees/import")
def import_table(visit: MemberForm, what: _Short = "", file: Annotated[bytes, File()] = b"") -> Response:
    """``what``: people, performance or assessment."""
    scope.require(visit.actor, *STAFF)
    try:
        if what in set(ScoreKind):
            columns = "code, period, score"
            return _list(visit, report=employees.import_scores(visit.hr, visit.actor, ScoreKind(what), file))
        columns = "code, name, department"
        return _list(visit, report=employees.import_people(visit.hr, visit.actor, file))
    except XudaError as error:
        if error.code not in _OF_THE_FILE:
            raise
        return _list(visit, problem=import_words.file_words(visit, error, columns))


@router.post("/employees/weights")
def set_weights(visit: MemberForm, interview: _Short = "", assessment: _Short = "") -> Response:
    scope.require(visit.actor, Role.ADMINISTRATOR)
    numbers = [int(text) if text.isascii() and text.isdigit() else -1 for text in (interview, assessment)]
    try:
        employees.set_weights(visit.hr, visit.actor, Weights(*numbers))
    except XudaError as error:
        if error.code is not ErrorCode.SETTING_INVALID:
            raise
        t = visit.texts.gettext
        return _list(visit, problem=t("Weights are whole numbers from 0 to 100, and not both 0."))
    return visit.redirect("/employees#weights")


@router.get("/employees/{employee_id}")
def employee_file(visit: Member, employee_id: str) -> Response:
    return _file(visit, employee_id)


@router.post("/employees/{employee_id}/invite")
def invite(visit: MemberForm, employee_id: str, batch: _Short = "") -> Response:
    try:
        employees.invite(visit.hr, visit.actor, employee_id, batch)
    except XudaError as error:
        if error.code not in (ErrorCode.SETTING_INVALID, ErrorCode.CONFLICT):
            raise
        t = visit.texts.gettext
        problem = {
            "batch": t("Please choose a batch whose kit is for promotion, transfer or training."),
        }.get(error.field or "", t("There is no phone or e-mail address, or the employee is invited to it already."))
        return _file(visit, employee_id, problem=problem)
    return visit.redirect(f"/employees/{employee_id}")


def _list(visit: Visit, *, page: int = 1, report: Report | None = None, problem: str = "") -> Response:
    shown = min(max(page, 1), _MOST_PAGES)
    found, total = employees.lines(visit.hr, visit.actor, page=shown)
    return visit.page(
        "employees.html",
        status=422 if problem else 200,
        lines=found,
        total=total,
        page=shown,
        pages=max(1, -(-total // PAGE_SIZE)),
        report=report,
        problem=problem,
        weights=employees.weights(visit.hr),
        decides=visit.actor.role is Role.ADMINISTRATOR,
        row_words=lambda row: import_words.row_words(visit, row),
    )


def _file(visit: Visit, employee_id: str, *, problem: str = "") -> Response:
    t = visit.texts.gettext
    return visit.page(
        "employee.html",
        status=422 if problem else 200,
        found=employees.file(visit.hr, visit.actor, employee_id),
        batches=employees.inside_batches(visit.hr, visit.actor),
        problem=problem,
        score_words={ScoreKind.PERFORMANCE: t("Performance"), ScoreKind.ASSESSMENT: t("Assessment")},
    )
