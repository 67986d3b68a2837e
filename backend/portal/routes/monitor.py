"""The live monitor."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from markupsafe import Markup
from sqlalchemy import select

from backend.db.models import Batch, Role
from backend.portal import live, monitor_words
from backend.portal.visit import READERS, Member, Visit
from backend.services import monitor, scope
from backend.services.booths import Station
from backend.services.monitor import View
from backend.services.wholes_in_sql import Fate
from contract.text import pick

router = APIRouter()
AWAITED = "awaited"
SHOWN = (Fate.RUNNING, Fate.INTERRUPTED, Fate.PENDING, Fate.DONE, Fate.INCOMPLETE, Fate.DECLINED, Fate.MISSED)


@dataclass(frozen=True, slots=True)
class _Asked:
    visit: Visit
    view: View
    show: str


def _asked(visit: Member, show: str = "", batch: str = "", department: str = "", span: str = "") -> _Asked:
    scope.require(visit.actor, *READERS)
    show = show if show in (*Fate, AWAITED) else Fate.RUNNING.value
    view = View(
        listed=None if show == AWAITED else Fate(show),
        batch_id=batch or None,
        department_id=department or None,
        everything=span == "all",
    )
    return _Asked(visit, view, show)


def _room(asked: Annotated[_Asked, Depends(_asked)]) -> _Asked:
    _streams(asked.visit).check(asked.visit.actor.user_id or "")
    return asked


@router.get("/monitor")
def page(asked: Annotated[_Asked, Depends(_asked)]) -> Response:
    visit = asked.visit
    picture = _draw(asked)
    query = visit.request.url.query
    return visit.page(
        "monitor.html",
        pieces={name: Markup(html) for name, html in picture.pieces.items()},  # noqa: S704  # rendered and escaped
        at=picture.at,
        stream="/monitor/live" + (f"?{query}" if query else ""),
        view=asked.view,
        show=asked.show,
        filters=_filters(visit),
        texts=monitor_words.script_texts(visit),
    )


@router.get("/monitor/live", response_class=EventSourceResponse)
async def stream(asked: Annotated[_Asked, Depends(_room)]) -> AsyncIterator[ServerSentEvent]:
    async for event in live.follow(asked.visit, _streams(asked.visit), lambda: _draw(asked)):
        yield event


def _streams(visit: Visit) -> live.Streams:
    return cast(live.Streams, visit.request.app.state.streams)


def _draw(asked: _Asked) -> live.Picture:
    visit = asked.visit
    snapshot = monitor.take(visit.hr, visit.actor, asked.view)
    context = {
        "snapshot": snapshot,
        "show": asked.show,
        "fates": SHOWN,
        "awaited": AWAITED,
        "most": monitor.LIST_LENGTH,
        "address": _address(asked),
        "words": monitor_words.fates(visit),
        "tones": monitor_words.TONES,
        "why": lambda sight: monitor_words.why(visit, sight),
        "troubles": lambda station: monitor_words.troubles(visit, station),
        "moment": lambda at: visit.local(at, "%m-%d %H:%M:%S"),
        "settings": visit.hr.settings,
        "staff": visit.actor.role is not Role.DEPARTMENT_HEAD,
    }
    pieces = {name: _piece(visit, name, context) for name in ("counts", "warnings", "list", "batches")}
    rows: dict[str, dict[str, str]] = {}
    if snapshot.stations is not None:
        rows["booths"] = {f"booth-{found.device_id}": _row(visit, found, context) for found in snapshot.stations}
        lines = [Markup(html) for html in rows["booths"].values()]  # noqa: S704  # rendered and escaped just now
        pieces["booths"] = _piece(visit, "booths", {**context, "lines": lines})
    return live.Picture(visit.local(snapshot.at, "%H:%M:%S"), pieces, rows)


def _piece(visit: Visit, name: str, context: dict[str, Any]) -> str:
    return visit.fragment(f"monitor_{name}.html", **context)


def _row(visit: Visit, station: Station, context: dict[str, Any]) -> str:
    return visit.fragment("monitor_booth.html", **{**context, "station": station}).strip()


def _address(asked: _Asked) -> Any:
    """Addresses of the page with other choices; the stream has an address of its own."""

    def address(**changes: object) -> str:
        return asked.visit.with_query(**changes).replace("/monitor/live", "/monitor", 1)

    return address


def _filters(visit: Visit) -> dict[str, Any]:
    language = visit.language
    with visit.hr.db.read() as session:
        departments = [(row.id, pick(row.name, language)) for row in session.scalars(scope.departments(visit.actor))]
        ids = scope.batches(visit.actor).with_only_columns(Batch.id).order_by(Batch.created_at.desc()).limit(200)
        rows = session.execute(select(Batch.id, Batch.title).where(Batch.id.in_(ids)).order_by(Batch.title))
        return {"departments": departments, "batches": [(row[0], row[1]) for row in rows]}
