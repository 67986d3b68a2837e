"""Who is 待入职 on which requisition: taken with a person's decision, free again with another."""

from __future__ import annotations

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from backend.db.models import Batch, InvitationRow, Placement, Position, Requisition, Role
from backend.runtime import Runtime
from backend.services import audit, requisitions, scope
from backend.services.actor import Actor
from backend.services.requisition_states import Move, RequisitionState, after
from contract.errors import ErrorCode, XudaError


def hire(hr: Runtime, session: Session, actor: Actor, invitation: InvitationRow, score: int | None) -> Placement:
    """Give the candidate a place of the batch's requisition; in the transaction of the decision.

    Raises XudaError(CONFLICT) with ``field`` requisition when the batch is for none, threshold when the score is
    missing or too low, candidate when the person has a place of it already; ILLEGAL_STATE when it is not open.
    """
    row = _requisition_of(session, invitation.batch)
    after(RequisitionState(row.state), Move.HIRE)
    if score is None or score < row.threshold:
        raise XudaError(ErrorCode.CONFLICT, field="threshold", threshold=row.threshold)
    _check_person(session, row, invitation)
    placement = Placement(
        requisition_id=row.id,
        invitation_id=invitation.id,
        department_id=row.position.department_id,
        score=score,
        threshold=row.threshold,
        confirmed_by=actor.username,
        confirmed_at=hr.now(),
    )
    session.add(placement)
    session.flush()
    requisitions.take(hr, session, row, Move.HIRE, actor.username)
    requisitions.settle(hr, session, row)
    return placement


def release(hr: Runtime, session: Session, actor: Actor, invitation_id: str) -> None:
    """Free the candidate's place, if there is one, in the transaction of the decision.

    Raises XudaError(ILLEGAL_STATE) with ``field`` placement for somebody who works there already.
    """
    placement = session.scalar(_live().where(Placement.invitation_id == invitation_id))
    if placement is not None:
        _end(hr, session, actor, placement)


def free(hr: Runtime, actor: Actor, placement_id: str) -> str:
    """Free a place whose interview is deleted, so that nothing else can be decided. Id of the requisition.

    Raises XudaError(FORBIDDEN | NOT_FOUND), ILLEGAL_STATE with ``field`` placement when it is free, or taken for good.
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.write() as session:
        placement = _found(session, placement_id)
        _end(hr, session, actor, placement)
        return placement.requisition_id


def joined(hr: Runtime, actor: Actor, placement_id: str) -> str:
    """The person has begun to work: the place counts among the position's people from now on. Id of the requisition.

    Raises as :func:`free`.
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.write() as session:
        placement = _found(session, placement_id)
        _check_pending(placement)
        row = session.get_one(Requisition, placement.requisition_id, with_for_update=True)
        position = session.get_one(Position, row.position_id, with_for_update=True)
        placement.joined_at = hr.now()
        position.staffed += 1
        audit.record(session, hr.now(), actor, "joined", f"requisition:{row.id}", placement=placement.id)
        return row.id


def _end(hr: Runtime, session: Session, actor: Actor, placement: Placement) -> None:
    _check_pending(placement)
    row = session.get_one(Requisition, placement.requisition_id, with_for_update=True)
    placement.ended_at = hr.now()
    session.flush()
    requisitions.take(hr, session, row, Move.VACATE, actor.username)
    audit.record(session, hr.now(), actor, "requisition_vacate", f"requisition:{row.id}", placement=placement.id)


def _check_pending(placement: Placement) -> None:
    if placement.ended_at is not None or placement.joined_at is not None:
        raise XudaError(ErrorCode.ILLEGAL_STATE, field="placement")


def _requisition_of(session: Session, batch: Batch) -> Requisition:
    """Locked: two people who confirm at once cannot both have the last place."""
    if batch.requisition_id is None:
        raise XudaError(ErrorCode.CONFLICT, field="requisition")
    return session.get_one(Requisition, batch.requisition_id, with_for_update=True)


def _check_person(session: Session, row: Requisition, invitation: InvitationRow) -> None:
    """One person, invited twice, takes one place."""
    same = InvitationRow.candidate_id == invitation.candidate_id
    query = _live().join(InvitationRow, InvitationRow.id == Placement.invitation_id).where(same)
    if session.scalar(query.where(Placement.requisition_id == row.id).limit(1)) is not None:
        raise XudaError(ErrorCode.CONFLICT, field="candidate")


def _live() -> Select[Placement]:
    return select(Placement).where(Placement.ended_at.is_(None))


def _found(session: Session, placement_id: str) -> Placement:
    row = session.get(Placement, placement_id, with_for_update=True)
    if row is None:
        raise XudaError(ErrorCode.NOT_FOUND, field="placement")
    return row
