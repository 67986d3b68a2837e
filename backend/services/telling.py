"""Messages that go with a released decision: over which channels a candidate can be reached, and how each fared."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from backend.db.delivery_models import DeliveryRow
from backend.db.models import Decision, Interview, InvitationRow
from backend.runtime import Runtime
from backend.sending.outcome import TAKEN_BACK, Channel, State, Template
from backend.services import deliveries
from backend.services.deliveries import DeliveryView
from contract.errors import ErrorCode, XudaError

# after these somebody has read it, or may have
_GONE = frozenset({State.SENDING, State.SENT, State.UNCERTAIN})
_ON_ITS_WAY = frozenset({State.QUEUED, State.SENDING, State.SENT})


def sent_of(session: Session, decision_id: str) -> list[DeliveryView]:
    """The newest message over each channel about this decision."""
    newest = {row.channel: row for row in _rows(session, decision_id)}
    return [deliveries.view(newest[channel.value]) for channel in Channel if channel.value in newest]


def channels(hr: Runtime, session: Session, interview: Interview, decision_id: str) -> list[Channel]:
    """Those that are set up, reach the candidate, and have not told this decision yet."""
    invitation = session.get(InvitationRow, interview.invitation_id) if interview.invitation_id else None
    if invitation is None or interview.practice or not invitation.candidate.name_sealed:
        return []
    done = {view.channel for view in sent_of(session, decision_id) if view.state in _ON_ITS_WAY}
    there = [channel for channel in hr.settings.sending.channels if channel not in done]
    return [channel for channel in there if deliveries.address_of(invitation.candidate, channel) is not None]


def order(
    hr: Runtime, session: Session, interview: Interview, decision: Decision, wanted: Collection[Channel]
) -> Sequence[Channel]:
    """Put the messages into the queue with the caller's transaction; over which they go. What has gone is not doubled.

    Raises XudaError(SETTING_INVALID) with ``field`` channel for one that is not set up or does not reach anybody.
    """
    open_to = channels(hr, session, interview, decision.id)
    told = {view.channel for view in sent_of(session, decision.id)}
    if not set(wanted) <= set(open_to) | told:
        raise XudaError(ErrorCode.SETTING_INVALID, field="channel")
    going = [channel for channel in open_to if channel in wanted]
    if going:
        invitation = session.get_one(InvitationRow, interview.invitation_id)
        addresses = {channel: deliveries.address_of(invitation.candidate, channel) or "" for channel in going}
        newest = deliveries.newest_rounds(session, invitation.batch_id, Template.DECISION)
        rounds = {(invitation.id, channel.value): _next(newest, invitation.id, channel) for channel in going}
        rows = deliveries.order_rows(hr, [(invitation.id, addresses)], Template.DECISION, rounds, decision.id)
        session.execute(insert(DeliveryRow), rows)
    return going


def take_back(hr: Runtime, session: Session, decision_id: str) -> None:
    """What still waits does not go. Raises XudaError(CONFLICT) with ``field`` told when some of it has gone."""
    rows = _rows(session, decision_id)
    if any(State(row.state) in _GONE for row in rows):
        raise XudaError(ErrorCode.CONFLICT, field="told")
    for row in rows:
        if row.state == State.QUEUED:
            row.state, row.error, row.updated_at = State.DROPPED.value, TAKEN_BACK, hr.now()


def _rows(session: Session, decision_id: str) -> Sequence[DeliveryRow]:
    """In the order they were ordered."""
    about = DeliveryRow.template == Template.DECISION.value, DeliveryRow.order_id == decision_id
    return session.scalars(select(DeliveryRow).where(*about).order_by(DeliveryRow.round)).all()


def _next(newest: dict[tuple[str, str], tuple[int, State]], invitation_id: str, channel: Channel) -> int:
    return newest.get((invitation_id, channel.value), (0, State.DROPPED))[0] + 1
