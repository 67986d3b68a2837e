"""Mails that report a failure after the mail server had taken a message: read by RFC 3464, noted at the message."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.policy import compat32

from sqlalchemy import select

from backend.db.delivery_models import DeliveryRow
from backend.runtime import Runtime
from backend.sending.outcome import Channel, State
from backend.services import audit

# what a report is about comes from ourselves and is small
MOST_BYTES = 2 * 1024 * 1024
_MOST_PARTS, _MOST_FAILURES = 50, 20
_STATUS = re.compile(r"^\s*([245])\.(\d{1,3})\.(\d{1,3})")
_OUR_ID = re.compile(
    r"<([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})@([^<>@\s]{1,255})>", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Failure:
    """``delivery_id``: our message. ``code``: ``dsn:5.1.1``, the numbers alone."""

    delivery_id: str
    code: str


def failures(data: bytes, domain: str) -> list[Failure]:
    """What a mail says has failed for good; nothing for any other mail, also one that is damaged.

    ``domain``: of the address that our mails come from. Delays are no failures: the other side goes on trying.
    """
    if len(data) > MOST_BYTES:
        return []
    try:
        mail = message_from_bytes(data, policy=compat32)
        return _failures(mail, domain)
    except (ValueError, LookupError, TypeError, RecursionError, AttributeError):
        return []  # the parser of the standard library stumbles over some damaged mails


def note(hr: Runtime, found: list[Failure]) -> int:
    """Mark the messages as refused, each once; how many were news. Which are not ours, or not mails, stay."""
    noted = 0
    with hr.db.write() as session:
        for failure in found:
            mine = DeliveryRow.id == failure.delivery_id, DeliveryRow.channel == Channel.MAIL.value
            gone = DeliveryRow.state.in_([State.SENT.value, State.UNCERTAIN.value])
            row = session.scalar(select(DeliveryRow).where(*mine, gone).with_for_update())
            if row is None:
                continue
            row.state, row.error, row.updated_at = State.BOUNCED.value, failure.code, hr.now()
            target = f"invitation:{row.invitation_id}"
            audit.record(session, hr.now(), "server", "bounce", target, code=failure.code)
            noted += 1
    return noted


def _failures(mail: Message, domain: str) -> list[Failure]:
    if mail.get_content_type() != "multipart/report" or not mail.is_multipart():
        return []
    kind = mail.get_param("report-type", "")
    if not isinstance(kind, str) or kind.lower() != "delivery-status":
        return []
    parts = _parts(mail)
    ids = {found for part in parts for found in _original_ids(part, domain)}
    codes = [code for part in parts for code in _failed(part)][:_MOST_FAILURES]
    # one of our mails goes to one address: whatever the report says of it is about that
    return [Failure(delivery_id, codes[0]) for delivery_id in sorted(ids)] if codes else []


def _failed(part: Message) -> list[str]:
    """The codes of recipients that a message/delivery-status says have failed for good."""
    if part.get_content_type() != "message/delivery-status" or not part.is_multipart():
        return []
    found = []
    for block in _parts(part):
        if str(block.get("Action", "")).strip().lower() != "failed":
            continue
        status = _STATUS.match(str(block.get("Status", "")))
        if status is not None and status[1] == "2":
            continue
        numbers = ".".join(str(int(number)) for number in status.groups()) if status else "5.0.0"
        found.append(f"dsn:{numbers}")
    return found


def _original_ids(part: Message, domain: str) -> list[str]:
    """Ids of ours in what the report returns of the message: its headers, or all of it."""
    kind = part.get_content_type()
    if kind == "message/rfc822" and part.is_multipart():
        headers = "".join(str(inner.get("Message-ID", "")) for inner in _parts(part)[:1])
    elif kind == "text/rfc822-headers":
        content = part.get_payload(decode=True)
        text = content if isinstance(content, bytes) else b""
        headers = str(message_from_bytes(text, policy=compat32).get("Message-ID", ""))
    else:
        return []
    return [found[1].lower() for found in _OUR_ID.finditer(headers) if found[2].lower() == domain.lower()]


def _parts(mail: Message) -> list[Message]:
    payload = mail.get_payload()
    return [part for part in payload if isinstance(part, Message)][:_MOST_PARTS] if isinstance(payload, list) else []
