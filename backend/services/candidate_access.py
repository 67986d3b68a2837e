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
    source, name = network(address), typed_code(code)
    hr.limits.candidate.check(source)
    hr.limits.candidate_code.check(name)
    candidates = known_as(hr, known)
    with hr.db.write() as session:
        row = fitting(session, name, candidates)
        if row is not None:
            return admit(hr, session, row)
        refuse(hr, session)
    hr.limits.candidate.count(source)
    hr.limits.candidate_code.count(name)
    raise XudaError(ErrorCode.UNAUTHORIZED)


def known_as(hr: Runtime, known: str) -> set[str]:
    """Ids of candidates with this phone, e-mail address or ID number; all three are looked up whatever was typed."""
    return {found for column, value in _values(known) for found in people.find_candidates(hr, column, value)}


def fitting(session: Session, name: str, candidates: set[str]) -> InvitationRow | None:
    """The invitation of the code, when it is one of ``candidates`` who was not erased."""
    row = session.scalar(select(InvitationRow).where(InvitationRow.code == name))
    fits = row is not None and row.candidate_id in candidates and row.cancelled_at is None
    return row if fits else None


def admit(hr: Runtime, session: Session, row: InvitationRow) -> str:
    """The secret token of a new session of this invitation."""
    token, now = secrets.token_urlsafe(32), hr.now()
    session.add(CandidateSession(id=digest(token), invitation_id=row.id, created_at=now, seen_at=now))
    session.execute(delete(CandidateSession).where(CandidateSession.created_at < now - LONGEST))
    audit.record(session, now, f"candidate:{row.id}", "candidate_sign_in", f"invitation:{row.id}")
    return token


def refuse(hr: Runtime, session: Session) -> None:
    """Noted without a word of what was typed."""
    audit.record(session, hr.now(), "stranger", "candidate_refused", "invitation")


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
                update(CandidateSession).where(CandidateSession.id == digest(token)).values(seen_at=hr.now())
            )
    return found


def sign_out(hr: Runtime, token: str) -> None:
    with hr.db.write() as session:
        row = _living(session, token, hr.now())
        if row is not None:
            row.ended_at = hr.now()


def _living(session: Session, token: str, now: datetime) -> CandidateSession | None:
    row = session.get(CandidateSession, digest(token))
    if row is None or row.ended_at is not None or now - row.seen_at > IDLE or now - row.created_at > LONGEST:
        return None
    return row


def typed_code(text: str) -> str:
    """The invitation code as it is stored, or what was typed instead of one."""
    try:
        return normalise_code(text)
    except XudaError:
        return text.strip().upper()[:40] or _NOBODY


def _values(known: str) -> list[tuple[str, str]]:
    typed = known.strip()
    cleaned = {"phone": clean_phone(typed), "email": clean_email(typed), "id_number": clean_id_number(typed)}
    return [(column, value or _NOBODY) for column, value in cleaned.items()]


def digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
