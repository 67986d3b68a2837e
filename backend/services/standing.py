"""What lists sort and count by: written in the transaction that changes it, so that a page asks for its rows alone."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.db.models import Interview, InvitationRow
from backend.services import states, wholes


def settle(session: Session, interview: Interview) -> None:
    """After the interview's events, parts, decisions or deletion: who leads its whole, and where that stands.

    ``leading``: the first part that is not deleted; it stands for the whole. ``standing``: ``states.decided``.
    """
    session.flush()
    parts = _parts(session, interview)
    living = wholes.in_order(part for part in parts if part.deleted_at is None)
    standing = states.decided(session, living[0], living).value if living else interview.state
    for part in parts:
        part.leading = bool(living) and part is living[0]
        part.standing = standing
    if interview.invitation_id is not None:
        session.get_one(InvitationRow, interview.invitation_id).begun = True


def _parts(session: Session, interview: Interview) -> list[Interview]:
    if interview.invitation_id is None or interview.attempt is None:
        return [interview]
    same = Interview.invitation_id == interview.invitation_id, Interview.attempt == interview.attempt
    return list(session.scalars(select(Interview).where(*same)))
