"""Whom the organisation will want to hire: proposals to draft requisitions from, and who should begin to work first."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Form, Response

from backend.portal import forecast_words, staffing_words
from backend.portal.routes.requisitions import number
from backend.portal.visit import PAGE, READERS, STAFF, Member, MemberForm, Visit, page_number, pages_of
from backend.services import audit, forecast, forecast_answers, onboarding_order, scope
from backend.services.requisitions import Wish
from contract.errors import ErrorCode, XudaError
from report import table

router = APIRouter()
_Short = Annotated[str, Form(max_length=100)]
_Words = Annotated[str, Form(max_length=5000)]
_MENDED = (ErrorCode.SETTING_INVALID, ErrorCode.CONFLICT)


@router.get("/forecast")
def forecast_page(visit: Member, months: str = "", page: int = 1) -> Response:
    return _page(visit, months=months, page=page_number(page))


@router.get("/forecast/{table_name}.csv")
def sheet(visit: Member, table_name: str, months: str = "") -> Response:
    """One of the tables: months, departments, positions or onboarding."""
    scope.require(visit.actor, *READERS)
    found = forecast.take(visit.hr, visit.actor, _months(months))
    waiting = onboarding_order.take(visit.hr, visit.actor) if table_name == "onboarding" else []
    made = forecast_words.tables(visit, found, waiting)
    chosen = next((item for item in made if item.key == table_name), None)
    if chosen is None:
        raise XudaError(ErrorCode.NOT_FOUND, field="table")
    audit.record_now(visit.hr, visit.actor, "export_forecast", f"forecast:{table_name}")
    lines = [table.line(chosen.head), *(table.line(row) for row in chosen.rows)]
    headers = {"Content-Disposition": f'attachment; filename="forecast-{chosen.key}.csv"'}
    return Response(table.BEGIN + b"".join(lines), media_type="text/csv; charset=utf-8", headers=headers)


@router.post("/forecast/heads")
def show_to_heads(visit: MemberForm, on: _Short = "") -> Response:
    forecast_answers.show_to_heads(visit.hr, visit.actor, on=on == "yes")
    return visit.redirect("/forecast#heads")


@router.post("/forecast/{position_id}/ask")
def ask(
    visit: MemberForm, position_id: str, wanted: _Short = "", needed_by: _Short = "", reason: _Words = ""
) -> Response:
    """A proposal becomes the draft of a requisition."""
    scope.require(visit.actor, *READERS)
    try:
        wish = Wish(position_id, number(wanted, "wanted"), reason=reason, needed_by=_day(needed_by))
        made = forecast_answers.ask(visit.hr, visit.actor, wish)
    except XudaError as error:
        return _refused(visit, error)
    return visit.redirect(f"/requisitions/{made}")


@router.post("/forecast/{position_id}/dismiss")
def dismiss(visit: MemberForm, position_id: str, words: _Words = "") -> Response:
    try:
        forecast_answers.dismiss(visit.hr, visit.actor, position_id, words)
    except XudaError as error:
        return _refused(visit, error)
    return visit.redirect("/forecast#positions")


@router.post("/forecast/{position_id}/again")
def again(visit: MemberForm, position_id: str) -> Response:
    """Propose again what was dismissed."""
    forecast_answers.take_back(visit.hr, visit.actor, position_id)
    return visit.redirect("/forecast#positions")


def _refused(visit: Visit, error: XudaError) -> Response:
    if error.code not in _MENDED:
        raise error
    words = staffing_words.problem(visit, error)
    if error.field == "proposal":
        words = visit.texts.gettext("Nothing is proposed for this position any more: somebody was faster.")
    return _page(visit, problem=words, status=409 if error.code is ErrorCode.CONFLICT else 422)


def _page(visit: Visit, *, months: str = "", page: int = 1, problem: str = "", status: int = 200) -> Response:
    hr, actor = visit.hr, visit.actor
    decides = actor.role in STAFF
    if not forecast.readable(hr, actor):
        return visit.page("forecast.html", found=None, decides=False)
    found = forecast.take(hr, actor, _months(months))
    audit.record_now(hr, actor, "view_forecast", "forecast")
    return visit.page(
        "forecast.html",
        status=status,
        found=found,
        lines=found.lines[(page - 1) * PAGE : page * PAGE],
        page=page,
        pages=pages_of(len(found.lines)),
        waiting=onboarding_order.take(hr, actor),
        sheets=forecast_words.sheets(visit, found),
        decides=decides,
        heads=forecast.shown_to_heads(hr),
        problem=problem,
        aside_reason=lambda row: forecast_answers.reason(hr, row),
        needed_by=lambda line: forecast_words.needed_by(found, line),
        reasons=lambda line: forecast_words.reasons(visit, found, line),
        waiting_reasons=lambda row: forecast_words.waiting_reasons(visit, row),
        yearly=forecast_words.yearly,
        few=forecast_words.few(visit),
    )


def _months(text: str) -> int:
    return int(text) if text in {str(window) for window in forecast.WINDOWS} else 0


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        raise XudaError(ErrorCode.SETTING_INVALID, field="needed_by") from None
