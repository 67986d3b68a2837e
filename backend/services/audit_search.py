"""Looking things up in the audit log: by who, what, on what and when; the same filters for the export."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from backend.db.models import AuditRow, Role
from backend.runtime import Runtime
from backend.services import scope
from backend.services.actor import Actor


@dataclass(frozen=True, slots=True)
class Search:
    """All optional. ``who``: the whole name. ``target``: how it begins, such as ``interview:`` or a whole id."""

    who: str = ""
    action: str = ""
    target: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if self.who:
            found.append(AuditRow.actor == self.who)
        if self.action:
            found.append(AuditRow.action == self.action)
        if self.target:
            found.append(AuditRow.target.startswith(self.target, autoescape=True))
        if self.since is not None:
            found.append(AuditRow.at >= self.since)
        if self.until is not None:
            found.append(AuditRow.at <= self.until)
        return found


def rows(
    hr: Runtime, actor: Actor, search: Search | None = None, *, limit: int = 100, offset: int = 0
) -> tuple[Sequence[AuditRow], int]:
    """The newest first, with how many there are. Raises XudaError(FORBIDDEN)."""
    scope.require(actor, Role.ADMINISTRATOR, Role.AUDITOR)
    wanted = search.conditions if search is not None else []
    query = select(AuditRow).where(*wanted).order_by(AuditRow.id.desc())
    with hr.db.read() as session:
        total = session.scalar(select(func.count(AuditRow.id)).where(*wanted)) or 0
        return session.scalars(query.limit(limit).offset(offset)).all(), total


def actions(hr: Runtime, actor: Actor) -> list[str]:
    """Those that are in the log. Raises XudaError(FORBIDDEN)."""
    scope.require(actor, Role.ADMINISTRATOR, Role.AUDITOR)
    with hr.db.read() as session:
        return _distinct(session)


def _distinct(session: Session) -> list[str]:
    """One step of the index per action instead of a look at every row."""
    found: list[str] = []
    newest = session.scalar(select(func.min(AuditRow.action)))
    while newest is not None:
        found.append(newest)
        newest = session.scalar(select(func.min(AuditRow.action)).where(AuditRow.action > newest))
    return found
