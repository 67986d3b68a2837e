"""What HR has let be answered again: how far it has come, and what devices hear of it (docs/adr/0038).

What was answered before stays as it is. The new answer comes as a part of its own (contract.parts) that claims HR's
word by its id; it counts when the word was given for this interview, was not taken back, and no other part has used it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from backend.cabinet import interview_subject
from backend.db.message_models import MessageRow
from backend.db.models import EventRow, Interview, KitRow, RedoRow, User
from backend.runtime import Runtime
from backend.services import audit, states, wholes
from backend.services.actor import Actor
from contract.envelope import Envelope, parse_payload
from contract.events import FINAL_STATES, EventType, HrState
from contract.kit import Kit
from contract.progress import Carried, PartRef
from contract.redo import Redo, RedoState


@dataclass(frozen=True, slots=True)
class RedoView:
    """``part``: id of the part in which it was begun. ``number``: of the question in its kit, from 1; 0: not known."""

    redo_id: str
    question_id: str
    number: int
    reason: str
    by: str
    granted_at: datetime
    not_after: datetime
    state: RedoState
    part: str | None
    changed_at: datetime


def decided(hr: Runtime, session: Session, actor: Actor, parts: Sequence[Interview]) -> None:
    """A decision stands now: what nobody has begun is taken back, in the caller's transaction."""
    within = RedoRow.interview_id.in_([part.id for part in parts])
    for row in session.scalars(select(RedoRow).where(within, RedoRow.used_by.is_(None), running(hr.now()))):
        take_back(session, actor, row, hr.now())


def of_interview(hr: Runtime, session: Session, parts: Sequence[Interview]) -> list[RedoView]:
    """Newest first."""
    query = select(RedoRow, User.username).join(User, User.id == RedoRow.user_id)
    query = query.where(RedoRow.interview_id.in_([part.id for part in parts])).order_by(RedoRow.granted_at.desc())
    rows = session.execute(query).all()
    kit = kit_of(session, parts) if rows else None
    return [
        RedoView(
            redo_id=row.id,
            question_id=row.question_id,
            number=number_of(kit, row.question_id),
            reason=_reason(hr, row),
            by=name,
            granted_at=row.granted_at,
            not_after=row.not_after,
            state=state_of(row, hr.now()),
            part=row.used_by,
            changed_at=row.answered_at or row.ended_at or row.used_at or row.taken_back_at or row.granted_at,
        )
        for row, name in rows
    ]


def state_of(row: RedoRow, now: datetime) -> RedoState:
    if row.answered_at is not None:
        return RedoState.ANSWERED
    if row.taken_back_at is not None:
        return RedoState.TAKEN_BACK
    if row.ended_at is not None:
        return RedoState.GIVEN_UP
    if row.not_after <= now:
        return RedoState.EXPIRED
    return RedoState.OPEN if row.used_by is None else RedoState.BEGUN


# ---- devices ---------------------------------------------------------------------------------------------------------


def for_device(hr: Runtime, session: Session, device_id: str) -> dict[str, Redo]:
    """Invitation -> what its candidate may answer again on the device: not begun yet, or begun there and not ended."""
    used = select(Interview.id).where(Interview.id == RedoRow.used_by, Interview.device_id == device_id).exists()
    going = and_(RedoRow.taken_back_at.is_(None), RedoRow.ended_at.is_(None), used)  # whoever has begun may end it
    query = select(RedoRow).where(or_(and_(running(hr.now()), RedoRow.used_by.is_(None)), going))
    found = {}
    for row in session.scalars(query.order_by(RedoRow.granted_at)):
        parts = wholes.rows_of(session, session.get_one(Interview, row.interview_id))
        kit = kit_of(session, parts)
        if kit is not None and not wholes.withdrawn(session, parts):
            found[row.invitation_id] = _document(session, row, parts, kit, _reason(hr, row))
    return found


def kits(session: Session, now: datetime) -> list[Envelope]:
    """The versions of kits that asked what may be answered again: a newer one may ask something else."""
    found = {}
    for row in session.scalars(select(RedoRow).where(running(now))):
        kit = _kit_row(session, wholes.rows_of(session, session.get_one(Interview, row.interview_id)))
        if kit is not None:
            found[kit.kit_id, kit.version] = Envelope.from_bytes(kit.envelope)
    return [envelope for _, envelope in sorted(found.items())]


def follow(session: Session, interview: Interview, now: datetime) -> None:
    """After an event of a part that answers again, in its transaction: whether it may, and how far it has come.

    ``interview.state`` is that of the part alone here.
    """
    row = session.get(RedoRow, interview.redo_id) if interview.redo_id is not None else None
    if row is None or (row.invitation_id, row.attempt) != (interview.invitation_id, interview.attempt):
        return
    if row.used_by is None and row.taken_back_at is None:
        row.used_by, row.used_at = interview.id, now
        _withdraw_message(session, row, now)
        actor = f"device:{interview.device_id}"
        audit.record(session, now, actor, "begin_redo", f"interview:{row.interview_id}", redo=row.id, part=interview.id)
    if row.used_by != interview.id:
        return
    if row.answered_at is None and row.question_id in _answered(session, interview.id):
        row.answered_at = now
    if HrState(interview.state) in FINAL_STATES:
        row.ended_at = row.ended_at or now


# ---- inside ----------------------------------------------------------------------------------------------------------


def running(now: datetime) -> ColumnElement[bool]:
    """It may be begun, or was begun and has not ended, and its time is not over."""
    return and_(RedoRow.taken_back_at.is_(None), RedoRow.ended_at.is_(None), RedoRow.not_after > now)


def _answered(session: Session, interview_id: str) -> set[str]:
    saved = EventRow.interview_id == interview_id, EventRow.kind == EventType.ANSWER_SAVED.value
    return {str(states.parse_event(row).data["question_id"]) for row in session.scalars(select(EventRow).where(*saved))}


def _document(session: Session, row: RedoRow, parts: Sequence[Interview], kit: Kit, reason: str) -> Redo:
    given = [part.id for part in parts if part.redo_id is None]
    newest = select(EventRow.interview_id, func.max(EventRow.seq)).where(EventRow.interview_id.in_(given))
    seqs = session.execute(newest.group_by(EventRow.interview_id).order_by(EventRow.interview_id)).all()
    return Redo(
        redo_id=row.id,
        question_id=row.question_id,
        kit_version=kit.version,
        reason=reason,
        not_after=row.not_after,
        carried=Carried(
            attempt=row.attempt,
            parts=[PartRef(interview_id=name, last_seq=seq) for name, seq in seqs],
            answered=[q.question_id for q in kit.questions if q.question_id != row.question_id],
            redo=row.id,
        ),
    )


def kit_of(session: Session, parts: Sequence[Interview]) -> Kit | None:
    """Of the newest part that is no answer given again; the report goes by it too."""
    row = _kit_row(session, parts)
    return parse_payload(Envelope.from_bytes(row.envelope).payload_bytes, Kit) if row is not None else None


def _kit_row(session: Session, parts: Sequence[Interview]) -> KitRow | None:
    for part in reversed(parts):
        if part.redo_id is None and part.kit_id is not None and part.kit_version is not None:
            return session.get(KitRow, (part.kit_id, part.kit_version))
    return None


def number_of(kit: Kit | None, question_id: str) -> int:
    ids = [question.question_id for question in kit.questions] if kit is not None else []
    return ids.index(question_id) + 1 if question_id in ids else 0


def _reason(hr: Runtime, row: RedoRow) -> str:
    return hr.cabinet.open(interview_subject(row.interview_id), row.reason_sealed, place(row))


def take_back(session: Session, actor: Actor, row: RedoRow, now: datetime) -> None:
    row.taken_back_at = now
    _withdraw_message(session, row, now)
    audit.record(session, now, actor, "take_back_redo", f"interview:{row.interview_id}", redo=row.id)


def _withdraw_message(session: Session, row: RedoRow, now: datetime) -> None:
    told = session.get(MessageRow, row.message_id) if row.message_id is not None else None
    if told is not None:
        told.withdrawn_at = told.withdrawn_at or now


def place(row: RedoRow) -> str:
    return f"redo:{row.id}"
