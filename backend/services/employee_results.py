"""What interviews inside the organisation came to, for the employees' files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from backend.db.employee_models import EmployeeInvitation
from backend.db.models import Interview, InvitationRow, Rating
from backend.runtime import Runtime
from backend.services import scores as ai_scores
from backend.services import wholes
from backend.services.actor import Actor
from backend.services.decisions import counted
from backend.services.scores import ScoreLine
from contract.events import HrState


@dataclass(frozen=True, slots=True)
class InsideInterview:
    """``interview_id``, ``state`` and ``score`` are None before it began, or was scored. ``by_ai``: nobody has rated
    it, the score is that of the assessment."""

    batch: str
    invited_at: datetime
    code: str
    interview_id: str | None
    state: HrState | None
    score: int | None
    by_ai: bool = False


@dataclass(frozen=True, slots=True)
class Counting:
    """The score that counts of an interview; ``by_ai``: nobody has rated it, it is that of the assessment."""

    score: int
    by_ai: bool = False


def scored(hr: Runtime, session: Session, actor: Actor, ids: Sequence[str]) -> dict[str, Counting]:
    """Employee -> the score that counts of their newest interview that a person has rated; where none is, that of the
    assessment of the newest that has one and shows it to the actor. Four queries."""
    query = select(Interview, EmployeeInvitation.employee_id)
    query = query.join(EmployeeInvitation, EmployeeInvitation.invitation_id == Interview.invitation_id)
    query = query.where(EmployeeInvitation.employee_id.in_(ids), Interview.deleted_at.is_(None))
    owner, whole, began = {}, {}, {}
    for interview, employee_id in session.execute(query):
        owner[interview.id], whole[interview.id] = employee_id, wholes.key_of(interview)
        began[interview.id] = interview.created_at
    given = select(Rating).where(Rating.interview_id.in_(owner)).order_by(Rating.rated_at)
    scores: dict[tuple[str, tuple[str, int]], list[tuple[str, int]]] = {}
    for rating in session.scalars(given):
        key = owner[rating.interview_id], whole[rating.interview_id]
        scores.setdefault(key, []).append((rating.user_id, rating.score))
        scores[key] = scores.pop(key)  # the one that was scored last comes last
    made = ai_scores.visible(hr, session, actor, owner)
    found = {owner[name]: _by_ai(made[name]) for name in sorted(made, key=lambda name: began[name])}
    rated = {employee: value for (employee, _), all_of in scores.items() if (value := counted(all_of)) is not None}
    known = {employee: given for employee, given in found.items() if given is not None}
    return {**known, **{employee: Counting(value) for employee, value in rated.items()}}


def _by_ai(line: ScoreLine) -> Counting | None:
    return None if line.points is None else Counting(int(line.points + 0.5), by_ai=True)


def inside(hr: Runtime, session: Session, actor: Actor, employee_id: str) -> list[InsideInterview]:
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
        score, made = None, None
        if newest is not None:
            ids = [part.id for part in wholes.rows_of(session, newest)]
            given = select(Rating.user_id, Rating.score).where(Rating.interview_id.in_(ids)).order_by(Rating.rated_at)
            score = counted((user_id, value) for user_id, value in session.execute(given))
            lines = ai_scores.visible(hr, session, actor, ids).values() if score is None else ()
            made = next((given_by for line in lines if (given_by := _by_ai(line)) is not None), None)
        found.append(
            InsideInterview(
                batch=invitation.batch.title,
                invited_at=link.invited_at,
                code=invitation.code,
                interview_id=newest.id if newest else None,
                state=HrState(newest.state) if newest else None,
                score=made.score if made else score,
                by_ai=made is not None,
            )
        )
    return found
