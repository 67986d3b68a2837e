"""One question of a finished interview to be answered again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Response

from backend.portal import review_words, staffing_words
from backend.portal.visit import STAFF, MemberForm, Visit
from backend.services import batches, redo, scope
from contract.errors import ErrorCode, XudaError
from contract.redo import LONGEST_REASON, RedoState
from report.model import InterviewReport

router = APIRouter()
TONES = {RedoState.OPEN: "warn", RedoState.BEGUN: "live", RedoState.ANSWERED: "good"}


@router.post("/interviews/{interview_id}/redo")
def grant(
    visit: MemberForm,
    interview_id: str,
    question: Annotated[str, Form(max_length=64)] = "",
    reason: Annotated[str, Form(max_length=5000)] = "",
    until: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    scope.require(visit.actor, *STAFF)
    try:
        redo.grant(visit.hr, visit.actor, interview_id, question, reason, _end(until))
    except XudaError as error:
        return _refused(visit, interview_id, error)
    return visit.redirect(f"/interviews/{interview_id}#redos")


@router.post("/interviews/{interview_id}/redo/{redo_id}/withdraw")
def take_back(visit: MemberForm, interview_id: str, redo_id: str) -> Response:
    scope.require(visit.actor, *STAFF)
    try:
        redo.take_back(visit.hr, visit.actor, interview_id, redo_id)
    except XudaError as error:
        return _refused(visit, interview_id, error)
    return visit.redirect(f"/interviews/{interview_id}#redos")


def about_interview(visit: Visit, interview_id: str) -> dict[str, Any] | None:
    """What the review page offers; None for those who review nothing. ``until``: None while nothing can be given."""
    if visit.actor.role not in STAFF:
        return None
    return {
        "until": redo.proposed_end(visit.hr, visit.actor, interview_id),
        "longest": LONGEST_REASON,
        "answered_at": _answered_at,
        "tone": lambda state: TONES.get(state, "plain"),
    }


def _answered_at(report: InterviewReport, question_id: str) -> datetime:
    """When the server learned of the newest answer to the question that was given again."""
    mine = [one for one in report.redos if one.question_id == question_id and one.state is RedoState.ANSWERED]
    return max((one.changed_at for one in mine), default=datetime.min.replace(tzinfo=UTC))


def _end(text: str) -> datetime:
    try:
        return batches.moment(text, end=True)
    except XudaError as error:
        raise XudaError(ErrorCode.SETTING_INVALID, field="until") from error


def _refused(visit: Visit, interview_id: str, error: XudaError) -> Response:
    """The reason on a page of its own, with the way back. Raises what is no affair of the form."""
    if error.code in (ErrorCode.NOT_FOUND, ErrorCode.FORBIDDEN):
        raise error
    status = 409 if error.code is ErrorCode.CONFLICT else 422
    words = review_words.redo_problem(visit, error) or staffing_words.problem(visit, error)
    return visit.page("refused.html", status=status, problem=words, back=f"/interviews/{interview_id}#redos")
