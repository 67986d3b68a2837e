"""Webhooks: what happened is written down with it, and goes to every endpoint that wants it, once each.

An event and its deliveries are rows of the transaction in which it happens, so none is lost and none is told of
something that was rolled back. The sender (backend.sending.hooks) does the rest. Events hold ids and states alone: who
somebody is, is asked for over the REST API by whoever has the right to.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from backend.db.integration_models import WebhookDeliveryRow, WebhookEndpointRow, WebhookEventRow
from backend.db.models import Department, Role, new_id
from backend.runtime import Runtime
from backend.sending import signing
from backend.sending.settings import may_be_asked
from backend.services import audit, scope
from backend.services.actor import Actor
from contract.errors import ErrorCode, XudaError

LONGEST_NAME, LONGEST_URL = 80, 1000
BOTH_SIGN = timedelta(days=1)
KEPT = timedelta(days=30)
PAGE_SIZE = 50


class Kind(StrEnum):
    """What may be told. ``PING`` goes to one endpoint alone, to try it."""

    INTERVIEW_STATE = "interview.state_changed"
    INTERVIEW_DELETED = "interview.deleted"
    RESULT_READY = "result.ready"
    DECISION_RELEASED = "decision.released"
    DECISION_TAKEN_BACK = "decision.taken_back"
    REQUISITION_OPENED = "requisition.opened"
    REQUISITION_CLOSED = "requisition.closed"
    PING = "ping"


CHOSEN = tuple(kind for kind in Kind if kind is not Kind.PING)


class DeliveryState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class EndpointView:
    """``held_until``: it did not answer and is left alone so long; ``both_until``: two secrets sign until then."""

    endpoint_id: str
    name: str
    url: str
    kinds: list[Kind]
    department: dict[str, str]
    created_by: str
    created_at: datetime
    failures: int
    held_until: datetime | None
    both_until: datetime | None
    waiting: int
    failed: int


@dataclass(frozen=True, slots=True)
class DeliveryView:
    delivery_id: str
    event_id: str
    kind: str
    state: DeliveryState
    attempts: int
    error: str
    at: datetime
    updated_at: datetime


def emit(session: Session, now: datetime, kind: Kind, department_id: str | None, **data: Any) -> None:
    """Tell it to the endpoints that want it, with the caller's transaction; nothing is kept when nobody does."""
    wanted = [
        row
        for row in session.scalars(select(WebhookEndpointRow).where(WebhookEndpointRow.removed_at.is_(None)))
        if kind.value in row.kinds and _sees(session, row, department_id)
    ]
    if wanted:
        _queue(session, now, kind, {"department_id": department_id, **data}, wanted)


def add(
    hr: Runtime, actor: Actor, *, name: str, url: str, kinds: Iterable[str], department_id: str | None = None
) -> tuple[str, str]:
    """(id, secret) of a new endpoint; the secret cannot be had again.

    Raises XudaError(FORBIDDEN), SETTING_INVALID with ``field`` name, url, kinds or department.
    """
    scope.require(actor, Role.ADMINISTRATOR)
    name, url, chosen = name.strip(), url.strip(), set(kinds)
    if not name or len(name) > LONGEST_NAME:
        raise XudaError(ErrorCode.SETTING_INVALID, field="name")
    if len(url) > LONGEST_URL or not may_be_asked(url, private=hr.settings.sending.private):
        raise XudaError(ErrorCode.SETTING_INVALID, field="url")
    if not chosen or not chosen <= set(CHOSEN):
        raise XudaError(ErrorCode.SETTING_INVALID, field="kinds")
    secret, endpoint_id = signing.new_secret(), new_id()
    with hr.db.write() as session:
        if department_id is not None and session.get(Department, department_id) is None:
            raise XudaError(ErrorCode.SETTING_INVALID, field="department")
        row = WebhookEndpointRow(
            id=endpoint_id,
            name=name,
            url_sealed=hr.vault.seal(url, _place(endpoint_id, "url")),
            secret_sealed=hr.vault.seal(secret, _place(endpoint_id, "secret")),
            kinds=[kind.value for kind in CHOSEN if kind in chosen],
            department_id=department_id,
            created_by=actor.username,
            created_at=hr.now(),
        )
        session.add(row)
        session.flush()
        detail = {"kinds": row.kinds, "department": department_id}
        audit.record(session, hr.now(), actor, "webhook", f"webhook:{endpoint_id}", **detail)
    return endpoint_id, secret


def rotate(hr: Runtime, actor: Actor, endpoint_id: str) -> str:
    """A new secret, shown once; for a day messages are signed with the old one besides.

    Raises XudaError(FORBIDDEN | NOT_FOUND).
    """
    scope.require(actor, Role.ADMINISTRATOR)
    secret = signing.new_secret()
    with hr.db.write() as session:
        row = _found(session, endpoint_id)
        # sealed again for its own place, so that neither can be put where the other belongs
        old = hr.vault.open(row.secret_sealed, _place(row.id, "secret"))
        row.old_secret_sealed = hr.vault.seal(old, _place(row.id, "old"))
        row.old_secret_until = hr.now() + BOTH_SIGN
        row.secret_sealed = hr.vault.seal(secret, _place(row.id, "secret"))
        audit.record(session, hr.now(), actor, "rotate_webhook", f"webhook:{row.id}")
    return secret


def remove(hr: Runtime, actor: Actor, endpoint_id: str) -> None:
    """What waits for it is not sent any more. Raises XudaError(FORBIDDEN | NOT_FOUND)."""
    scope.require(actor, Role.ADMINISTRATOR)
    with hr.db.write() as session:
        row = _found(session, endpoint_id)
        row.removed_at = hr.now()
        audit.record(session, hr.now(), actor, "remove_webhook", f"webhook:{row.id}")


def ping(hr: Runtime, actor: Actor, endpoint_id: str) -> None:
    """A message that says nothing, to see whether it arrives. Raises XudaError(FORBIDDEN | NOT_FOUND)."""
    scope.require(actor, Role.ADMINISTRATOR)
    with hr.db.write() as session:
        row = _found(session, endpoint_id)
        row.failures, row.held_until = 0, None
        _queue(session, hr.now(), Kind.PING, {"endpoint_id": row.id}, [row])
        audit.record(session, hr.now(), actor, "ping_webhook", f"webhook:{row.id}")


def send_again(hr: Runtime, actor: Actor, endpoint_id: str, delivery_id: str) -> None:
    """The same message with the same id, at once. One that waits is sent at once too.

    Raises XudaError(FORBIDDEN | NOT_FOUND).
    """
    scope.require(actor, Role.ADMINISTRATOR)
    with hr.db.write() as session:
        endpoint, row = _found(session, endpoint_id), session.get(WebhookDeliveryRow, delivery_id)
        if row is None or row.endpoint_id != endpoint.id:
            raise XudaError(ErrorCode.NOT_FOUND, field="delivery")
        now = hr.now()
        endpoint.failures, endpoint.held_until = 0, None
        row.state, row.attempts, row.error = DeliveryState.WAITING.value, 0, ""
        row.queued_at = row.next_at = row.updated_at = now
        audit.record(session, now, actor, "webhook_again", f"webhook:{endpoint.id}", delivery=row.id)


def endpoints(hr: Runtime, actor: Actor) -> list[EndpointView]:
    """Those in use, the oldest first. Raises XudaError(FORBIDDEN)."""
    scope.require(actor, Role.ADMINISTRATOR)
    with hr.db.read() as session:
        query = select(WebhookEndpointRow).where(WebhookEndpointRow.removed_at.is_(None))
        rows = session.scalars(query.order_by(WebhookEndpointRow.created_at, WebhookEndpointRow.id)).all()
        counts = _counts(session)
        return [_view(hr, session, row, counts) for row in rows]


def endpoint(hr: Runtime, actor: Actor, endpoint_id: str) -> EndpointView:
    """Raises XudaError(FORBIDDEN | NOT_FOUND)."""
    scope.require(actor, Role.ADMINISTRATOR)
    with hr.db.read() as session:
        return _view(hr, session, _found(session, endpoint_id), _counts(session))


def deliveries(hr: Runtime, actor: Actor, endpoint_id: str, *, page: int = 1) -> tuple[list[DeliveryView], int]:
    """The newest first, and how many there are. Raises XudaError(FORBIDDEN | NOT_FOUND)."""
    scope.require(actor, Role.ADMINISTRATOR)
    mine = WebhookDeliveryRow.endpoint_id == endpoint_id
    query = select(WebhookDeliveryRow, WebhookEventRow).join(
        WebhookEventRow, WebhookEventRow.id == WebhookDeliveryRow.event_id
    )
    query = query.where(mine).order_by(WebhookDeliveryRow.created_at.desc(), WebhookDeliveryRow.id)
    with hr.db.read() as session:
        _found(session, endpoint_id)
        total = session.scalar(select(func.count()).select_from(WebhookDeliveryRow).where(mine)) or 0
        rows = session.execute(query.limit(PAGE_SIZE).offset((max(page, 1) - 1) * PAGE_SIZE)).all()
    return [
        DeliveryView(
            delivery_id=row.id,
            event_id=event.id,
            kind=event.kind,
            state=DeliveryState(row.state),
            attempts=row.attempts,
            error=row.error,
            at=event.at,
            updated_at=row.updated_at,
        )
        for row, event in rows
    ], total


def forget_old(hr: Runtime) -> int:
    """Deliveries and events older than a month go, unless they wait still. Returns how many events."""
    long_ago = hr.now() - KEPT
    with hr.db.write() as session:
        done = WebhookDeliveryRow.state != DeliveryState.WAITING.value
        session.execute(delete(WebhookDeliveryRow).where(WebhookDeliveryRow.updated_at < long_ago, done))
        used = select(WebhookDeliveryRow.event_id)
        old = WebhookEventRow.at < long_ago, WebhookEventRow.id.not_in(used)
        count = session.scalar(select(func.count()).select_from(WebhookEventRow).where(*old)) or 0
        if count:
            session.execute(delete(WebhookEventRow).where(*old))
    return count


def address(hr: Runtime, row: WebhookEndpointRow) -> str:
    return hr.vault.open(row.url_sealed, _place(row.id, "url"))


def secrets_of(hr: Runtime, row: WebhookEndpointRow, now: datetime) -> list[str]:
    """Those that sign now, the newest first."""
    found = [hr.vault.open(row.secret_sealed, _place(row.id, "secret"))]
    if row.old_secret_sealed and row.old_secret_until is not None and row.old_secret_until > now:
        found.append(hr.vault.open(row.old_secret_sealed, _place(row.id, "old")))
    return found


def _queue(
    session: Session, now: datetime, kind: Kind, data: dict[str, Any], wanted: Iterable[WebhookEndpointRow]
) -> None:
    event = WebhookEventRow(id=f"msg_{secrets.token_hex(16)}", kind=kind.value, data=data, at=now)
    session.add(event)
    session.flush()
    waiting = DeliveryState.WAITING.value
    for row in wanted:
        times = {"queued_at": now, "next_at": now, "created_at": now, "updated_at": now}
        session.add(WebhookDeliveryRow(event_id=event.id, endpoint_id=row.id, state=waiting, **times))
    session.flush()


def _sees(session: Session, row: WebhookEndpointRow, department_id: str | None) -> bool:
    if row.department_id is None:
        return True
    return department_id is not None and department_id in set(
        session.scalars(scope.departments_below(row.department_id))
    )


def _counts(session: Session) -> dict[tuple[str, str], int]:
    columns = WebhookDeliveryRow.endpoint_id, WebhookDeliveryRow.state
    rows = session.execute(select(*columns, func.count()).group_by(*columns))
    return {(endpoint_id, state): number for endpoint_id, state, number in rows}


def _view(hr: Runtime, session: Session, row: WebhookEndpointRow, counts: dict[tuple[str, str], int]) -> EndpointView:
    department = session.get(Department, row.department_id) if row.department_id else None
    both = row.old_secret_until if row.old_secret_until and row.old_secret_until > hr.now() else None
    return EndpointView(
        endpoint_id=row.id,
        name=row.name,
        url=address(hr, row),
        kinds=[Kind(kind) for kind in row.kinds if kind in set(Kind)],
        department=department.name if department else {},
        created_by=row.created_by,
        created_at=row.created_at,
        failures=row.failures,
        held_until=row.held_until if row.held_until and row.held_until > hr.now() else None,
        both_until=both,
        waiting=counts.get((row.id, DeliveryState.WAITING.value), 0),
        failed=counts.get((row.id, DeliveryState.FAILED.value), 0),
    )


def _found(session: Session, endpoint_id: str) -> WebhookEndpointRow:
    row = session.get(WebhookEndpointRow, endpoint_id)
    if row is None or row.removed_at is not None:
        raise XudaError(ErrorCode.NOT_FOUND, field="webhook")
    return row


def _place(endpoint_id: str, column: str) -> str:
    return f"webhook:{endpoint_id}:{column}"
