"""The list of candidates with their invitations."""

from __future__ import annotations

from fastapi import APIRouter, Response

from backend.portal.visit import PAGE, READERS, Member
from backend.services import listings, scope

router = APIRouter()


@router.get("/candidates")
def candidate_list(visit: Member, text: str = "", page: int = 1) -> Response:
    """Newest invitation first; ``text`` is looked for in name, code and phone."""
    scope.require(visit.actor, *READERS)
    found = listings.invitation_page(visit.hr, visit.actor, text=text, page=max(page, 1), size=PAGE)
    return visit.page("candidates.html", found=found, text=text)
