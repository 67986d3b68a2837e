"""A language model's second opinion about an interview: asked for by a person who has rated it, in the background.

It is no part of the score or of anything that is made from it. What may leave HR, and what of the answer is kept:
backend.opinion. It goes as scores do: with the consent, the interview, on request.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from backend.cabinet import interview_subject
from backend.db.models import Deletion, Interview, OpinionRow, Role, new_id
from backend.opinion.reply import Opinion
from backend.runtime import Runtime
from backend.services import audit, holds, scope, score_marks, scores, wholes
from backend.services.actor import Actor
from backend.services.scorecard_sheet import kit_of
from contract.errors import ErrorCode, XudaError


class OpinionState(StrEnum):
    OPEN = "open"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class OpinionView:
    """What one person sees. ``may_ask``: who may rate, where an address is set. ``agreed``: the candidate has.

    ``waiting``: it is being asked. ``error``: code of what stood against the last try. ``opinion``: the newest there is
    of ``model`` at ``host``.
    """

    may_ask: bool = False
    agreed: bool = False
    waiting: bool = False
    error: str = ""
    opinion: Opinion | None = None
    host: str = ""
    model: str = ""
    asked_by: str = ""
    asked_at: datetime | None = None


def ask(hr: Runtime, actor: Actor, interview_id: str, language: str) -> str:
    """Order a second opinion, to be worded in ``language``; its id.

    Raises XudaError(FORBIDDEN | NOT_FOUND), FORBIDDEN with ``field`` consent where the candidate has not agreed,
    ILLEGAL_STATE with ``field`` second_opinion without an address, interview for one that has not ended, or rating for
    a person whose own rating could lean on it, CONFLICT with ``field`` opinion while it is being asked.
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    settings = hr.settings.second_opinion
    if not settings.on:
        raise XudaError(ErrorCode.ILLEGAL_STATE, field="second_opinion")
    with hr.db.write() as session:
        rows = wholes.rows_of(session, scope.interview(session, actor, interview_id))
        _check_may_be_asked(hr, session, actor, rows)
        row = OpinionRow(
            id=new_id(),
            interview_id=rows[0].id,
            state=OpinionState.OPEN.value,
            host=settings.host,
            model=settings.model,
            language=language,
            asked_by=actor.username,
            asked_at=hr.now(),
            tries=0,
        )
        session.add(row)
        facts = {"host": settings.host, "model": settings.model}
        audit.record(session, hr.now(), actor, "asked_second_opinion", f"interview:{rows[0].id}", **facts)
        return row.id


def _check_may_be_asked(hr: Runtime, session: Session, actor: Actor, rows: Sequence[Interview]) -> None:
    if rows[0].ended_at is None:
        raise XudaError(ErrorCode.ILLEGAL_STATE, field="interview", state=rows[0].state)
    if not leave_given(session, rows):
        raise XudaError(ErrorCode.FORBIDDEN, field="consent")
    if not _may_see(hr, session, actor, rows):
        raise XudaError(ErrorCode.ILLEGAL_STATE, field="rating")
    if any(row.state == OpinionState.OPEN for row in _shown(session, rows)):
        raise XudaError(ErrorCode.CONFLICT, field="opinion")


def leave_given(session: Session, rows: Sequence[Interview]) -> bool:
    """Whether what was said may be given to the service: the candidate has agreed to what the kit says of
    it, and nothing is to be deleted."""
    asked = select(Deletion.interview_id).where(Deletion.interview_id.in_([row.id for row in rows]))
    if any(row.deleted_at for row in rows) or session.scalar(asked.limit(1)) is not None:
        return False
    kit = kit_of(session, rows)
    return kit is not None and bool(kit.consent.elsewhere) and score_marks.agreed_elsewhere(session, rows)


def _may_see(hr: Runtime, session: Session, actor: Actor, rows: Sequence[Interview]) -> bool:
    """As the score: nobody's rating leans on it."""
    return session.scalar(select(Interview.id).where(Interview.id == rows[0].id, scores.may_see(hr, actor))) is not None


def _shown(session: Session, rows: Sequence[Interview]) -> list[OpinionRow]:
    """The newest first."""
    own = OpinionRow.interview_id.in_([row.id for row in rows]), OpinionRow.superseded_at.is_(None)
    return list(session.scalars(select(OpinionRow).where(*own).order_by(OpinionRow.asked_at.desc(), OpinionRow.id)))


# ---- what people see -----------------------------------------------------------------------------------------------


def shown(hr: Runtime, actor: Actor, interview_id: str) -> OpinionView | None:
    """None where there is nothing to show; the view of an opinion is noted in the log.

    Raises XudaError(FORBIDDEN | NOT_FOUND | KEY_DESTROYED | SEALED_DAMAGED).
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR, Role.DEPARTMENT_HEAD)
    with hr.db.read() as session:
        rows = wholes.rows_of(session, scope.interview(session, actor, interview_id))
        found = _view(hr, session, actor, rows)
    if found is not None and found.opinion is not None:
        audit.record_now(hr, actor, "view_second_opinion", f"interview:{interview_id}")
    return found


def waiting(hr: Runtime, actor: Actor, interview_id: str) -> bool:
    """Whether an answer is still awaited. Raises XudaError(FORBIDDEN | NOT_FOUND)."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.read() as session:
        rows = wholes.rows_of(session, scope.interview(session, actor, interview_id))
        return any(row.state == OpinionState.OPEN for row in _shown(session, rows))


def _view(hr: Runtime, session: Session, actor: Actor, rows: Sequence[Interview]) -> OpinionView | None:
    asks = hr.settings.second_opinion.on and actor.role in (Role.ADMINISTRATOR, Role.HR)
    if not _may_see(hr, session, actor, rows) or rows[0].ended_at is None:
        return None
    if not leave_given(session, rows):
        return OpinionView(may_ask=True) if asks else None
    there = _shown(session, rows)
    done = next((row for row in there if row.state == OpinionState.DONE), None)
    last = there[0] if there and asks else None
    if done is None and not asks:
        return None
    return OpinionView(
        may_ask=asks,
        agreed=True,
        waiting=last is not None and last.state == OpinionState.OPEN,
        error=last.error or "" if last is not None else "",
        opinion=content_of(hr, done) if done is not None else None,
        host=done.host if done is not None else hr.settings.second_opinion.host,
        model=done.model if done is not None else hr.settings.second_opinion.model,
        asked_by=done.asked_by if done is not None else "",
        asked_at=done.finished_at if done is not None else None,
    )


def content_of(hr: Runtime, row: OpinionRow) -> Opinion:
    """Of one that is done. Raises XudaError(KEY_DESTROYED | SEALED_DAMAGED)."""
    opened = hr.cabinet.open(interview_subject(row.interview_id), row.content_sealed or "", place(row))
    return Opinion.model_validate_json(opened)


def place(row: OpinionRow) -> str:
    return f"opinion:{row.id}"


# ---- the work: services.opinion_making -------------------------------------------------------------------------------


class Gone(Exception):
    """Nobody wants the answer any more, or another process has taken the order over."""


def claim(hr: Runtime, me: str, lease: timedelta, most_tries: int) -> str | None:
    """An order for this process: nobody's, or one whose process has not been heard of."""
    with hr.db.write() as session:
        now = hr.now()
        free = or_(OpinionRow.holder.is_(None), OpinionRow.lease_until < now)
        query = select(OpinionRow).where(OpinionRow.state == OpinionState.OPEN.value, free)
        query = query.where(OpinionRow.superseded_at.is_(None)).order_by(OpinionRow.asked_at)
        row = session.scalars(query.limit(1).with_for_update()).first()
        if row is None:
            return None
        row.holder, row.lease_until, row.tries = me, now + lease, row.tries + 1
        if row.tries > most_tries:
            _end(session, row, now, "interrupted")
            return None
        return row.id


def failed(hr: Runtime, me: str, opinion_id: str, error: str) -> None:
    """Raises Gone."""
    with hr.db.write() as session:
        _end(session, mine(session, me, opinion_id), hr.now(), error)


def keep(hr: Runtime, me: str, opinion_id: str, opinion: Opinion) -> None:
    """In place of what there was. Raises Gone, also where the consent has gone meanwhile."""
    with hr.db.write() as session:
        row, now = mine(session, me, opinion_id), hr.now()
        rows = wholes.rows_of(session, session.get_one(Interview, row.interview_id))
        if not leave_given(session, rows):
            raise Gone
        _replace(session, rows, row, now)
        row.content_sealed = hr.cabinet.seal(interview_subject(row.interview_id), opinion.model_dump_json(), place(row))
        row.state, row.finished_at, row.holder, row.lease_until = OpinionState.DONE.value, now, None, None
        facts = {"points": sum(len(one.points) for one in opinion.questions), "dropped": opinion.dropped}
        audit.record(session, now, "server", "second_opinion", f"interview:{rows[0].id}", **facts)


def mine(session: Session, me: str, opinion_id: str) -> OpinionRow:
    row = session.get(OpinionRow, opinion_id)
    if row is None or row.holder != me or row.state != OpinionState.OPEN or row.superseded_at is not None:
        raise Gone
    return row


def _replace(session: Session, rows: Sequence[Interview], row: OpinionRow, now: datetime) -> None:
    ids = [part.id for part in rows]
    others = OpinionRow.interview_id.in_(ids), OpinionRow.id != row.id
    if holds.held_interviews(session) & set(ids):
        session.execute(update(OpinionRow).where(*others, OpinionRow.superseded_at.is_(None)).values(superseded_at=now))
    else:
        session.execute(delete(OpinionRow).where(*others))


def _end(session: Session, row: OpinionRow, now: datetime, error: str) -> None:
    row.state, row.finished_at, row.error = OpinionState.FAILED.value, now, error[:40]
    row.holder, row.lease_until = None, None
    facts = {"error": row.error}
    audit.record(session, now, "server", "second_opinion_failed", f"interview:{row.interview_id}", **facts)
