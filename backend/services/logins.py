"""One's own logins: which browsers are logged in, and ending them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from backend.db.models import LoginSession
from backend.runtime import Runtime
from backend.services import audit, auth
from backend.services.actor import Actor
from contract.errors import ErrorCode, XudaError

_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iPadOS"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, slots=True)
class LoginLine:
    """``login_id``: the start of the stored hash, which names it and opens nothing."""

    login_id: str
    browser: str
    created_at: datetime
    seen_at: datetime
    here: bool


def browser_of(agent: str) -> str:
    """Kind of browser and system, as ``Firefox, Windows``; empty for others."""
    browser = next((name for mark, name in _BROWSERS if re.search(rf"\b{mark}", agent)), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    return ", ".join(filter(None, (browser, system)))


def lines(hr: Runtime, actor: Actor, token: str) -> list[LoginLine]:
    """The actor's living logins, that of ``token`` first, then by last use."""
    now, here = hr.now(), auth.session_id(token)
    living = (
        LoginSession.user_id == actor.user_id,
        LoginSession.ended_at.is_(None),
        LoginSession.seen_at > now - timedelta(seconds=hr.settings.session_idle),
        LoginSession.created_at > now - timedelta(seconds=hr.settings.session_length),
    )
    with hr.db.read() as session:
        rows = session.scalars(select(LoginSession).where(*living).order_by(LoginSession.seen_at.desc())).all()
    found = [LoginLine(row.id[:16], row.browser, row.created_at, row.seen_at, row.id == here) for row in rows]
    return sorted(found, key=lambda line: not line.here)


def end(hr: Runtime, actor: Actor, token: str, login_id: str = "") -> None:
    """End one of the actor's other logins, or all of them. Raises XudaError(NOT_FOUND) for none of theirs."""
    with hr.db.write() as session:
        now = hr.now()
        count = auth.end_others(session, str(actor.user_id), token, now, login_id)
        if login_id and not count:
            raise XudaError(ErrorCode.NOT_FOUND, field="login")
        if count:
            audit.record(session, now, actor, "end_logins", f"user:{actor.user_id}", count=count)
