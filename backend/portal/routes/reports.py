"""Downloads of an interview's report."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse

from backend.portal.visit import Member, Visit
from backend.services import audit, auth, blind, reports
from report.archive import report_json, stream_archive
from report.model import InterviewReport

router = APIRouter()


@router.get("/interviews/{interview_id}/report.pdf")
def report_pdf(visit: Member, interview_id: str) -> Response:
    report = _build(visit, interview_id, "pdf")
    return Response(
        reports.pdf(visit.hr, report),
        media_type="application/pdf",
        headers=_as_file(report, "pdf"),
    )


@router.get("/interviews/{interview_id}/report.json")
def report_as_json(visit: Member, interview_id: str) -> Response:
    report = _build(visit, interview_id, "json", pictured=True)
    return Response(report_json(report), media_type="application/json", headers=_as_file(report, "json"))


@router.get("/interviews/{interview_id}/report.zip")
def report_zip(visit: Member, interview_id: str) -> Response:
    """With the recordings; where there are any, a fresh one-time code is due."""
    blind.require_open(visit.hr, visit.actor, interview_id)
    report = reports.build(visit.hr, visit.actor, interview_id, visit.language)
    media = list(reports.recordings(visit.hr, visit.actor, report))
    if media and visit.login is not None:
        auth.require_fresh(visit.login)
    _note(visit, interview_id, "zip")
    parts = stream_archive(report, reports.pdf(visit.hr, report), media)
    return StreamingResponse(parts, media_type="application/zip", headers=_as_file(report, "zip"))


def _build(visit: Visit, interview_id: str, kind: str, *, pictured: bool = False) -> InterviewReport:
    report = reports.build(visit.hr, visit.actor, interview_id, visit.language, pictured=pictured)
    _note(visit, interview_id, kind)
    return report


def _note(visit: Visit, interview_id: str, kind: str) -> None:
    audit.record_now(visit.hr, visit.actor, "download_report", f"interview:{interview_id}", format=kind)


def _as_file(report: InterviewReport, extension: str) -> dict[str, str]:
    """The file's name holds the id alone: names of people do not belong into download folders."""
    return {"Content-Disposition": f'attachment; filename="interview-{report.interview_id}.{extension}"'}
