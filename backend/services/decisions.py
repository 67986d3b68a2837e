"""What people say about an interview: a score, and what follows from it. The log has all.

Of the scores each person's newest counts, of several people's their mean; of the decisions the newest.

A decision is a person's: the command line and the server decide nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.cabinet import interview_subject
from backend.db.models import Decision, Interview, Rating, Role, User, new_id
from backend.runtime import Runtime
from backend.services import audit, hooks, placements, redo_rows, scope, standing, states, wholes
from backend.services import scores as ai_scores
from backend.services.actor import Actor
from backend.services.candidate_states import DECIDED, Ruling, after
from contract.errors import ErrorCode, XudaError
from contract.events import FINAL_STATES, HrState

LONGEST_REASON = 1000
HIGHEST_SCORE = 100
_WITH_REASON = frozenset({Ruling.REJECT, Ruling.RECONSIDER})


@dataclass(frozen=True, slots=True)
class DecisionView:
    """``reason`` is for HR alone; empty when none was given. ``released_at``: when the candidate could see it."""

    ruling: Ruling | None
    state: HrState
    reason: str
    by: str
    at: datetime
    released_at: datetime | None


@dataclass(frozen=True, slots=True)
class ScoreView:
    """``mine``: of the person who asks."""

    score: int
    mine: bool
    by: str
    at: datetime


def rate(hr: Runtime, actor: Actor, interview_id: str, score: int) -> None:
    """Note a person's score of the whole interview, 0-100; also of one held by people, after a second round.

    Raises XudaError(FORBIDDEN | NOT_FOUND), SETTING_INVALID with ``field`` score, ILLEGAL_STATE with ``field``
    interview for one that was not finished and has had no second round.
    """
    user_id = person(actor)
    if not 0 <= score <= HIGHEST_SCORE:
        raise XudaError(ErrorCode.SETTING_INVALID, field="score")
    with hr.db.write() as session:
        interview = locked(session, actor, interview_id)
        parts = wholes.rows_of(session, interview)
        state = states.decided(session, interview, parts)
        if HrState(interview.state) is not HrState.PENDING_REVIEW and state is not HrState.SECOND_ROUND:
            raise XudaError(ErrorCode.ILLEGAL_STATE, field="interview", state=state.value)
        add_score(hr, session, interview, parts, user_id, score)
        audit.record(session, hr.now(), actor, "rate", f"interview:{interview.id}", score=score)


def add_score(
    hr: Runtime, session: Session, interview: Interview, parts: list[Interview], user_id: str, score: int
) -> None:
    """Note a person's score, in the caller's transaction, and tell that there is a (new) result."""
    now = hr.now()
    session.add(Rating(interview_id=interview.id, score=score, user_id=user_id, rated_at=now))
    parts[0].scored_at = now
    session.flush()
    made = ai_scores.current(session, [parts[0].id]).get(parts[0].id)
    about = {
        "interview_id": parts[0].id,
        "invitation_id": interview.invitation_id,
        "score": _score(session, parts),
        "ai_score": made.points if made else None,
    }
    if not interview.practice:
        hooks.emit(session, now, hooks.Kind.RESULT_READY, interview.department_id, **about)


def decide(hr: Runtime, actor: Actor, interview_id: str, ruling: Ruling, reason: str = "") -> HrState:
    """Decide about an interview that has ended; the candidate is told nothing by this alone.

    Turning somebody down and taking a decision back need a reason. 待入职 takes a place of the batch's requisition and
    needs a score that reaches its threshold; the requisition closes with its last place and opens again when the place
    becomes free.

    Raises XudaError(FORBIDDEN | NOT_FOUND), ILLEGAL_STATE for a decision this state does not allow, SETTING_INVALID
    with ``field`` reason, and what :func:`placements.hire` raises.
    """
    user_id = person(actor)
    words = reason.strip()
    if len(words) > LONGEST_REASON or (not words and ruling in _WITH_REASON):
        raise XudaError(ErrorCode.SETTING_INVALID, field="reason")
    with hr.db.write() as session:
        interview = locked(session, actor, interview_id)
        parts = wholes.rows_of(session, interview)
        by_events = HrState(interview.state)
        if by_events not in FINAL_STATES:
            raise XudaError(ErrorCode.ILLEGAL_STATE, field="interview", state=by_events.value, ruling=ruling.value)
        state = after(states.decided(session, interview, parts), ruling, by_events=by_events)
        row = Decision(
            id=new_id(),
            interview_id=interview.id,
            state=state.value,
            ruling=ruling.value,
            user_id=user_id,
            decided_at=hr.now(),
        )
        if words:
            row.reason_sealed = hr.cabinet.seal(interview_subject(interview.id), words, _context(row))
        _place(hr, session, actor, interview, ruling, _score(session, parts))
        session.add(row)
        if state in DECIDED:
            redo_rows.decided(hr, session, actor, parts)
        standing.settle(session, interview)
        detail = {"decision": row.id, "ruling": ruling.value, "state": state.value}
        audit.record(session, hr.now(), actor, "decide", f"interview:{interview.id}", **detail)
        return state


def decisions(hr: Runtime, actor: Actor, interview_id: str) -> list[DecisionView]:
    """Newest first. Raises XudaError(FORBIDDEN | NOT_FOUND)."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.read() as session:
        ids = _ids(session, scope.interview(session, actor, interview_id))
        query = select(Decision, User.username).join(User, User.id == Decision.user_id)
        query = query.where(Decision.interview_id.in_(ids)).order_by(Decision.decided_at.desc())
        return [_view(hr, row, name) for row, name in session.execute(query)]


def scores(hr: Runtime, actor: Actor, interview_id: str) -> list[ScoreView]:
    """Newest first. Raises XudaError(FORBIDDEN | NOT_FOUND)."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.read() as session:
        ids = _ids(session, scope.interview(session, actor, interview_id))
        query = select(Rating, User.username).join(User, User.id == Rating.user_id)
        query = query.where(Rating.interview_id.in_(ids)).order_by(Rating.rated_at.desc())
        rows = session.execute(query)
        return [ScoreView(row.score, row.user_id == actor.user_id, name, row.rated_at) for row, name in rows]


def person(actor: Actor) -> str:
    """Id of the person of HR who asks. Raises XudaError(FORBIDDEN), also for the command line."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    if actor.user_id is None:
        raise XudaError(ErrorCode.FORBIDDEN, field="person")
    return actor.user_id


def locked(session: Session, actor: Actor, interview_id: str) -> Interview:
    """The interview, its parts held against another decision or score. Raises XudaError(NOT_FOUND)."""
    interview = scope.interview(session, actor, interview_id)
    ids = _ids(session, interview)
    session.scalars(select(Interview.id).where(Interview.id.in_(ids)).order_by(Interview.id).with_for_update()).all()
    session.refresh(interview)
    return interview


def _ids(session: Session, interview: Interview) -> list[str]:
    return [part.id for part in wholes.rows_of(session, interview)]


def counted(scores: Iterable[tuple[str, int]]) -> int | None:
    """What counts of several people's scores: the mean of each person's newest. ``scores``: (person, score), oldest
    first."""
    newest = dict(scores)
    return int(sum(newest.values()) / len(newest) + 0.5) if newest else None


def _score(session: Session, parts: list[Interview]) -> int | None:
    within = Rating.interview_id.in_([part.id for part in parts])
    rows = session.execute(select(Rating.user_id, Rating.score).where(within).order_by(Rating.rated_at))
    return counted((user_id, score) for user_id, score in rows)


def _place(
    hr: Runtime, session: Session, actor: Actor, interview: Interview, ruling: Ruling, score: int | None
) -> None:
    """Take or free the place of the requisition that goes with the decision."""
    invitation = interview.invitation
    if invitation is None:
        raise XudaError(ErrorCode.ILLEGAL_STATE, field="interview")
    if ruling is Ruling.ONBOARD:
        placements.hire(hr, session, actor, invitation, score)
    elif ruling in (Ruling.REJECT, Ruling.RECONSIDER):
        placements.release(hr, session, actor, invitation.id)


def _view(hr: Runtime, row: Decision, name: str) -> DecisionView:
    reason = ""
    if row.reason_sealed:
        reason = hr.cabinet.open(interview_subject(row.interview_id), row.reason_sealed, _context(row))
    ruling = Ruling(row.ruling) if row.ruling else None
    return DecisionView(ruling, HrState(row.state), reason, name, row.decided_at, row.released_at)


def _context(row: Decision) -> str:
    return f"decision:{row.id}"
