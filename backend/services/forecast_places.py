"""Places of positions: taken, promised, asked for, free. Queries do not grow with the positions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.db.models import Placement, Position, Requisition
from backend.services.requisition_states import RequisitionState


@dataclass(frozen=True, slots=True)
class Places:
    """``pending``: 待入职; ``hiring``: left on open requisitions; ``asked``: on drafts and those awaiting approval."""

    headcount: int
    staffed: int
    pending: int = 0
    hiring: int = 0
    asked: int = 0

    @property
    def free(self) -> int:
        """Of the headcount; negative when there are too many."""
        return self.headcount - self.staffed - self.pending - self.hiring


def of(session: Session, rows: Sequence[Position]) -> dict[str, Places]:
    """One query."""
    found = {row.id: Places(row.headcount, row.staffed) for row in rows}
    live = Placement.ended_at.is_(None)
    query = select(
        Requisition.position_id,
        Requisition.state,
        Requisition.wanted,
        func.count(Placement.id),
        func.count(Placement.joined_at),
    ).outerjoin(Placement, (Placement.requisition_id == Requisition.id) & live)
    query = query.where(Requisition.position_id.in_(list(found))).group_by(
        Requisition.id, Requisition.position_id, Requisition.state, Requisition.wanted
    )
    for position_id, state, wanted, placed, joined in session.execute(query):
        mine = found[position_id]
        mine = replace(mine, pending=mine.pending + placed - joined)
        if state == RequisitionState.OPEN:
            mine = replace(mine, hiring=mine.hiring + max(0, wanted - placed))
        elif state in (RequisitionState.DRAFT, RequisitionState.SUBMITTED):
            mine = replace(mine, asked=mine.asked + wanted)
        found[position_id] = mine
    return found
