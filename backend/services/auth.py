"""Login of people: Argon2id password, one-time code (TOTP) that works once, lock-out, sessions that end."""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from backend.db.models import LoginSession, User
from backend.ratelimit import FAILURES_BEFORE_LOCK, LOCK, network
from backend.runtime import Runtime
from backend.services import audit
from backend.services.actor import Actor
from contract.errors import ErrorCode, XudaError

_HASHER = PasswordHasher()
# Compared against when the name is unknown, so that the answer takes as long as for a wrong password.
_DECOY = _HASHER.hash(secrets.token_hex(16))
_STEP = 30


@dataclass(frozen=True, slots=True)
class LoginView:
    """A living login. ``csrf`` goes into each form; ``fresh``: a one-time code was given a short while ago."""

    actor: Actor
    display_name: str
    csrf: str
    fresh: bool
    notes_seen: str = ""


def hash_password(password: str) -> str:
    return _HASHER.hash(password)


def login(hr: Runtime, username: str, password: str, totp: str, *, address: str, browser: str = "") -> str:
    """A new session's secret token, for the cookie (HttpOnly, SameSite).

    ``totp``: a one-time code, or one of the user's recovery codes. ``browser``: what the list of logins calls it.

    Raises XudaError(UNAUTHORIZED) whatever was wrong, or RATE_LIMITED (``seconds``) after too many failures of the
    name or of the network ``address``.
    """
    source = network(address)
    hr.limits.sign_in.check(source)
    granted: str | None = None
    with hr.db.read() as session:
        known = session.scalar(_user(username))
    # slow on purpose, and so before the transaction: nobody else waits for it
    right = _password_fits(known, password)
    if known is None:
        # after the slow part, as the lock of a name that exists: the time shall not tell which is which
        hr.limits.unknown_name.check(username)
    with hr.db.write() as session:
        user = session.scalar(_user(username))
        now = hr.now()
        if user is not None and user.locked_until is not None and user.locked_until > now:
            raise XudaError(ErrorCode.RATE_LIMITED, seconds=_seconds(user.locked_until - now))
        same = user is not None and known is not None and user.password == known.password
        if user is not None and right and same and _second_factor(hr, session, user, totp, now):
            granted = _start_session(session, user, now, browser)
            audit.record(session, now, Actor.of(user), "login", f"user:{user.id}")
        elif user is not None:
            _count_failure(session, user, now)
        else:
            # writes as much as a failure of a known name does; what was typed may be a password and is not kept
            audit.record(session, now, "stranger", "login_failed", "user")
    if granted is None:
        hr.limits.sign_in.count(source)
        if known is None:
            hr.limits.unknown_name.count(username)
        raise XudaError(ErrorCode.UNAUTHORIZED)
    return granted


def current(hr: Runtime, token: str | None, *, touch: bool = True) -> LoginView | None:
    """The login a cookie's token stands for; None when there is none or it has ended.

    ``touch``: the person did something, which keeps the login alive; a page that refreshes itself does not.
    """
    if not token:
        return None
    with hr.db.read() as session:
        row = _living(hr, session, token)
        if row is None:
            return None
        now = hr.now()
        fresh = now - row.totp_at < timedelta(seconds=hr.settings.fresh_totp)
        view = LoginView(
            Actor.of(row.user), row.user.display_name or row.user.username, row.csrf, fresh, row.user.notes_seen
        )
        stale = touch and now - row.seen_at > timedelta(minutes=1)
    if stale:
        with hr.db.write() as session:
            alive = _living(hr, session, token)
            if alive is not None:
                alive.seen_at = now
    return view


def confirm_totp(hr: Runtime, token: str, totp: str) -> None:
    """Give a one-time code again, before a recording is opened. Raises XudaError(UNAUTHORIZED | RATE_LIMITED)."""
    confirmed = False
    with hr.db.write() as session:
        row = _living(hr, session, token)
        if row is None:
            raise XudaError(ErrorCode.UNAUTHORIZED)
        now = hr.now()
        user = row.user
        if user.locked_until is not None and user.locked_until > now:
            raise XudaError(ErrorCode.RATE_LIMITED, seconds=_seconds(user.locked_until - now))
        if _use_totp(hr, user, totp):
            row.totp_at = now
            user.failed_logins = 0
            confirmed = True
            audit.record(session, now, Actor.of(user), "confirm_totp", f"user:{user.id}")
        else:
            _count_failure(session, user, now)
    if not confirmed:
        raise XudaError(ErrorCode.UNAUTHORIZED, field="totp")


def check_password(hr: Runtime, actor: Actor, password: str) -> None:
    """The actor's own password, asked for again. Raises XudaError(UNAUTHORIZED | RATE_LIMITED)."""
    mine = select(User).where(User.id == actor.user_id)
    with hr.db.read() as session:
        user = session.scalars(mine).one()
    now = hr.now()
    if user.locked_until is not None and user.locked_until > now:
        raise XudaError(ErrorCode.RATE_LIMITED, seconds=_seconds(user.locked_until - now))
    if not _password_fits(user, password):
        with hr.db.write() as session:
            _count_failure(session, session.scalars(mine).one(), now)
        raise XudaError(ErrorCode.UNAUTHORIZED)


def require_fresh(view: LoginView) -> None:
    """Raises XudaError(FORBIDDEN, field="totp") when a one-time code is due before recordings may be opened."""
    if not view.fresh:
        raise XudaError(ErrorCode.FORBIDDEN, field="totp")


def logout(hr: Runtime, token: str) -> None:
    with hr.db.write() as session:
        row = _living(hr, session, token)
        if row is not None:
            row.ended_at = hr.now()
            audit.record(session, hr.now(), Actor.of(row.user), "logout", f"user:{row.user_id}")


def _user(username: str) -> Select[User]:
    return select(User).where(User.username == username, User.disabled_at.is_(None))


def totp_context(user_id: str) -> str:
    return f"user:{user_id}:totp"


def _password_fits(user: User | None, password: str) -> bool:
    return password_fits(user.password if user else _DECOY, password) and user is not None


def password_fits(hashed: str, password: str) -> bool:
    try:
        _HASHER.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False
    return True


def _use_totp(hr: Runtime, user: User, code: str) -> bool:
    """True when ``code`` is right now, or one step (30 s) off, and newer than the last one used."""
    generator = pyotp.TOTP(hr.vault.open(user.totp_sealed, totp_context(user.id)))
    typed = "".join(c for c in unicodedata.normalize("NFKC", code) if c.isascii() and c.isdigit())
    now_step = int(hr.now().timestamp()) // _STEP
    for step in (now_step - 1, now_step, now_step + 1):
        if step > user.totp_step and secrets.compare_digest(generator.at(step * _STEP), typed):
            user.totp_step = step
            return True
    return False


def end_others(session: Session, user_id: str, token: str, now: datetime, only: str = "") -> int:
    """End the user's logins but that of ``token``, or the one whose id begins with ``only``; how many there were."""
    mine = LoginSession.user_id == user_id, LoginSession.id != session_id(token), LoginSession.ended_at.is_(None)
    others = [row for row in session.scalars(select(LoginSession).where(*mine)) if row.id.startswith(only)]
    for row in others:
        row.ended_at = now
    return len(others)


def _second_factor(hr: Runtime, session: Session, user: User, typed: str, now: datetime) -> bool:
    from backend.services import second_factor  # late: it stands on this module

    return _use_totp(hr, user, typed) or second_factor.use(hr, session, user, typed, now)


def _start_session(session: Session, user: User, now: datetime, browser: str) -> str:
    token = secrets.token_urlsafe(32)
    user.failed_logins, user.locked_until = 0, None
    session.add(
        LoginSession(
            id=session_id(token),
            user_id=user.id,
            csrf=secrets.token_urlsafe(24),
            created_at=now,
            seen_at=now,
            totp_at=now,
            browser=browser[:40],
        )
    )
    return token


def _count_failure(session: Session, user: User, now: datetime) -> None:
    user.failed_logins += 1
    audit.record(session, now, Actor.of(user), "login_failed", f"user:{user.id}")
    if user.failed_logins >= FAILURES_BEFORE_LOCK:
        user.failed_logins, user.locked_until = 0, now + LOCK
        audit.record(session, now, Actor.of(user), "locked", f"user:{user.id}")


def _living(hr: Runtime, session: Session, token: str) -> LoginSession | None:
    row = session.get(LoginSession, session_id(token))
    if row is None or row.ended_at is not None or row.user.disabled_at is not None:
        return None
    now = hr.now()
    idle = now - row.seen_at > timedelta(seconds=hr.settings.session_idle)
    over = now - row.created_at > timedelta(seconds=hr.settings.session_length)
    return None if idle or over else row


def session_id(token: str) -> str:
    """What the database keeps of a cookie's token."""
    return hashlib.sha256(token.encode("utf-8")).hexdigest()


def _seconds(span: timedelta) -> int:
    return max(1, int(span.total_seconds()))
