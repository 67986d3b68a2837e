"""What the portal's lists show of batches, invitations, candidates and kits: opened in memory, within the scope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from backend.db.models import Batch, Interview, InvitationRow, KitRow, Role
from backend.db.walkin_models import WalkInRow
from backend.runtime import Runtime
from backend.services import blind, scope, walkins
from backend.services.actor import Actor
from backend.services.people import candidate_name, candidate_value
from contract.envelope import Envelope, parse_payload
from contract.errors import ErrorCode, XudaError
from contract.kit import Kit


@dataclass(frozen=True, slots=True)
class BatchLine:
    """``begun``: invitations with an interview."""

    batch: Batch
    position: dict[str, str]
    invited: int
    begun: int


@dataclass(frozen=True, slots=True)
class InvitationLine:
    """``phone`` and ``email`` are None for readers who may not have them; so is ``interview_id`` for those who rate it
    without knowing whom (``blind``)."""

    invitation_id: str
    candidate_id: str
    name: str
    phone: str | None
    email: str | None
    code: str
    token: str
    batch: str
    position: dict[str, str]
    not_before: datetime
    not_after: datetime
    interview_id: str | None
    blind: bool
    walk_in: walkins.WalkInView | None = None


@dataclass(frozen=True, slots=True)
class KitLine:
    kit: Kit
    created_at: datetime
    versions: int


def batch_lines(hr: Runtime, actor: Actor) -> list[BatchLine]:
    """Newest first. Raises XudaError(FORBIDDEN)."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.read() as session:
        batches = session.scalars(scope.batches(actor).order_by(Batch.created_at.desc())).all()
        return [_batch_line(session, batch) for batch in batches]


def batch_line(hr: Runtime, actor: Actor, batch_id: str) -> BatchLine:
    """Raises XudaError(FORBIDDEN | NOT_FOUND)."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.read() as session:
        batch = session.get(Batch, batch_id)
        if batch is None:
            raise XudaError(ErrorCode.NOT_FOUND, field="batch")
        return _batch_line(session, batch)


def batches_of(hr: Runtime, actor: Actor, requisition_id: str) -> Sequence[Batch]:
    """The actor's batches for a requisition, newest first."""
    query = scope.batches(actor).where(Batch.requisition_id == requisition_id).order_by(Batch.created_at.desc())
    with hr.db.read() as session:
        return session.scalars(query).all()


def invitation_lines(hr: Runtime, actor: Actor, *, batch_id: str | None = None) -> list[InvitationLine]:
    """The actor's invitations, those of one batch if given, in the order they were made.

    The number of queries does not grow with them, but with those who registered on the spot.
    """
    query = scope.invitations(actor).order_by(InvitationRow.created_at, InvitationRow.code)
    if batch_id is not None:
        query = query.where(InvitationRow.batch_id == batch_id)
    query = query.options(contains_eager(InvitationRow.batch), joinedload(InvitationRow.candidate))
    with hr.db.read() as session:
        came = set(session.scalars(select(WalkInRow.invitation_id)))
        seen_by = scope.interviews(actor).with_only_columns(Interview.id)
        found = session.execute(_newest_interviews().where(Interview.id.in_(seen_by)))
        begun = {row[0]: row[1] for row in found}
        kits: dict[str, Kit | None] = {}
        seen = blind.eyes(session, actor)
        return [
            _invitation_line(hr, session, actor, row, begun, kits, seen, walk_in=row.id in came)
            for row in session.scalars(query)
        ]


def kit_lines(hr: Runtime, actor: Actor) -> list[KitLine]:
    """The newest version of each kit. Raises XudaError(FORBIDDEN)."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.read() as session:
        rows = session.scalars(select(KitRow).order_by(KitRow.kit_id, KitRow.version.desc())).all()
    versions: dict[str, list[KitRow]] = {}
    for row in rows:
        versions.setdefault(row.kit_id, []).append(row)
    return [KitLine(parsed_kit(found[0]), found[0].created_at, len(found)) for found in versions.values()]


def kit_versions(hr: Runtime, actor: Actor, kit_id: str) -> Sequence[KitRow]:
    """Newest first. Raises XudaError(FORBIDDEN | NOT_FOUND)."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.read() as session:
        query = select(KitRow).where(KitRow.kit_id == kit_id).order_by(KitRow.version.desc())
        rows = session.scalars(query).all()
    if not rows:
        raise XudaError(ErrorCode.NOT_FOUND, field="kit")
    return rows


def parsed_kit(row: KitRow) -> Kit:
    return parse_payload(Envelope.from_bytes(row.envelope).payload_bytes, Kit)


def _newest_kit(session: Session, kit_id: str) -> Kit | None:
    query = select(KitRow).where(KitRow.kit_id == kit_id).order_by(KitRow.version.desc()).limit(1)
    row = session.scalar(query)
    return parsed_kit(row) if row else None


def _batch_line(session: Session, batch: Batch) -> BatchLine:
    mine = select(InvitationRow.id).where(InvitationRow.batch_id == batch.id, InvitationRow.cancelled_at.is_(None))
    invited = session.scalar(select(func.count()).select_from(mine.subquery())) or 0
    begun = select(func.count(Interview.invitation_id.distinct())).where(Interview.invitation_id.in_(mine))
    kit = _newest_kit(session, batch.kit_id)
    return BatchLine(batch, kit.position if kit else {}, invited, session.scalar(begun) or 0)


def _newest_interviews() -> Select[str | None, str]:
    """Invitation id -> interview id, the newest attempt last so that it wins."""
    return (
        select(Interview.invitation_id, Interview.id)
        .where(Interview.invitation_id.is_not(None), Interview.deleted_at.is_(None))
        .order_by(Interview.created_at)
    )


def _invitation_line(
    hr: Runtime,
    session: Session,
    actor: Actor,
    row: InvitationRow,
    begun: dict[str | None, str],
    kits: dict[str, Kit | None],
    seen: blind.Eyes,
    *,
    walk_in: bool,
) -> InvitationLine:
    batch, candidate = row.batch, row.candidate
    if batch.kit_id not in kits:
        kits[batch.kit_id] = _newest_kit(session, batch.kit_id)
    kit = kits[batch.kit_id]
    contact = actor.role in (Role.ADMINISTRATOR, Role.HR)
    return InvitationLine(
        invitation_id=row.id,
        candidate_id=candidate.id,
        name=candidate_name(hr, candidate),
        phone=candidate_value(hr, candidate, "phone") if contact else None,
        email=candidate_value(hr, candidate, "email") if contact else None,
        code=row.code,
        token=row.token if contact else "",
        batch=batch.title,
        position=kit.position if kit else {},
        not_before=row.starts_at,
        not_after=row.ends_at,
        interview_id=None if seen.hide(row) else begun.get(row.id),
        blind=row.id in begun and seen.hide(row),
        walk_in=walkins.view(hr, session, row) if walk_in else None,
    )
