"""What candidates see of themselves in the candidate portal, and what they may do there.

Everything is of one invitation, that of the session. What people of HR decided appears once it is released, and counts
as fetched from then on: what somebody has read is not taken back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from backend.cabinet import candidate_subject
from backend.db.candidate_models import SurveyRow
from backend.db.message_models import MessageRow
from backend.db.models import Decision, EventRow, Interview, InvitationRow
from backend.runtime import Runtime
from backend.services import audit, candidate_deletion, messages, wholes
from backend.services.kits import stored_kit
from backend.services.people import candidate_name
from contract.errors import ErrorCode, XudaError
from contract.events import EventType, HrState, QuestionnaireData
from contract.kit import Kit

LONGEST_WORDS = 2000
_LEFT = frozenset({HrState.PAUSED, HrState.PENDING_REVIEW, HrState.INCOMPLETE, HrState.DECLINED})


class Stage(StrEnum):
    """What a candidate passes, in this order."""

    APPLICATION = "application"
    INTERVIEW = "interview"
    SECOND_ROUND = "second_round"
    OFFER = "offer"


class Standing(StrEnum):
    DONE = "done"
    NOW = "now"
    OPEN = "open"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Step:
    stage: Stage
    standing: Standing


@dataclass(frozen=True, slots=True)
class OwnMessage:
    title: dict[str, str]
    text: dict[str, str]
    at: datetime


@dataclass(frozen=True, slots=True)
class OwnPage:
    """``state``: of the interview as its events say; ``told``: the newest decision that was released, None before.

    ``survey``: the questionnaire may be answered. ``answered``: it was, here or in the client. ``deletion``: how far a
    deletion is that was asked for.
    """

    name: str
    code: str
    link: str
    kit: Kit
    not_before: datetime
    not_after: datetime
    window_open: bool
    state: HrState
    told: HrState | None
    steps: list[Step]
    messages: list[OwnMessage]
    survey: bool
    answered: bool
    deletion: candidate_deletion.Progress | None


def page(hr: Runtime, invitation_id: str) -> OwnPage:
    """Raises XudaError(NOT_FOUND) once the person's data are gone."""
    _note_told(hr, invitation_id)
    with hr.db.read() as session:
        row = session.get_one(InvitationRow, invitation_id)
        deletion = candidate_deletion.progress(session, row)
        if not row.candidate.name_sealed:
            raise XudaError(ErrorCode.NOT_FOUND, field="invitation")
        state, told, now = state_of(session, row.id), _told(session, row.id), hr.now()
        answered = _answered(session, row.id)
        return OwnPage(
            name=candidate_name(hr, row.candidate),
            code=row.code,
            link=row.token,
            kit=stored_kit(session, row.batch.kit_id),
            not_before=row.batch.not_before,
            not_after=row.ends_at,
            window_open=row.batch.not_before <= now < row.ends_at,
            state=state,
            told=told,
            steps=steps(state, told),
            messages=_messages(hr, session, row),
            survey=state in _LEFT and not answered and deletion is None,
            answered=answered,
            deletion=deletion,
        )


def steps(state: HrState, told: HrState | None) -> list[Step]:
    """How far somebody is, from the own interview and from what HR has released alone."""
    interview = {
        HrState.PENDING_REVIEW: Standing.DONE,
        HrState.INCOMPLETE: Standing.ENDED,
        HrState.DECLINED: Standing.ENDED,
    }.get(state, Standing.NOW)
    second, offer = Standing.OPEN, Standing.OPEN
    if told is HrState.SECOND_ROUND:
        interview, second = Standing.DONE, Standing.NOW
    elif told is HrState.PENDING_ONBOARDING:
        interview, second, offer = Standing.DONE, Standing.DONE, Standing.DONE
    elif told is HrState.REJECTED:
        second, offer = Standing.ENDED, Standing.ENDED
    return [
        Step(Stage.APPLICATION, Standing.DONE),
        Step(Stage.INTERVIEW, interview),
        Step(Stage.SECOND_ROUND, second),
        Step(Stage.OFFER, offer),
    ]


def answer_survey(hr: Runtime, invitation_id: str, ratings: QuestionnaireData, words: str) -> None:
    """Once; what was answered in the client counts as well.

    Raises XudaError(ILLEGAL_STATE) with ``field`` survey when there is nothing to answer (any more), SETTING_INVALID
    with ``field`` survey for an empty one, or words that are too long.
    """
    given = any(value is not None for value in ratings.model_dump().values())
    said = words.strip()
    if not (given or said) or len(said) > LONGEST_WORDS:
        raise XudaError(ErrorCode.SETTING_INVALID, field="survey")
    with hr.db.write() as session:
        row = session.get_one(InvitationRow, invitation_id)
        state = state_of(session, row.id)
        asked = candidate_deletion.progress(session, row) is not None
        if state not in _LEFT or asked or _answered(session, row.id) or not row.candidate.name_sealed:
            raise XudaError(ErrorCode.ILLEGAL_STATE, field="survey")
        sealed = hr.cabinet.seal(candidate_subject(row.candidate_id), said, f"survey:{row.id}") if said else ""
        session.add(
            SurveyRow(
                invitation_id=row.id,
                words_sealed=sealed,
                state=state.value,
                answered_at=hr.now(),
                **ratings.model_dump(),
            )
        )
        audit.record(session, hr.now(), f"candidate:{row.id}", "survey", f"invitation:{row.id}")


def _note_told(hr: Runtime, invitation_id: str) -> None:
    """What is released counts as fetched from before it is shown."""
    mine = select(Interview.id).where(Interview.invitation_id == invitation_id)
    fresh = (
        Decision.interview_id.in_(mine),
        Decision.released_at.is_not(None),
        Decision.fetched_at.is_(None),
    )
    with hr.db.read() as session:
        if session.scalar(select(Decision.id).where(*fresh).limit(1)) is None:
            return
    with hr.db.write() as session:
        for row in session.scalars(select(Decision).where(*fresh)):
            row.fetched_at = hr.now()
            audit.record(session, hr.now(), f"candidate:{invitation_id}", "fetch_decision", f"decision:{row.id}")


def _told(session: Session, invitation_id: str) -> HrState | None:
    mine = select(Interview.id).where(Interview.invitation_id == invitation_id, Interview.deleted_at.is_(None))
    known = Decision.interview_id.in_(mine), Decision.released_at.is_not(None), Decision.fetched_at.is_not(None)
    query = select(Decision.state).where(*known).order_by(Decision.decided_at.desc()).limit(1)
    word = session.scalar(query)
    return HrState(word) if word else None


def own_interviews(session: Session, invitation_id: str) -> Sequence[Interview]:
    """Those of the invitation that are not deleted, the newest attempt last."""
    query = select(Interview).where(Interview.invitation_id == invitation_id, Interview.deleted_at.is_(None))
    return session.scalars(query.order_by(Interview.attempt, Interview.part, Interview.id)).all()


def state_of(session: Session, invitation_id: str) -> HrState:
    """Of the newest attempt, as its events say; invited before the first."""
    rows = own_interviews(session, invitation_id)
    return HrState(wholes.rows_of(session, rows[-1])[0].state) if rows else HrState.INVITED


def _answered(session: Session, invitation_id: str) -> bool:
    if session.get(SurveyRow, invitation_id) is not None:
        return True
    mine = [row.id for row in own_interviews(session, invitation_id)]
    asked = EventRow.interview_id.in_(mine), EventRow.kind == EventType.QUESTIONNAIRE.value
    return session.scalar(select(EventRow.seq).where(*asked).limit(1)) is not None


def _messages(hr: Runtime, session: Session, row: InvitationRow) -> list[OwnMessage]:
    """What HR tells everyone, the batch or this person now, the newest first."""
    now = hr.now()
    current = MessageRow.withdrawn_at.is_(None), MessageRow.not_before <= now, MessageRow.not_after > now
    everyone = MessageRow.batch_id.is_(None) & MessageRow.invitation_id.is_(None)
    mine = or_(everyone, MessageRow.batch_id == row.batch_id, MessageRow.invitation_id == row.id)
    found = session.scalars(select(MessageRow).where(*current, mine).order_by(MessageRow.created_at.desc()))
    return [
        OwnMessage(words["title"], words["text"], item.created_at)
        for item in found
        if (words := messages.readable(hr, session, item)) is not None
    ]
