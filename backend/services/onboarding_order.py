"""In which order people who are 待入职 should begin to work: a proposal with its reasons, for people to decide by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from backend.cabinet import candidate_subject
from backend.db.models import Interview, InvitationRow, Placement, Position, Requisition, RequisitionStep
from backend.runtime import Runtime
from backend.services import scope
from backend.services.actor import Actor
from backend.services.people import candidate_name
from backend.services.requisition_states import ASKERS, RequisitionState

# points of 100; without a day by which people are needed, its points go to the others
OPEN, MISSING, NEEDED = 40, 30, 30
# a place open for so long, or needed so soon, has all points or the first of them
_DAYS = 90
MOST = 200


@dataclass(frozen=True, slots=True)
class Waiting:
    """``points``: of 100, the sum of ``open_points``, ``missing_points`` and ``needed_points`` (None: no day was
    given). ``missing`` of ``headcount`` people of the position are not there. ``interview_id`` None: not for the
    reader, or deleted; ``name`` is empty for who was erased."""

    placement_id: str
    requisition_id: str
    interview_id: str | None
    name: str
    title: dict[str, str]
    department: dict[str, str]
    open_days: int
    missing: int
    headcount: int
    needed_by: date | None
    open_points: int
    missing_points: int
    needed_points: int | None

    @property
    def points(self) -> int:
        return self.open_points + self.missing_points + (self.needed_points or 0)


def take(hr: Runtime, actor: Actor) -> list[Waiting]:
    """Whom the actor may see, the most urgent first; at most :data:`MOST`. Raises XudaError(FORBIDDEN)."""
    scope.require(actor, *ASKERS)
    seen = scope.requisitions(actor).with_only_columns(Requisition.id)
    query = select(Placement, Requisition).join(Requisition, Requisition.id == Placement.requisition_id)
    query = query.where(Placement.ended_at.is_(None), Placement.joined_at.is_(None), Requisition.id.in_(seen))
    query = query.options(joinedload(Requisition.position).joinedload(Position.department))
    with hr.db.read() as session:
        rows = session.execute(query.order_by(Placement.confirmed_at).limit(MOST)).all()
        opened = _opened(session, {requisition.id for _, requisition in rows})
        people = _people(session, actor, [place.invitation_id for place, _ in rows])
        with hr.cabinet.ahead([candidate_subject(row.candidate_id) for row, _ in people.values()]):
            found = [
                _waiting(hr, place, requisition, opened[requisition.id], people.get(place.invitation_id))
                for place, requisition in rows
            ]
    return sorted(found, key=lambda waiting: -waiting.points)


def _opened(session: Session, ids: set[str]) -> dict[str, datetime]:
    """When each was approved first."""
    query = select(RequisitionStep.requisition_id, func.min(RequisitionStep.at))
    query = query.where(RequisitionStep.requisition_id.in_(ids), RequisitionStep.after == RequisitionState.OPEN.value)
    return {row[0]: row[1] for row in session.execute(query.group_by(RequisitionStep.requisition_id))}


def _people(session: Session, actor: Actor, ids: list[str]) -> dict[str, tuple[InvitationRow, str | None]]:
    """Invitation -> itself, and the interview if the actor may see it."""
    mine = select(InvitationRow).where(InvitationRow.id.in_(ids)).options(joinedload(InvitationRow.candidate))
    shown = scope.interviews(actor).where(Interview.invitation_id.in_(ids)).order_by(Interview.attempt)
    interviews = {row.invitation_id: row.id for row in session.scalars(shown)}
    return {row.id: (row, interviews.get(row.id)) for row in session.scalars(mine)}


def _waiting(
    hr: Runtime,
    place: Placement,
    requisition: Requisition,
    opened: datetime,
    person: tuple[InvitationRow, str | None] | None,
) -> Waiting:
    position, now = requisition.position, hr.now()
    days = max(0, (now - opened).days)
    missing = max(0, position.headcount - position.staffed)
    shares = [(OPEN, min(1.0, days / _DAYS)), (MISSING, missing / position.headcount if position.headcount else 0.0)]
    left = None
    if requisition.needed_by is not None:
        left = (requisition.needed_by - now.astimezone().date()).days
        shares.append((NEEDED, min(1.0, max(0.0, 1 - left / _DAYS))))
    scale = 100 / sum(weight for weight, _ in shares)
    points = [round(weight * scale * share) for weight, share in shares]
    return Waiting(
        placement_id=place.id,
        requisition_id=requisition.id,
        interview_id=person[1] if person else None,
        name=candidate_name(hr, person[0].candidate) if person else "",
        title=position.title,
        department=position.department.name,
        open_days=days,
        missing=missing,
        headcount=position.headcount,
        needed_by=requisition.needed_by,
        open_points=points[0],
        missing_points=points[1],
        needed_points=points[2] if left is not None else None,
    )
