"""Events from devices: each is stored once, in any order, and the interview's state follows from them."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.db.models import EventRow, Interview, InvitationRow, KitRow, ObjectRow
from backend.runtime import Runtime
from backend.services import (
    adjusting,
    audit,
    deletion,
    hooks,
    interview_facts,
    quota,
    redo_rows,
    score_marks,
    standing,
    states,
    walkins,
    wholes,
)
from backend.services.devices import Asking
from backend.services.interviews import newest_receipt
from backend.services.sealing import event_envelope, keep_wrapped_key, seal_event
from contract.api import EventReply, InterviewCheck
from contract.certificate import Requester
from contract.envelope import Envelope, open_envelope
from contract.errors import ErrorCode, XudaError
from contract.events import Event, EventType, HrState, ObjectRef, StartedData, WithdrawnData, events_digest
from contract.manifest import Manifest
from contract.parts import Part

FromDevice = TypeVar("FromDevice", Event, Manifest)


def put_event(hr: Runtime, asking: Asking, interview_id: str, seq: int, envelope: Envelope) -> tuple[EventReply, bool]:
    """Store an event; the second value is True when it is new.

    Raises XudaError(CONFLICT) when another event has this number, DELETED, FORBIDDEN for another device's event or
    interview, and KEY_UNKNOWN | SIGNATURE_INVALID | FORMAT_INVALID | SEALED_DAMAGED for what cannot be used.
    """
    event = open_from_device(envelope, Event, asking)
    if (event.interview_id, event.seq) != (interview_id, seq):
        raise XudaError(ErrorCode.FORMAT_INVALID, field="interview_id" if event.seq == seq else "seq")
    if event.kind is EventType.STARTED:
        _check_key_opens(hr, event)
    with hr.db.write() as session:
        now = hr.now()
        quota.check_interview(hr, session, asking.device_id, interview_id, now)
        interview = claim(session, asking, interview_id, now)
        if session.get(EventRow, (interview_id, seq)) is None:
            quota.check_document(hr, session, interview_id, len(envelope.payload))
        new = _store(session, event, envelope, now)
        if new:
            walkins.follow(hr, session, interview, event)
            parts = _follow(session, interview, now)
            row = session.get_one(EventRow, (interview_id, seq))
            interview_facts.follow(session, interview, row, event, parts)
            adjusting.follow(hr, session, interview, event)
            score_marks.changed(session, interview, event.kind, now)
        if new and event.kind is EventType.WITHDRAWN:
            audit.record(session, now, f"device:{asking.device_id}", "withdrawn", f"interview:{interview_id}")
        # also a part that its device brings when the candidate has long asked elsewhere
        if event.kind is EventType.WITHDRAWN or (new and deletion.asked(session, interview)):
            deletion.request(session, interview, Requester.CANDIDATE, now)
    return EventReply(interview_id=interview_id, seq=seq, digest=envelope.digest), new


def open_from_device(envelope: Envelope, kind: type[FromDevice], asking: Asking) -> FromDevice:
    """A document signed by the device that brings it, or by one it has been before it was enrolled again.

    Raises XudaError(FORBIDDEN) when the document names another device than its signer, and as ``open_envelope`` does.
    """
    found = open_envelope(envelope, kind, {name: public for name, (_, public) in asking.signers.items()})
    if found.device_id != asking.signers[envelope.signer][0]:
        raise XudaError(ErrorCode.FORBIDDEN, field="device_id")
    return found


def check(hr: Runtime, asking: Asking, interview_id: str) -> InterviewCheck:
    """What is stored of an interview. Raises XudaError(DELETED | FORBIDDEN)."""
    with hr.db.read() as session:
        interview = session.get(Interview, interview_id)
        if interview is None:
            return InterviewCheck(
                interview_id=interview_id, state=HrState.INVITED, events={}, events_digest=events_digest({}), objects=[]
            )
        _check_owner(interview, asking)
        digests = stored_digests(session, interview_id)
        found = session.scalars(select(ObjectRow).where(ObjectRow.interview_id == interview_id)).all()
        return InterviewCheck(
            interview_id=interview_id,
            state=states.decided(session, interview),
            events=digests,
            events_digest=events_digest(digests),
            objects=[object_ref(row) for row in found if hr.store.size(row.storage_key) == row.size],
            receipt_serial=newest_receipt(session, interview_id),
        )


def claim(session: Session, asking: Asking, interview_id: str, now: datetime) -> Interview:
    """The interview's row; the first device that speaks of an id owns it. Raises XudaError(DELETED | FORBIDDEN)."""
    interview = session.get(Interview, interview_id)
    if interview is None:
        interview = Interview(
            id=interview_id, device_id=asking.device_id, state=HrState.INVITED.value, created_at=now, updated_at=now
        )
        session.add(interview)
        session.flush()
    _check_owner(interview, asking)
    return interview


def stored_digests(session: Session, interview_id: str, *, last_seq: int | None = None) -> dict[int, str]:
    """Number -> SHA-256 of each stored payload, computed from the payload as it is stored now.

    An event whose payload no longer fits its recorded digest is left out: it has to be sent again.
    """
    query = select(EventRow).where(EventRow.interview_id == interview_id).order_by(EventRow.seq)
    if last_seq is not None:
        query = query.where(EventRow.seq <= last_seq)
    return {row.seq: row.digest for row in session.scalars(query) if _intact(row)}


def object_ref(row: ObjectRow) -> ObjectRef:
    return ObjectRef(object_id=row.object_id, media_type=row.media_type, size=row.size, sha256=row.sha256)


def _check_owner(interview: Interview, asking: Asking) -> None:
    if interview.device_id != asking.device_id:
        raise XudaError(ErrorCode.FORBIDDEN, field="interview_id")
    if interview.deleted_at is not None:
        raise XudaError(ErrorCode.DELETED, field="interview_id")


def _check_key_opens(hr: Runtime, event: Event) -> None:
    # Refused at once: an interview whose key does not open here could never be read, and its device must not purge it.
    hr.vault.unwrap(event.parse_data(StartedData).wrapped_key, event.interview_id)


def _intact(row: EventRow) -> bool:
    try:
        return event_envelope(row).digest == row.digest
    except XudaError:
        return False


def _store(session: Session, event: Event, envelope: Envelope, now: datetime) -> bool:
    row = session.get(EventRow, (event.interview_id, event.seq))
    if row is not None:
        if row.digest != envelope.digest:
            raise XudaError(ErrorCode.CONFLICT, field="seq")
        if not _intact(row):
            seal_event(session, row, envelope)
        return False
    row = EventRow(
        interview_id=event.interview_id,
        seq=event.seq,
        kind=event.kind.value,
        digest=envelope.digest,
        received_at=now,
    )
    seal_event(session, row, envelope)
    session.add(row)
    session.flush()
    return True


def _follow(session: Session, interview: Interview, now: datetime) -> list[Part]:
    """Bring the interview's row in line with its events, whatever order they came in; as ``wholes.follow``."""
    before = interview.state
    state, interview.ended_at = states.derived(session, interview.id)
    interview.state = state.value
    interview.updated_at = now
    _attach(session, interview)
    wholes.enlist(session, interview)
    redo_rows.follow(session, interview, now)
    parts = wholes.follow(session, interview)
    standing.settle(session, interview)
    if interview.state != before and not interview.practice and interview.redo_id is None:
        _tell(session, interview, now)
    return parts


def _tell(session: Session, interview: Interview, now: datetime) -> None:
    about = {"interview_id": wholes.rows_of(session, interview)[0].id, "invitation_id": interview.invitation_id}
    hooks.emit(session, now, hooks.Kind.INTERVIEW_STATE, interview.department_id, **about, state=interview.state)


def _attach(session: Session, interview: Interview) -> None:
    """Whose interview it is: its first event says it, or, when that was never sent, the withdrawal."""
    row = _first(session, interview.id, EventType.STARTED)
    if row is None:
        row = _first(session, interview.id, EventType.WITHDRAWN)
        if row is not None:
            data = states.parse_event(row).parse_data(WithdrawnData)
            _invite(session, interview, data.invitation_id, data.attempt)
        return
    started = states.parse_event(row).parse_data(StartedData)
    interview.kit_id, interview.kit_version = started.kit_id, started.kit_version
    interview.redo_id = started.carried.redo if started.carried else None
    keep_wrapped_key(session, interview, started.wrapped_key)
    _invite(session, interview, started.invitation_id, started.attempt)
    kit = session.get(KitRow, (started.kit_id, started.kit_version))
    if interview.invitation_id is None and kit is not None:
        interview.department_id = kit.department_id


def _invite(session: Session, interview: Interview, invitation_id: str | None, attempt: int | None) -> None:
    invitation = session.get(InvitationRow, invitation_id) if invitation_id else None
    interview.invitation_id = invitation.id if invitation else None
    interview.attempt = attempt
    if invitation is not None:
        interview.department_id = invitation.batch.department_id
        interview.practice = invitation.batch.practice


def _first(session: Session, interview_id: str, kind: EventType) -> EventRow | None:
    query = select(EventRow).where(EventRow.interview_id == interview_id, EventRow.kind == kind.value)
    return session.scalar(query.order_by(EventRow.seq).limit(1))
