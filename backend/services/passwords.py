"""Changing one's own password: the old one and a fresh one-time code are needed, other logins of the user end."""

from __future__ import annotations

from sqlalchemy import select

from backend.db.models import User
from backend.runtime import Runtime
from backend.services import audit, auth
from contract.errors import ErrorCode, XudaError

LEAST = 12


def change(hr: Runtime, token: str, *, old: str, new: str, totp: str) -> None:
    """Raises XudaError(SETTING_INVALID) for a password shorter than :data:`LEAST`; UNAUTHORIZED when the old password
    (no field) or the code (field ``totp``) is wrong; RATE_LIMITED after too many wrong ones."""
    if len(new) < LEAST:
        raise XudaError(ErrorCode.SETTING_INVALID, field="password")
    view = auth.current(hr, token)
    if view is None:
        raise XudaError(ErrorCode.UNAUTHORIZED)
    auth.confirm_totp(hr, token, totp)
    auth.check_password(hr, view.actor, old)
    with hr.db.write() as session:
        user = session.scalars(select(User).where(User.id == view.actor.user_id)).one()
        user.password = auth.hash_password(new)
        auth.end_others(session, user.id, token, hr.now())
        audit.record(session, hr.now(), view.actor, "change_password", f"user:{user.id}")
