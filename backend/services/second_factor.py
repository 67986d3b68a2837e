"""What helps when an authenticator is lost: recovery codes, each good once, and setting up another authenticator."""

from __future__ import annotations

import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime

import pyotp
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from backend.db.models import RecoveryCode, User
from backend.runtime import Runtime
from backend.services import audit, auth
from backend.services.actor import Actor
from contract.errors import ErrorCode, XudaError

CODES = 10
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUP = 5


@dataclass(frozen=True, slots=True)
class NewAuthenticator:
    """``held``: the secret, sealed, for the form that confirms it. ``uri`` is for a QR code."""

    secret: str
    uri: str
    held: str


def use(hr: Runtime, session: Session, user: User, typed: str, now: datetime) -> bool:
    """True when ``typed`` is a code of the user that was not used; it is used then, in the caller's transaction."""
    code = _plain(typed)
    if len(code) != 2 * _GROUP:
        return False
    row = session.get(RecoveryCode, _hash(hr, user.id, code))
    if row is None or row.user_id != user.id or row.used_at is not None:
        return False
    row.used_at = now
    audit.record(session, now, Actor.of(user), "use_recovery_code", f"user:{user.id}")
    return True


def left(hr: Runtime, actor: Actor) -> int:
    """Codes that may still be used."""
    mine = RecoveryCode.user_id == actor.user_id, RecoveryCode.used_at.is_(None)
    with hr.db.read() as session:
        return session.scalar(select(func.count()).select_from(RecoveryCode).where(*mine)) or 0


def new_codes(hr: Runtime, token: str, totp: str) -> list[str]:
    """Ten new codes, shown once; those before are worth nothing any more.

    Raises XudaError(UNAUTHORIZED | RATE_LIMITED) for a wrong one-time code, as :func:`auth.confirm_totp`.
    """
    auth.confirm_totp(hr, token, totp)
    actor = _actor(hr, token)
    made = ["".join(secrets.choice(_LETTERS) for _ in range(2 * _GROUP)) for _ in range(CODES)]
    with hr.db.write() as session:
        session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == actor.user_id))
        for code in made:
            name = _hash(hr, str(actor.user_id), code)
            session.add(RecoveryCode(id=name, user_id=str(actor.user_id), created_at=hr.now()))
        audit.record(session, hr.now(), actor, "recovery_codes", f"user:{actor.user_id}", count=CODES)
    return [f"{code[:_GROUP]}-{code[_GROUP:]}" for code in made]


def begin(hr: Runtime, token: str, password: str) -> NewAuthenticator:
    """A secret for another authenticator; nothing changes before :func:`finish`.

    Raises XudaError(UNAUTHORIZED | RATE_LIMITED) for a wrong password.
    """
    actor = _actor(hr, token)
    auth.check_password(hr, actor, password)
    secret = pyotp.random_base32()
    uri = pyotp.TOTP(secret).provisioning_uri(name=actor.username, issuer_name=f"Xuda HR {hr.organisation_name}")
    return NewAuthenticator(secret, uri, hr.vault.seal(secret, _held_for(token)))


def again(hr: Runtime, token: str, held: str) -> NewAuthenticator:
    """The same once more, after a mistyped code. Raises XudaError(UNAUTHORIZED | SEALED_DAMAGED)."""
    actor, secret = _actor(hr, token), hr.vault.open(held, _held_for(token))
    uri = pyotp.TOTP(secret).provisioning_uri(name=actor.username, issuer_name=f"Xuda HR {hr.organisation_name}")
    return NewAuthenticator(secret, uri, held)


def finish(hr: Runtime, token: str, held: str, totp: str) -> None:
    """From now on the codes of the new authenticator count; other logins end.

    Raises XudaError(UNAUTHORIZED) with ``field`` totp when the code is not one of the new authenticator, or the form
    was made in another login.
    """
    actor = _actor(hr, token)
    secret = hr.vault.open(held, _held_for(token))
    typed = "".join(c for c in unicodedata.normalize("NFKC", totp) if c.isascii() and c.isdigit())
    if not pyotp.TOTP(secret).verify(typed, for_time=hr.now(), valid_window=1):
        raise XudaError(ErrorCode.UNAUTHORIZED, field="totp")
    with hr.db.write() as session:
        user = session.get_one(User, actor.user_id)
        user.totp_sealed = hr.vault.seal(secret, auth.totp_context(user.id))
        user.totp_step = int(hr.now().timestamp()) // 30
        auth.end_others(session, user.id, token, hr.now())
        audit.record(session, hr.now(), actor, "new_authenticator", f"user:{user.id}")


def _actor(hr: Runtime, token: str) -> Actor:
    view = auth.current(hr, token)
    if view is None:
        raise XudaError(ErrorCode.UNAUTHORIZED)
    return view.actor


def _plain(typed: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKC", typed).lower() if c.isascii() and c.isalnum())


def _hash(hr: Runtime, user_id: str, code: str) -> str:
    return hr.vault.keyed_hash(code, f"recovery:{user_id}")


def _held_for(token: str) -> str:
    return f"login:{auth.session_id(token)}:authenticator"
