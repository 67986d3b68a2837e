"""Import of candidates: the table is taken as it is, or somebody says first which column is what."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import APIRouter, File, Form, Response

from backend.portal.routes import batches
from backend.portal.tables import HeldTables
from backend.portal.visit import STAFF, MemberForm, Visit
from backend.services import candidates, columns, listings, scope
from backend.services.table_file import FIELDS, LEFT_OUT, Choice
from contract.errors import ErrorCode, XudaError
from contract.texts import error_text

router = APIRouter()
_KEEP = "keep"
Texts = Annotated[list[str], Form(default_factory=list)]


@router.post("/batches/{batch_id}/candidates")
def import_list(
    visit: MemberForm,
    batch_id: str,
    file: Annotated[bytes, File()] = b"",
    by_hand: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """``by_hand``: choose the columns first; so it is when the header is not known."""
    scope.require(visit.actor, *STAFF)
    try:
        if by_hand:
            return _choose(visit, batch_id, _hold(visit, file), file)
        report = candidates.import_candidates(visit.hr, visit.actor, batch_id, file)
    except XudaError as error:
        if error.code is ErrorCode.ROW_INVALID and file:
            return _by_hand_instead(visit, batch_id, file, error)
        return _refused(visit, batch_id, error)
    return batches.show(visit, batch_id, report=report)


@router.post("/batches/{batch_id}/columns")
def choose_columns(
    visit: MemberForm,
    batch_id: str,
    column: Texts,
    do: Annotated[str, Form(max_length=10)] = "look",
    table: Annotated[str, Form(max_length=40)] = "",
    sheet: Annotated[int, Form(ge=0, le=1000)] = 0,
    header: Annotated[int, Form(ge=0, le=100)] = 0,
) -> Response:
    """``column``: for each column in order a field, ``keep`` or ``-``. ``do``: look (another sheet or header row)
    or import."""
    scope.require(visit.actor, *STAFF)
    data = _tables(visit).get(visit.actor.username, table)
    if data is None:
        words = visit.texts.gettext("The table was here for half an hour only. Please choose the file again.")
        return batches.show(visit, batch_id, problem=words, status=422)
    if do != "import":
        return _choose(visit, batch_id, table, data, sheet=sheet, header=header)
    chosen = Choice(sheet, header, {at: name for at, name in enumerate(column) if name in (*FIELDS, LEFT_OUT)})
    problem = _problem(visit, list(chosen.columns.values()))
    if problem:
        return _choose(visit, batch_id, table, data, given=chosen, problem=problem, status=422)
    try:
        report = candidates.import_candidates(visit.hr, visit.actor, batch_id, data, chosen)
    except XudaError as error:
        return _refused(visit, batch_id, error)
    _tables(visit).drop(visit.actor.username, table)
    return batches.show(visit, batch_id, report=report)


def _by_hand_instead(visit: Visit, batch_id: str, file: bytes, error: XudaError) -> Response:
    try:
        words = visit.texts.gettext("The header of this table is not known. Please say which column is what.")
        return _choose(visit, batch_id, _hold(visit, file), file, problem=words, status=422)
    except XudaError:
        return _refused(visit, batch_id, error)


def _choose(
    visit: Visit,
    batch_id: str,
    table: str,
    data: bytes,
    *,
    sheet: int = 0,
    header: int | None = None,
    given: Choice | None = None,
    problem: str = "",
    status: int = 200,
) -> Response:
    """The page with the first rows. Raises what ``columns.look`` raises."""
    if given is not None:
        sheet, header = given.sheet, given.header
    found = columns.look(visit.hr, visit.actor, data, sheet, header)
    return visit.page(
        "columns.html",
        status=status,
        line=listings.batch_line(visit.hr, visit.actor, batch_id),
        table=table,
        look=found,
        chosen=given.columns if given else found.choice.columns,
        fields=_field_words(visit),
        keep=_KEEP,
        left_out=LEFT_OUT,
        problem=problem,
    )


def _problem(visit: Visit, names: list[str]) -> str:
    t = visit.texts.gettext
    fields = [name for name in names if name != LEFT_OUT]
    if "name" not in fields:
        return t("One column has to be the name.")
    if not {"phone", "email", "id_number"} & set(fields):
        return t("One column has to be phone, e-mail or ID number.")
    if len(set(fields)) != len(fields):
        return t("Two columns are the same. Each may be chosen once.")
    return ""


def _field_words(visit: Visit) -> dict[str, str]:
    t = visit.texts.gettext
    return {
        "name": t("Name"),
        "phone": t("Phone"),
        "email": t("E-mail"),
        "id_number": t("ID number"),
        "department": t("Department"),
        "position": t("Position"),
    }


def _refused(visit: Visit, batch_id: str, error: XudaError) -> Response:
    """Raises the error itself where there is no page to show it on."""
    if error.code in (ErrorCode.FORBIDDEN, ErrorCode.NOT_FOUND):
        raise error
    words = " ".join(error_text(error, visit.language).lines)
    return batches.show(visit, batch_id, problem=words, status=422)


def _hold(visit: Visit, data: bytes) -> str:
    return _tables(visit).hold(visit.actor.username, data)


def _tables(visit: Visit) -> HeldTables:
    return cast(HeldTables, visit.request.app.state.tables)
