"""Erasing a candidate's personal data once no interview and no open invitation needs them any more."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from backend.db.candidate_models import SurveyRow
from backend.db.delivery_models import DeliveryRow
from backend.db.message_models import MessageRow
from backend.db.models import Candidate, Interview, InvitationRow, window_end
from backend.db.resume_models import ResumeMatchRow, ResumeRow
from backend.services import slots, voluntary_rows


def with_interview(session: Session, interview: Interview, now: datetime) -> str | None:
    """Id of the candidate whose data went with ``interview``; None when something else still needs them.

    The invitation is cancelled unless another attempt of it lives, so that no device offers it again.
    """
    invitation = interview.invitation
    if invitation is None:
        return None
    if not _living(session, InvitationRow.id == invitation.id, interview.id):
        invitation.cancelled_at = invitation.cancelled_at or now
        voluntary_rows.forget(session, [invitation.id])
        slots.free(session, [invitation.id])
    candidate_id = invitation.candidate_id
    if needed(session, candidate_id, now, but=interview.id):
        return None
    erase(session, candidate_id, now)
    return candidate_id


def needed(session: Session, candidate_id: str, now: datetime, *, but: str = "") -> bool:
    """Whether an interview other than ``but``, or an open invitation, still needs the person's data."""
    living = _living(session, InvitationRow.candidate_id == candidate_id, but)
    return living or _open_invitations(session, candidate_id, now)


def erase(session: Session, candidate_id: str, now: datetime) -> None:
    """Take name, contact data, identifiers, imported columns and the résumé out; cancel what invitations there are.

    The caller destroys the candidate's storage key once its transaction is done.
    """
    candidate = session.get_one(Candidate, candidate_id)
    candidate.name_sealed = ""
    for column in ("phone", "email", "id_number", "extra"):
        setattr(candidate, f"{column}_sealed", None)
    mine = InvitationRow.candidate_id == candidate_id
    invitations = session.scalars(select(InvitationRow.id).where(mine)).all()
    slots.free(session, invitations)
    voluntary_rows.forget(session, invitations)
    session.execute(delete(ResumeMatchRow).where(ResumeMatchRow.invitation_id.in_(invitations)))
    session.execute(delete(ResumeRow).where(ResumeRow.candidate_id == candidate_id))
    session.execute(update(InvitationRow).where(mine).values(adjustments={}))
    told = MessageRow.invitation_id.in_(select(InvitationRow.id).where(mine))
    session.execute(update(MessageRow).where(told).values(words_sealed=""))
    written = DeliveryRow.invitation_id.in_(select(InvitationRow.id).where(mine))
    session.execute(update(DeliveryRow).where(written).values(address_sealed=""))
    answered = SurveyRow.invitation_id.in_(select(InvitationRow.id).where(mine))
    session.execute(update(SurveyRow).where(answered).values(words_sealed=""))
    session.execute(update(InvitationRow).where(mine, InvitationRow.cancelled_at.is_(None)).values(cancelled_at=now))


def _living(session: Session, which: object, but: str) -> bool:
    query = select(Interview.id).join(Interview.invitation)
    query = query.where(which, Interview.id != but, Interview.deleted_at.is_(None))  # type: ignore[arg-type]
    return session.scalar(query.limit(1)) is not None


def _open_invitations(session: Session, candidate_id: str, now: datetime) -> bool:
    query = select(InvitationRow.id).join(InvitationRow.batch)
    mine = InvitationRow.candidate_id == candidate_id, InvitationRow.cancelled_at.is_(None)
    return session.scalar(query.where(*mine, window_end() > now).limit(1)) is not None
