"""Scorecards: each person of HR rates an interview by its rubric; a draft until it is handed in, then final.

Nobody sees what others gave before having handed in, and before everybody who has begun has: no rating leans on
another.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.cabinet import interview_subject
from backend.db.models import Interview, Scorecard, ScorecardChange, new_id
from backend.runtime import Runtime
from backend.services import audit, decisions, scores, states, wholes
from backend.services.actor import Actor
from backend.services.scorecard_sheet import (
    LONGEST_COMMENT,
    CardState,
    CardView,
    Content,
    Sheet,
    card_view,
    kit_of,
    place,
    rateable,
    reason_place,
    scored_by,
    sheet_for,
)
from contract.errors import ErrorCode, XudaError


def save(hr: Runtime, actor: Actor, interview_id: str, content: Content, revision: int) -> CardView:
    """Keep a draft. ``revision``: the one it was made from.

    Raises XudaError(FORBIDDEN | NOT_FOUND), ILLEGAL_STATE with ``field`` interview or scorecard, CONFLICT with
    ``field`` scorecard when it was saved from elsewhere since, or is rated by another rubric.
    """
    user_id = decisions.person(actor)
    with hr.db.write() as session:
        interview, parts, row = _locked(session, actor, interview_id, user_id)
        sheet = _checked(session, interview, parts, row, content, revision)
        if row is not None and row.state != CardState.DRAFT:
            raise XudaError(ErrorCode.ILLEGAL_STATE, field="scorecard")
        row = _store(hr, session, actor, parts[0].id, row, sheet, content)
        return card_view(hr, row, sheet)


def hand_in(hr: Runtime, actor: Actor, interview_id: str, content: Content, revision: int) -> CardView:
    """Make the scorecard final; its total is the person's score of the interview from then on.

    Raises as :func:`save`, and SETTING_INVALID with ``field`` missing and ``count`` when something is not rated: what
    was given is kept as a draft then.
    """
    user_id = decisions.person(actor)
    with hr.db.write() as session:
        interview, parts, row = _locked(session, actor, interview_id, user_id)
        sheet = _checked(session, interview, parts, row, content, revision)
        if row is not None and row.state != CardState.DRAFT:
            raise XudaError(ErrorCode.ILLEGAL_STATE, field="scorecard")
        row = _store(hr, session, actor, parts[0].id, row, sheet, content)
        missing = sheet.missing(content)
        if not missing:
            row.state, row.handed_in_at = CardState.FINAL.value, hr.now()
            _score(hr, session, actor, interview, parts, sheet, content, "hand_in_scorecard")
        found = card_view(hr, row, sheet)
    if missing:
        raise XudaError(ErrorCode.SETTING_INVALID, field="missing", count=missing)
    return found


def change(hr: Runtime, actor: Actor, interview_id: str, content: Content, revision: int, reason: str) -> CardView:
    """Change a scorecard that was handed in; what it said before is kept with the reason.

    Raises as :func:`hand_in`, and SETTING_INVALID with ``field`` reason. Nothing is changed then.
    """
    user_id = decisions.person(actor)
    words = reason.strip()
    if not words or len(words) > LONGEST_COMMENT:
        raise XudaError(ErrorCode.SETTING_INVALID, field="reason")
    with hr.db.write() as session:
        interview, parts, row = _locked(session, actor, interview_id, user_id)
        sheet = _checked(session, interview, parts, row, content, revision)
        if row is None or row.state != CardState.FINAL:
            raise XudaError(ErrorCode.ILLEGAL_STATE, field="scorecard")
        if missing := sheet.missing(content):
            raise XudaError(ErrorCode.SETTING_INVALID, field="missing", count=missing)
        before = ScorecardChange(
            id=new_id(), scorecard_id=row.id, interview_id=row.interview_id, changed_at=hr.now(), reason_sealed=""
        )
        before.content_sealed = row.content_sealed
        before.reason_sealed = hr.cabinet.seal(interview_subject(row.interview_id), words, reason_place(before))
        session.add(before)
        row = _store(hr, session, actor, parts[0].id, row, sheet, content)
        _score(hr, session, actor, interview, parts, sheet, content, "change_scorecard")
        return card_view(hr, row, sheet)


def look(hr: Runtime, actor: Actor, interview_id: str) -> None:
    """See what others and the scoring gave without rating; a draft of one's own goes. Whoever has looked rates no more.

    Raises XudaError(FORBIDDEN | NOT_FOUND), ILLEGAL_STATE with ``field`` scorecard when one was handed in, or when
    there is nothing to see.
    """
    user_id = decisions.person(actor)
    with hr.db.write() as session:
        _, parts, row = _locked(session, actor, interview_id, user_id)
        something = scored_by(session, parts) - {user_id} or scores.current(session, [parts[0].id])
        if (row is not None and row.state == CardState.FINAL) or not something:
            raise XudaError(ErrorCode.ILLEGAL_STATE, field="scorecard")
        kit = kit_of(session, parts)
        if kit is None:
            raise XudaError(ErrorCode.KIT_MISSING)
        row = _store(hr, session, actor, parts[0].id, row, sheet_for(session, parts, kit, row), Content())
        row.state = CardState.LOOKED.value
        audit.record(session, hr.now(), actor, "look_at_scorecards", f"interview:{parts[0].id}")


def discard(hr: Runtime, actor: Actor, interview_id: str) -> None:
    """Throw the own draft away; without one nothing happens. Raises XudaError(FORBIDDEN | NOT_FOUND)."""
    user_id = decisions.person(actor)
    with hr.db.write() as session:
        _, parts, row = _locked(session, actor, interview_id, user_id)
        if row is not None and row.state == CardState.DRAFT:
            session.delete(row)
            audit.record(session, hr.now(), actor, "discard_scorecard", f"interview:{parts[0].id}")


def _locked(
    session: Session, actor: Actor, interview_id: str, user_id: str
) -> tuple[Interview, list[Interview], Scorecard | None]:
    """The interview with its parts, and the person's scorecard, held against another change."""
    interview = decisions.locked(session, actor, interview_id)
    parts = wholes.rows_of(session, interview)
    mine = Scorecard.interview_id.in_([part.id for part in parts]), Scorecard.user_id == user_id
    return interview, parts, session.scalar(select(Scorecard).where(*mine).with_for_update())


def _checked(
    session: Session,
    interview: Interview,
    parts: Sequence[Interview],
    row: Scorecard | None,
    content: Content,
    revision: int,
) -> Sheet:
    if not rateable(session, interview, parts):
        state = states.decided(session, interview, parts)
        raise XudaError(ErrorCode.ILLEGAL_STATE, field="interview", state=state.value)
    kit = kit_of(session, parts)
    if kit is None:
        raise XudaError(ErrorCode.KIT_MISSING)
    sheet = sheet_for(session, parts, kit, row)
    if revision != (row.revision if row is not None else 0) or content.marks().keys() - sheet.shares.keys():
        raise XudaError(ErrorCode.CONFLICT, field="scorecard")
    return sheet


def _store(
    hr: Runtime,
    session: Session,
    actor: Actor,
    interview_id: str,
    row: Scorecard | None,
    sheet: Sheet,
    content: Content,
) -> Scorecard:
    if row is None:
        row = Scorecard(
            id=new_id(),
            interview_id=interview_id,
            user_id=decisions.person(actor),
            rubric_id=sheet.rated_by.rubric_id,
            state=CardState.DRAFT.value,
            revision=0,
        )
        audit.record(session, hr.now(), actor, "begin_scorecard", f"interview:{interview_id}", scorecard=row.id)
    subject = interview_subject(row.interview_id)
    row.content_sealed = hr.cabinet.seal(subject, content.model_dump_json(), place(row))
    row.revision += 1
    row.updated_at = hr.now()
    session.add(row)
    session.flush()
    return row


def _score(
    hr: Runtime,
    session: Session,
    actor: Actor,
    interview: Interview,
    parts: list[Interview],
    sheet: Sheet,
    content: Content,
    action: str,
) -> None:
    """The total becomes the person's score of the interview, by which requisitions propose."""
    score = rounded(sheet.total(content) or 0.0)
    decisions.add_score(hr, session, interview, parts, decisions.person(actor), score)
    audit.record(session, hr.now(), actor, action, f"interview:{interview.id}", score=score)


def rounded(value: float) -> int:
    """Halves go up."""
    return int(value + 0.5)
