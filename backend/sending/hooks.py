"""The thread that tells events to other programs: at least once each, with the same id at every try.

A receiver knows a message again by its ``webhook-id``, so, unlike a message to a person, one that broke off in the
middle is simply sent again. A try is taken by moving its time on, which only one sender can do; what a server that was
killed had taken is due again when that time comes.
"""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from backend.db.integration_models import WebhookDeliveryRow, WebhookEndpointRow, WebhookEventRow
from backend.rounds import Rounds
from backend.runtime import Runtime
from backend.sending import signing
from backend.sending.egress import Egress
from backend.sending.outcome import CANCELLED, UNREADABLE, NotDelivered
from backend.services import audit, hooks
from backend.services.hooks import DeliveryState
from contract.canonical import canonical_json
from contract.errors import XudaError

_log = logging.getLogger(__name__)
GIVE_UP = timedelta(days=3)
# seconds to the next try after the first, second, … failure; the last one from then on
WAITS = (5, 30, 120, 600, 1800, 3600, 10800, 21600)
_LEASE = timedelta(minutes=5)
_AT_ONCE = 100
_ENDPOINTS_AT_ONCE = 4
_LOOK_AGAIN = 2.0
_STOP_WITHIN = 90.0
_GONE = 410
# it is the message's fault, not the endpoint's: others may go
_OF_MESSAGE = frozenset({400, 409, 413, 415, 422})
_HEADERS = {"Content-Type": "application/json", "Accept": "*/*", "User-Agent": "xuda-hr"}


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message that this sender has taken."""

    delivery_id: str
    url: str
    headers: dict[str, str]
    body: bytes


class HookSender(Rounds):
    """One per server process."""

    def __init__(self, hr: Runtime) -> None:
        super().__init__("webhooks", look_again=_LOOK_AGAIN, stop_within=_STOP_WITHIN)
        self._hr = hr
        sending = hr.settings.sending
        self._egress = Egress(private=sending.private, ca=sending.ca)

    def _round(self) -> float:
        """An endpoint that hangs holds no other up for longer than its own try."""
        found = due(self._hr)
        if not found:
            return _LOOK_AGAIN
        with ThreadPoolExecutor(_ENDPOINTS_AT_ONCE, thread_name_prefix="webhook") as pool:
            wait([pool.submit(self._send_all, ids) for ids in found.values()])
        return 0.0

    def _send_all(self, ids: list[str]) -> None:
        for delivery_id in ids:
            if self._stopping or not self._send(delivery_id):
                return

    def _send(self, delivery_id: str) -> bool:
        """Whether the endpoint may be asked again at once."""
        try:
            parcel = take(self._hr, delivery_id)
            if parcel is None:
                return True
            try:
                status: int | None = self._egress.post(parcel.url, parcel.body, parcel.headers).status
                code = "" if status is not None and 200 <= status < 300 else f"http:{status}"
            except NotDelivered as trouble:
                status, code = None, trouble.code
            return settle(self._hr, parcel.delivery_id, status, code)
        except Exception as error:
            _log.error("a webhook broke off: %s", type(error).__name__)
            return False


def due(hr: Runtime) -> dict[str, list[str]]:
    """Endpoint -> ids of what is due there, the oldest first."""
    now = hr.now()
    query = select(WebhookDeliveryRow.endpoint_id, WebhookDeliveryRow.id).join(
        WebhookEndpointRow, WebhookEndpointRow.id == WebhookDeliveryRow.endpoint_id
    )
    free = or_(WebhookEndpointRow.held_until.is_(None), WebhookEndpointRow.held_until <= now)
    waiting = WebhookDeliveryRow.state == DeliveryState.WAITING.value, WebhookDeliveryRow.next_at <= now
    query = query.where(*waiting, free).order_by(WebhookDeliveryRow.next_at, WebhookDeliveryRow.created_at)
    found: dict[str, list[str]] = {}
    with hr.db.read() as session:
        for endpoint_id, delivery_id in session.execute(query.limit(_AT_ONCE)):
            found.setdefault(endpoint_id, []).append(delivery_id)
    return found


def take(hr: Runtime, delivery_id: str) -> Parcel | None:
    """The message, taken for a while; None when it is not due (any more), or not wanted."""
    with hr.db.write() as session:
        now = hr.now()
        mine = WebhookDeliveryRow.id == delivery_id, WebhookDeliveryRow.state == DeliveryState.WAITING.value
        query = select(WebhookDeliveryRow).where(*mine, WebhookDeliveryRow.next_at <= now).with_for_update()
        row = session.scalar(query)
        if row is None:
            return None
        endpoint = session.get_one(WebhookEndpointRow, row.endpoint_id)
        row.updated_at = now
        try:
            parcel = None if endpoint.removed_at is not None else _parcel(hr, session, row, endpoint, now)
            reason = CANCELLED
        except XudaError:
            parcel, reason = None, UNREADABLE
        if parcel is None:
            row.state, row.error = DeliveryState.FAILED.value, reason
            return None
        row.next_at, row.attempts = now + _LEASE, row.attempts + 1
        return parcel


def settle(hr: Runtime, delivery_id: str, status: int | None, code: str) -> bool:
    """Note how a try went. ``status``: the answer's, None when there was none; ``code``: empty when it was taken.

    Returns whether the endpoint may be asked again at once.
    """
    with hr.db.write() as session:
        now = hr.now()
        row = session.get_one(WebhookDeliveryRow, delivery_id)
        endpoint = session.get_one(WebhookEndpointRow, row.endpoint_id)
        row.updated_at, row.error = now, code
        if not code:
            row.state = DeliveryState.SENT.value
            endpoint.failures, endpoint.held_until = 0, None
            return True
        if status == _GONE:
            row.state, endpoint.removed_at = DeliveryState.FAILED.value, now
            audit.record(session, now, "server", "remove_webhook", f"webhook:{endpoint.id}", why=code)
            return False
        if now - row.queued_at >= GIVE_UP:
            row.state = DeliveryState.FAILED.value
        if status in _OF_MESSAGE:
            row.next_at = now + wait_after(row.attempts)
            return True
        endpoint.failures += 1
        endpoint.held_until = row.next_at = now + wait_after(endpoint.failures)
        _give_up_old(session, endpoint.id, code, now)
        return False


def wait_after(failures: int) -> timedelta:
    """``failures`` so far, from 1."""
    return timedelta(seconds=WAITS[min(failures, len(WAITS)) - 1])


def _give_up_old(session: Session, endpoint_id: str, code: str, now: datetime) -> None:
    old = (
        WebhookDeliveryRow.endpoint_id == endpoint_id,
        WebhookDeliveryRow.state == DeliveryState.WAITING.value,
        WebhookDeliveryRow.queued_at <= now - GIVE_UP,
    )
    values = {"state": DeliveryState.FAILED.value, "error": code, "updated_at": now}
    session.execute(update(WebhookDeliveryRow).where(*old).values(**values))


def _parcel(
    hr: Runtime, session: Session, row: WebhookDeliveryRow, endpoint: WebhookEndpointRow, now: datetime
) -> Parcel:
    event = session.get_one(WebhookEventRow, row.event_id)
    stamp = event.at.isoformat().replace("+00:00", "Z")
    body = canonical_json({"type": event.kind, "timestamp": stamp, "data": event.data})
    signed = signing.headers(hooks.secrets_of(hr, endpoint, now), event.id, now, body)
    return Parcel(row.id, hooks.address(hr, endpoint), {**_HEADERS, **signed}, body)
