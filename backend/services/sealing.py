"""What lies sealed in the database under an interview's storage key: its events and its wrapped key."""

from __future__ import annotations

from typing import cast

from sqlalchemy.orm import Session, object_session

from backend.cabinet import Cabinet, interview_subject
from backend.db.engine import CABINET
from backend.db.models import EventRow, Interview
from contract.envelope import Envelope


def cabinet_of(session: Session | None) -> Cabinet:
    if session is None:
        raise ValueError("a row is opened inside its transaction")
    return cast(Cabinet, session.info[CABINET])


def event_envelope(row: EventRow) -> Envelope:
    """Raises XudaError(KEY_DESTROYED | SEALED_DAMAGED | FORMAT_INVALID)."""
    cabinet = cabinet_of(object_session(row))
    return Envelope.from_bytes(cabinet.open(interview_subject(row.interview_id), row.sealed, event_context(row)))


def seal_event(session: Session, row: EventRow, envelope: Envelope) -> None:
    text = envelope.to_bytes().decode("utf-8")
    row.sealed = cabinet_of(session).seal(interview_subject(row.interview_id), text, event_context(row))


def wrapped_key(session: Session, interview: Interview) -> str | None:
    """The interview's key, wrapped to the organisation; None before the first event is here and after deletion."""
    sealed = interview.wrapped_key_sealed
    if sealed is None:
        return None
    return cabinet_of(session).open(interview_subject(interview.id), sealed, WRAPPED_KEY_CONTEXT)


def keep_wrapped_key(session: Session, interview: Interview, wrapped: str) -> None:
    interview.wrapped_key_sealed = cabinet_of(session).seal(
        interview_subject(interview.id), wrapped, WRAPPED_KEY_CONTEXT
    )


def event_context(row: EventRow) -> str:
    return f"event:{row.seq}"


WRAPPED_KEY_CONTEXT = "wrapped key"
