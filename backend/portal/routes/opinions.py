"""Asking a language model for a second opinion, from the review page."""

from __future__ import annotations

from typing import cast

from fastapi import APIRouter, Response

from backend.opining import Opiner
from backend.portal import opinion_words
from backend.portal.visit import STAFF, Member, MemberForm
from backend.services import opinions, scope
from contract.errors import XudaError

router = APIRouter()


@router.post("/interviews/{interview_id}/opinion")
def ask(visit: MemberForm, interview_id: str) -> Response:
    """In the background; the review page says how it went."""
    scope.require(visit.actor, *STAFF)
    back = f"/interviews/{interview_id}#opinion"
    try:
        opinions.ask(visit.hr, visit.actor, interview_id, visit.language)
    except XudaError as error:
        words = opinion_words.problem(visit, error)
        if not words:
            raise
        return visit.page("refused.html", status=422, problem=words, back=back)
    cast(Opiner, visit.request.app.state.opiner).wake()
    return visit.redirect(back)


@router.get("/interviews/{interview_id}/opinion/live")
def live(visit: Member, interview_id: str) -> Response:
    """Whether it is still being asked, for a page that waits for it."""
    scope.require(visit.actor, *STAFF)
    waiting = opinions.waiting(visit.hr, visit.actor, interview_id)
    return visit.page("opinion_state.html", waiting=waiting, interview_id=interview_id)
