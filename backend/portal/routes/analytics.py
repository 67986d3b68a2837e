"""How interviews go as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from backend.db.models import Batch, Role
from backend.portal import analytics_fairness_words, analytics_score_words, analytics_words
from backend.portal.analytics_words import Sheet
from backend.portal.visit import READERS, Member, Visit
from backend.services import analytics, analytics_fairness, analytics_scores, audit, scope, voluntary_rows
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


@dataclass(frozen=True, slots=True)
class _View:
    """A page of figures: its tables, what it says when there is nothing to show, and what stands below."""

    path: str
    title: str
    sheets: list[Sheet]
    empty: str
    notes: list[str]


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
        **_around(visit),
    )


@router.get("/analytics/scores")
def scores(visit: Member, asked: Filter) -> Response:
    return _shown(visit, asked, _scores(visit, asked))


@router.get("/analytics/fairness")
def fairness(visit: Member, asked: Filter) -> Response:
    return _shown(visit, asked, _fairness(visit, asked))


@router.get("/analytics/scores/{key}.csv")
def scores_sheet(visit: Member, key: str, asked: Filter) -> Response:
    return _csv(visit, key, _scores(visit, asked).sheets)


@router.get("/analytics/fairness/{key}.csv")
def fairness_sheet(visit: Member, key: str, asked: Filter) -> Response:
    return _csv(visit, key, _fairness(visit, asked).sheets)


@router.get("/analytics/{key}.csv")
def sheet(visit: Member, key: str, asked: Filter) -> Response:
    """One of the page's tables. 404 for one that has too little to show."""
    scope.require(visit.actor, *READERS)
    return _csv(visit, key, analytics_words.sheets(visit, analytics.take(visit.hr, visit.actor, asked)))


def _scores(visit: Visit, asked: Asked) -> _View:
    t = visit.texts.gettext
    found = analytics_scores.take(visit.hr, visit.actor, asked)
    few = t("{n} finished interviews fit, {m} with an AI score and {p} with one of people. So few are not shown.")
    return _View(
        "/analytics/scores",
        t("Scores and agreement"),
        analytics_score_words.sheets(visit, found),
        few.format(n=found.finished, m=found.machine, p=found.people),
        [t("Finished interviews, of each person the newest attempt."), t("A score decides nothing. A person decides.")],
    )


def _fairness(visit: Visit, asked: Asked) -> _View:
    t = visit.texts.gettext
    found = analytics_fairness.take(visit.hr, visit.actor, asked)
    sealed = t(
        "What candidates say of themselves is sealed and nobody can look at it. It counts from the Monday after, in "
        "groups of {n} people or more, and not where those whom a filter leaves out would be fewer."
    )
    return _View(
        "/analytics/fairness",
        t("Fairness"),
        analytics_fairness_words.sheets(visit, found),
        t("There is too little to compare yet."),
        [t("A difference asks for a look at its cause; it proves none."), sealed.format(n=voluntary_rows.FEWEST)],
    )


def _shown(visit: Visit, asked: Asked, view: _View) -> Response:
    return visit.page(
        "analytics_scores.html",
        asked=asked,
        path=view.path,
        title=view.title,
        sheets=view.sheets,
        empty=view.empty,
        notes=view.notes,
        **_around(visit),
    )


def _csv(visit: Visit, key: str, sheets: list[Sheet]) -> Response:
    chosen = next((item for item in sheets if item.key == key), None)
    if chosen is None:
        raise XudaError(ErrorCode.NOT_FOUND, field="table")
    audit.record_now(visit.hr, visit.actor, "export_analytics", f"analytics:{key}")
    lines = [table.line(chosen.head), *(table.line(row) for row in chosen.rows)]
    headers = {"Content-Disposition": f'attachment; filename="analytics-{chosen.key}.csv"'}
    return Response(table.BEGIN + b"".join(lines), media_type="text/csv; charset=utf-8", headers=headers)


def _around(visit: Visit) -> dict[str, Any]:
    """What every page of analytics has: the other pages its reader may see, and what can be asked for."""
    t, language = visit.texts.gettext, visit.language
    views = [
        ("/analytics", t("How interviews go")),
        ("/analytics/scores", t("Scores and agreement")),
        ("/analytics/fairness", t("Fairness")),
    ]
    with visit.hr.db.read() as session:
        batches = scope.batches(visit.actor).order_by(Batch.created_at.desc()).limit(200)
        return {
            "departments": [
                (row.id, pick(row.name, language)) for row in session.scalars(scope.departments(visit.actor))
            ],
            "batches": [(row.id, row.title) for row in session.scalars(batches)],
            "views": views if visit.actor.role in (Role.ADMINISTRATOR, Role.HR) else [],
            "query": visit.request.url.query,
        }
