"""Interviews as people know them: one, whatever number of devices it was given on (contract.parts)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.db.models import Deletion, EventRow, HandOverRow, Interview, RedoRow
from backend.services import states
from contract.certificate import Requester
from contract.events import FINAL_STATES, EventType
from contract.parts import Part, derive_whole_state, superseded


def key_of(interview: Interview) -> tuple[str, int]:
    """The same for all parts of a whole; an interview whose invitation is not known yet stands alone."""
    if interview.invitation_id is None or interview.attempt is None:
        return interview.id, 0
    return interview.invitation_id, interview.attempt


def rows_of(session: Session, interview: Interview) -> list[Interview]:
    """The parts that are not deleted, by number; the interview itself when it is one of them."""
    if interview.invitation_id is None or interview.attempt is None:
        return [interview]
    query = select(Interview).where(
        Interview.invitation_id == interview.invitation_id,
        Interview.attempt == interview.attempt,
        Interview.deleted_at.is_(None),
    )
    return in_order(session.scalars(query))


def in_order(rows: Iterable[Interview]) -> list[Interview]:
    return sorted(rows, key=lambda row: (row.part or 0, row.id))


def ids_of(session: Session, interview_id: str) -> list[str]:
    """Ids of all parts of the whole this id belongs to, deleted ones included."""
    row = session.get(Interview, interview_id)
    if row is None or row.invitation_id is None or row.attempt is None:
        return [interview_id]
    same = Interview.invitation_id == row.invitation_id, Interview.attempt == row.attempt
    return list(session.scalars(select(Interview.id).where(*same).order_by(Interview.part, Interview.id)))


def read(session: Session, rows: Sequence[Interview]) -> list[Part]:
    """The parts with their events."""
    return [_part(session, row) for row in rows]


def number_for(session: Session, invitation_id: str, attempt: int) -> int:
    """The next free number; tickets that were given out hold theirs."""
    highest = 0
    for table in (Interview, HandOverRow):
        query = select(func.max(table.part)).where(table.invitation_id == invitation_id, table.attempt == attempt)
        highest = max(highest, session.scalar(query) or 0)
    return highest + 1


def enlist(session: Session, interview: Interview) -> None:
    """Give the part its number in the whole, once its invitation and attempt are known; a ticket says which."""
    if interview.part is not None or interview.invitation_id is None or interview.attempt is None:
        return
    ticket = session.scalar(select(HandOverRow).where(HandOverRow.interview_id == interview.id))
    same = ticket is not None and key_of(interview) == (ticket.invitation_id, ticket.attempt)
    if ticket is not None and same:
        interview.part = ticket.part
    else:
        interview.part = number_for(session, interview.invitation_id, interview.attempt)


def follow(session: Session, interview: Interview) -> list[Part]:
    """Bring the state of all parts in line with the events of all; the parts, none when it has one alone."""
    session.flush()
    rows = rows_of(session, interview)
    if len(rows) < 2:
        return []
    parts = read(session, rows)
    state = derive_whole_state(parts)
    # a part that was left for another device never ends by itself: the whole ends with the last one that did
    ends = [row.ended_at for row in rows if row.ended_at is not None and row.redo_id is None]
    ended = max(ends) if ends and state in FINAL_STATES else None
    for row in rows[1:]:
        row.department_at = row.department_at or rows[0].department_at
    rows[0].updated_at = max(row.updated_at for row in rows)  # the first part stands for the whole
    for row in rows:
        row.state, row.ended_at = state.value, ended
    return parts


def in_progress_seen(session: Session, rows: Sequence[Interview]) -> datetime | None:
    """When the devices on which the interview is being given were last heard of, the newest of them."""
    if len(rows) < 2:
        return rows[0].device.seen_at
    parts = read(session, rows)
    busy = {part.interview_id for part in parts if part.in_progress and not superseded(part, parts)}
    seen = [row.device.seen_at for row in rows if row.id in busy and row.device.seen_at is not None]
    return max(seen, default=None)


def withdrawn(session: Session, rows: Sequence[Interview]) -> bool:
    """Whether the candidate has taken the consent back, on any device or in the candidate portal."""
    ids = [row.id for row in rows]
    query = select(EventRow.seq).where(EventRow.interview_id.in_(ids), EventRow.kind == EventType.WITHDRAWN.value)
    asked = select(Deletion.interview_id).where(Deletion.interview_id.in_(ids))
    asked = asked.where(Deletion.requested_by == Requester.CANDIDATE.value)
    return any(session.scalar(found.limit(1)) is not None for found in (query, asked))


def _part(session: Session, row: Interview) -> Part:
    query = select(EventRow).where(EventRow.interview_id == row.id).order_by(EventRow.seq)
    events = [states.parse_event(found) for found in session.scalars(query)]
    ticket = session.scalar(select(HandOverRow.id).where(HandOverRow.interview_id == row.id))
    found = Part(row.id, row.part or 0, events)
    told = found.carried.hand_over if found.carried else None
    grant = session.get(RedoRow, row.redo_id) if row.redo_id is not None else None
    redo = grant.question_id if grant is not None and grant.used_by == row.id else None
    return Part(row.id, row.part or 0, events, handed_over=ticket is not None and ticket == told, redo=redo)
