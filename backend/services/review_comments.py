"""Comments of people of HR on answers, at a time of the recording or on the whole answer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from backend.cabinet import interview_subject
from backend.db.models import EventRow, ReviewComment, Role, User, new_id
from backend.runtime import Runtime
from backend.services import audit, decisions, scope, states, wholes
from backend.services.actor import Actor
from contract.errors import ErrorCode, XudaError
from contract.events import EventType

LONGEST = 1000
_LATEST = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class CommentView:
    """``at``: seconds in the recording, None: on the whole answer."""

    comment_id: str
    answer_id: str
    at: float | None
    text: str
    by: str
    mine: bool
    created_at: datetime


def add(hr: Runtime, actor: Actor, interview_id: str, answer_id: str, text: str, at: float | None = None) -> str:
    """Id of the comment.

    Raises XudaError(FORBIDDEN | NOT_FOUND), SETTING_INVALID with ``field`` comment or time.
    """
    user_id = decisions.person(actor)
    words = text.strip()
    if not words or len(words) > LONGEST:
        raise XudaError(ErrorCode.SETTING_INVALID, field="comment")
    if at is not None and not (math.isfinite(at) and 0 <= at <= _LATEST):
        raise XudaError(ErrorCode.SETTING_INVALID, field="time")
    with hr.db.write() as session:
        parts = wholes.rows_of(session, scope.interview(session, actor, interview_id))
        saved = EventRow.kind == EventType.ANSWER_SAVED.value
        query = select(EventRow).where(EventRow.interview_id.in_([part.id for part in parts]), saved)
        if all(states.parse_event(row).data["answer_id"] != answer_id for row in session.scalars(query)):
            raise XudaError(ErrorCode.NOT_FOUND, field="answer")
        row = ReviewComment(
            id=new_id(),
            interview_id=parts[0].id,
            answer_id=answer_id,
            at_ms=None if at is None else round(at * 1000),
            user_id=user_id,
            created_at=hr.now(),
        )
        row.text_sealed = hr.cabinet.seal(interview_subject(row.interview_id), words, _place(row.id))
        session.add(row)
        audit.record(session, hr.now(), actor, "comment", f"interview:{row.interview_id}", comment=row.id)
        return row.id


def remove(hr: Runtime, actor: Actor, interview_id: str, comment_id: str) -> None:
    """Take an own comment away. Raises XudaError(FORBIDDEN), NOT_FOUND also for somebody else's."""
    user_id = decisions.person(actor)
    with hr.db.write() as session:
        parts = wholes.rows_of(session, scope.interview(session, actor, interview_id))
        row = session.get(ReviewComment, comment_id)
        if row is None or row.user_id != user_id or row.interview_id not in {part.id for part in parts}:
            raise XudaError(ErrorCode.NOT_FOUND, field="comment")
        session.delete(row)
        audit.record(session, hr.now(), actor, "remove_comment", f"interview:{row.interview_id}", comment=row.id)


def of_interview(hr: Runtime, actor: Actor, interview_id: str, *, others: bool) -> dict[str, list[CommentView]]:
    """Answer -> comments in the order of the recording; ``others``: also those of other people.

    Raises XudaError(FORBIDDEN | NOT_FOUND).
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.read() as session:
        parts = wholes.rows_of(session, scope.interview(session, actor, interview_id))
        query = select(ReviewComment, User.username).join(User, User.id == ReviewComment.user_id)
        query = query.where(ReviewComment.interview_id.in_([part.id for part in parts]))
        if not others:
            query = query.where(ReviewComment.user_id == actor.user_id)
        ordered = query.order_by(ReviewComment.at_ms, ReviewComment.created_at)
        found: dict[str, list[CommentView]] = {}
        for row, name in session.execute(ordered):
            text = hr.cabinet.open(interview_subject(row.interview_id), row.text_sealed, _place(row.id))
            at = None if row.at_ms is None else row.at_ms / 1000
            mine = row.user_id == actor.user_id
            view = CommentView(row.id, row.answer_id, at, text, name, mine, row.created_at)
            found.setdefault(row.answer_id, []).append(view)
        return found


def _place(comment_id: str) -> str:
    return f"review comment:{comment_id}"
