"""Which interviews the scoring has to look at again, and whose scores go.

Said by whoever changes what they are made of, in its own transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.orm import Session, aliased

from backend.db.models import EventRow, Interview, OpinionRow, ScoreRow
from backend.services import holds, states, wholes
from contract.events import ConsentedData, EventType


def changed(session: Session, interview: Interview, kind: EventType, now: datetime) -> None:
    """An event has come. Scores go with the consent to them, and so does what another service said; facts about the
    picture are no part of any."""
    if kind is EventType.PICTURED:
        return
    rows = wholes.rows_of(session, interview)
    for row in rows:
        row.weighed = None
    if kind is not EventType.CONSENTED:
        return
    if not _agreed(session, rows):
        forget(session, rows, now)
    elif not agreed_elsewhere(session, rows):
        forget_opinions(session, rows, now)


def rubric_changed(session: Session, kit_id: str, version: int) -> None:
    """The answers of this version of a kit are rated by something else."""
    part = aliased(Interview)
    same = and_(part.invitation_id == Interview.invitation_id, part.attempt == Interview.attempt)
    asked = select(part.id).where(
        part.kit_id == kit_id, part.kit_version == version, or_(part.id == Interview.id, same)
    )
    query = update(Interview).where(Interview.leading.is_(True), asked.correlate(Interview).exists())
    session.execute(query.values(weighed=None).execution_options(synchronize_session="fetch"))


def forget(session: Session, rows: Sequence[Interview], now: datetime) -> bool:
    """Delete all scores of an interview, and opinions about it; whether a score counted. Under a legal hold they stay,
    and count no more."""
    forget_opinions(session, rows, now)
    ids = [row.id for row in rows]
    current = ScoreRow.interview_id.in_(ids), ScoreRow.superseded_at.is_(None)
    counted = session.scalar(select(ScoreRow.id).where(*current).limit(1)) is not None
    if holds.held_interviews(session) & set(ids):
        session.execute(update(ScoreRow).where(*current).values(superseded_at=now))
    else:
        session.execute(delete(ScoreRow).where(ScoreRow.interview_id.in_(ids)))
    return counted


def forget_opinions(session: Session, rows: Sequence[Interview], now: datetime) -> None:
    """Delete what another service said, also what is being asked. Under a legal hold it stays, and is not shown."""
    ids = [row.id for row in rows]
    own = OpinionRow.interview_id.in_(ids)
    if holds.held_interviews(session) & set(ids):
        session.execute(update(OpinionRow).where(own, OpinionRow.superseded_at.is_(None)).values(superseded_at=now))
    else:
        session.execute(delete(OpinionRow).where(own))


def agreed_elsewhere(session: Session, rows: Sequence[Interview]) -> bool:
    """Whether the candidate has agreed to scoring, and that another service is given what was said, by the newest
    consent of the newest part, and has taken nothing back."""
    found = _consent(session, rows)
    return found is not None and found.scoring and found.elsewhere and not wholes.withdrawn(session, rows)


def _agreed(session: Session, rows: Sequence[Interview]) -> bool:
    """As ``report.scoring.may_score``, from the events alone."""
    found = _consent(session, rows)
    return found is not None and found.scoring


def _consent(session: Session, rows: Sequence[Interview]) -> ConsentedData | None:
    """The newest one of the newest part."""
    numbers = {row.id: row.part or 0 for row in rows}
    said = EventRow.interview_id.in_(numbers), EventRow.kind == EventType.CONSENTED.value
    events = [states.parse_event(row) for row in session.scalars(select(EventRow).where(*said))]
    newest = max(events, key=lambda event: (numbers[event.interview_id], event.at), default=None)
    return newest.parse_data(ConsentedData) if newest is not None else None
