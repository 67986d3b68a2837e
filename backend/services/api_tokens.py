"""Tokens by which programs of the organisation use the REST API: random, shown once, stored as a hash."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select

from backend.db.integration_models import ApiTokenRow
from backend.db.models import Department, Role, new_id
from backend.ratelimit import network
from backend.runtime import Runtime
from backend.services import audit, scope
from backend.services.actor import Actor
from contract.errors import ErrorCode, XudaError

PREFIX = "xuda_"
LONGEST_NAME = 80
LONGEST_DAYS = 730
_USE_NOTED = timedelta(minutes=1)


class Scope(StrEnum):
    """What a token may do: one word for each kind of thing and way."""

    REQUISITIONS_READ = "requisitions:read"
    CANDIDATES_READ = "candidates:read"
    CANDIDATES_WRITE = "candidates:write"
    INTERVIEWS_READ = "interviews:read"
    RESULTS_READ = "results:read"
    DECISIONS_READ = "decisions:read"
    ORGANISATION_READ = "organisation:read"
    ORGANISATION_WRITE = "organisation:write"


@dataclass(frozen=True, slots=True)
class TokenView:
    """``department``: language -> text, empty for all. ``living``: neither revoked nor over."""

    token_id: str
    name: str
    scopes: list[Scope]
    department: dict[str, str]
    created_by: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None
    living: bool


@dataclass(frozen=True, slots=True)
class Caller:
    """A program that asks. ``actor`` sees what its department allows, and is no person: it decides nothing."""

    token_id: str
    actor: Actor
    scopes: frozenset[str]

    def require(self, wanted: Scope) -> None:
        """Raises XudaError(FORBIDDEN) with ``field`` scope."""
        if wanted not in self.scopes:
            raise XudaError(ErrorCode.FORBIDDEN, field="scope", scope=wanted.value)


def make(
    hr: Runtime, actor: Actor, *, name: str, scopes: Iterable[str], days: int, department_id: str | None = None
) -> tuple[str, str]:
    """(id, token) of a new one; the token cannot be had again.

    Raises XudaError(FORBIDDEN), SETTING_INVALID with ``field`` name, scopes, days or department.
    """
    scope.require(actor, Role.ADMINISTRATOR)
    wanted = set(scopes)
    name = name.strip()
    if not name or len(name) > LONGEST_NAME:
        raise XudaError(ErrorCode.SETTING_INVALID, field="name")
    if not wanted or not wanted <= set(Scope):
        raise XudaError(ErrorCode.SETTING_INVALID, field="scopes")
    if not 1 <= days <= LONGEST_DAYS:
        raise XudaError(ErrorCode.SETTING_INVALID, field="days")
    token = PREFIX + secrets.token_urlsafe(32)
    with hr.db.write() as session:
        if department_id is not None and session.get(Department, department_id) is None:
            raise XudaError(ErrorCode.SETTING_INVALID, field="department")
        now = hr.now()
        row = ApiTokenRow(
            id=new_id(),
            name=name,
            digest=_digest(token),
            scopes=[item.value for item in Scope if item in wanted],
            department_id=department_id,
            created_by=actor.username,
            created_at=now,
            expires_at=now + timedelta(days=days),
        )
        session.add(row)
        detail = {"scopes": row.scopes, "department": department_id, "days": days}
        audit.record(session, now, actor, "api_token", f"api_token:{row.id}", **detail)
        return row.id, token


def revoke(hr: Runtime, actor: Actor, token_id: str) -> None:
    """From the next request on it opens nothing. Raises XudaError(FORBIDDEN | NOT_FOUND)."""
    scope.require(actor, Role.ADMINISTRATOR)
    with hr.db.write() as session:
        row = session.get(ApiTokenRow, token_id)
        if row is None:
            raise XudaError(ErrorCode.NOT_FOUND, field="token")
        if row.revoked_at is None:
            row.revoked_at = hr.now()
            audit.record(session, hr.now(), actor, "revoke_api_token", f"api_token:{row.id}")


def tokens(hr: Runtime, actor: Actor) -> list[TokenView]:
    """The newest first. Raises XudaError(FORBIDDEN)."""
    scope.require(actor, Role.ADMINISTRATOR)
    query = select(ApiTokenRow, Department).join(Department, Department.id == ApiTokenRow.department_id, isouter=True)
    with hr.db.read() as session:
        found = session.execute(query.order_by(ApiTokenRow.created_at.desc(), ApiTokenRow.id)).all()
    now = hr.now()
    return [
        TokenView(
            token_id=row.id,
            name=row.name,
            scopes=[Scope(item) for item in row.scopes if item in set(Scope)],
            department=department.name if department else {},
            created_by=row.created_by,
            created_at=row.created_at,
            expires_at=row.expires_at,
            used_at=row.used_at,
            revoked_at=row.revoked_at,
            living=row.revoked_at is None and row.expires_at > now,
        )
        for row, department in found
    ]


def authenticate(hr: Runtime, token: str, address: str) -> Caller:
    """Raises XudaError(UNAUTHORIZED), whatever is wrong with it, and RATE_LIMITED after too many wrong ones."""
    source = network(address)
    hr.limits.tokens.check(source)
    with hr.db.read() as session:
        row = session.scalar(select(ApiTokenRow).where(ApiTokenRow.digest == _digest(token)))
    now = hr.now()
    if row is None or row.revoked_at is not None or row.expires_at <= now:
        hr.limits.tokens.count(source)
        raise XudaError(ErrorCode.UNAUTHORIZED)
    if row.used_at is None or now - row.used_at > _USE_NOTED:
        with hr.db.write() as session:
            session.get_one(ApiTokenRow, row.id).used_at = now
    actor = Actor(None, f"api:{row.id}", Role.HR, row.department_id)
    return Caller(row.id, actor, frozenset(row.scopes))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
