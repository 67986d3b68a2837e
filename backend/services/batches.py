"""Batches: a kit and a time window for a group of candidates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.db.models import Batch, Department, InvitationRow, Placement, Requisition, Role
from backend.runtime import Runtime
from backend.services import audit, requisitions, scope
from backend.services.actor import Actor
from backend.services.kits import stored_kit
from backend.services.requisition_states import RequisitionState
from contract.errors import ErrorCode, XudaError

# what a period of interviews can lie in: a typing mistake in the year shall not reach invitations
_FIRST_YEAR, _LAST_YEAR = 2000, 2199


def add_batch(
    hr: Runtime,
    actor: Actor,
    *,
    kit_id: str,
    title: str,
    not_before: datetime,
    not_after: datetime,
    department_id: str | None = None,
    requisition_id: str | None = None,
) -> str:
    """The id of a new batch; its department is that of the requisition it is for, else the kit's unless given.

    Raises XudaError(KIT_MISSING), SETTING_INVALID for a window that ends before it starts or an unknown department,
    CONFLICT with ``field`` requisition for one that is not open.
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    if not_after <= not_before:
        raise XudaError(ErrorCode.SETTING_INVALID, field="to")
    if not title.strip():
        raise XudaError(ErrorCode.SETTING_INVALID, field="title")
    with hr.db.write() as session:
        kit = stored_kit(session, kit_id)
        department = department_id or kit.department_id
        if requisition_id is not None:
            department = _open_requisition(session, actor, requisition_id).position.department_id
        if session.get(Department, department) is None:
            raise XudaError(ErrorCode.SETTING_INVALID, field="department")
        batch = Batch(
            title=title.strip(),
            kit_id=kit_id,
            department_id=department,
            not_before=not_before.replace(microsecond=0),
            not_after=not_after.replace(microsecond=0),
            created_at=hr.now(),
            requisition_id=requisition_id,
        )
        session.add(batch)
        session.flush()
        audit.record(session, hr.now(), actor, "batch", f"batch:{batch.id}")
        return batch.id


def assign(hr: Runtime, actor: Actor, batch_id: str, requisition_id: str | None) -> None:
    """Say whom a batch that exists is for; None: for no requisition.

    Raises XudaError(FORBIDDEN | NOT_FOUND), CONFLICT with ``field`` requisition for one that is not open,
    department for one of another department than the batch's, placement when somebody of the batch has a place already.
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.write() as session:
        batch = session.scalar(scope.batches(actor).where(Batch.id == batch_id))
        if batch is None:
            raise XudaError(ErrorCode.NOT_FOUND, field="batch")
        if batch.requisition_id == requisition_id:
            return
        placed = select(Placement.id).join(InvitationRow, InvitationRow.id == Placement.invitation_id)
        if session.scalar(placed.where(InvitationRow.batch_id == batch.id, Placement.ended_at.is_(None)).limit(1)):
            raise XudaError(ErrorCode.CONFLICT, field="placement")
        if requisition_id is not None:
            row = _open_requisition(session, actor, requisition_id)
            if row.position.department_id != batch.department_id:
                raise XudaError(ErrorCode.CONFLICT, field="department")
        batch.requisition_id = requisition_id
        audit.record(session, hr.now(), actor, "assign_batch", f"batch:{batch.id}", requisition=requisition_id)


def _open_requisition(session: Session, actor: Actor, requisition_id: str) -> Requisition:
    row = requisitions.found(session, actor, requisition_id, lock=True)
    if row.state != RequisitionState.OPEN:
        raise XudaError(ErrorCode.CONFLICT, field="requisition")
    return row


def list_batches(hr: Runtime, actor: Actor) -> Sequence[Batch]:
    """The batches of the departments the actor may see, newest first."""
    with hr.db.read() as session:
        return session.scalars(scope.batches(actor).order_by(Batch.created_at.desc())).all()


def departments(hr: Runtime, actor: Actor) -> Sequence[Department]:
    """The departments the actor may see."""
    with hr.db.read() as session:
        return session.scalars(scope.departments(actor)).all()


def tree(hr: Runtime, actor: Actor) -> list[tuple[int, Department]]:
    """The departments the actor may see, each below the one it belongs to, with its depth from 0."""
    rows = departments(hr, actor)
    ids = {row.id for row in rows}
    below: dict[str | None, list[Department]] = {}
    for row in rows:
        below.setdefault(row.parent_id if row.parent_id in ids else None, []).append(row)
    found: list[tuple[int, Department]] = []

    def walk(parent: str | None, depth: int) -> None:
        for row in below.get(parent, ()):
            found.append((depth, row))
            walk(row.id, depth + 1)

    walk(None, 0)
    return found


def moment(text: str, *, end: bool = False) -> datetime:
    """A day (``2026-12-01``, in this machine's zone; ``end``: its last second) or a time in ISO 8601.

    Raises XudaError(SETTING_INVALID).
    """
    try:
        if len(text.strip()) == len("2026-12-01"):
            day = datetime.combine(date.fromisoformat(text.strip()), time()).astimezone()
            found = day + timedelta(days=1, seconds=-1) if end else day
        else:
            found = datetime.fromisoformat(text.strip())
        found = found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise XudaError(ErrorCode.SETTING_INVALID, value=text) from error
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise XudaError(ErrorCode.SETTING_INVALID, value=text)
    return found
