"""Telling the candidate what was decided: a preview, releasing it, and taking that back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Response

from backend.portal import sending_words, staffing_words
from backend.portal.routes.sending import wake
from backend.portal.visit import STAFF, Member, MemberForm, Visit
from backend.sending.news import told_words
from backend.sending.outcome import Channel
from backend.services import interviews, releases, scope
from contract.catalog import STAFF_LANGUAGES, load
from contract.errors import ErrorCode, XudaError

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
    channel: Annotated[list[str] | None, Form(max_length=10)] = None,
) -> Response:
    """``do``: release or take_back. ``decision``: the one the preview showed. ``channel``: over which to tell it."""
    scope.require(visit.actor, *STAFF)
    try:
        if do == "take_back":
            releases.take_back(visit.hr, visit.actor, interview_id, decision)
        else:
            wanted = [known for known in Channel if known.value in (channel or [])]
            releases.release(visit.hr, visit.actor, interview_id, decision, wanted)
            wake(visit)
    except XudaError as error:
        if error.code not in (ErrorCode.CONFLICT, ErrorCode.ILLEGAL_STATE, ErrorCode.SETTING_INVALID):
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
        (ErrorCode.CONFLICT, "told"): t(
            "A message has told it already, so it is not taken back. Decide anew and release that."
        ),
        (ErrorCode.SETTING_INVALID, "channel"): t(
            "The candidate cannot be reached over that channel any more. Nothing was released: look at it again."
        ),
        (ErrorCode.ILLEGAL_STATE, "release"): t("A decision that was put off has nothing to tell."),
    }.get((error.code, error.field or "")) or staffing_words.problem(visit, error)


def _page(visit: Visit, interview_id: str, *, problem: str = "", status: int = 200) -> Response:
    found = releases.preview(visit.hr, visit.actor, interview_id)
    return visit.page(
        "release.html",
        status=status,
        line=interviews.summary(visit.hr, visit.actor, interview_id),
        found=found,
        problem=problem,
        channel_words=lambda channel: sending_words.channel_words(visit, channel),
        delivery_words=lambda state: sending_words.state_words(visit, state),
        why=lambda view: sending_words.reason(visit, view),
        tones=sending_words.TONES,
        ruling=staffing_words.ruling_words(visit, found.ruling) if found and found.ruling else "",
        told=[(tag, *told_words(found.state, load("portal", tag))) for tag in STAFF_LANGUAGES] if found else [],
    )
