"""Batches: create, look at, print invitations."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import segno
from fastapi import APIRouter, Form, Response

from backend.portal import staffing_words
from backend.portal.visit import PAGE, Member, MemberForm, Visit, pages_of
from backend.services import audit, batches, blind, listings, requisition_lists, scores, walkins
from backend.services.candidates import ImportReport, RowProblem
from backend.services.listings import BatchLine
from backend.services.requisition_lists import RequisitionLine
from contract.errors import ErrorCode, XudaError
from contract.texts import error_text

router = APIRouter()


@router.get("/batches")
def batch_list(visit: Member, page: int = 1) -> Response:
    page = max(page, 1)
    found = listings.batch_lines(visit.hr, visit.actor, page=page, size=PAGE)
    return visit.page("batches.html", lines=found.lines, page=page, pages=pages_of(found.total), total=found.total)


@router.get("/batches/new")
def new_batch(visit: Member, requisition: str = "") -> Response:
    today = visit.hr.now().astimezone().date()
    given = {"title": "", "kit": "", "start": str(today), "end": str(today + timedelta(days=14))}
    given["requisition"] = requisition
    return _form(visit, given)


@router.post("/batches")
def create_batch(
    visit: MemberForm,
    title: Annotated[str, Form(max_length=200)] = "",
    kit: Annotated[str, Form(max_length=64)] = "",
    start: Annotated[str, Form(max_length=40)] = "",
    end: Annotated[str, Form(max_length=40)] = "",
    requisition: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    try:
        made = batches.add_batch(
            visit.hr,
            visit.actor,
            kit_id=kit,
            title=title,
            not_before=batches.moment(start),
            not_after=batches.moment(end, end=True),
            requisition_id=requisition or None,
        )
    except XudaError as error:
        if error.code is ErrorCode.FORBIDDEN:
            raise
        given = {"title": title, "kit": kit, "start": start, "end": end, "requisition": requisition}
        return _form(visit, given, problem=_problem(visit, error), status=422)
    return visit.redirect(f"/batches/{made}")


@router.get("/batches/{batch_id}")
def batch_page(visit: Member, batch_id: str, page: int = 1) -> Response:
    return show(visit, batch_id, page=page)


@router.post("/batches/{batch_id}/walk-ins")
def allow_walk_ins(visit: MemberForm, batch_id: str, limit: Annotated[str, Form(max_length=10)] = "") -> Response:
    """How many people without an invitation each device may register; 0: none."""
    try:
        walkins.allow(visit.hr, visit.actor, batch_id, int(limit) if limit.isascii() and limit.isdigit() else -1)
    except XudaError as error:
        if error.code in (ErrorCode.FORBIDDEN, ErrorCode.NOT_FOUND):
            raise
        return show(visit, batch_id, problem=" ".join(error_text(error, visit.language).lines), status=422)
    return visit.redirect(f"/batches/{batch_id}")


@router.post("/batches/{batch_id}/requisition")
def assign(visit: MemberForm, batch_id: str, requisition: Annotated[str, Form(max_length=64)] = "") -> Response:
    """For which requisition the batch is; empty: for none."""
    try:
        batches.assign(visit.hr, visit.actor, batch_id, requisition or None)
    except XudaError as error:
        if error.code is not ErrorCode.CONFLICT:
            raise
        return show(visit, batch_id, problem=staffing_words.problem(visit, error), status=409)
    return visit.redirect(f"/batches/{batch_id}")


@router.post("/batches/{batch_id}/blind")
def require_blind(visit: MemberForm, batch_id: str, on: Annotated[str, Form(max_length=5)] = "") -> Response:
    """Whether everybody rates its interviews without knowing whom."""
    blind.require(visit.hr, visit.actor, batch_id, on=on == "yes")
    return visit.redirect(f"/batches/{batch_id}#blind")


@router.get("/batches/{batch_id}/sheet")
def sheet(visit: Member, batch_id: str) -> Response:
    """Invitations to print, each with the QR code the client reads."""
    line = listings.batch_line(visit.hr, visit.actor, batch_id)
    lines = listings.invitation_lines(visit.hr, visit.actor, batch_id=batch_id)
    audit.record_now(visit.hr, visit.actor, "print_invitations", f"batch:{batch_id}", count=len(lines))
    return visit.page("sheet.html", line=line, tickets=[(row, qr_image(row.token)) for row in lines])


def qr_image(text: str) -> str:
    """A QR code as a data address for an image."""
    return str(
        segno.make(text, error="m", micro=False).svg_data_uri(scale=4, border=4, dark="#16211e", light="#ffffff")
    )


def _form(visit: Visit, given: dict[str, str], *, problem: str = "", status: int = 200) -> Response:
    kits = listings.kit_lines(visit.hr, visit.actor).lines
    found = requisition_lists.open_ones(visit.hr, visit.actor)
    return visit.page("batch_new.html", status=status, kits=kits, given=given, problem=problem, requisitions=found)


def show(
    visit: Visit,
    batch_id: str,
    *,
    report: ImportReport | None = None,
    problem: str = "",
    status: int = 200,
    page: int = 1,
) -> Response:
    """The batch's page, with what has just happened."""
    line = listings.batch_line(visit.hr, visit.actor, batch_id)
    found = listings.invitation_page(visit.hr, visit.actor, batch_id=batch_id, page=max(page, 1), size=PAGE)
    begun = [row.interview_id for row in found.lines if row.interview_id]
    return visit.page(
        "batch.html",
        status=status,
        line=line,
        invitations=found,
        scored=scores.of_list(visit.hr, visit.actor, begun),
        came=walkins.of_batch(visit.hr, batch_id),
        walk_ins=walkins.allowed(visit.hr, batch_id),
        requisitions=_choices(visit, line),
        report=report,
        problem=problem,
        row_words=lambda row: row_words(visit, row),
    )


def _choices(visit: Visit, line: BatchLine) -> list[RequisitionLine]:
    """Open requisitions of the batch's department, and the one it is for."""
    found = requisition_lists.open_ones(visit.hr, visit.actor, department_id=line.batch.department_id)
    mine = line.batch.requisition_id
    if mine is not None and mine not in {item.requisition_id for item in found}:
        found.append(requisition_lists.one(visit.hr, visit.actor, mine))
    return found


def _problem(visit: Visit, error: XudaError) -> str:
    t = visit.texts.gettext
    by_field = {
        "title": t("Please give the batch a name."),
        "to": t("The last day must not be before the first."),
    }
    return by_field.get(error.field or "") or staffing_words.problem(visit, error)


def row_words(visit: Visit, row: RowProblem) -> str:
    """What is wrong with a row of an imported list and what to do."""
    t = visit.texts.gettext
    return {
        "missing": t("Nothing is given here. A name and a phone, e-mail or ID number are needed."),
        "malformed": t("This does not look right. Please check what is typed."),
        "duplicate": t("The same value as in row {row}. Only that row was taken.").format(row=row.other_row),
        "invited": t("This person is already invited to this batch. Nothing was changed."),
        "unreadable": t("The row cannot be read: check quotes and the number of columns."),
        "rounded": t("The spreadsheet has rounded this long number. Make the column text and type the number again."),
        "formula": t("The spreadsheet shows an error here. Please put the value itself."),
    }.get(row.problem, row.problem)
