"""The audit log: every view and change, each row's hash covering the row before it, its end sealed (checkpoints.py)."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.db.models import AuditRow
from backend.runtime import Runtime
from backend.services import facts
from backend.services.actor import Actor
from backend.services.sealing import cabinet_of
from contract.canonical import canonical_json
from contract.errors import XudaError

_FIRST = bytes(32)
_HEAD, _HEAD_CONTEXT = "audit_head", "audit head"


def record(session: Session, now: datetime, actor: Actor | str, action: str, target: str, **detail: Any) -> None:
    """Append a row in the caller's write transaction.

    ``actor``: a person, or ``device:<id>``. ``detail`` holds ids, states and counts only.
    """
    previous = session.scalar(select(AuditRow.hash).order_by(AuditRow.id.desc()).limit(1)) or _FIRST
    name = actor.username if isinstance(actor, Actor) else actor
    row = AuditRow(at=now, actor=name, action=action, target=target, detail=detail, previous=previous)
    row.hash = _digest(row)
    session.add(row)
    session.flush()
    facts.put(session, _HEAD, cabinet_of(session).sealer.seal(_head_text(row), _HEAD_CONTEXT))


def record_now(hr: Runtime, actor: Actor | str, action: str, target: str, **detail: Any) -> None:
    """Append a row in a transaction of its own, for a view that changes nothing else."""
    with hr.db.write() as session:
        record(session, hr.now(), actor, action, target, **detail)


def first_broken(hr: Runtime) -> int | None:
    """Id of the first row whose hash or chain does not fit; None when the log is whole."""
    with hr.db.read() as session:
        previous = _FIRST
        for row in session.scalars(select(AuditRow).order_by(AuditRow.id)):
            if row.previous != previous or row.hash != _digest(row):
                return row.id
            previous = row.hash
    return None


def head_fits(session: Session) -> bool:
    """Whether the log ends with the row it ended with when it was last written: False when it was cut."""
    row = session.scalar(select(AuditRow).order_by(AuditRow.id.desc()).limit(1))
    sealed = facts.get(session, _HEAD)
    if row is None or sealed is None:
        return row is None and sealed is None
    try:
        return cabinet_of(session).sealer.open(sealed, _HEAD_CONTEXT) == _head_text(row)
    except XudaError:
        return False


def _head_text(row: AuditRow) -> str:
    return f"{row.id}:{row.hash.hex()}"


def _digest(row: AuditRow) -> bytes:
    fields = {"at": row.at.isoformat(), "actor": row.actor, "action": row.action, "target": row.target}
    return hashlib.sha256(row.previous + canonical_json({**fields, "detail": row.detail})).digest()
