"""Departments and positions from a table, as another system has them; the same table again changes nothing."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Form, Response

from backend.db.models import Role
from backend.portal import import_words
from backend.portal.visit import STAFF, Member, MemberForm, Visit
from backend.services import abilities, scope, structure
from backend.services.sheet_import import Report
from contract.errors import ErrorCode, XudaError

router = APIRouter()
_OF_THE_FILE = (ErrorCode.ROW_INVALID, ErrorCode.FILE_ENCODING, ErrorCode.TABLE_UNREADABLE, ErrorCode.TOO_LARGE)


@router.get("/positions/import")
def import_page(visit: Member) -> Response:
    return _page(visit)


@router.post("/positions/import")
def import_table(
    visit: MemberForm, what: Annotated[str, Form(max_length=20)] = "", file: Annotated[bytes, File()] = b""
) -> Response:
    """``what``: departments (administrators only), positions or abilities."""
    scope.require(visit.actor, *STAFF)
    take, columns = structure.import_positions, "code, department, title, headcount"
    if what == "abilities":
        take, columns = abilities.import_wanted, "code, ability, level"
    if what == "departments":
        take, columns = structure.import_departments, "code, name, parent"
    try:
        return _page(visit, report=take(visit.hr, visit.actor, file))
    except XudaError as error:
        if error.code not in _OF_THE_FILE:
            raise
        return _page(visit, problem=import_words.file_words(visit, error, columns))


def _page(visit: Visit, *, report: Report | None = None, problem: str = "") -> Response:
    scope.require(visit.actor, *STAFF)
    return visit.page(
        "positions_import.html",
        status=422 if problem else 200,
        report=report,
        problem=problem,
        builds=visit.actor.role is Role.ADMINISTRATOR,
        row_words=lambda row: import_words.row_words(visit, row),
    )
