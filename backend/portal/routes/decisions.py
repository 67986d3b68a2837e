"""A person's score of an interview, and what follows from it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Response

from backend.portal import staffing_words
from backend.portal.routes.requisitions import number
from backend.portal.visit import STAFF, MemberForm, Visit
from backend.services import decisions, requisition_lists, scope
from backend.services.candidate_states import Ruling, possible
from contract.errors import ErrorCode, XudaError
from contract.events import HrState

router = APIRouter()


@router.post("/interviews/{interview_id}/score")
def score(visit: MemberForm, interview_id: str, score: Annotated[str, Form(max_length=10)] = "") -> Response:
    scope.require(visit.actor, *STAFF)
    try:
        decisions.rate(visit.hr, visit.actor, interview_id, number(score, "score"))
    except XudaError as error:
        return _refused(visit, interview_id, error)
    return visit.redirect(f"/interviews/{interview_id}#decision")


@router.post("/interviews/{interview_id}/decision")
def decide(
    visit: MemberForm,
    interview_id: str,
    ruling: Annotated[str, Form(max_length=20)] = "",
    reason: Annotated[str, Form(max_length=5000)] = "",
) -> Response:
    scope.require(visit.actor, *STAFF)
    try:
        if ruling not in set(Ruling):
            raise XudaError(ErrorCode.FORMAT_INVALID, field="ruling")
        decisions.decide(visit.hr, visit.actor, interview_id, Ruling(ruling), reason)
    except XudaError as error:
        return _refused(visit, interview_id, error)
    return visit.redirect(f"/interviews/{interview_id}#decision")


def about_interview(visit: Visit, interview_id: str, state: HrState) -> dict[str, Any] | None:
    """What the review page shows of it; None for those who decide nothing."""
    if visit.actor.role not in STAFF:
        return None
    return {
        "scores": decisions.scores(visit.hr, visit.actor, interview_id),
        "decisions": decisions.decisions(visit.hr, visit.actor, interview_id),
        "possible": possible(state),
        "requisition": requisition_lists.of_interview(visit.hr, visit.actor, interview_id),
        "words": lambda ruling: staffing_words.ruling_words(visit, ruling),
    }


def _refused(visit: Visit, interview_id: str, error: XudaError) -> Response:
    """The reason on a page of its own, with the way back. Raises what is no affair of the form."""
    if error.code in (ErrorCode.NOT_FOUND, ErrorCode.FORBIDDEN):
        raise error
    status = 409 if error.code is ErrorCode.CONFLICT else 422
    words = staffing_words.problem(visit, error)
    return visit.page("refused.html", status=status, problem=words, back=f"/interviews/{interview_id}#decision")
