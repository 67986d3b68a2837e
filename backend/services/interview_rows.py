"""The list of interviews as the database counts, sorts and pages it: one row for each interview and for each invitation
with which nobody has begun."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, func, literal, null, or_, select, union_all
from sqlalchemy.orm import Session

from backend.db.models import Batch, Interview, InvitationRow
from backend.services import scope, wholes_in_sql
from backend.services.actor import Actor
from contract.events import HrState


@dataclass(frozen=True, slots=True)
class ListQuery:
    """Filters, all optional. ``text`` is looked for in name and code. ``sort``: updated, name, state or code.

    ``page`` counts from 1. ``include_invited``: also candidates who have not started.
    """

    state: HrState | None = None
    text: str = ""
    batch_id: str | None = None
    department_id: str | None = None
    sort: str = "updated"
    descending: bool = True
    page: int = 1
    size: int = 50
    include_invited: bool = True


@dataclass(frozen=True, slots=True)
class Key:
    """A row: an interview's leading part, or an invitation with which nobody has begun."""

    interview_id: str | None
    invitation_id: str | None


# so many sealed names are opened to look for one of them
MOST_OPENED = 2000
_UNSCORED = -1
_ORDER = {state.value: place for place, state in enumerate(HrState)}


class Finder:
    """The rows of one viewer's list. ``silent_after``: seconds, see ``states.shown``. ``scored``: what interviews are
    sorted by whose score the viewer sees."""

    def __init__(
        self,
        session: Session,
        actor: Actor,
        query: ListQuery,
        now: datetime,
        silent_after: int,
        hits: Hits | None = None,
        scored: ColumnElement[Any] | None = None,
    ) -> None:
        self._session, self._actor, self._query = session, actor, query
        self._cutoff = now - timedelta(seconds=silent_after)
        self._hits = hits
        self._scored = scored

    def counts(self) -> dict[HrState, int]:
        """By shown state, whatever state is asked for."""
        standing = self._begun(Interview.standing, func.count()).group_by(Interview.standing)
        counts = {HrState(row[0]): row[1] for row in self._session.execute(standing)}
        silent = self._session.scalar(select(func.count()).select_from(self._begun().where(self._silent()).subquery()))
        if silent:
            counts[HrState.PAUSED] = counts.get(HrState.PAUSED, 0) + silent
            counts[HrState.IN_PROGRESS] -= silent
            counts = {state: count for state, count in counts.items() if count}
        if self._query.include_invited:
            waiting = self._session.scalar(select(func.count()).select_from(self._waiting(InvitationRow.id).subquery()))
            if waiting:
                counts[HrState.INVITED] = counts.get(HrState.INVITED, 0) + waiting
        return counts

    def keys(self, *, limit: int | None, offset: int = 0) -> list[Key]:
        """In the order asked for; by name is by time, for names are sealed."""
        if self._query.sort in ("updated", "name") and limit is not None:
            return self._latest(limit, offset)
        rows = self._rows()
        column = {"state": rows.c.place, "code": rows.c.code, "ai": rows.c.points}.get(self._query.sort, rows.c.at)
        order = (column.desc(), rows.c.name.desc()) if self._query.descending else (column, rows.c.name)
        query = select(rows.c.interview_id, rows.c.invitation_id).order_by(*order).limit(limit).offset(offset)
        return [Key(*row) for row in self._session.execute(query)]

    def _latest(self, limit: int, offset: int) -> list[Key]:
        """By time, the usual order: of either kind no more than can be on the page, straight from its index."""
        most = limit + offset
        found: list[tuple[datetime, str, Key]] = []
        begun = self._begun(Interview.updated_at, Interview.id).order_by(*self._by(Interview.updated_at, Interview.id))
        if self._query.state is not None:
            begun = begun.where(self._in_state(self._query.state))
        found += [(at, name, Key(name, None)) for at, name in self._session.execute(begun.limit(most))]
        if self._query.include_invited and self._query.state in (None, HrState.INVITED):
            at, name = InvitationRow.created_at, InvitationRow.id
            waiting = self._waiting(at, name).order_by(*self._by(at, name)).limit(most)
            found += [(at, name, Key(None, name)) for at, name in self._session.execute(waiting)]
        found.sort(key=lambda row: row[:2], reverse=self._query.descending)
        return [key for _, _, key in found[offset:most]]

    def _by(self, *columns: Any) -> list[Any]:
        return [column.desc() if self._query.descending else column.asc() for column in columns]

    def _rows(self) -> Subquery:
        by_code, by_state = self._query.sort == "code", self._query.sort == "state" or self._query.state is not None
        shown: Any = self._shown() if by_state else literal("")
        columns = (
            Interview.id.label("interview_id"),
            null().label("invitation_id"),
            Interview.updated_at.label("at"),
            Interview.id.label("name"),
            (func.coalesce(InvitationRow.code, "") if by_code else literal("")).label("code"),
            case(_ORDER, value=shown, else_=0).label("place"),
            self._points().label("points"),
        )
        begun = self._begun(*columns, with_invitation=by_code)
        if self._query.state is not None:
            begun = begun.where(self._in_state(self._query.state))
        if not self._query.include_invited or self._query.state not in (None, HrState.INVITED):
            return begun.subquery()
        waiting = self._waiting(
            null().label("interview_id"),
            InvitationRow.id.label("invitation_id"),
            InvitationRow.created_at.label("at"),
            InvitationRow.id.label("name"),
            InvitationRow.code.label("code"),
            literal(_ORDER[HrState.INVITED.value]).label("place"),
            literal(_UNSCORED).label("points"),
        )
        return union_all(begun, waiting).subquery()

    def _points(self) -> ColumnElement[Any]:
        if self._query.sort != "ai" or self._scored is None:
            return literal(_UNSCORED)
        return func.coalesce(self._scored, _UNSCORED)

    def _begun(self, *columns: Any, with_invitation: bool = False) -> Select[Any]:
        query = (
            scope.interviews(self._actor)
            .with_only_columns(*columns or (Interview.id,))
            .where(Interview.leading.is_(True))
        )
        if self._query.department_id is not None:
            query = query.where(Interview.department_id == self._query.department_id)
        if self._query.batch_id is not None or with_invitation or self._hits is not None:
            query = query.outerjoin(InvitationRow, InvitationRow.id == Interview.invitation_id)
        if self._query.batch_id is not None:
            query = query.where(InvitationRow.batch_id == self._query.batch_id)
        return query if self._hits is None else query.where(self._hits.found())

    def _waiting(self, *columns: Any) -> Select[Any]:
        query = scope.invitations(self._actor).with_only_columns(*columns).where(InvitationRow.begun.is_(False))
        if self._query.department_id is not None:
            query = query.where(Batch.department_id == self._query.department_id)
        if self._query.batch_id is not None:
            query = query.where(InvitationRow.batch_id == self._query.batch_id)
        return query if self._hits is None else query.where(self._hits.found())

    def _shown(self) -> Any:
        """As ``states.shown``."""
        return case((self._silent(), HrState.PAUSED.value), else_=Interview.standing)

    def _silent(self) -> ColumnElement[bool]:
        seen = wholes_in_sql.seen_at()
        return and_(Interview.standing == HrState.IN_PROGRESS.value, func.coalesce(seen < self._cutoff, True))

    def _in_state(self, state: HrState) -> ColumnElement[bool]:
        stands = Interview.standing == state.value
        if state is HrState.PAUSED:
            return or_(stands, self._silent())
        return and_(stands, ~self._silent()) if state is HrState.IN_PROGRESS else stands


@dataclass(frozen=True, slots=True)
class Hits:
    """What a text may mean in a list too long to open every name of: part of a code, or a whole name."""

    text: str
    candidates: Collection[str]

    def found(self) -> ColumnElement[bool]:
        by_code = func.lower(InvitationRow.code).contains(self.text.casefold(), autoescape=True)
        return or_(by_code, InvitationRow.candidate_id.in_(self.candidates))
