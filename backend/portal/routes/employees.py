"""Employees: the list with their scores, imports, and one's file with interviews inside the organisation."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, File, Form, Response

from backend.db.models import Role
from backend.portal import import_words
from backend.portal.visit import STAFF, Member, MemberForm, Visit
from backend.services import abilities, employees, leavers, scope
from backend.services.employees import PAGE_SIZE, ScoreKind, Weights
from backend.services.leavers import Reason
from backend.services.sheet_import import Report
from contract.errors import ErrorCode, XudaError

router = APIRouter()
_OF_THE_FILE = (ErrorCode.ROW_INVALID, ErrorCode.FILE_ENCODING, ErrorCode.TABLE_UNREADABLE, ErrorCode.TOO_LARGE)
_Short = Annotated[str, Form(max_length=64)]
_MOST_PAGES = 1_000_000


@router.get("/employees")
def employee_list(visit: Member, page: int = 1, left: str = "") -> Response:
    """``left``: yes shows who works here no more."""
    return _list(visit, page=page, left=left == "yes")


@router.post("/employees/import")
def import_table(visit: MemberForm, what: _Short = "", file: Annotated[bytes, File()] = b"") -> Response:
    """``what``: people, performance, assessment, abilities or leavers."""
    scope.require(visit.actor, *STAFF)
    try:
        if what in set(ScoreKind):
            columns = "code, period, score"
            return _list(visit, report=employees.import_scores(visit.hr, visit.actor, ScoreKind(what), file))
        if what == "leavers":
            columns = "code, leaving date, reason"
            return _list(visit, report=leavers.import_table(visit.hr, visit.actor, file))
        if what == "abilities":
            columns = "code, ability, test, score"
            return _list(visit, report=abilities.import_known(visit.hr, visit.actor, file))
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
            "left": t("They work here no more, and get no interviews inside the organisation."),
            "batch": t("Please choose a batch whose kit is for promotion, transfer or training."),
        }.get(error.field or "", t("There is no phone or e-mail address, or the employee is invited to it already."))
        return _file(visit, employee_id, problem=problem)
    return visit.redirect(f"/employees/{employee_id}")


@router.post("/employees/{employee_id}/leaving")
def leaving(visit: MemberForm, employee_id: str, day: _Short = "", reason: _Short = "", do: _Short = "") -> Response:
    """``do``: back takes a leaving back; anything else notes it."""
    try:
        if do == "back":
            leavers.take_back(visit.hr, visit.actor, employee_id)
        else:
            leavers.note(visit.hr, visit.actor, employee_id, _date(day), _reason(reason))
    except XudaError as error:
        if error.code is not ErrorCode.SETTING_INVALID:
            raise
        t = visit.texts.gettext
        words = {"day": t("Please give the first day they work here no more, at most a year ahead.")}
        return _file(visit, employee_id, problem=words.get(error.field or "", t("Please choose a reason.")))
    return visit.redirect(f"/employees/{employee_id}#leaving")


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise XudaError(ErrorCode.SETTING_INVALID, field="day") from error


def _reason(text: str) -> Reason:
    try:
        return Reason(text)
    except ValueError as error:
        raise XudaError(ErrorCode.SETTING_INVALID, field="reason") from error


def _list(
    visit: Visit, *, page: int = 1, left: bool = False, report: Report | None = None, problem: str = ""
) -> Response:
    shown = min(max(page, 1), _MOST_PAGES)
    found, total = employees.lines(visit.hr, visit.actor, page=shown, left=left)
    return visit.page(
        "employees.html",
        status=422 if problem else 200,
        lines=found,
        left=left,
        leaving_words=_reason_words(visit),
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
    found = employees.file(visit.hr, visit.actor, employee_id)
    return visit.page(
        "employee.html",
        status=422 if problem else 200,
        found=found,
        removed_at=found.line.left_at + leavers.KEPT if found.line.left_at else None,
        leaving_words=_reason_words(visit),
        today=visit.local(visit.hr.now(), "%Y-%m-%d"),
        batches=employees.inside_batches(visit.hr, visit.actor),
        problem=problem,
        score_words={ScoreKind.PERFORMANCE: t("Performance"), ScoreKind.ASSESSMENT: t("Assessment")},
    )


def _reason_words(visit: Visit) -> dict[Reason, str]:
    t = visit.texts.gettext
    return {
        Reason.RESIGNED: t("Resigned"),
        Reason.CONTRACT_ENDED: t("Contract ended"),
        Reason.DISMISSED: t("Dismissed"),
        Reason.RETIRED: t("Retired"),
        Reason.OTHER: t("Another reason"),
    }
