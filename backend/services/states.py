"""The state of an interview at HR: derived from its events, then what people decided, then contact with the device."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.db.models import Decision, EventRow, Interview
from backend.services.candidate_states import DECIDED
from backend.services.sealing import event_envelope
from contract.envelope import parse_payload
from contract.events import FINAL_STATES, STATE_AFTER, Event, EventType, HrState

NO_CONTACT = "no_contact"


def parse_event(row: EventRow) -> Event:
    """The event of a row whose signature was verified when it came; inside the row's transaction.

    Raises XudaError(KEY_DESTROYED | SEALED_DAMAGED).
    """
    return parse_payload(event_envelope(row).payload_bytes, Event)


def derived(session: Session, interview_id: str) -> tuple[HrState, datetime | None]:
    """``derive_state`` over the stored events: the newest one that moves the state decides.

    The second value is when the server learned that the interview had ended, None while it has not.
    """
    moving = EventRow.interview_id == interview_id, EventRow.kind.in_([kind.value for kind in STATE_AFTER])
    query = select(EventRow.kind, EventRow.received_at).where(*moving).order_by(EventRow.seq.desc()).limit(1)
    row = session.execute(query).first()
    if row is None:
        return HrState.INVITED, None
    state = STATE_AFTER[EventType(row[0])]
    return state, row[1] if state in FINAL_STATES else None


def decided(session: Session, interview: Interview, parts: Sequence[Interview] = ()) -> HrState:
    """What a person decided about an ended interview, under whichever of its ``parts``, else its derived state.

    A decision that was put off or taken back says nothing: events that come later still move the interview.
    """
    state = HrState(interview.state)
    if state not in FINAL_STATES:
        return state
    ids = {interview.id, *(part.id for part in parts)}
    newest = select(Decision.state).where(Decision.interview_id.in_(ids)).order_by(Decision.decided_at.desc())
    return as_decided(state, session.scalar(newest.limit(1)))


def as_decided(state: HrState, word: str | None) -> HrState:
    """``state`` by events, ``word``: the newest decision's."""
    return HrState(word) if state in FINAL_STATES and word in DECIDED else state


def shown(state: HrState, device_seen: datetime | None, now: datetime, silent_after: int) -> tuple[HrState, str | None]:
    """What HR sees: an interview in progress whose device has been silent for ``silent_after`` seconds is paused.

    The second value is the reason, :data:`NO_CONTACT` or None. Nothing stored changes by this.
    """
    if state is HrState.IN_PROGRESS and (device_seen is None or now - device_seen > timedelta(seconds=silent_after)):
        return HrState.PAUSED, NO_CONTACT
    return state, None
