"""Bundles that came on a stick: uploaded here, taken in one after the other, a word on each interview."""

from __future__ import annotations

from typing import cast

from fastapi import APIRouter, Request, Response
from starlette.requests import ClientDisconnect

from backend.portal.imports import ImportFile, ImportJob, ImportJobs
from backend.portal.large_form import LargeForm
from backend.portal.visit import STAFF, Member, MemberForm, Visit
from backend.services import interviews, scope
from backend.services.bundles import ImportStatus, Outcome
from backend.services.uploads import RESERVE
from contract.bundle import RECEIPTS_SUFFIX, SUFFIX
from contract.errors import ErrorCode, XudaError
from contract.texts import code_text, error_text

router = APIRouter()
_TONES = {
    ImportStatus.NEW: "good",
    ImportStatus.MERGED: "good",
    ImportStatus.PRESENT: "plain",
    ImportStatus.INCOMPLETE: "warn",
    ImportStatus.REFUSED: "bad",
}


@router.get("/imports")
def overview(visit: Member) -> Response:
    scope.require(visit.actor, *STAFF)
    return _overview(visit)


@router.post("/imports")
async def upload(visit: Member, request: Request) -> Response:
    """Several files in one form; they are on the disk before anything of them is looked at."""
    scope.require(visit.actor, *STAFF)
    store = visit.hr.store
    if int(request.headers["content-length"]) + RESERVE > store.free_bytes():
        raise XudaError(ErrorCode.DISK_FULL)
    form = LargeForm(store, lambda fields: visit.check_form(fields.get("csrf", "")))
    try:
        await form.receive(request)
    except ClientDisconnect:
        return Response(status_code=400)  # nobody reads this
    if not form.staged:
        visit.check_form(form.fields.get("csrf", ""))
        return _overview(visit, problem=visit.texts.gettext("Please choose at least one bundle."), status=422)
    files = [ImportFile(item.name, item.path, item.size) for item in form.staged]
    return visit.redirect(f"/imports/{_jobs(visit).begin(visit.actor, files).import_id}")


@router.get("/imports/{import_id}")
def progress(visit: Member, import_id: str) -> Response:
    """The whole page, or for a page that refreshes itself its changing part."""
    scope.require(visit.actor, *STAFF)
    job = _jobs(visit).find(import_id)
    template = "import_files.html" if visit.request.headers.get("x-fragment") else "import.html"
    return visit.page(
        template,
        job=job,
        status_tone=lambda status: _TONES[status],
        words=lambda item: status_words(visit, item),
        why=lambda item: reason_words(visit, item),
        file_error=lambda file: error_text(file.error, visit.language),
        person=lambda item: _person(visit, item),
    )


@router.get("/imports/{import_id}/receipts/{place}")
def receipts(visit: Member, import_id: str, place: int) -> Response:
    """The receipts file for the device, to be carried back."""
    scope.require(visit.actor, *STAFF)
    file = _file(_jobs(visit).find(import_id), place)
    if file.report is None or file.report.receipts is None:
        raise XudaError(ErrorCode.NOT_FOUND, field="receipts")
    name = f"xuda-{file.report.device_id[:8]}-{file.report.created_at:%Y%m%d-%H%M%S}{RECEIPTS_SUFFIX}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(file.report.receipts.to_bytes(), media_type="application/json", headers=headers)


@router.post("/imports/{import_id}/confirm/{place}")
def confirm(visit: MemberForm, import_id: str, place: int) -> Response:
    """HR's word that a bundle of a revoked device is to be taken in."""
    scope.require(visit.actor, *STAFF)
    job = _jobs(visit).find(import_id)
    _file(job, place)
    _jobs(visit).confirm(visit.actor, job, place)
    return visit.redirect(f"/imports/{import_id}")


def status_words(visit: Visit, item: Outcome) -> str:
    t = visit.texts.gettext
    return {
        ImportStatus.NEW: t("new"),
        ImportStatus.MERGED: t("merged"),
        ImportStatus.PRESENT: t("already here"),
        ImportStatus.INCOMPLETE: t("incomplete"),
        ImportStatus.REFUSED: t("not taken in"),
    }[item.status]


def reason_words(visit: Visit, item: Outcome) -> str:
    """Why an interview is not whole, and what to do; empty when it is."""
    t, n = visit.texts.gettext, visit.texts.ngettext
    lines = []
    if item.code is not None:
        lines.append(_problem(visit, item.code))
    if item.open:
        lines.append(t("The interview was still going on. The next bundle, or the network, brings the rest."))
    if item.missing_events or item.missing_objects:
        events = n("{n} event", "{n} events", len(item.missing_events)).format(n=len(item.missing_events))
        objects = n("{n} recording", "{n} recordings", len(item.missing_objects)).format(n=len(item.missing_objects))
        lines.append(
            t("Missing: {events}, {objects}. The device keeps everything.").format(events=events, objects=objects)
        )
    return " ".join(lines)


def _problem(visit: Visit, code: ErrorCode) -> str:
    t = visit.texts.gettext
    special = {
        ErrorCode.FORBIDDEN: t("This interview belongs to another device. Nothing was changed."),
        ErrorCode.KEY_UNKNOWN: t("Another device has signed it. It was not taken in."),
    }
    text = code_text(code, visit.language)
    return special.get(code) or " ".join((f"{text.title}:", text.meaning, text.action))


def _overview(visit: Visit, *, problem: str = "", status: int = 200) -> Response:
    return visit.page("imports.html", status=status, jobs=_jobs(visit).newest_first(), problem=problem, suffix=SUFFIX)


def _person(visit: Visit, item: Outcome) -> interviews.InterviewSummary | None:
    try:
        return interviews.summary(visit.hr, visit.actor, item.interview_id)
    except XudaError:
        return None  # deleted, or of nothing that could be shown


def _jobs(visit: Visit) -> ImportJobs:
    return cast(ImportJobs, visit.request.app.state.imports)


def _file(job: ImportJob, place: int) -> ImportFile:
    if not 0 <= place < len(job.files):
        raise XudaError(ErrorCode.NOT_FOUND, field="file")
    return job.files[place]
