"""Reports of many interviews, made in the background, and tables of results."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Form, Query, Response
from fastapi.responses import StreamingResponse
from sqlalchemy import func, select

from backend.db.models import Batch, Interview
from backend.portal.routes.sign_in import refusal
from backend.portal.visit import READERS, Member, MemberForm, Visit
from backend.reporting import Reporter
from backend.services import audit, auth, report_archive, report_jobs, results, scope, spreadsheet
from backend.services.report_jobs import Choice, JobState
from backend.services.results import Chosen
from contract.errors import ErrorCode, XudaError
from contract.events import HrState
from contract.text import pick
from contract.texts import error_text
from report import table

router = APIRouter()
_MOST_TICKED = 100
_TONES = {JobState.OPEN: "live", JobState.DONE: "good", JobState.ENDED: "plain"}


def _chosen(
    i: Annotated[list[str] | None, Query(max_length=_MOST_TICKED)] = None,
    batch: str = "",
    department: str = "",
    state: str = "",
) -> Chosen:
    """``i``: ids of interviews, which outweigh the rest."""
    return Chosen(
        ids=tuple(dict.fromkeys(i)) if i else None,
        batch_id=batch or None,
        department_id=department or None,
        state=HrState(state) if state in set(HrState) else None,
        waiting=True,
    )


Asked = Annotated[Chosen, Depends(_chosen)]


@router.get("/exports")
def job_list(visit: Member) -> Response:
    scope.require(visit.actor, *READERS)
    return visit.page("exports.html", jobs=report_jobs.jobs(visit.hr, visit.actor), **_words(visit))


@router.get("/exports/new")
def new_job(visit: Member, chosen: Asked) -> Response:
    scope.require(visit.actor, *READERS)
    return _form(visit, chosen)


@router.post("/exports")
def order(
    visit: MemberForm,
    chosen: Asked,
    what: Annotated[list[str] | None, Form(max_length=8)] = None,
) -> Response:
    """``what``: fields of Choice. The interviews are in the address, as on the form's page."""
    scope.require(visit.actor, *READERS)
    choice = Choice.of(dict.fromkeys(what or (), True))
    try:
        job_id = report_jobs.order(visit.hr, visit.actor, chosen, choice, visit.language)
    except XudaError as error:
        if error.code is ErrorCode.FORBIDDEN:
            raise
        return _form(visit, chosen, problem=_problem(visit, error), choice=choice, status=422)
    cast(Reporter, visit.request.app.state.reporter).wake()
    return visit.redirect(f"/exports/{job_id}")


@router.get("/exports/{job_id}")
def job_page(visit: Member, job_id: str) -> Response:
    scope.require(visit.actor, *READERS)
    return _job(visit, job_id)


@router.post("/exports/{job_id}/unlock")
def unlock(visit: MemberForm, job_id: str, totp: Annotated[str, Form(max_length=20)] = "") -> Response:
    """A fresh one-time code, before an archive with recordings is downloaded."""
    scope.require(visit.actor, *READERS)
    try:
        auth.confirm_totp(visit.hr, visit.token or "", totp)
    except XudaError as error:
        status = 429 if error.code is ErrorCode.RATE_LIMITED else 401
        return _job(visit, job_id, problem=refusal(visit, error), status=status)
    return visit.redirect(f"/exports/{job_id}")


@router.post("/exports/{job_id}/remove")
def remove(visit: MemberForm, job_id: str) -> Response:
    scope.require(visit.actor, *READERS)
    report_jobs.remove(visit.hr, visit.actor, job_id)
    return visit.redirect("/exports")


@router.get("/exports/{job_id}/archive.zip")
def archive(visit: Member, job_id: str) -> Response:
    scope.require(visit.actor, *READERS)
    found = report_jobs.view(visit.hr, visit.actor, job_id)
    if found.choice.recordings and visit.login is not None:
        auth.require_fresh(visit.login)
    parts = report_archive.stream(visit.hr, visit.actor, job_id)
    headers = {"Content-Disposition": f'attachment; filename="reports-{job_id[:8]}.zip"'}
    return StreamingResponse(parts, media_type="application/zip", headers=headers)


@router.get("/results.csv")
def results_csv(visit: Member, chosen: Asked) -> Response:
    scope.require(visit.actor, *READERS)
    _note(visit, chosen, "csv")

    def lines() -> Iterator[bytes]:
        yield table.BEGIN
        yield from report_archive.csv_lines(results.table(visit.hr, visit.actor, chosen, visit.language))

    headers = {"Content-Disposition": 'attachment; filename="results.csv"'}
    return StreamingResponse(lines(), media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/results.xlsx")
def results_xlsx(visit: Member, chosen: Asked) -> Response:
    scope.require(visit.actor, *READERS)
    _note(visit, chosen, "xlsx")
    rows = results.table(visit.hr, visit.actor, chosen, visit.language)
    made = spreadsheet.workbook(visit.texts.gettext("Results"), rows)
    headers = {"Content-Disposition": 'attachment; filename="results.xlsx"'}
    return Response(made, media_type=spreadsheet.MEDIA_TYPE, headers=headers)


def _note(visit: Visit, chosen: Chosen, kind: str) -> None:
    detail = {"format": kind, "batch": chosen.batch_id, "department": chosen.department_id, "state": chosen.state}
    target = f"batch:{chosen.batch_id}" if chosen.batch_id else "interviews"
    audit.record_now(visit.hr, visit.actor, "export_results", target, **{k: v for k, v in detail.items() if v})


def _form(
    visit: Visit, chosen: Chosen, *, problem: str = "", choice: Choice | None = None, status: int = 200
) -> Response:
    with visit.hr.db.read() as session:
        inner = results.interviews(visit.hr, visit.actor, chosen, Interview.id).subquery()
        count = session.scalar(select(func.count()).select_from(inner)) or 0
    return visit.page(
        "export_new.html",
        status=status,
        chosen=chosen,
        count=count,
        most=report_jobs.MOST,
        action="/exports" + (f"?{visit.request.url.query}" if visit.request.url.query else ""),
        query=visit.request.url.query,
        choice=choice or Choice(),
        problem=problem,
        filters=_filters(visit),
        states=list(HrState),
        **_words(visit),
    )


def _job(visit: Visit, job_id: str, *, problem: str = "", status: int = 200) -> Response:
    found = report_jobs.view(visit.hr, visit.actor, job_id)
    context: dict[str, Any] = {
        "job": found,
        "unlocked": visit.login is not None and visit.login.fresh,
        "problem": problem,
        "problem_words": lambda code: report_archive.problem_words(code, visit.language),
        **_words(visit),
    }
    if "x-fragment" in visit.request.headers:
        return visit.page("export_state.html", status=status, **context)
    return visit.page("export.html", status=status, **context)


def _problem(visit: Visit, error: XudaError) -> str:
    t = visit.texts.gettext
    if error.code is ErrorCode.NOT_FOUND:
        return t("No interview fits. Nothing was ordered.")
    if error.code is ErrorCode.TOO_LARGE:
        return t("More than {n} interviews: choose fewer, for example one batch at a time.").format(n=report_jobs.MOST)
    if error.code is ErrorCode.SETTING_INVALID:
        return t("Choose at least one thing that goes into the archive.")
    return error_text(error, visit.language).title


def _words(visit: Visit) -> dict[str, Any]:
    t = visit.texts.gettext
    return {
        "tones": _TONES,
        "job_words": {
            JobState.OPEN: t("being made"),
            JobState.DONE: t("ready"),
            JobState.ENDED: t("removed"),
        },
        "what_words": {
            "pdf": t("Reports as PDF"),
            "json": t("Reports as JSON, for programs"),
            "recordings": t("Recordings (needs a fresh one-time code)"),
            "csv": t("Table of results (CSV)"),
            "xlsx": t("Table of results (Excel)"),
        },
    }


def _filters(visit: Visit) -> dict[str, Any]:
    language = visit.language
    with visit.hr.db.read() as session:
        departments = [(row.id, pick(row.name, language)) for row in session.scalars(scope.departments(visit.actor))]
        batches = scope.batches(visit.actor).order_by(Batch.created_at.desc()).limit(200)
        return {
            "departments": departments,
            "batches": [(row.id, row.title) for row in session.scalars(batches)],
        }
