"""Batches: a kit and a time window for a group of candidates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from backend.db.models import Batch, Department, Role
from backend.runtime import Runtime
from backend.services import audit, scope
from backend.services.actor import Actor
from backend.services.kits import stored_kit
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
) -> str:
    """The id of a new batch; its department is the kit's unless given.

    Raises XudaError(KIT_MISSING), SETTING_INVALID for a window that ends before it starts or an unknown department.
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    if not_after <= not_before:
        raise XudaError(ErrorCode.SETTING_INVALID, field="to")
    if not title.strip():
        raise XudaError(ErrorCode.SETTING_INVALID, field="title")
    with hr.db.write() as session:
        kit = stored_kit(session, kit_id)
        department = department_id or kit.department_id
        if session.get(Department, department) is None:
            raise XudaError(ErrorCode.SETTING_INVALID, field="department")
        batch = Batch(
            title=title.strip(),
            kit_id=kit_id,
            department_id=department,
            not_before=not_before.replace(microsecond=0),
            not_after=not_after.replace(microsecond=0),
            created_at=hr.now(),
        )
        session.add(batch)
        session.flush()
        audit.record(session, hr.now(), actor, "batch", f"batch:{batch.id}")
        return batch.id


def list_batches(hr: Runtime, actor: Actor) -> Sequence[Batch]:
    """The batches of the departments the actor may see, newest first."""
    with hr.db.read() as session:
        return session.scalars(scope.batches(actor).order_by(Batch.created_at.desc())).all()


def departments(hr: Runtime, actor: Actor) -> Sequence[Department]:
    """The departments the actor may see."""
    with hr.db.read() as session:
        return session.scalars(scope.departments(actor)).all()


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
