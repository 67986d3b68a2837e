"""The thread that looks into the mailbox to which reports of failed mails come, over IMAP.

The mailbox is opened for reading alone: nothing in it is marked, moved or deleted, and people may use it besides.
"""

from __future__ import annotations

import contextlib
import imaplib
import logging
import re
import ssl
from datetime import datetime, timedelta
from typing import Any

from backend.rounds import Rounds
from backend.runtime import Runtime
from backend.sending import bounces
from backend.sending.egress import hurried, trusted
from backend.sending.outcome import CONNECT, LOGIN, TLS
from backend.sending.settings import IMAP_SECURITIES, Sending
from backend.services import facts

_log = logging.getLogger(__name__)
_TIMEOUT = 20.0
_DEADLINE = 300.0
_EVERY = 300.0
_AT_ONCE, _STEP = 2000, 50
# older mails cannot be about anything that is still waited for
_FIRST_LOOK = timedelta(days=30)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_FACT = "mailroom"
_NUMBER = re.compile(rb"(\d+)")


class Trouble(Exception):
    """``args[0]``: connect, tls, login or folder."""


class Mailroom(Rounds):
    """One per server; does nothing where no mailbox is set up."""

    def __init__(self, hr: Runtime) -> None:
        super().__init__("mailroom", look_again=_EVERY, stop_within=_TIMEOUT)
        self._hr = hr

    def start(self) -> None:
        if self._hr.settings.sending.imap_host:
            super().start()

    def _round(self) -> float:
        look(self._hr)
        return _EVERY


def look(hr: Runtime) -> int:
    """Read what is new in the mailbox; how many messages are known to have failed by it. Trouble is remembered."""
    try:
        noted = _look(hr)
    except Trouble as trouble:
        code = str(trouble.args[0])
        _log.warning("the mailbox of %s cannot be read: %s", hr.settings.sending.imap_host, code)
        _remember(hr, trouble=code)
        return 0
    return noted


def state(hr: Runtime) -> tuple[datetime | None, str]:
    """When the mailbox was last read, and what kept it from being read since: a code, empty when nothing did."""
    with hr.db.read() as session:
        found = facts.get(session, _FACT) or {}
    at = found.get("at")
    return (datetime.fromisoformat(at) if at else None), str(found.get("trouble", ""))


def _look(hr: Runtime) -> int:
    sending = hr.settings.sending
    domain = sending.smtp_from.partition("@")[2]
    with hr.db.read() as session:
        known: dict[str, Any] = facts.get(session, _FACT) or {}
    server = _connect(sending)
    noted = 0
    try:
        with hurried(server.socket(), _DEADLINE):
            validity = _open(server, sending.imap_folder)
            last = int(known.get("uid", 0)) if known.get("validity") == validity else 0
            for count, uid in enumerate(_new(server, last, hr.now())[:_AT_ONCE], start=1):
                data = _fetch(server, uid)
                noted += bounces.note(hr, bounces.failures(data, domain)) if data else 0
                last = uid
                if count % _STEP == 0:
                    _remember(hr, validity=validity, uid=last)
        _remember(hr, validity=validity, uid=last, trouble="", at=hr.now().isoformat())
    except (imaplib.IMAP4.error, OSError, ValueError):
        raise Trouble(CONNECT) from None
    finally:
        with contextlib.suppress(imaplib.IMAP4.error, OSError):
            server.logout()
    return noted


def _connect(sending: Sending) -> imaplib.IMAP4:
    """Raises Trouble."""
    port = sending.imap_port or IMAP_SECURITIES[sending.imap_security]
    server: imaplib.IMAP4 | None = None
    try:
        if sending.imap_security == "tls":
            server = imaplib.IMAP4_SSL(sending.imap_host, port, ssl_context=trusted(sending.ca), timeout=_TIMEOUT)
        else:
            server = imaplib.IMAP4(sending.imap_host, port, timeout=_TIMEOUT)
            if sending.imap_security == "starttls":
                server.starttls(ssl_context=trusted(sending.ca))
    except ssl.SSLError:
        raise Trouble(TLS) from None
    except (imaplib.IMAP4.error, OSError):
        _close(server)
        raise Trouble(CONNECT if server is None else TLS) from None
    try:
        server.login(sending.imap_user, sending.imap_password)
    except (imaplib.IMAP4.error, OSError):
        _close(server)
        raise Trouble(LOGIN) from None
    return server


def _close(server: imaplib.IMAP4 | None) -> None:
    if server is not None:
        with contextlib.suppress(imaplib.IMAP4.error, OSError):
            server.shutdown()


def _open(server: imaplib.IMAP4, folder: str) -> int:
    """The validity of its numbers. Raises Trouble."""
    name = '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'
    status, _ = server.select(name, readonly=True)
    if status != "OK":
        raise Trouble("folder")
    _, told = server.response("UIDVALIDITY")
    found = _NUMBER.search(told[0]) if told and isinstance(told[0], bytes) else None
    return int(found[1]) if found else 0


def _new(server: imaplib.IMAP4, last: int, now: datetime) -> list[int]:
    """The numbers of mails that came after ``last``, in their order; the first time those of the last weeks."""
    first = now - _FIRST_LOOK
    since = ("SINCE", f"{first.day:02d}-{_MONTHS[first.month - 1]}-{first.year}")
    status, told = server.uid("SEARCH", *(("UID", f"{last + 1}:*") if last else since))
    if status != "OK" or not told or not isinstance(told[0], bytes):
        return []
    # "n:*" always names the newest one, also when it is older than n
    return sorted(uid for uid in map(int, told[0].split()) if uid > last)


def _fetch(server: imaplib.IMAP4, uid: int) -> bytes:
    """A mail, unread as it was; nothing for one that is gone or larger than any report of ours."""
    status, told = server.uid("FETCH", str(uid), "(RFC822.SIZE)")
    line = next((item for item in told or () if isinstance(item, bytes)), b"")
    size = re.search(rb"RFC822\.SIZE (\d+)", line)
    if status != "OK" or size is None or int(size[1]) > bounces.MOST_BYTES:
        return b""
    _, told = server.uid("FETCH", str(uid), "(BODY.PEEK[])")
    return next((item[1] for item in told or () if isinstance(item, tuple) and isinstance(item[1], bytes)), b"")


def _remember(hr: Runtime, **values: object) -> None:
    with hr.db.write() as session:
        facts.put(session, _FACT, {**(facts.get(session, _FACT) or {}), **values})
