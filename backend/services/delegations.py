"""Who may adjust interviews on the spot: members of staff with a key of their own, and staff panels of devices."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from backend.db.models import Batch, DelegationRow, Role, new_id
from backend.runtime import Runtime
from backend.services import audit, devices, scope
from backend.services.actor import Actor
from contract.canonical import b64encode
from contract.errors import ErrorCode, XudaError
from contract.invitation import Delegation
from contract.keys import SigningKey

WAYS = ("audio", "text")
LONGEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much may be given, to whom (batch ids, empty: all) and for how long."""

    most_time_factor: float = 1.5
    most_extra_takes: int = 2
    ways: Sequence[str] = WAYS
    batches: Sequence[str] = ()
    valid: timedelta = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class NewDelegation:
    """``key`` is a member of staff's own and is only ever here; None for a device, which has its own."""

    delegation: Delegation
    key: SigningKey | None


@dataclass(frozen=True, slots=True)
class DelegationView:
    delegation: Delegation
    state: str  # living | ended | revoked


def add_staff(hr: Runtime, actor: Actor, holder: str, bounds: Bounds) -> NewDelegation:
    """A key for a member of staff. Devices know of it after their next contact.

    Raises XudaError(FORBIDDEN), SETTING_INVALID for bounds out of range or an unknown batch.
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    key = SigningKey.generate()
    return NewDelegation(_add(hr, actor, holder, b64encode(key.public), None, bounds), key)


def add_panel(hr: Runtime, actor: Actor, device_id: str, bounds: Bounds) -> NewDelegation:
    """Let the staff panel of a device adjust interviews on that device. Raises XudaError(NOT_FOUND) besides."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.read() as session:
        device = devices.find(session, device_id)
        name, public = device.name, device.public_key
    return NewDelegation(_add(hr, actor, name, public, device_id, bounds), None)


def revoke(hr: Runtime, actor: Actor, delegation_id: str) -> None:
    """It ends on each device with its next contact. Raises XudaError(NOT_FOUND)."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.write() as session:
        row = session.get(DelegationRow, delegation_id)
        if row is None:
            raise XudaError(ErrorCode.NOT_FOUND, field="delegation")
        if row.revoked_at is None:
            row.revoked_at = hr.now()
            audit.record(session, hr.now(), actor, "delegation_revoked", f"delegation:{row.id}")


def list_all(hr: Runtime, actor: Actor) -> list[DelegationView]:
    """Newest first."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.read() as session:
        rows = session.scalars(select(DelegationRow).order_by(DelegationRow.created_at.desc())).all()
    return [DelegationView(_read(hr, row), _state(row, hr.now())) for row in rows]


def for_device(hr: Runtime, session: Session, device_id: str) -> list[Delegation]:
    """What belongs into the roster of a device: staff, and its own panel."""
    here = or_(DelegationRow.device_id.is_(None), DelegationRow.device_id == device_id)
    query = select(DelegationRow).where(here, DelegationRow.revoked_at.is_(None), DelegationRow.not_after > hr.now())
    return [_read(hr, row) for row in session.scalars(query.order_by(DelegationRow.created_at, DelegationRow.id))]


def ever(hr: Runtime, session: Session) -> list[Delegation]:
    """All there ever were: what was signed offline before a revocation comes in after it."""
    return [_read(hr, row) for row in session.scalars(select(DelegationRow))]


def _add(hr: Runtime, actor: Actor, holder: str, public_key: str, device_id: str | None, bounds: Bounds) -> Delegation:
    if not holder.strip():
        raise XudaError(ErrorCode.SETTING_INVALID, field="name")
    if not timedelta(0) < bounds.valid <= LONGEST:
        raise XudaError(ErrorCode.SETTING_INVALID, field="days")
    if set(bounds.ways) - set(WAYS):
        raise XudaError(ErrorCode.SETTING_INVALID, field="modes")
    now = hr.now().replace(microsecond=0)
    with hr.db.write() as session:
        for batch in bounds.batches:
            if session.get(Batch, batch) is None:
                raise XudaError(ErrorCode.SETTING_INVALID, field="batch", value=batch)
        row = DelegationRow(
            id=new_id(),
            public_key=public_key,
            device_id=device_id,
            not_before=now - timedelta(hours=1),
            not_after=now + bounds.valid,
            batches=json.dumps(list(bounds.batches)),
            most_extra_percent=round((bounds.most_time_factor - 1) * 100),
            most_extra_takes=bounds.most_extra_takes,
            ways=json.dumps(sorted(bounds.ways)),
            created_at=now,
        )
        row.holder_sealed = hr.vault.seal(holder.strip(), f"delegation:{row.id}")
        try:
            found = _read(hr, row)
        except ValueError as error:
            raise XudaError(ErrorCode.SETTING_INVALID, field="most-time") from error
        session.add(row)
        audit.record(session, hr.now(), actor, "delegation", f"delegation:{row.id}", device=device_id)
        return found


def _read(hr: Runtime, row: DelegationRow) -> Delegation:
    return Delegation(
        delegation_id=row.id,
        holder=hr.vault.open(row.holder_sealed, f"delegation:{row.id}"),
        public_key=row.public_key,
        device_id=row.device_id,
        not_before=row.not_before,
        not_after=row.not_after,
        batches=json.loads(row.batches),
        most_time_factor=1 + row.most_extra_percent / 100,
        most_extra_takes=row.most_extra_takes,
        ways=json.loads(row.ways),
    )


def _state(row: DelegationRow, now: datetime) -> str:
    if row.revoked_at is not None:
        return "revoked"
    return "living" if now < row.not_after else "ended"
