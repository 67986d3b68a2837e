"""Reminders: days before the window ends, once to each candidate who has not begun, the way the invitation went."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, insert, select
from sqlalchemy.orm import Session

from backend.db.delivery_models import BatchNoticesRow, DeliveryRow
from backend.db.models import Batch, Candidate, Interview, InvitationRow, window_end
from backend.db.slot_models import SlotChoiceRow, SlotRow
from backend.runtime import Runtime
from backend.sending.outcome import Channel, State, Template
from backend.services import audit, deliveries

# nobody is written to at night
_FIRST_HOUR, _LAST_HOUR = 8, 20
_SPACE = uuid.UUID("5f6e1c0a-3a35-4b7a-9d9e-0c2f4f1f7a11")


def queue_due(hr: Runtime) -> int:
    """Put what is due into the queue, in the hours of the day; how many messages."""
    if not _FIRST_HOUR <= hr.now().astimezone().hour < _LAST_HOUR:
        return 0
    with hr.db.read() as session:
        wished = select(BatchNoticesRow.batch_id).where(BatchNoticesRow.remind_days > 0)
        batches = list(session.scalars(wished))
    return sum(_queue_batch(hr, batch_id) for batch_id in batches)


def _queue_batch(hr: Runtime, batch_id: str) -> int:
    with hr.db.write() as session:
        days = session.get_one(BatchNoticesRow, batch_id).remind_days
        rows = _due(hr, session, batch_id, timedelta(days=days))
        if rows:
            session.execute(insert(DeliveryRow), rows)
            audit.record(session, hr.now(), "server", "remind", f"batch:{batch_id}", messages=len(rows))
        return len(rows)


def _due(hr: Runtime, session: Session, batch_id: str, ahead: timedelta) -> list[dict[str, object]]:
    """One row per person and channel over which the invitation has gone. A window made longer is another reminder,
    and so is another slot: who has chosen one is reminded before it begins."""
    now = hr.now()
    columns = (InvitationRow.id, Candidate.email_sealed, Candidate.phone_sealed, _due_at().label("due_at"))
    query = select(*columns, DeliveryRow.channel).join(InvitationRow.candidate).join(InvitationRow.batch)
    query = query.outerjoin(SlotChoiceRow, SlotChoiceRow.invitation_id == InvitationRow.id)
    query = query.outerjoin(SlotRow, SlotRow.id == SlotChoiceRow.slot_id)
    query = query.join(DeliveryRow, DeliveryRow.invitation_id == InvitationRow.id).distinct()
    begun = select(Interview.id).where(Interview.invitation_id == InvitationRow.id, Interview.deleted_at.is_(None))
    query = query.where(
        InvitationRow.batch_id == batch_id,
        InvitationRow.cancelled_at.is_(None),
        Candidate.name_sealed != "",
        Batch.not_before <= now,
        window_end() > now,
        _due_at() > now,
        _due_at() <= now + ahead,
        DeliveryRow.template == Template.INVITATION.value,
        DeliveryRow.state == State.SENT.value,
        ~begun.exists(),
    )
    known = _reminded(session, batch_id)
    rounds = deliveries.newest_rounds(session, batch_id, Template.REMINDER)
    found: list[dict[str, object]] = []
    for row in session.execute(query):
        channel, order_id = Channel(row.channel), _order_id(batch_id, row.due_at)
        sealed = deliveries.address_of(row, channel)
        if (row.id, row.channel, order_id) in known or sealed is None:
            continue
        number = {(row.id, row.channel): rounds.get((row.id, row.channel), (0, None))[0] + 1}
        found += deliveries.order_rows(hr, [(row.id, {channel: sealed})], Template.REMINDER, number, order_id)
    return found


def _reminded(session: Session, batch_id: str) -> set[tuple[str, str, str]]:
    query = select(DeliveryRow.invitation_id, DeliveryRow.channel, DeliveryRow.order_id)
    query = query.join(InvitationRow, InvitationRow.id == DeliveryRow.invitation_id)
    query = query.where(InvitationRow.batch_id == batch_id, DeliveryRow.template == Template.REMINDER.value)
    return {(row.invitation_id, row.channel, row.order_id) for row in session.execute(query)}


def _due_at() -> ColumnElement[datetime]:
    """When the chosen slot begins, else when the window ends."""
    return func.coalesce(SlotRow.starts_at, window_end())


def _order_id(batch_id: str, due_at: datetime) -> str:
    """The same for the same slot or end of the window."""
    return str(uuid.uuid5(_SPACE, f"{batch_id} {due_at.isoformat()}"))
