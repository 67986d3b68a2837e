"""Telling the candidate what was decided: a preview, releasing it, and taking that back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Response

from backend.portal import staffing_words
from backend.portal.visit import STAFF, Member, MemberForm, Visit
from backend.services import interviews, releases, scope
from contract.catalog import STAFF_LANGUAGES, Catalog, load
from contract.errors import ErrorCode, XudaError
from contract.events import HrState

router = APIRouter()


@router.get("/interviews/{interview_id}/tell")
def release_page(visit: Member, interview_id: str) -> Response:
    scope.require(visit.actor, *STAFF)
    return _page(visit, interview_id)


@router.post("/interviews/{interview_id}/tell")
def release(
    visit: MemberForm,
    interview_id: str,
    decision: Annotated[str, Form(max_length=40)] = "",
    do: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """``do``: release or take_back. ``decision``: the one the preview showed."""
    scope.require(visit.actor, *STAFF)
    act = releases.take_back if do == "take_back" else releases.release
    try:
        act(visit.hr, visit.actor, interview_id, decision)
    except XudaError as error:
        if error.code not in (ErrorCode.CONFLICT, ErrorCode.ILLEGAL_STATE):
            raise
        status = 409 if error.code is ErrorCode.CONFLICT else 422
        return _page(visit, interview_id, problem=problem(visit, error), status=status)
    return visit.redirect(f"/interviews/{interview_id}/tell")


def problem(visit: Visit, error: XudaError) -> str:
    t = visit.texts.gettext
    return {
        (ErrorCode.CONFLICT, "decision"): t(
            "The decision has changed since you saw this page. Nothing was released: look at it again."
        ),
        (ErrorCode.CONFLICT, "fetched"): t(
            "A device has fetched it already, so it is not taken back. Decide anew and release that."
        ),
        (ErrorCode.ILLEGAL_STATE, "release"): t("A decision that was put off has nothing to tell."),
    }.get((error.code, error.field or "")) or staffing_words.problem(visit, error)


def told_words(state: HrState, texts: Catalog) -> tuple[str, str]:
    """State and next step as the candidate's client says them."""
    t = texts.gettext
    return {
        HrState.PENDING_REVIEW: (t("Awaiting review"), t("HR reviews your answers. The result appears here.")),
        HrState.INCOMPLETE: (
            t("Incomplete"),
            t("This attempt ended early. Ask HR if you would like another one."),
        ),
        HrState.DECLINED: (t("AI interview declined"), t("HR will arrange an interview with a person.")),
        HrState.SECOND_ROUND: (
            t("Second round"),
            t("Congratulations. HR will invite you to the next interview."),
        ),
        HrState.REJECTED: (
            t("Not selected"),
            t("Thank you for your time. This position went to someone else."),
        ),
        HrState.PENDING_ONBOARDING: (
            t("Onboarding"),
            t("Congratulations. HR will contact you about your first day."),
        ),
    }.get(state, (state.value, ""))


def _page(visit: Visit, interview_id: str, *, problem: str = "", status: int = 200) -> Response:
    found = releases.preview(visit.hr, visit.actor, interview_id)
    return visit.page(
        "release.html",
        status=status,
        line=interviews.summary(visit.hr, visit.actor, interview_id),
        found=found,
        problem=problem,
        ruling=staffing_words.ruling_words(visit, found.ruling) if found and found.ruling else "",
        told=[(tag, *told_words(found.state, load("portal", tag))) for tag in STAFF_LANGUAGES] if found else [],
    )
