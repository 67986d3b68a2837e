"""Proposals with their reasons: candidates for a requisition, positions for a candidate, questions for a position."""

from __future__ import annotations

from fastapi import APIRouter, Response

from backend.portal import kit_words, resume_words
from backend.portal.visit import Member
from backend.services import recommended_people, recommended_questions, requisition_lists
from backend.services.duration import Level

router = APIRouter()


@router.get("/requisitions/{requisition_id}/recommended")
def candidates(visit: Member, requisition_id: str) -> Response:
    """Candidates invited for something else whose résumés fit."""
    found = recommended_people.candidates(visit.hr, visit.actor, requisition_id)
    return visit.page(
        "recommended_candidates.html",
        found=found,
        line=requisition_lists.one(visit.hr, visit.actor, requisition_id),
        most=recommended_people.MOST_READ,
        demand_words=lambda reason: resume_words.reason(
            visit, reason if found.quotes else reason.model_copy(update={"found": ""})
        ),
    )


@router.get("/candidates/{invitation_id}/positions")
def positions(visit: Member, invitation_id: str) -> Response:
    """Open requisitions that a candidate's résumé fits."""
    found = recommended_people.places(visit.hr, visit.actor, invitation_id)
    return visit.page(
        "recommended_positions.html",
        found=found,
        invitation_id=invitation_id,
        demand_words=lambda reason: resume_words.reason(visit, reason),
    )


@router.get("/positions/{position_id}/questions")
def questions(visit: Member, position_id: str, level: str = "") -> Response:
    """Questions of the bank that fit a position's skills."""
    chosen = Level(level) if level in set(Level) else Level.JUNIOR
    return visit.page(
        "recommended_questions.html",
        found=recommended_questions.take(visit.hr, visit.actor, position_id, chosen, visit.language),
        level=chosen,
        levels=[(one, kit_words.level(visit, one)) for one in Level],
    )
