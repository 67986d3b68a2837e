"""How interviews go as a whole."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from backend.db.models import Batch
from backend.portal import analytics_words
from backend.portal.visit import READERS, Member, Visit
from backend.services import analytics, audit, scope
from backend.services.analytics_figures import FEWEST, Asked
from contract.errors import ErrorCode, XudaError
from contract.text import pick
from report import table

router = APIRouter()


def _asked(department: str = "", batch: str = "", first: str = "", last: str = "") -> Asked:
    return Asked(department or None, batch or None, _day(first), _day(last))


def _day(text: str) -> date | None:
    """None for what is no day: the page then shows all times."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if date(2000, 1, 1) <= day <= date(2200, 1, 1) else None


Filter = Annotated[Asked, Depends(_asked)]


@router.get("/analytics")
def page(visit: Member, asked: Filter) -> Response:
    scope.require(visit.actor, *READERS)
    found = analytics.take(visit.hr, visit.actor, asked)
    return visit.page(
        "analytics.html",
        asked=asked,
        found=found,
        fewest=FEWEST,
        sheets=analytics_words.sheets(visit, found),
        percent=analytics_words.percent,
        query=visit.request.url.query,
        **_filters(visit),
    )


@router.get("/analytics/{key}.csv")
def sheet(visit: Member, key: str, asked: Filter) -> Response:
    """One of the page's tables. 404 for one that has too little to show."""
    scope.require(visit.actor, *READERS)
    found = analytics.take(visit.hr, visit.actor, asked)
    chosen = next((item for item in analytics_words.sheets(visit, found) if item.key == key), None)
    if chosen is None:
        raise XudaError(ErrorCode.NOT_FOUND, field="table")
    audit.record_now(visit.hr, visit.actor, "export_analytics", f"analytics:{key}")
    lines = [table.line(chosen.head), *(table.line(row) for row in chosen.rows)]
    headers = {"Content-Disposition": f'attachment; filename="analytics-{chosen.key}.csv"'}
    return Response(table.BEGIN + b"".join(lines), media_type="text/csv; charset=utf-8", headers=headers)


def _filters(visit: Visit) -> dict[str, Any]:
    language = visit.language
    with visit.hr.db.read() as session:
        batches = scope.batches(visit.actor).order_by(Batch.created_at.desc()).limit(200)
        return {
            "departments": [
                (row.id, pick(row.name, language)) for row in session.scalars(scope.departments(visit.actor))
            ],
            "batches": [(row.id, row.title) for row in session.scalars(batches)],
        }
