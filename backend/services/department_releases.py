"""Heads of departments see an interview once HR has released it to the department, or all of its batch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from backend.db.models import Batch, Interview, Role
from backend.runtime import Runtime
from backend.services import audit, scope, wholes
from backend.services.actor import Actor
from contract.errors import ErrorCode, XudaError


@dataclass(frozen=True, slots=True)
class DepartmentView:
    """``at``: when it was released; None when it was not. ``batch``: the whole batch is open to the department."""

    at: datetime | None
    batch: bool


def view(hr: Runtime, actor: Actor, interview_id: str) -> DepartmentView:
    """Raises XudaError(FORBIDDEN | NOT_FOUND)."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.read() as session:
        row = scope.interview(session, actor, interview_id)
        return DepartmentView(row.department_at, row.invitation is not None and row.invitation.batch.department_opens)


def release(hr: Runtime, actor: Actor, interview_id: str) -> None:
    """Let the heads of the department see it, all parts; once more changes nothing. Raises as :func:`view`."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.write() as session:
        rows = _parts(session, actor, interview_id)
        if rows[0].department_at is None:
            for row in rows:
                row.department_at = hr.now()
            audit.record(session, hr.now(), actor, "release_department", f"interview:{rows[0].id}")


def take_back(hr: Runtime, actor: Actor, interview_id: str) -> None:
    """They see it no more from now on, unless the batch is open to them. Raises as :func:`view`."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.write() as session:
        rows = _parts(session, actor, interview_id)
        if any(row.department_at is not None for row in rows):
            for row in rows:
                row.department_at = None
            audit.record(session, hr.now(), actor, "take_back_department", f"interview:{rows[0].id}")


def open_batch(hr: Runtime, actor: Actor, batch_id: str, *, on: bool) -> None:
    """All interviews of a batch, also those to come, without a release of each; or no longer so.

    Raises XudaError(FORBIDDEN | NOT_FOUND).
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.write() as session:
        batch = session.get(Batch, batch_id)
        if batch is None:
            raise XudaError(ErrorCode.NOT_FOUND, field="batch")
        batch.department_opens = on
        audit.record(session, hr.now(), actor, "open_batch_to_department", f"batch:{batch.id}", on=on)


def _parts(session: Session, actor: Actor, interview_id: str) -> list[Interview]:
    return wholes.rows_of(session, scope.interview(session, actor, interview_id))
