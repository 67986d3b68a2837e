"""Résumés of a batch: uploaded, sorted by rules, looked at and decided on."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from backend.portal import resume_words
from backend.portal.memory_form import MemoryForm
from backend.portal.visit import STAFF, Member, MemberForm, Visit
from backend.services import listings, resume_intake, resumes, scope
from backend.services.resume_intake import Given, Taken
from backend.services.resume_rules import Education, Proposal, Rules, Verdict
from backend.services.resumes import Ruling
from contract.errors import ErrorCode, XudaError

router = APIRouter()
_Short = Annotated[str, Form(max_length=300)]
_Long = Annotated[str, Form(max_length=10_000)]
_TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "txt": "application/octet-stream",
}
_TONES = {Proposal.FITS: "good", Proposal.UNKNOWN: "warn", Proposal.LACKS: "plain"}
_VERDICT_TONES = {Verdict.MET: "good", Verdict.UNKNOWN: "warn", Verdict.MISSED: "plain"}


@router.get("/batches/{batch_id}/resumes")
def board(visit: Member, batch_id: str, page: str = "1") -> Response:
    number = int(page) if page.isascii() and page.isdigit() and len(page) < 8 else 1
    return _board(visit, batch_id, page=number)


@router.post("/resumes")
async def upload(visit: Member, request: Request) -> Response:
    """Files, or ZIPs of them, for the candidates of the batch named by ``batch``; in memory alone."""
    scope.require(visit.actor, *STAFF)
    form = MemoryForm(lambda fields: visit.check_form(fields.get("csrf", "")))
    try:
        await form.receive(request)
    except ClientDisconnect:
        return Response(status_code=400)  # nobody reads this
    visit.check_form(form.fields.get("csrf", ""))
    batch_id = form.fields.get("batch", "")
    listings.batch_line(visit.hr, visit.actor, batch_id)
    if not form.files:
        return _board(visit, batch_id, problem=visit.texts.gettext("Please choose at least one file."), status=422)
    files = [Given(name, data) for name, data in form.files]
    report = await run_in_threadpool(resume_intake.take_in, visit.hr, visit.actor, batch_id, files)
    return await run_in_threadpool(_board, visit, batch_id, report=report)


@router.post("/batches/{batch_id}/resumes/rules")
def set_rules(
    visit: MemberForm, batch_id: str, must: _Long = "", any_of: _Long = "", education: _Short = "0", years: _Short = "0"
) -> Response:
    try:
        degree = Education(int(education)) if education in set("01234") else Education.ANY
        number = int(years) if years.isascii() and years.isdigit() and len(years) < 4 else -1
        wanted = Rules(must=must.splitlines(), any_of=any_of.splitlines(), education=degree, years=number)
        resumes.set_rules(visit.hr, visit.actor, batch_id, wanted)
    except XudaError as error:
        return _refused(visit, batch_id, error, {"must": must, "any_of": any_of})
    return visit.redirect(f"/batches/{batch_id}/resumes#candidates")


@router.post("/batches/{batch_id}/resumes/apply")
def apply(visit: MemberForm, batch_id: str) -> Response:
    """Once more, for résumés and people that came since."""
    try:
        resumes.apply(visit.hr, visit.actor, batch_id)
    except XudaError as error:
        return _refused(visit, batch_id, error)
    return visit.redirect(f"/batches/{batch_id}/resumes#candidates")


@router.post("/batches/{batch_id}/resumes/rulings")
def rule(
    visit: MemberForm, batch_id: str, chosen: Annotated[list[str], Form(default_factory=list)], do: _Short = ""
) -> Response:
    """``do``: keep, aside, or empty to take a decision back; for those ticked."""
    ruling = Ruling(do) if do in set(Ruling) else Ruling.NONE
    resumes.rule(visit.hr, visit.actor, batch_id, chosen, ruling)
    return visit.redirect(f"/batches/{batch_id}/resumes#candidates")


@router.get("/batches/{batch_id}/resumes/{invitation_id}")
def resume_page(visit: Member, batch_id: str, invitation_id: str) -> Response:
    found, _ = resumes.resume(visit.hr, visit.actor, batch_id, invitation_id)
    problem = resume_words.file_problem(visit, found.problem)
    return visit.page("resume.html", found=found, batch_id=batch_id, invitation_id=invitation_id, problem=problem)


@router.get("/batches/{batch_id}/resumes/{invitation_id}/file.bin")
def resume_file(visit: Member, batch_id: str, invitation_id: str) -> Response:
    """The file as it came, to save: a browser never opens it here."""
    found, data = resumes.resume(visit.hr, visit.actor, batch_id, invitation_id)
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.file)}"}
    return Response(data, media_type=_TYPES[found.kind], headers=headers)


def _refused(visit: Visit, batch_id: str, error: XudaError, typed: dict[str, str] | None = None) -> Response:
    if error.code is not ErrorCode.SETTING_INVALID:
        raise error
    return _board(visit, batch_id, problem=resume_words.rules_problem(visit, error), typed=typed, status=422)


def _board(
    visit: Visit,
    batch_id: str,
    *,
    page: int = 1,
    problem: str = "",
    typed: dict[str, str] | None = None,
    report: list[Taken] | None = None,
    status: int = 200,
) -> Response:
    found = resumes.board(visit.hr, visit.actor, batch_id, page)
    return visit.page(
        "resumes.html",
        status=status,
        line=listings.batch_line(visit.hr, visit.actor, batch_id),
        board=found,
        kept=resumes.kept(visit.hr, visit.actor, batch_id),
        channels=visit.hr.settings.sending.channels,
        typed=typed or {"must": "\n".join(found.rules.must), "any_of": "\n".join(found.rules.any_of)},
        report=report,
        problem=problem,
        degrees=[(degree.value, resume_words.degree(visit, degree)) for degree in Education],
        proposals=[(one, resume_words.proposal(visit, one), _TONES[one]) for one in Proposal],
        proposal_words=lambda one: resume_words.proposal(visit, one),
        proposal_tone=lambda one: _TONES[one],
        verdict_tone=lambda one: _VERDICT_TONES[one],
        match_words=lambda reason: resume_words.reason(visit, reason),
        ruling_words=lambda ruling: resume_words.ruling(visit, ruling),
        channel_words=lambda channel: resume_words.channel(visit, channel),
        file_problem=lambda code: resume_words.file_problem(visit, code),
    )
