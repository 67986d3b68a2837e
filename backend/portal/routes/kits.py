"""Question kits, to read. They are published from YAML on the command line."""

from __future__ import annotations

from fastapi import APIRouter, Response

from backend.portal.visit import Member
from backend.services import listings

router = APIRouter()


@router.get("/kits")
def kit_list(visit: Member) -> Response:
    return visit.page("kits.html", lines=listings.kit_lines(visit.hr, visit.actor))


@router.get("/kits/{kit_id}")
def kit_page(visit: Member, kit_id: str, version: int | None = None) -> Response:
    rows = listings.kit_versions(visit.hr, visit.actor, kit_id)
    row = next((row for row in rows if row.version == version), rows[0])
    return visit.page("kit.html", kit=listings.parsed_kit(row), made=row.created_at, versions=[r.version for r in rows])
