"""Messages to candidates as people order them: who gets what over which channel, each once, and how it went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session, aliased

from backend.cabinet import candidate_subject
from backend.db.delivery_models import BatchNoticesRow, DeliveryRow
from backend.db.models import Batch, Candidate, Interview, InvitationRow, Role, new_id, window_end
from backend.runtime import Runtime
from backend.sending.outcome import TROUBLED, Channel, State, Template
from backend.services import audit, scope
from backend.services.actor import Actor
from backend.services.people import candidate_name
from contract.catalog import STAFF_LANGUAGES
from contract.errors import ErrorCode, XudaError

PAGE = 100
MOST_REMIND_DAYS = 60
_MAIL_COLUMN, _PHONE_COLUMN = "email", "phone"


class Which(StrEnum):
    """Of a batch: who was never written to over the channel, where it failed or is uncertain, everybody, or those
    named one by one."""

    NEW = "new"
    TROUBLED = "troubled"
    EVERYONE = "everyone"
    CHOSEN = "chosen"


@dataclass(frozen=True, slots=True)
class Order:
    """``order_id``: the same for the same click. ``again``: also to those who have it already."""

    channels: tuple[Channel, ...]
    which: Which
    chosen: frozenset[str] = frozenset()
    again: bool = False
    order_id: str = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class Planned:
    """How many messages go, how many people have no address for a channel, and to how many it is on its way or sent."""

    messages: int
    no_address: int
    passed_over: int
    first: str | None


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """The newest message over a channel. ``error``: a code of backend.sending.outcome."""

    channel: Channel
    template: Template
    state: State
    error: str
    attempts: int
    updated_at: datetime
    next_at: datetime


@dataclass(frozen=True, slots=True)
class PersonLine:
    invitation_id: str
    name: str
    has: frozenset[Channel]
    begun: bool
    ends_at: datetime
    deliveries: list[DeliveryView]


@dataclass(frozen=True, slots=True)
class Notices:
    language: str = "zh_CN"
    remind_days: int = 0


def column_of(channel: str) -> str:
    """The candidate's column that a channel writes to."""
    return _MAIL_COLUMN if channel == Channel.MAIL else _PHONE_COLUMN


def plan(hr: Runtime, actor: Actor, batch_id: str, order: Order) -> Planned:
    """What :func:`send` would do. Raises XudaError(FORBIDDEN | NOT_FOUND), SETTING_INVALID with ``field`` channel."""
    with hr.db.read() as session:
        _allowed(hr, session, actor, batch_id, order)
        return _plan(hr, session, batch_id, order)[1]


def send(hr: Runtime, actor: Actor, batch_id: str, order: Order) -> Planned:
    """Put the messages into the queue, all of them or none; ordered a second time (``order_id``) nothing happens.

    Raises as :func:`plan`.
    """
    with hr.db.write() as session:
        _allowed(hr, session, actor, batch_id, order)
        known = select(DeliveryRow.id).where(DeliveryRow.order_id == order.order_id)
        if session.scalar(known.limit(1)) is not None:
            return Planned(0, 0, 0, None)
        rows, planned = _plan(hr, session, batch_id, order)
        if rows:
            session.execute(insert(DeliveryRow), rows)
        audit.record(
            session,
            hr.now(),
            actor,
            "send",
            f"batch:{batch_id}",
            channels=[channel.value for channel in order.channels],
            which=order.which.value,
            messages=planned.messages,
        )
        return planned


def order_rows(
    hr: Runtime,
    people: Iterable[tuple[str, Mapping[Channel, str]]],
    template: Template,
    rounds: Mapping[tuple[str, str], int],
    order_id: str,
) -> list[dict[str, Any]]:
    """Rows for :class:`DeliveryRow`: for each person and channel with its sealed address. ``rounds``: what is next."""
    now = hr.now()
    return [
        {
            "id": new_id(),
            "invitation_id": invitation_id,
            "channel": channel.value,
            "template": template.value,
            "round": rounds.get((invitation_id, channel.value), 1),
            "state": State.QUEUED.value,
            "address_sealed": sealed,
            "attempts": 0,
            "next_at": now,
            "error": "",
            "order_id": order_id,
            "created_at": now,
            "updated_at": now,
        }
        for invitation_id, addresses in people
        for channel, sealed in addresses.items()
    ]


def _allowed(hr: Runtime, session: Session, actor: Actor, batch_id: str, order: Order) -> None:
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    if session.scalar(scope.batches(actor).where(Batch.id == batch_id)) is None:
        raise XudaError(ErrorCode.NOT_FOUND, field="batch")
    if not order.channels or not set(order.channels) <= set(hr.settings.sending.channels):
        raise XudaError(ErrorCode.SETTING_INVALID, field="channel")


def _plan(hr: Runtime, session: Session, batch_id: str, order: Order) -> tuple[list[dict[str, Any]], Planned]:
    newest = newest_rounds(session, batch_id, Template.INVITATION)
    going: list[tuple[str, dict[Channel, str]]] = []
    rounds: dict[tuple[str, str], int] = {}
    no_address = passed_over = 0
    for row in session.execute(_reachable(batch_id)):
        if order.which is Which.CHOSEN and row.id not in order.chosen:
            continue
        addresses: dict[Channel, str] = {}
        for channel in order.channels:
            round_, state = newest.get((row.id, channel.value), (0, None))
            if not _wanted(order, state):
                passed_over += state is not None and order.which is not Which.TROUBLED
                continue
            sealed = address_of(row, channel)
            if sealed is None:
                no_address += 1
                continue
            addresses[channel] = sealed
            rounds[row.id, channel.value] = round_ + 1
        if addresses:
            going.append((row.id, addresses))
    rows = order_rows(hr, going, Template.INVITATION, rounds, order.order_id)
    return rows, Planned(len(rows), no_address, passed_over, going[0][0] if going else None)


def _wanted(order: Order, state: State | None) -> bool:
    """Whether somebody in this state is meant by the order; what is on its way is never doubled."""
    if state is None:
        return order.which is not Which.TROUBLED
    if state in (State.QUEUED, State.SENDING):
        return False
    if state is State.SENT:
        return order.again and order.which in (Which.EVERYONE, Which.CHOSEN)
    if state is State.DROPPED:
        return order.which is not Which.TROUBLED
    return order.which in (Which.TROUBLED, Which.CHOSEN) or (order.again and order.which is Which.EVERYONE)


def _reachable(batch_id: str) -> Any:
    """The living invitations of a batch, with the sealed addresses of those who were not erased."""
    query = select(InvitationRow.id, Candidate.email_sealed, Candidate.phone_sealed).join(InvitationRow.candidate)
    query = query.where(InvitationRow.batch_id == batch_id, InvitationRow.cancelled_at.is_(None))
    return query.where(Candidate.name_sealed != "").order_by(InvitationRow.created_at, InvitationRow.id)


def address_of(row: Any, channel: Channel) -> str | None:
    """The sealed address; None when there is none. A robot's group needs no address of the candidate."""
    sealed: str | None = getattr(row, f"{column_of(channel)}_sealed")
    return (sealed or "") if channel in (Channel.DINGTALK, Channel.WECOM) else sealed


def newest_rounds(session: Session, batch_id: str, template: Template) -> dict[tuple[str, str], tuple[int, State]]:
    """(invitation, channel) -> number and state of the newest round."""
    query = select(DeliveryRow.invitation_id, DeliveryRow.channel, DeliveryRow.round, DeliveryRow.state)
    query = query.join(InvitationRow, InvitationRow.id == DeliveryRow.invitation_id)
    query = query.where(InvitationRow.batch_id == batch_id, DeliveryRow.template == template.value)
    rows = session.execute(query.order_by(DeliveryRow.round))
    return {(row.invitation_id, row.channel): (row.round, State(row.state)) for row in rows}


def counts(hr: Runtime, actor: Actor, batch_id: str) -> dict[tuple[Channel, State], int]:
    """How many of the newest messages over each channel are in each state; one-time codes are no part of it.

    Raises XudaError(FORBIDDEN).
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    query = select(DeliveryRow.channel, DeliveryRow.state, func.count()).join(
        InvitationRow, InvitationRow.id == DeliveryRow.invitation_id
    )
    query = query.where(InvitationRow.batch_id == batch_id, ~_newer(), DeliveryRow.template != Template.ONE_TIME.value)
    query = query.group_by(DeliveryRow.channel, DeliveryRow.state)
    with hr.db.read() as session:
        found = Counter({(Channel(row[0]), State(row[1])): row[2] for row in session.execute(query)})
    return dict(found)


def people(
    hr: Runtime, actor: Actor, batch_id: str, *, which: Which = Which.EVERYONE, page: int = 1
) -> tuple[list[PersonLine], int]:
    """One page of the batch's candidates with their newest messages, and how many there are in all.

    A constant number of queries, however many there are. Raises XudaError(FORBIDDEN).
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    begun = select(Interview.id).where(Interview.invitation_id == InvitationRow.id, Interview.deleted_at.is_(None))
    query = select(InvitationRow.id, Candidate, window_end().label("ends_at"), begun.exists().label("begun"))
    query = query.join(InvitationRow.candidate).join(InvitationRow.batch)
    query = query.where(InvitationRow.batch_id == batch_id, InvitationRow.cancelled_at.is_(None))
    mine = select(DeliveryRow.id).where(DeliveryRow.invitation_id == InvitationRow.id)
    if which is Which.NEW:
        query = query.where(~mine.where(DeliveryRow.template == Template.INVITATION.value).exists())
    elif which is Which.TROUBLED:
        bad = DeliveryRow.state.in_([state.value for state in TROUBLED])
        query = query.where(mine.where(bad, ~_newer()).exists())
    with hr.db.read() as session:
        total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
        part = query.order_by(InvitationRow.created_at, InvitationRow.id).limit(PAGE).offset((page - 1) * PAGE)
        rows = session.execute(part).all()
        told = _newest_of(session, [row.id for row in rows])
        with hr.cabinet.ahead([candidate_subject(row.Candidate.id) for row in rows]):
            lines = [_line(hr, row.id, row.Candidate, row.begun, row.ends_at, told.get(row.id, [])) for row in rows]
    return lines, total


def _newer() -> Any:
    """Whether there is a newer round of the same message."""
    later = aliased(DeliveryRow)
    same = later.invitation_id == DeliveryRow.invitation_id, later.channel == DeliveryRow.channel
    return (
        select(later.id).where(*same, later.template == DeliveryRow.template, later.round > DeliveryRow.round).exists()
    )


def _newest_of(session: Session, invitations: Sequence[str]) -> dict[str, list[DeliveryView]]:
    query = select(DeliveryRow).where(DeliveryRow.invitation_id.in_(invitations), ~_newer())
    found: dict[str, list[DeliveryView]] = {}
    for row in session.scalars(query.order_by(DeliveryRow.created_at, DeliveryRow.channel)):
        found.setdefault(row.invitation_id, []).append(view(row))
    return found


def view(row: DeliveryRow) -> DeliveryView:
    return DeliveryView(
        Channel(row.channel),
        Template(row.template),
        State(row.state),
        row.error,
        row.attempts,
        row.updated_at,
        row.next_at,
    )


def _line(
    hr: Runtime, invitation_id: str, candidate: Candidate, begun: bool, ends_at: datetime, told: list[DeliveryView]
) -> PersonLine:
    has = frozenset(channel for channel in Channel if getattr(candidate, f"{column_of(channel)}_sealed"))
    return PersonLine(invitation_id, candidate_name(hr, candidate), has, begun, ends_at, told)


def notices(session: Session, batch_id: str) -> Notices:
    row = session.get(BatchNoticesRow, batch_id)
    return Notices(row.language, row.remind_days) if row else Notices()


def notices_of(hr: Runtime, actor: Actor, batch_id: str) -> Notices:
    """Raises XudaError(FORBIDDEN)."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.read() as session:
        return notices(session, batch_id)


def set_notices(hr: Runtime, actor: Actor, batch_id: str, wanted: Notices) -> None:
    """Raises XudaError(FORBIDDEN | NOT_FOUND), SETTING_INVALID with the field."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    if wanted.language not in STAFF_LANGUAGES:
        raise XudaError(ErrorCode.SETTING_INVALID, field="language")
    if not 0 <= wanted.remind_days <= MOST_REMIND_DAYS:
        raise XudaError(ErrorCode.SETTING_INVALID, field="remind_days")
    with hr.db.write() as session:
        if session.scalar(scope.batches(actor).where(Batch.id == batch_id)) is None:
            raise XudaError(ErrorCode.NOT_FOUND, field="batch")
        session.merge(BatchNoticesRow(batch_id=batch_id, language=wanted.language, remind_days=wanted.remind_days))
        audit.record(session, hr.now(), actor, "notices", f"batch:{batch_id}", remind_days=wanted.remind_days)
