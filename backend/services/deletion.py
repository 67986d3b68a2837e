"""Deleting an interview for good: what is left is its id, so that nothing of it is taken in again (410)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backend.db.models import Decision, EventRow, ManifestRow, ObjectRow, ReceiptRow, Role, Upload
from backend.runtime import Runtime
from backend.services import audit, scope
from backend.services.actor import Actor

_PARTS = (EventRow, ObjectRow, ManifestRow, ReceiptRow, Decision, Upload)


@dataclass(frozen=True, slots=True)
class Deleted:
    """How much there was."""

    events: int
    objects: int


def delete_interview(hr: Runtime, actor: Actor, interview_id: str) -> Deleted:
    """Delete events, recordings and the wrapped key. Raises XudaError(NOT_FOUND | FORBIDDEN).

    The database forgets first: a crash in between leaves files without a key, which the next call cannot see but
    nobody can open either.
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.write() as session:
        interview = scope.interview(session, actor, interview_id)
        names = _file_names(session, interview_id)
        found = Deleted(_count(session, EventRow, interview_id), _count(session, ObjectRow, interview_id))
        for part in _PARTS:
            session.execute(delete(part).where(part.interview_id == interview_id))
        interview.wrapped_key = None
        interview.deleted_at = interview.updated_at = hr.now()
        target = f"interview:{interview_id}"
        audit.record(session, hr.now(), actor, "delete_interview", target, events=found.events, objects=found.objects)
    for name in names:
        hr.store.delete(name)
    hr.db.wipe_log()
    return found


def _file_names(session: Session, interview_id: str) -> set[str]:
    objects = session.scalars(select(ObjectRow.storage_key).where(ObjectRow.interview_id == interview_id))
    begun = session.scalars(select(Upload.id).where(Upload.interview_id == interview_id))
    return {*objects, *begun}


def _count(session: Session, table: type[EventRow] | type[ObjectRow], interview_id: str) -> int:
    return len(session.scalars(select(table.interview_id).where(table.interview_id == interview_id)).all())
