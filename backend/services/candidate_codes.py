"""One-time codes by mail or SMS as the second thing at the door of the candidate portal.

Whoever has typed something is asked for a code, whether it fitted or not; only a fitting candidate is sent one. So the
first page tells nothing, and the second refuses everybody alike. No code is stored: it is worked out again from its
row under the server's data key.
"""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from backend.db.candidate_models import CandidateChallenge
from backend.db.delivery_models import DeliveryRow
from backend.db.models import Candidate, InvitationRow, Role, new_id
from backend.ratelimit import network
from backend.runtime import Runtime
from backend.sending.outcome import Channel, Template
from backend.services import audit, deliveries, facts, scope
from backend.services.actor import Actor
from backend.services.candidate_access import admit, digest, fitting, known_as, refuse, typed_code
from contract.errors import ErrorCode, XudaError

DIGITS = 6
VALID = timedelta(minutes=10)
MOST_TRIES = 3
# how often a code may be asked for with the same invitation code
_OFTEN = ((timedelta(minutes=15), 5), (timedelta(days=1), 20))
_KEPT = max(window for window, _ in _OFTEN)
# a robot's group would read it
_OWN = (Channel.SMS, Channel.MAIL)
_FACT = "candidate_code_rule"


class Rule(StrEnum):
    """``REACHABLE``: from who has an address that a channel reaches; the others come in as without a code."""

    OFF = "off"
    REACHABLE = "reachable"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class Asked:
    """``session``: already inside, no code is wanted of them. Else ``challenge``: what the browser keeps until then."""

    session: str = ""
    challenge: str = ""


@dataclass(frozen=True, slots=True)
class Setting:
    """``channels``: over which codes can go now. ``out_of_reach``: invited candidates whom none of them reaches."""

    rule: Rule
    channels: list[Channel]
    out_of_reach: int


def channels(hr: Runtime) -> list[Channel]:
    there = hr.settings.sending.channels
    return [channel for channel in _OWN if channel in there]


def rule(hr: Runtime) -> Rule:
    """What holds now. Without a channel nothing can be sent: only who always wants a code has to wait for one."""
    with hr.db.read() as session:
        chosen = _chosen(session)
    return Rule.OFF if chosen is Rule.REACHABLE and not channels(hr) else chosen


def setting(hr: Runtime, actor: Actor) -> Setting:
    """Raises XudaError(FORBIDDEN)."""
    scope.require(actor, Role.ADMINISTRATOR)
    there = channels(hr)
    open_to = [getattr(Candidate, f"{deliveries.column_of(channel)}_sealed").is_(None) for channel in there]
    query = select(func.count(InvitationRow.id)).join(InvitationRow.candidate)
    query = query.where(InvitationRow.cancelled_at.is_(None), Candidate.name_sealed != "", *open_to)
    with hr.db.read() as session:
        return Setting(_chosen(session), there, session.scalar(query) or 0)


def set_rule(hr: Runtime, actor: Actor, wanted: Rule) -> None:
    """Raises XudaError(FORBIDDEN), SETTING_INVALID with ``field`` channel when nothing could be sent."""
    scope.require(actor, Role.ADMINISTRATOR)
    if wanted is Rule.ALWAYS and not channels(hr):
        raise XudaError(ErrorCode.SETTING_INVALID, field="channel")
    with hr.db.write() as session:
        facts.put(session, _FACT, wanted.value)
        audit.record(session, hr.now(), actor, "candidate_codes", "candidate_portal", rule=wanted.value)


def ask(hr: Runtime, code: str, known: str, *, by: Channel | None, language: str, address: str) -> Asked:
    """Send a code to whom invitation ``code`` and what is ``known`` of them fit; the others are told the same.

    ``by``: the channel that was chosen; another one when there is no address for it. Raises XudaError(RATE_LIMITED)
    after too many of the network or for the invitation code.
    """
    limit, source = hr.limits.one_time, network(address)
    limit.check(source)
    limit.count(source)
    name, token, strict = typed_code(code), secrets.token_urlsafe(32), rule(hr) is Rule.ALWAYS
    candidates = known_as(hr, known)
    with hr.db.write() as session:
        now, typed = hr.now(), hr.vault.keyed_hash(name, "typed invitation code")
        _not_too_often(session, typed, now)
        row = fitting(session, name, candidates)
        channel, sealed = _address(hr, row, by)
        if row is not None and channel is None and not strict:
            return Asked(session=admit(hr, session, row))
        made = CandidateChallenge(
            id=new_id(),
            token_hash=digest(token),
            invitation_id=row.id if row is not None else None,
            typed_hash=typed,
            language=language,
            created_at=now,
            tries=0,
        )
        session.execute(delete(CandidateChallenge).where(CandidateChallenge.created_at < now - _KEPT))
        if row is not None:
            _end_others(session, row.id, now)
            if channel is not None:
                _order(hr, session, row.id, channel, sealed, made.id)
            told = [channel.value] if channel is not None else []
            audit.record(session, now, f"candidate:{row.id}", "one_time_code", f"invitation:{row.id}", channels=told)
        else:
            refuse(hr, session)
        session.add(made)
    return Asked(challenge=token)


def confirm(hr: Runtime, challenge: str, typed: str, *, address: str) -> str:
    """The secret token of a new session for the code that was sent.

    Raises XudaError(UNAUTHORIZED) for whatever is wrong, too late or was used, RATE_LIMITED after too many of those
    from the network.
    """
    source = network(address)
    hr.limits.candidate.check(source)
    given = re.sub(r"\s", "", typed)
    with hr.db.write() as session:
        now = hr.now()
        row = session.scalar(select(CandidateChallenge).where(CandidateChallenge.token_hash == digest(challenge)))
        if row is not None and is_open(row, now):
            row.tries += 1
            right = hmac.compare_digest(given.encode("utf-8", "replace"), digits(hr, row).encode())
            invitation = session.get(InvitationRow, row.invitation_id) if row.invitation_id else None
            if right and invitation is not None and invitation.cancelled_at is None:
                row.ended_at = now
                return admit(hr, session, invitation)
        refuse(hr, session)
    hr.limits.candidate.count(source)
    raise XudaError(ErrorCode.UNAUTHORIZED)


def is_open(row: CandidateChallenge, now: datetime) -> bool:
    """Whether a code may still be typed for it."""
    return row.ended_at is None and row.tries < MOST_TRIES and timedelta(0) <= now - row.created_at < VALID


def digits(hr: Runtime, row: CandidateChallenge) -> str:
    """The code: as likely each as any other, and known to nobody without the data key."""
    return f"{int(hr.vault.keyed_hash(row.token_hash, 'one-time code'), 16) % 10**DIGITS:0{DIGITS}d}"


def _chosen(session: Session) -> Rule:
    kept = facts.get(session, _FACT)
    return Rule(kept) if kept else Rule.REACHABLE


def _not_too_often(session: Session, typed: str, now: datetime) -> None:
    """Counted with the rows themselves, so that nobody slips past by asking many times at once."""
    for window, most in _OFTEN:
        mine = CandidateChallenge.typed_hash == typed, CandidateChallenge.created_at > now - window
        times = session.scalars(select(CandidateChallenge.created_at).where(*mine)).all()
        if len(times) >= most:
            wait = window - (now - sorted(times)[-most])
            raise XudaError(ErrorCode.RATE_LIMITED, seconds=max(1, int(wait.total_seconds())))


def _address(hr: Runtime, row: InvitationRow | None, by: Channel | None) -> tuple[Channel | None, str]:
    """Channel and sealed address that a code goes to: the one that was chosen, else the first that there is."""
    if row is None:
        return None, ""
    there = sorted(channels(hr), key=lambda channel: channel is not by)
    found = ((channel, deliveries.address_of(row.candidate, channel)) for channel in there)
    return next(((channel, sealed) for channel, sealed in found if sealed), (None, ""))


def _end_others(session: Session, invitation_id: str, now: datetime) -> None:
    mine = CandidateChallenge.invitation_id == invitation_id, CandidateChallenge.ended_at.is_(None)
    session.execute(update(CandidateChallenge).where(*mine).values(ended_at=now))


def _order(hr: Runtime, session: Session, invitation_id: str, channel: Channel, sealed: str, challenge_id: str) -> None:
    """Into the queue, with the caller's transaction."""
    mine = DeliveryRow.invitation_id == invitation_id, DeliveryRow.channel == channel.value
    query = select(func.max(DeliveryRow.round)).where(*mine, DeliveryRow.template == Template.ONE_TIME.value)
    rounds = {(invitation_id, channel.value): (session.scalar(query) or 0) + 1}
    people = [(invitation_id, {channel: sealed})]
    rows = deliveries.order_rows(hr, people, Template.ONE_TIME, rounds, challenge_id)
    session.execute(insert(DeliveryRow), rows)
