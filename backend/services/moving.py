"""Interviews that move from one device to another: what a device may know, tickets, and notices to the others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.db.models import HandOverRow, Interview, InvitationRow, new_id
from backend.runtime import Runtime
from backend.services import audit, gaps, states, wholes
from backend.services.devices import Asking
from contract.envelope import Envelope, sign
from contract.errors import ErrorCode, XudaError
from contract.events import FINAL_STATES, HrState
from contract.parts import Elsewhere, HandOver, Notice, NoticeKind, Part, carry, superseded
from contract.progress import Carried, PartRef

_OVER = FINAL_STATES - {HrState.INCOMPLETE}


def elsewhere(hr: Runtime, session: Session, invitation_id: str, device_id: str) -> Elsewhere | None:
    """What ``device_id`` is told of the newest attempt; None when no other device has begun it.

    Of what was answered it learns ids of questions and counts, and that only while it can be gone on with.
    """
    rows = _newest_attempt(session, invitation_id)
    others = [row for row in rows if row.device_id != device_id]
    if not others:
        return None
    attempt = others[0].attempt or 1
    living = [row for row in rows if row.deleted_at is None]
    gone = not living or wholes.withdrawn(session, living)
    state = _shown(hr, session, living) if living else HrState.INCOMPLETE
    if gone or state in FINAL_STATES:
        carried = Carried(attempt=attempt, parts=[PartRef(interview_id=row.id, last_seq=1) for row in rows])
    else:
        carried = carry(wholes.read(session, living), attempt)
    return Elsewhere(state=state, device=others[-1].device.name, carried=carried, withdrawn=gone)


def ask(hr: Runtime, asking: Asking, invitation_id: str) -> Elsewhere | None:
    """As the roster says it, but as it is now."""
    with hr.db.read() as session:
        return elsewhere(hr, session, invitation_id, asking.device_id)


def hand_over(hr: Runtime, asking: Asking, interview_id: str, invitation_id: str) -> Envelope:
    """The ticket with which the device may go on with the interview in a new part; asked again it is the same.

    Raises XudaError(NOT_FOUND) when there is nothing to go on with, INTERVIEW_ELSEWHERE while it is being given on
    another device or another one has just been given a ticket, INVITATION_USED when it is over, CONFLICT | FORBIDDEN
    for an id that is taken.
    """
    with hr.db.write() as session:
        known = session.scalar(select(HandOverRow).where(HandOverRow.interview_id == interview_id))
        if known is not None:
            if (known.device_id, known.invitation_id) != (asking.device_id, invitation_id):
                raise XudaError(ErrorCode.FORBIDDEN, field="interview_id")
            return Envelope.from_bytes(known.envelope)
        begun = session.get(Interview, interview_id)
        if begun is not None:
            own = begun.device_id == asking.device_id
            raise XudaError(ErrorCode.CONFLICT if own else ErrorCode.FORBIDDEN, field="interview_id")
        invitation = session.get(InvitationRow, invitation_id)
        if invitation is None:
            raise XudaError(ErrorCode.NOT_FOUND, field="invitation_id")
        if invitation.cancelled_at is not None:
            raise XudaError(ErrorCode.INVITATION_USED)
        rows = _newest_attempt(session, invitation_id)
        _check_free(hr, session, rows)
        return _issue(hr, session, asking, interview_id, rows)


def notices(hr: Runtime, asking: Asking, interview_ids: Sequence[str]) -> list[Envelope]:
    """What the device has to hear of those of its parts that it asks for; ids that are not its own are passed over."""
    told: dict[str, NoticeKind] = {}
    with hr.db.read() as session:
        mine = Interview.id.in_(interview_ids), Interview.device_id == asking.device_id
        for row in session.scalars(select(Interview).where(*mine).order_by(Interview.id)):
            kind = _notice(session, row)
            if kind is not None:
                told[row.id] = kind
        for interview_id in gaps.wanted(session, asking.device_id, interview_ids):
            told.setdefault(interview_id, NoticeKind.SEND_AGAIN)
    return [
        sign(
            Notice(device_id=asking.device_id, interview_id=interview_id, kind=kind, issued_at=hr.now()),
            hr.vault.sign_key,
        )
        for interview_id, kind in told.items()
    ]


def _notice(session: Session, row: Interview) -> NoticeKind | None:
    if row.deleted_at is not None:
        return NoticeKind.DELETED
    rows = wholes.rows_of(session, row)
    if wholes.withdrawn(session, rows):
        return NoticeKind.WITHDRAWN
    if len(rows) < 2:
        return None
    parts = wholes.read(session, rows)
    mine = next(part for part in parts if part.interview_id == row.id)
    if mine.again:  # beside the interview, which is over: only what HR knows nothing of ends by itself
        return NoticeKind.CONTINUED if mine.state is HrState.PAUSED and mine.redo is None else None
    over = mine.state is HrState.PAUSED and row.state in FINAL_STATES
    return NoticeKind.CONTINUED if over or superseded(mine, parts) else None


def _newest_attempt(session: Session, invitation_id: str) -> list[Interview]:
    """All parts of the newest attempt, deleted ones included, by number."""
    newest = select(func.max(Interview.attempt)).where(Interview.invitation_id == invitation_id).scalar_subquery()
    query = select(Interview).where(Interview.invitation_id == invitation_id, Interview.attempt == newest)
    return wholes.in_order(session.scalars(query))


def _shown(hr: Runtime, session: Session, rows: Sequence[Interview]) -> HrState:
    """The state of the whole; in progress only while the device is heard of."""
    state = HrState(rows[0].state)
    if state is not HrState.IN_PROGRESS:
        return state
    seen = wholes.in_progress_seen(session, rows)
    return states.shown(state, seen, hr.now(), hr.settings.silent_after)[0]


def _check_free(hr: Runtime, session: Session, rows: Sequence[Interview]) -> None:
    living = [row for row in rows if row.deleted_at is None]
    if rows and (not living or wholes.withdrawn(session, living)):
        raise XudaError(ErrorCode.INVITATION_USED)
    state = _shown(hr, session, living) if living else HrState.INVITED
    if state in _OVER:
        raise XudaError(ErrorCode.INVITATION_USED)
    if state not in (HrState.PAUSED, HrState.IN_PROGRESS):
        raise XudaError(ErrorCode.NOT_FOUND, field="interview")
    if state is HrState.IN_PROGRESS or _promised(hr, session, living[0]):
        raise XudaError(ErrorCode.INTERVIEW_ELSEWHERE)


def _promised(hr: Runtime, session: Session, row: Interview) -> bool:
    """A ticket was given out a moment ago and its part has not begun: the candidate is on the way into it."""
    query = select(HandOverRow).where(
        HandOverRow.invitation_id == row.invitation_id,
        HandOverRow.attempt == row.attempt,
        HandOverRow.issued_at > hr.now() - timedelta(seconds=hr.settings.silent_after),
    )
    return any(session.get(Interview, ticket.interview_id) is None for ticket in session.scalars(query))


def _issue(hr: Runtime, session: Session, asking: Asking, interview_id: str, rows: Sequence[Interview]) -> Envelope:
    parts: list[Part] = wholes.read(session, [row for row in rows if row.deleted_at is None])
    invitation_id, attempt = wholes.key_of(rows[0])
    ticket_id = new_id()
    ticket = HandOver(
        hand_over_id=ticket_id,
        invitation_id=invitation_id,
        device_id=asking.device_id,
        interview_id=interview_id,
        part=wholes.number_for(session, invitation_id, attempt),
        carried=carry(parts, attempt).model_copy(update={"hand_over": ticket_id}),
        issued_at=hr.now(),
    )
    envelope = sign(ticket, hr.vault.sign_key)
    session.add(
        HandOverRow(
            id=ticket_id,
            invitation_id=invitation_id,
            attempt=attempt,
            part=ticket.part,
            device_id=asking.device_id,
            interview_id=interview_id,
            envelope=envelope.to_bytes().decode("utf-8"),
            issued_at=ticket.issued_at,
        )
    )
    actor = f"device:{asking.device_id}"
    audit.record(session, hr.now(), actor, "hand_over", f"interview:{rows[0].id}", part=interview_id)
    return envelope
