"""What interviews inside the organisation came to, for the employees' files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from backend.db.employee_models import EmployeeInvitation
from backend.db.models import Interview, InvitationRow, Rating
from backend.services import wholes
from backend.services.decisions import counted
from contract.events import HrState


@dataclass(frozen=True, slots=True)
class InsideInterview:
    """``interview_id``, ``state`` and ``score`` are None before it began, or was scored."""

    batch: str
    invited_at: datetime
    code: str
    interview_id: str | None
    state: HrState | None
    score: int | None


def scored(session: Session, ids: Sequence[str]) -> dict[str, int]:
    """Employee -> the score that counts of their newest interview that has one. Two queries."""
    query = select(Interview, EmployeeInvitation.employee_id)
    query = query.join(EmployeeInvitation, EmployeeInvitation.invitation_id == Interview.invitation_id)
    query = query.where(EmployeeInvitation.employee_id.in_(ids), Interview.deleted_at.is_(None))
    owner = {}
    whole = {}
    for interview, employee_id in session.execute(query):
        owner[interview.id], whole[interview.id] = employee_id, wholes.key_of(interview)
    given = select(Rating).where(Rating.interview_id.in_(owner)).order_by(Rating.rated_at)
    scores: dict[tuple[str, tuple[str, int]], list[tuple[str, int]]] = {}
    for rating in session.scalars(given):
        key = owner[rating.interview_id], whole[rating.interview_id]
        scores.setdefault(key, []).append((rating.user_id, rating.score))
        scores[key] = scores.pop(key)  # the one that was scored last comes last
    return {employee_id: value for (employee_id, _), found in scores.items() if (value := counted(found)) is not None}


def inside(session: Session, employee_id: str) -> list[InsideInterview]:
    query = select(EmployeeInvitation, InvitationRow).join(
        InvitationRow, InvitationRow.id == EmployeeInvitation.invitation_id
    )
    query = query.where(EmployeeInvitation.employee_id == employee_id).options(joinedload(InvitationRow.batch))
    found = []
    for link, invitation in session.execute(query.order_by(EmployeeInvitation.invited_at.desc())):
        mine = Interview.invitation_id == invitation.id, Interview.deleted_at.is_(None)
        newest = session.scalar(
            select(Interview).where(*mine).order_by(Interview.attempt.desc(), Interview.part).limit(1)
        )
        score = None
        if newest is not None:
            ids = [part.id for part in wholes.rows_of(session, newest)]
            given = select(Rating.user_id, Rating.score).where(Rating.interview_id.in_(ids)).order_by(Rating.rated_at)
            score = counted((user_id, value) for user_id, value in session.execute(given))
        found.append(
            InsideInterview(
                batch=invitation.batch.title,
                invited_at=link.invited_at,
                code=invitation.code,
                interview_id=newest.id if newest else None,
                state=HrState(newest.state) if newest else None,
                score=score,
            )
        )
    return found
