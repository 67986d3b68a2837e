"""The one place that says which rows a person may see; every query for a person goes through it.

HR and administrators see all; a department head sees the own department and those below it, interviews once HR has
released them; an auditor sees the audit log and no interview. A program's token may be bound to a department: it sees
no other, as whom it ever asks.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, or_, select, true
from sqlalchemy.orm import Session

from backend.db.employee_models import EmployeeRow
from backend.db.models import Batch, Department, Interview, InvitationRow, Position, Requisition, Role
from backend.services.actor import Actor
from contract.errors import ErrorCode, XudaError

_SEE_ALL = frozenset({Role.ADMINISTRATOR, Role.HR})
_BOUND = _SEE_ALL | {Role.DEPARTMENT_HEAD}


def departments_below(department_id: str) -> Select[str]:
    """Ids of a department and all below it."""
    tree = select(Department.id).where(Department.id == department_id).cte(recursive=True)
    tree = tree.union(select(Department.id).join(tree, Department.parent_id == tree.c.id))
    return select(tree.c.id)


def _in_scope(actor: Actor, department: ColumnElement[Any]) -> ColumnElement[bool]:
    if actor.role in _SEE_ALL and actor.department_id is None:
        return true()
    if actor.role in _BOUND and actor.department_id is not None:
        return department.in_(departments_below(actor.department_id))
    return false()


def interviews(actor: Actor, *, practice: bool | None = False) -> Select[Interview]:
    """The interviews ``actor`` may see; deleted ones are left out, and those to practise with: they count nowhere.

    A department head sees those that HR has released to the department. ``practice`` True: those to practise with
    alone, None: also those.
    """
    visible = _in_scope(actor, Interview.department_id.expression)
    if actor.role is Role.DEPARTMENT_HEAD:
        visible = and_(visible, _released())
    if practice is not None:
        visible = and_(visible, Interview.practice.is_(practice))
    return select(Interview).where(visible, Interview.deleted_at.is_(None))


def _released() -> ColumnElement[bool]:
    """HR has released the interview, or all of its batch, to the heads of its department."""
    opened = select(InvitationRow.id).join(Batch, Batch.id == InvitationRow.batch_id)
    opened = opened.where(Batch.department_opens.is_(True), InvitationRow.id == Interview.invitation_id)
    return or_(Interview.department_at.is_not(None), opened.correlate(Interview).exists())


def invitations(actor: Actor, *, cancelled: bool = False) -> Select[InvitationRow]:
    """The invitations ``actor`` may see, without those to practise with; cancelled ones only if asked for."""
    visible = _in_scope(actor, Batch.department_id.expression)
    query = select(InvitationRow).join(InvitationRow.batch).where(visible, Batch.practice.is_(False))
    return query if cancelled else query.where(InvitationRow.cancelled_at.is_(None))


def departments(actor: Actor) -> Select[Department]:
    return select(Department).where(_in_scope(actor, Department.id.expression)).order_by(Department.id)


def interview(session: Session, actor: Actor, interview_id: str) -> Interview:
    """Raises XudaError(NOT_FOUND), also for what the actor may not see: its existence is not told."""
    found = session.scalar(interviews(actor, practice=None).where(Interview.id == interview_id))
    if found is None:
        raise XudaError(ErrorCode.NOT_FOUND, field="interview")
    return found


def require(actor: Actor, *roles: Role) -> None:
    """Raises XudaError(FORBIDDEN) unless the actor has one of ``roles``."""
    if actor.role not in roles:
        raise XudaError(ErrorCode.FORBIDDEN)


def batches(actor: Actor) -> Select[Batch]:
    """Without those to practise with."""
    return select(Batch).where(_in_scope(actor, Batch.department_id.expression), Batch.practice.is_(False))


def positions(actor: Actor) -> Select[Position]:
    return select(Position).where(_in_scope(actor, Position.department_id.expression))


def requisitions(actor: Actor) -> Select[Requisition]:
    """Those for positions of the departments ``actor`` may see."""
    visible = _in_scope(actor, Position.department_id.expression)
    return select(Requisition).join(Requisition.position).where(visible)


def employees(actor: Actor) -> Select[EmployeeRow]:
    """HR and administrators alone: a file holds scores of many years."""
    visible = _in_scope(actor, EmployeeRow.department_id.expression)
    return select(EmployeeRow).where(visible if actor.role in _SEE_ALL else false())
