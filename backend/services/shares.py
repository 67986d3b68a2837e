"""Links by which somebody without a login sees one interview for a while: made, checked, revoked.

The address holds a link's id and a signature over it, made with the server's data key: the database holds nothing that
opens a link, and nobody guesses one. What is hidden never leaves the server.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.db.models import Interview, Role, ShareLink, User, new_id
from backend.ratelimit import network
from backend.runtime import Runtime
from backend.services import audit, auth, blind, decisions, scope, wholes
from backend.services.actor import Actor
from contract.errors import ErrorCode, XudaError

LONGEST_DAYS = 30
SHORTEST_PASSPHRASE = 8
MOST_LIVE = 20
_TOKEN = re.compile(r"([0-9a-f-]{36})\.([0-9a-f]{64})")
_GIVERS = frozenset({Role.ADMINISTRATOR, Role.HR})


class Recordings(StrEnum):
    """What of the recordings a link shows. ``VOICE``: their sound alone."""

    NONE = "none"
    VOICE = "voice"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class ShareWish:
    """``days``: 1 to :data:`LONGEST_DAYS`. ``passphrase``: empty for none."""

    days: int
    name: bool
    words: bool
    recordings: Recordings
    passphrase: str = ""


@dataclass(frozen=True, slots=True)
class ShareView:
    """``token`` is None for those who have not made the link."""

    link_id: str
    token: str | None
    by: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    live: bool
    name: bool
    words: bool
    recordings: Recordings
    locked: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """A link that holds now. ``reader`` stands for whoever has it; ``key`` changes with the passphrase."""

    link_id: str
    interview_id: str
    reader: Actor
    name: bool
    words: bool
    recordings: Recordings
    expires_at: datetime
    locked: bool
    key: str


def make(hr: Runtime, actor: Actor, interview_id: str, wish: ShareWish) -> str:
    """The token of a new link.

    Raises XudaError(FORBIDDEN | NOT_FOUND), FORBIDDEN with ``field`` blind for those who are not to see who it is,
    SETTING_INVALID with ``field`` days or passphrase, CONFLICT with ``field`` links when there are too many.
    """
    user_id = decisions.person(actor)
    if not 1 <= wish.days <= LONGEST_DAYS:
        raise XudaError(ErrorCode.SETTING_INVALID, field="days")
    if wish.passphrase and not SHORTEST_PASSPHRASE <= len(wish.passphrase) <= 200:
        raise XudaError(ErrorCode.SETTING_INVALID, field="passphrase")
    blind.require_open(hr, actor, interview_id)
    hashed = auth.hash_password(wish.passphrase) if wish.passphrase else None
    with hr.db.write() as session:
        parts = wholes.rows_of(session, scope.interview(session, actor, interview_id))
        if len([row for row, _ in _rows(session, parts) if _holds(hr, row)]) >= MOST_LIVE:
            raise XudaError(ErrorCode.CONFLICT, field="links")
        row = ShareLink(
            id=new_id(),
            interview_id=parts[0].id,
            user_id=user_id,
            shows_name=wish.name,
            shows_words=wish.words,
            recordings=wish.recordings.value,
            passphrase=hashed,
            created_at=hr.now(),
            expires_at=hr.now() + timedelta(days=wish.days),
        )
        session.add(row)
        detail = {"name": wish.name, "words": wish.words, "recordings": wish.recordings.value, "days": wish.days}
        target = f"interview:{row.interview_id}"
        audit.record(session, hr.now(), actor, "share", target, link=row.id, locked=hashed is not None, **detail)
        return _token(hr, row)


def revoke(hr: Runtime, actor: Actor, interview_id: str, link_id: str) -> None:
    """End a link at once; once more changes nothing. Raises XudaError(FORBIDDEN | NOT_FOUND)."""
    decisions.person(actor)
    with hr.db.write() as session:
        parts = wholes.rows_of(session, scope.interview(session, actor, interview_id))
        row = session.get(ShareLink, link_id)
        if row is None or row.interview_id not in {part.id for part in parts}:
            raise XudaError(ErrorCode.NOT_FOUND, field="link")
        if row.revoked_at is None:
            row.revoked_at = hr.now()
            audit.record(session, hr.now(), actor, "revoke_share", f"interview:{row.interview_id}", link=row.id)


def of_interview(hr: Runtime, actor: Actor, interview_id: str) -> list[ShareView]:
    """The newest first. Raises XudaError(FORBIDDEN | NOT_FOUND)."""
    scope.require(actor, *_GIVERS)
    with hr.db.read() as session:
        parts = wholes.rows_of(session, scope.interview(session, actor, interview_id))
        return [_view(hr, actor, row, name) for row, name in _rows(session, parts)]


def opened(hr: Runtime, token: str, address: str) -> Opened:
    """What a token stands for now. Wrong ones are counted by network.

    Raises XudaError(NOT_FOUND) for what is wrong, over, revoked, or of a person who may give none any more: which of
    these is not told; RATE_LIMITED.
    """
    source = network(address)
    hr.limits.shared.check(source)
    found = _TOKEN.fullmatch(token)
    with hr.db.read() as session:
        row = session.get(ShareLink, found[1]) if found else None
        if row is None or not hmac.compare_digest(_token(hr, row), token):
            hr.limits.shared.count(source)
            raise XudaError(ErrorCode.NOT_FOUND, field="link")
        giver = session.get_one(User, row.user_id)
        interview = session.get_one(Interview, row.interview_id)
        gone = interview.deleted_at is not None or giver.disabled_at is not None or giver.role not in _GIVERS
        if gone or not _holds(hr, row):
            raise XudaError(ErrorCode.NOT_FOUND, field="link")
        return Opened(
            link_id=row.id,
            interview_id=row.interview_id,
            reader=Actor(None, f"share:{row.id}", Role.HR),
            name=row.shows_name,
            words=row.shows_words,
            recordings=Recordings(row.recordings),
            expires_at=row.expires_at,
            locked=row.passphrase is not None,
            key=_key(hr, row),
        )


def unlock(hr: Runtime, token: str, passphrase: str, address: str) -> Opened:
    """Give the passphrase. Wrong ones are counted by network and by link.

    Raises as :func:`opened`, and UNAUTHORIZED with ``field`` passphrase.
    """
    link = opened(hr, token, address)
    sources = network(address), f"link:{link.link_id}"
    for source in sources:
        hr.limits.shared.check(source)
    with hr.db.read() as session:
        hashed = session.get_one(ShareLink, link.link_id).passphrase
    if hashed is not None and not auth.password_fits(hashed, passphrase):
        for source in sources:
            hr.limits.shared.count(source)
        audit.record_now(hr, link.reader, "share_refused", f"interview:{link.interview_id}", link=link.link_id)
        raise XudaError(ErrorCode.UNAUTHORIZED, field="passphrase")
    return link


def _rows(session: Session, parts: list[Interview]) -> list[tuple[ShareLink, str]]:
    query = select(ShareLink, User.username).join(User, User.id == ShareLink.user_id)
    query = query.where(ShareLink.interview_id.in_([part.id for part in parts]))
    return [(row, name) for row, name in session.execute(query.order_by(ShareLink.created_at.desc()))]


def _holds(hr: Runtime, row: ShareLink) -> bool:
    return row.revoked_at is None and row.expires_at > hr.now()


def _view(hr: Runtime, actor: Actor, row: ShareLink, name: str) -> ShareView:
    live = _holds(hr, row)
    return ShareView(
        link_id=row.id,
        token=_token(hr, row) if live and row.user_id == actor.user_id else None,
        by=name,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        live=live,
        name=row.shows_name,
        words=row.shows_words,
        recordings=Recordings(row.recordings),
        locked=row.passphrase is not None,
    )


def _token(hr: Runtime, row: ShareLink) -> str:
    signed = f"{row.id}\n{row.interview_id}\n{row.expires_at.isoformat()}"
    return f"{row.id}.{hr.vault.keyed_hash(signed, 'share link')}"


def _key(hr: Runtime, row: ShareLink) -> str:
    """What a browser keeps once the passphrase was given."""
    return hr.vault.keyed_hash(f"{row.id}\n{row.passphrase or ''}", "share link passphrase")
