"""Longer windows: for a batch or for some of its candidates, whose invitations are signed anew."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from backend.db.delivery_models import DeliveryRow
from backend.db.models import Batch, Candidate, Interview, InvitationRow, Role
from backend.runtime import Runtime
from backend.sending.outcome import Channel, Template
from backend.services import audit, deliveries, scope
from backend.services.actor import Actor
from contract import invitation as invitations
from contract.errors import ErrorCode, XudaError

# so long after its batch a candidate alone may still come; the files of kits are kept for longer (kit_files.py)
LONGEST_ALONE = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Extended:
    people: int
    messages: int


def extend(
    hr: Runtime,
    actor: Actor,
    batch_id: str,
    until: datetime,
    *,
    chosen: frozenset[str] | None,
    channels: Sequence[Channel],
    order_id: str,
) -> Extended:
    """Let the window end at ``until``; ``chosen`` None: the batch's, with everybody in it.

    Who has a later end already keeps it. Codes stay the same; links and QR codes are new, and those that were handed
    out hold until the end they name. Whoever has not finished is told over ``channels``. Raises
    XudaError(FORBIDDEN | NOT_FOUND), SETTING_INVALID with ``field`` until (not later than now and than it ends, or for
    some alone more than 90 days after the batch) or channel.
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    until = until.replace(microsecond=0)
    if not set(channels) <= set(hr.settings.sending.channels):
        raise XudaError(ErrorCode.SETTING_INVALID, field="channel")
    with hr.db.write() as session:
        batch = session.scalar(scope.batches(actor).where(Batch.id == batch_id))
        if batch is None:
            raise XudaError(ErrorCode.NOT_FOUND, field="batch")
        _check(hr, batch, until, alone=chosen is not None)
        rows = _affected(session, batch, until, chosen)
        if chosen is None:
            batch.not_after = until
        for row in rows:
            row.extended_to = None if chosen is None else until
            right = invitations.Invitation(row.id, batch.id, batch.kit_id, row.starts_at, until)
            row.token = invitations.issue(right, hr.vault.sign_key)
        session.flush()
        told = _tell(hr, session, batch_id, rows, channels, order_id)
        whom = "batch" if chosen is None else "candidates"
        detail = {"until": until.isoformat(), "whom": whom, "people": len(rows), "messages": told}
        audit.record(session, hr.now(), actor, "extend", f"batch:{batch_id}", **detail)
        return Extended(len(rows), told)


def _check(hr: Runtime, batch: Batch, until: datetime, *, alone: bool) -> None:
    latest = batch.not_after + LONGEST_ALONE
    if until <= hr.now() or (alone and until > latest) or (not alone and until <= batch.not_after):
        raise XudaError(ErrorCode.SETTING_INVALID, field="until")


def _affected(session: Session, batch: Batch, until: datetime, chosen: frozenset[str] | None) -> list[InvitationRow]:
    query = select(InvitationRow).where(InvitationRow.batch_id == batch.id, InvitationRow.cancelled_at.is_(None))
    rows = [row for row in session.scalars(query) if chosen is None or row.id in chosen]
    ends = {row.id: row.extended_to or batch.not_after for row in rows}
    return [row for row in rows if ends[row.id] < until]


def _tell(
    hr: Runtime,
    session: Session,
    batch_id: str,
    rows: Iterable[InvitationRow],
    channels: Sequence[Channel],
    order_id: str,
) -> int:
    if not channels:
        return 0
    affected = {row.id for row in rows}
    finished = select(Interview.id).where(Interview.invitation_id == InvitationRow.id, Interview.ended_at.is_not(None))
    query = select(InvitationRow.id, Candidate.email_sealed, Candidate.phone_sealed).join(InvitationRow.candidate)
    query = query.where(InvitationRow.batch_id == batch_id, Candidate.name_sealed != "", ~finished.exists())
    people = []
    for row in session.execute(query):
        if row.id in affected:
            addresses = {channel: deliveries.address_of(row, channel) for channel in channels}
            people.append((row.id, {channel: sealed for channel, sealed in addresses.items() if sealed is not None}))
    newest = deliveries.newest_rounds(session, batch_id, Template.EXTENSION)
    rounds = {key: number + 1 for key, (number, _) in newest.items()}
    made = deliveries.order_rows(hr, people, Template.EXTENSION, rounds, order_id)
    if made:
        session.execute(insert(DeliveryRow), made)
    return len(made)
