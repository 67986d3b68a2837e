"""Retention: when interviews go, legal holds, deletions with their certificates, backups."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Response

from backend.backup import making
from backend.portal.visit import PAGE, STAFF, Member, MemberForm, Visit, pages_of
from backend.services import certificates, deletion, facts, gaps, holds, retention, scope, server_time
from contract.errors import ErrorCode, XudaError
from report.certificate import certificate_pdf, requester_words, state_words

router = APIRouter()
_SOONEST = 20
Reason = Annotated[str, Form(max_length=2000)]


@router.get("/retention")
def overview(visit: Member, page: int = 1) -> Response:
    scope.require(visit.actor, *STAFF)
    hr = visit.hr
    total = certificates.count(hr, visit.actor)
    page = min(max(page, 1), pages_of(total))
    return visit.page(
        "retention.html",
        jumped=server_time.note(hr) is None,
        now=hr.now(),
        soonest=retention.soonest(hr, _SOONEST),
        holds=holds.list_standing(hr, visit.actor),
        deletions=certificates.lines(hr, visit.actor, page=page, size=PAGE),
        page=page,
        pages=pages_of(total),
        total=total,
        gaps=gaps.open_gaps(hr),
        backup=_backup(visit),
        settings=hr.settings,
        deletion_words=lambda state: state_words(state, visit.language),
        requester_words=lambda requester: requester_words(requester, visit.language),
    )


@router.post("/retention/clock")
def confirm_clock(visit: MemberForm) -> Response:
    server_time.confirm(visit.hr, visit.actor)
    return visit.redirect("/retention")


@router.post("/interviews/{interview_id}/hold")
def set_hold(visit: MemberForm, interview_id: str, reason: Reason = "") -> Response:
    holds.set_hold(visit.hr, visit.actor, interview_id, reason)
    return visit.redirect(f"/interviews/{interview_id}#retention")


@router.post("/interviews/{interview_id}/hold/lift")
def lift_hold(visit: MemberForm, interview_id: str, reason: Reason = "") -> Response:
    """A deletion that was asked for meanwhile is carried out now."""
    holds.lift_hold(visit.hr, visit.actor, interview_id, reason)
    deletion.carry_out_pending(visit.hr)
    return visit.redirect("/retention")


@router.post("/interviews/{interview_id}/delete")
def delete(visit: MemberForm, interview_id: str, sure: Annotated[str, Form()] = "") -> Response:
    """``sure``: the box that says that it cannot be undone."""
    scope.require(visit.actor, *STAFF)
    if sure != "yes":
        raise XudaError(ErrorCode.REJECTED, field="sure")
    deletion.delete_interview(visit.hr, visit.actor, interview_id)
    return visit.redirect("/retention#deletions")


@router.get("/deletions/{deleted_id}/certificate.json")
def certificate_json(visit: Member, deleted_id: str) -> Response:
    """The signed document itself."""
    envelope = certificates.of_interview(visit.hr, visit.actor, deleted_id)
    return Response(envelope.to_bytes(), media_type="application/json", headers=_as_file(deleted_id, "json"))


@router.get("/deletions/{deleted_id}/certificate.pdf")
def certificate_as_pdf(visit: Member, deleted_id: str) -> Response:
    envelope = certificates.of_interview(visit.hr, visit.actor, deleted_id)
    pdf = certificate_pdf(envelope, visit.hr.organisation_name, visit.language)
    return Response(pdf, media_type="application/pdf", headers=_as_file(deleted_id, "pdf"))


def about_interview(visit: Visit, interview_id: str) -> dict[str, Any] | None:
    """What the review page shows of it; None for those who neither hold nor delete."""
    if visit.actor.role not in STAFF:
        return None
    found = holds.of_interview(visit.hr, visit.actor, interview_id)
    return {
        "due": retention.of_interview(visit.hr, interview_id),
        "hold": next((item for item in found if item.lifted_at is None), None),
        "past": [item for item in found if item.lifted_at is not None],
        "asked": certificates.asked_for(visit.hr, interview_id),
    }


def _backup(visit: Visit) -> dict[str, Any] | None:
    with visit.hr.db.read() as session:
        last = facts.get(session, making.LAST_FACT)
    return None if last is None else {"at": datetime.fromisoformat(last["at"]), "missing": last["missing"]}


def _as_file(interview_id: str, extension: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="deletion-{interview_id}.{extension}"'}
