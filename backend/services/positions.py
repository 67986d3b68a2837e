"""Positions of the organisation: in which department, with how many people, and how many they may be (编制)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from backend.db.models import Department, Placement, Position, Requisition, Role
from backend.runtime import Runtime
from backend.services import audit, scope
from backend.services.actor import Actor
from backend.services.departments import renamed
from backend.services.requisition_states import ASKERS, RequisitionState
from contract.errors import ErrorCode, XudaError

MOST_PEOPLE = 100_000
LONGEST_TITLE = 200
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
MOST_SKILLS, LONGEST_SKILL = 50, 100


@dataclass(frozen=True, slots=True)
class PositionDraft:
    """``title``: language -> text, at least one. ``skills`` in the order they matter. ``code``: what other systems call
    it; None leaves it as it is."""

    department_id: str
    title: Mapping[str, str]
    headcount: int
    staffed: int = 0
    skills: Sequence[str] = ()
    code: str | None = None


@dataclass(frozen=True, slots=True)
class PositionLine:
    """``bound``: places of the headcount that are taken or promised; ``room``: those left, negative when too many."""

    position: Position
    bound: int

    @property
    def room(self) -> int:
        return self.position.headcount - self.bound


def add(hr: Runtime, actor: Actor, draft: PositionDraft) -> str:
    """Id of the new position.

    Raises XudaError(FORBIDDEN), SETTING_INVALID with ``field``, CONFLICT with ``field`` code for one that is taken.
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.write() as session:
        row = Position(created_at=hr.now())
        _fill(session, row, draft)
        session.add(row)
        session.flush()
        audit.record(session, hr.now(), actor, "position", f"position:{row.id}", headcount=row.headcount)
        return row.id


def change(hr: Runtime, actor: Actor, position_id: str, draft: PositionDraft) -> None:
    """The department stays while the position has requisitions. Raises as :func:`add`, and NOT_FOUND."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.write() as session:
        row = found(session, actor, position_id)
        asked = select(Requisition.id).where(Requisition.position_id == row.id).limit(1)
        if draft.department_id != row.department_id and session.scalar(asked) is not None:
            raise XudaError(ErrorCode.SETTING_INVALID, field="department")
        _fill(session, row, draft)
        if draft.code is not None:
            row.closed_at = None  # who tells of it again, has it still
        counts = {"headcount": row.headcount, "staffed": row.staffed}
        audit.record(session, hr.now(), actor, "change_position", f"position:{row.id}", **counts)


def close(hr: Runtime, actor: Actor, position_id: str) -> None:
    """It takes no requisitions any more.

    Raises XudaError(FORBIDDEN | NOT_FOUND), CONFLICT with ``field`` position while one is open or awaits approval.
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    busy = Requisition.state.in_([RequisitionState.SUBMITTED.value, RequisitionState.OPEN.value])
    with hr.db.write() as session:
        row = found(session, actor, position_id, lock=True)
        if session.scalar(select(Requisition.id).where(Requisition.position_id == row.id, busy).limit(1)) is not None:
            raise XudaError(ErrorCode.CONFLICT, field="position")
        row.closed_at = row.closed_at or hr.now()
        audit.record(session, hr.now(), actor, "close_position", f"position:{row.id}")


def lines(hr: Runtime, actor: Actor) -> list[PositionLine]:
    """Those of the actor's departments, by department. Raises XudaError(FORBIDDEN)."""
    scope.require(actor, *ASKERS)
    query = scope.positions(actor).where(Position.closed_at.is_(None)).options(joinedload(Position.department))
    with hr.db.read() as session:
        rows = session.scalars(query.order_by(Position.department_id, Position.created_at, Position.id)).all()
        return lines_of(session, rows)


def lines_of(session: Session, rows: Sequence[Position]) -> list[PositionLine]:
    """Two queries, however many there are."""
    promised = _promised(session, [row.id for row in rows])
    return [PositionLine(row, row.staffed + promised.get(row.id, 0)) for row in rows]


def found(session: Session, actor: Actor, position_id: str, *, lock: bool = False) -> Position:
    """Raises XudaError(NOT_FOUND), also for what the actor may not see."""
    query = scope.positions(actor).where(Position.id == position_id)
    row = session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise XudaError(ErrorCode.NOT_FOUND, field="position")
    return row


def room(session: Session, position: Position) -> int:
    """Places of the headcount that nobody has and no open requisition may fill; none where it is closed."""
    if position.closed_at is not None:
        return 0
    return position.headcount - position.staffed - _promised(session, [position.id]).get(position.id, 0)


def _promised(session: Session, ids: Sequence[str]) -> dict[str, int]:
    """Per position: people who are 待入职, and places that open requisitions may still fill. Two queries."""
    placed = (
        select(Requisition.position_id, Requisition.id, func.count(), func.count(Placement.joined_at))
        .join(Placement, Placement.requisition_id == Requisition.id)
        .where(Placement.ended_at.is_(None), Requisition.position_id.in_(ids))
        .group_by(Requisition.position_id, Requisition.id)
    )
    totals: dict[str, int] = {}
    hired: dict[str, int] = {}
    for position_id, requisition_id, live, joined in session.execute(placed):
        totals[position_id] = totals.get(position_id, 0) + live - joined
        hired[requisition_id] = live
    asking = Requisition.position_id.in_(ids), Requisition.state == RequisitionState.OPEN.value
    wanted = select(Requisition.position_id, Requisition.id, Requisition.wanted).where(*asking)
    for position_id, requisition_id, number in session.execute(wanted):
        totals[position_id] = totals.get(position_id, 0) + max(0, number - hired.get(requisition_id, 0))
    return totals


def _fill(session: Session, row: Position, draft: PositionDraft) -> None:
    title = renamed(row.title, draft.title)
    skills = [skill.strip() for skill in draft.skills if skill.strip()]
    wrong = {
        "title": not title or any(len(text) > LONGEST_TITLE for text in title.values()),
        "headcount": not 0 <= draft.headcount <= MOST_PEOPLE,
        "staffed": not 0 <= draft.staffed <= MOST_PEOPLE,
        "skills": len(skills) > MOST_SKILLS or any(len(skill) > LONGEST_SKILL for skill in skills),
        "department": session.get(Department, draft.department_id) is None,
        "code": draft.code is not None and _CODE.fullmatch(draft.code) is None,
    }
    for field, bad in wrong.items():
        if bad:
            raise XudaError(ErrorCode.SETTING_INVALID, field=field)
    if draft.code is not None and draft.code != row.code:
        if session.scalar(select(Position.id).where(Position.code == draft.code)) is not None:
            raise XudaError(ErrorCode.CONFLICT, field="code")
        row.code = draft.code
    row.department_id, row.title, row.skills = draft.department_id, title, skills
    row.headcount, row.staffed = draft.headcount, draft.staffed
