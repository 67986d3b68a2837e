"""Candidates sign in with the invitation code and what they gave HR: phone, e-mail address or ID number.

Whether a code exists is never told: every refusal is the same, takes the same look-ups, and counts the same.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from backend.db.candidate_models import CandidateSession
from backend.db.models import InvitationRow
from backend.ratelimit import network
from backend.runtime import Runtime
from backend.services import audit, people
from contract.errors import ErrorCode, XudaError
from contract.identifiers import clean_email, clean_id_number, clean_phone
from contract.invitation import normalise_code

IDLE, LONGEST = timedelta(minutes=15), timedelta(hours=1)
_NOBODY = "-"


def sign_in(hr: Runtime, code: str, known: str, *, address: str) -> str:
    """The secret token of a new session. ``known``: phone, e-mail address or ID number.

    Raises XudaError(UNAUTHORIZED) whatever was wrong, RATE_LIMITED after too many tries of the network or for the code.
    """
    source, name = network(address), _code(code)
    hr.limits.candidate.check(source)
    hr.limits.candidate_code.check(name)
    # all three are looked up whatever was typed and whether there is such a code
    candidates = {found for column, value in _values(known) for found in people.find_candidates(hr, column, value)}
    with hr.db.write() as session:
        now = hr.now()
        row = session.scalar(select(InvitationRow).where(InvitationRow.code == name))
        fits = row is not None and row.candidate_id in candidates and row.cancelled_at is None
        if row is not None and fits:
            token = secrets.token_urlsafe(32)
            session.add(CandidateSession(id=_digest(token), invitation_id=row.id, created_at=now, seen_at=now))
            old = CandidateSession.created_at < now - LONGEST
            session.execute(delete(CandidateSession).where(old))
            audit.record(session, now, f"candidate:{row.id}", "candidate_sign_in", f"invitation:{row.id}")
            return token
        audit.record(session, now, "stranger", "candidate_refused", "invitation")
    hr.limits.candidate.count(source)
    hr.limits.candidate_code.count(name)
    raise XudaError(ErrorCode.UNAUTHORIZED)


def current(hr: Runtime, token: str) -> str | None:
    """Id of the invitation a cookie's token stands for; None when there is none or it has ended."""
    if not token:
        return None
    with hr.db.read() as session:
        row, now = _living(session, token, hr.now()), hr.now()
        found = row.invitation_id if row is not None else None
        stale = row is not None and now - row.seen_at > timedelta(minutes=1)
    if stale:
        with hr.db.write() as session:
            session.execute(
                update(CandidateSession).where(CandidateSession.id == _digest(token)).values(seen_at=hr.now())
            )
    return found


def sign_out(hr: Runtime, token: str) -> None:
    with hr.db.write() as session:
        row = _living(session, token, hr.now())
        if row is not None:
            row.ended_at = hr.now()


def _living(session: Session, token: str, now: datetime) -> CandidateSession | None:
    row = session.get(CandidateSession, _digest(token))
    if row is None or row.ended_at is not None or now - row.seen_at > IDLE or now - row.created_at > LONGEST:
        return None
    return row


def _code(text: str) -> str:
    try:
        return normalise_code(text)
    except XudaError:
        return text.strip().upper()[:40] or _NOBODY


def _values(known: str) -> list[tuple[str, str]]:
    typed = known.strip()
    cleaned = {"phone": clean_phone(typed), "email": clean_email(typed), "id_number": clean_id_number(typed)}
    return [(column, value or _NOBODY) for column, value in cleaned.items()]


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
