"""A candidate says something about themselves of their own accord, after the interview, and takes it back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum

from sqlalchemy.orm import Session

from backend.db.candidate_models import VoluntaryRow
from backend.db.models import InvitationRow
from backend.runtime import Runtime
from backend.services import audit, candidate_deletion, candidate_pages
from backend.services.voluntary_rows import VALUES, Aspect, place, subject
from contract.errors import ErrorCode, XudaError
from contract.events import FINAL_STATES

# version of the words that are agreed to
CONSENT = "1"


class Standing(StrEnum):
    """``CLOSED``: the interview goes on, or is being deleted."""

    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"


def standing(hr: Runtime, invitation_id: str) -> Standing:
    with hr.db.read() as session:
        return _standing(session, session.get_one(InvitationRow, invitation_id))


def answer(hr: Runtime, invitation_id: str, given: Mapping[Aspect, str], *, agreed: bool) -> None:
    """Keep what was chosen; questions that were left are not in it.

    Raises XudaError(ILLEGAL_STATE) with ``field`` voluntary when it may not be answered (any more), SETTING_INVALID
    with ``field`` voluntary without a choice or for one that is none, or with ``field`` consent.
    """
    if not given or any(value not in VALUES[aspect] for aspect, value in given.items()):
        raise XudaError(ErrorCode.SETTING_INVALID, field="voluntary")
    if not agreed:
        raise XudaError(ErrorCode.SETTING_INVALID, field="consent")
    with hr.db.write() as session:
        row = session.get_one(InvitationRow, invitation_id)
        if _standing(session, row) is not Standing.OPEN:
            raise XudaError(ErrorCode.ILLEGAL_STATE, field="voluntary")
        text = json.dumps({aspect.value: value for aspect, value in given.items()})
        sealed = hr.cabinet.seal(subject(row.id), text, place(row.id))
        said = VoluntaryRow(invitation_id=row.id, answers_sealed=sealed, consent=CONSENT, answered_at=hr.now())
        session.add(said)
        audit.record(session, hr.now(), f"candidate:{row.id}", "voluntary", f"invitation:{row.id}")


def withdraw(hr: Runtime, invitation_id: str) -> None:
    """Erase it for good; once more changes nothing."""
    with hr.db.write() as session:
        row = session.get(VoluntaryRow, invitation_id)
        if row is None:
            return
        session.delete(row)
        session.flush()
        hr.cabinet.destroy([subject(invitation_id)])
        audit.record(
            session, hr.now(), f"candidate:{invitation_id}", "voluntary_withdrawn", f"invitation:{invitation_id}"
        )
    hr.db.wipe_log()


def _standing(session: Session, row: InvitationRow) -> Standing:
    if candidate_deletion.progress(session, row) is not None or not row.candidate.name_sealed:
        return Standing.CLOSED
    if session.get(VoluntaryRow, row.id) is not None:
        return Standing.ANSWERED
    return Standing.OPEN if candidate_pages.state_of(session, row.id) in FINAL_STATES else Standing.CLOSED
