"""HR lets a candidate answer one question of a finished interview again, and takes that back (docs/adr/0038)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.cabinet import interview_subject
from backend.db.models import Interview, InvitationRow, RedoRow, Role, new_id
from backend.runtime import Runtime
from backend.services import audit, decisions, messages, redo_rows, scope, states, wholes
from backend.services.actor import Actor
from contract.catalog import load
from contract.errors import ErrorCode, XudaError
from contract.events import HrState
from contract.message import MESSAGE_LANGUAGES
from contract.parts import counting_parts
from contract.redo import LONGEST_REASON

LONGEST = timedelta(days=90)
USUAL = timedelta(days=7)


def proposed_end(hr: Runtime, actor: Actor, interview_id: str) -> datetime | None:
    """Until when a question may be answered again unless said otherwise: the window's end, and at least a week. None
    while none may be. Raises XudaError(FORBIDDEN | NOT_FOUND)."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    now = hr.now()
    with hr.db.read() as session:
        parts = wholes.rows_of(session, scope.interview(session, actor, interview_id))
        try:
            invitation = _check_state(session, parts, now)
        except XudaError:
            return None
        return min(max(invitation.ends_at, now + USUAL), now + LONGEST)


def grant(hr: Runtime, actor: Actor, interview_id: str, question_id: str, reason: str, until: datetime) -> str:
    """Let the candidate answer a question again, until ``until``; its id. The candidate gets a message.

    Raises XudaError(FORBIDDEN | NOT_FOUND), SETTING_INVALID with ``field`` reason or until (not later than now, or by
    more than 90 days), ILLEGAL_STATE with ``field`` redo unless the interview is finished and nothing is decided,
    CONFLICT with ``field`` redo while another question is to be answered again.
    """
    user_id = decisions.person(actor)
    words = " ".join("".join(c for c in reason if c.isprintable() or c.isspace()).split())
    if not words or len(words) > LONGEST_REASON:
        raise XudaError(ErrorCode.SETTING_INVALID, field="reason")
    now = hr.now()
    if not now < until <= now + LONGEST + timedelta(days=1):  # the last day is meant whole
        raise XudaError(ErrorCode.SETTING_INVALID, field="until")
    with hr.db.write() as session, hr.cabinet.together():
        interview = decisions.locked(session, actor, interview_id)
        parts = wholes.rows_of(session, interview)
        invitation = _check_state(session, parts, now)
        number = redo_rows.number_of(redo_rows.kit_of(session, parts), question_id)
        if not number or question_id not in counting_parts(wholes.read(session, parts)):
            raise XudaError(ErrorCode.NOT_FOUND, field="question")
        row = RedoRow(
            id=new_id(),
            interview_id=parts[0].id,
            invitation_id=invitation.id,
            attempt=interview.attempt or 1,
            question_id=question_id,
            user_id=user_id,
            granted_at=now,
            not_after=until.replace(microsecond=0),
        )
        row.reason_sealed = hr.cabinet.seal(interview_subject(row.interview_id), words, redo_rows.place(row))
        session.add(row)
        if not interview.practice:
            row.message_id = _tell(hr, session, actor, row, number, words)
        detail = {"redo": row.id, "question": question_id, "until": row.not_after.isoformat()}
        audit.record(session, now, actor, "grant_redo", f"interview:{row.interview_id}", **detail)
        return row.id


def take_back(hr: Runtime, actor: Actor, interview_id: str, redo_id: str) -> None:
    """Until a part has used it; once more changes nothing.

    Raises XudaError(FORBIDDEN | NOT_FOUND), CONFLICT with ``field`` used once it has been begun.
    """
    decisions.person(actor)
    with hr.db.write() as session:
        interview = decisions.locked(session, actor, interview_id)
        row = session.get(RedoRow, redo_id)
        if row is None or (row.invitation_id, row.attempt) != (interview.invitation_id, interview.attempt):
            raise XudaError(ErrorCode.NOT_FOUND, field="redo")
        if row.used_by is not None:
            raise XudaError(ErrorCode.CONFLICT, field="used")
        if row.taken_back_at is None:
            redo_rows.take_back(session, actor, row, hr.now())


def _check_state(session: Session, parts: Sequence[Interview], now: datetime) -> InvitationRow:
    first = parts[0]
    invitation = first.invitation
    finished = HrState(first.state) is HrState.PENDING_REVIEW
    undecided = states.decided(session, first, parts) is HrState.PENDING_REVIEW
    if invitation is None or not finished or not undecided or wholes.withdrawn(session, parts):
        raise XudaError(ErrorCode.ILLEGAL_STATE, field="redo")
    newest = select(func.max(Interview.attempt)).where(Interview.invitation_id == invitation.id)
    if invitation.cancelled_at is not None or session.scalar(newest) != first.attempt:
        raise XudaError(ErrorCode.ILLEGAL_STATE, field="redo")
    same = RedoRow.invitation_id == invitation.id, redo_rows.running(now)
    if session.scalar(select(RedoRow.id).where(*same).limit(1)) is not None:
        raise XudaError(ErrorCode.CONFLICT, field="redo")
    return invitation


def _tell(hr: Runtime, session: Session, actor: Actor, row: RedoRow, number: int, reason: str) -> str:
    title, text = {}, {}
    until = f"{row.not_after.astimezone():%Y-%m-%d}"
    for language in MESSAGE_LANGUAGES:
        t = load("portal", language).gettext
        title[language] = t("Please answer question {n} again").format(n=number)
        text[language] = t(
            "HR asks you to answer question {n} again. Reason: {reason}\n"
            "Come back with the same invitation until {date}, on any interview device. It is this one question alone; "
            "your first answer is kept and counts until then."
        ).format(n=number, reason=reason, date=until)
    to = f"invitation:{row.invitation_id}"
    return messages.put(hr, session, actor, messages.Draft(to, title, text, row.granted_at, row.not_after))
