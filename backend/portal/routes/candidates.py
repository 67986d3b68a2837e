"""The list of candidates with their invitations."""

from __future__ import annotations

from fastapi import APIRouter, Response

from backend.portal.visit import READERS, Member
from backend.services import listings, scope

router = APIRouter()
_SIZE = 50


@router.get("/candidates")
def candidate_list(visit: Member, text: str = "", page: int = 1) -> Response:
    """Newest invitation first; ``text`` is looked for in name, code and phone."""
    scope.require(visit.actor, *READERS)
    wanted = text.strip().casefold()
    lines = [
        line
        for line in reversed(listings.invitation_lines(visit.hr, visit.actor))
        if not wanted or wanted in f"{line.name}\n{line.code}\n{line.phone or ''}".casefold()
    ]
    pages = max(1, -(-len(lines) // _SIZE))
    shown = min(max(page, 1), pages)
    part = lines[(shown - 1) * _SIZE : shown * _SIZE]
    return visit.page("candidates.html", lines=part, total=len(lines), page=shown, pages=pages, text=text)
