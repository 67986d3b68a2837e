"""People who may log in."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import pyotp
from sqlalchemy import select

from backend.db.models import Department, Role, User, new_id
from backend.runtime import Runtime
from backend.services import audit, scope
from backend.services.actor import Actor
from backend.services.auth import hash_password, totp_context
from contract.errors import ErrorCode, XudaError


@dataclass(frozen=True, slots=True)
class NewUser:
    """Shown once: neither the password nor the TOTP secret can be had again. ``totp_uri`` is for a QR code."""

    username: str
    role: Role
    password: str
    totp_secret: str
    totp_uri: str


def add_user(
    hr: Runtime, actor: Actor, *, username: str, role: Role, department_id: str | None = None, display_name: str = ""
) -> NewUser:
    """A user with a random password and a new TOTP secret.

    Raises XudaError(CONFLICT) when the name is taken, SETTING_INVALID for a department head without a department.
    """
    scope.require(actor, Role.ADMINISTRATOR)
    password, secret = secrets.token_urlsafe(12), pyotp.random_base32()
    name = username.strip()
    if not name:
        raise XudaError(ErrorCode.SETTING_INVALID, field="username")
    with hr.db.write() as session:
        if session.scalar(select(User.id).where(User.username == name)) is not None:
            raise XudaError(ErrorCode.CONFLICT, field="username")
        if (role is Role.DEPARTMENT_HEAD) != (department_id is not None):
            raise XudaError(ErrorCode.SETTING_INVALID, field="department")
        if department_id is not None and session.get(Department, department_id) is None:
            raise XudaError(ErrorCode.SETTING_INVALID, field="department")
        user_id = new_id()
        session.add(
            User(
                id=user_id,
                username=name,
                display_name=display_name,
                role=role.value,
                department_id=department_id,
                password=hash_password(password),
                totp_sealed=hr.vault.seal(secret, totp_context(user_id)),
                created_at=hr.now(),
            )
        )
        session.flush()
        audit.record(session, hr.now(), actor, "user", f"user:{user_id}", role=role.value)
    uri = pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=f"Xuda HR {hr.organisation_name}")
    return NewUser(name, role, password, secret, uri)
