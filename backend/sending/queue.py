"""The queue as its worker sees it: take one, say how it went. Every step is a transaction of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import case, func, select, update
from sqlalchemy.orm import Session

from backend.cabinet import candidate_subject
from backend.db.candidate_models import CandidateChallenge
from backend.db.delivery_models import DeliveryRow
from backend.db.models import Decision, Interview, InvitationRow
from backend.runtime import Runtime
from backend.sending.letters import Facts, News
from backend.sending.outcome import (
    BEGUN,
    CANCELLED,
    ERASED,
    OVER,
    RESTARTED,
    RESTORED,
    TAKEN_BACK,
    UNREADABLE,
    Channel,
    State,
    Template,
)
from backend.services import candidate_codes, deliveries, messages, slots
from backend.services.kits import stored_kit
from backend.services.people import candidate_name
from contract.errors import ErrorCode, XudaError
from contract.events import HrState
from contract.text import pick

# tries over more than a day; the waits grow from half a minute to an hour
GIVE_UP = timedelta(days=1)
_FIRST_WAIT, _LONGEST_WAIT = 30.0, 3600.0


@dataclass(frozen=True, slots=True)
class Job:
    """A message that this worker has taken: nobody else will send it."""

    delivery_id: str
    address: str
    facts: Facts


def wait_after(tries: int) -> timedelta:
    """``tries`` that failed so far, from 1."""
    return timedelta(seconds=min(_FIRST_WAIT * 2 ** (tries - 1), _LONGEST_WAIT)) if tries < 20 else timedelta(hours=1)


def begin(hr: Runtime) -> int:
    """At the start of the worker: what was being sent is uncertain, and what waited for a server may try at once.

    One server alone sends (``backend.db.duty``). Returns how many are uncertain.
    """
    with hr.db.write() as session:
        now = hr.now()
        count = _mark_uncertain(session, [State.SENDING], RESTARTED, now)
        waiting = DeliveryRow.state == State.QUEUED.value, DeliveryRow.next_at > now
        session.execute(update(DeliveryRow).where(*waiting).values(next_at=now))
    return count


def after_restore(session: Session, now: datetime) -> int:
    """In a database from a backup: what waited then may have gone since. A person decides."""
    return _mark_uncertain(session, [State.SENDING, State.QUEUED], RESTORED, now)


def _mark_uncertain(session: Session, states: list[State], code: str, now: datetime) -> int:
    found = DeliveryRow.state.in_([state.value for state in states])
    values = {"state": State.UNCERTAIN.value, "error": code, "updated_at": now}
    query = select(func.count()).select_from(DeliveryRow).where(found)
    count = session.scalar(query) or 0
    if count:
        session.execute(update(DeliveryRow).where(found).values(**values))
    return count


def due(hr: Runtime, channel: Channel, most: int) -> list[str]:
    """Ids of messages whose time has come, the oldest first; before all others codes that somebody waits for."""
    waited_for = case((DeliveryRow.template == Template.ONE_TIME.value, 0), else_=1)
    query = select(DeliveryRow.id).where(DeliveryRow.state == State.QUEUED.value, DeliveryRow.channel == channel.value)
    query = query.where(DeliveryRow.next_at <= hr.now()).order_by(waited_for, DeliveryRow.next_at)
    query = query.order_by(DeliveryRow.created_at)
    with hr.db.read() as session:
        return list(session.scalars(query.limit(most)))


def next_due(hr: Runtime, channel: Channel) -> datetime | None:
    """When the next message is to be tried; None when nothing waits."""
    waiting = DeliveryRow.state == State.QUEUED.value, DeliveryRow.channel == channel.value
    with hr.db.read() as session:
        return session.scalar(select(func.min(DeliveryRow.next_at)).where(*waiting))


def take(hr: Runtime, delivery_id: str) -> Job | None:
    """The message, noted as being sent; None when it is not wanted any more, which is noted too."""
    with hr.db.write() as session:
        row = session.get(DeliveryRow, delivery_id)
        if row is None or row.state != State.QUEUED:
            return None
        reason = _not_wanted(session, row, hr.now())
        job: Job | str = reason or _job(hr, session, row)
        row.updated_at = hr.now()
        if isinstance(job, str):
            row.state, row.error = State.DROPPED.value, job
            return None
        row.state, row.attempts = State.SENDING.value, row.attempts + 1
        return job


def sent(hr: Runtime, delivery_id: str) -> None:
    _note(hr, delivery_id, State.SENT, "")


def not_sent(hr: Runtime, delivery_id: str, state: State, code: str) -> None:
    """``state``: UNCERTAIN, BOUNCED or FAILED."""
    _note(hr, delivery_id, state, code)


def later(hr: Runtime, delivery_id: str, code: str) -> None:
    """Try this one again after a while; given up after a day."""

    def change(row: DeliveryRow, now: datetime) -> None:
        if now - row.created_at >= GIVE_UP:
            row.state, row.error = State.FAILED.value, code
        else:
            row.state, row.error, row.next_at = State.QUEUED.value, code, now + wait_after(row.attempts)

    _change(hr, delivery_id, change)


def give_back(hr: Runtime, delivery_id: str) -> None:
    """Nothing of it has gone, and it is not its fault: this was no try."""

    def change(row: DeliveryRow, now: datetime) -> None:
        row.state, row.attempts = State.QUEUED.value, row.attempts - 1

    _change(hr, delivery_id, change)


def hold(hr: Runtime, channel: Channel, code: str, tries: int) -> None:
    """The channel does not work: all that wait for it wait longer, those of more than a day ago are given up.

    ``tries``: how often in a row it did not work.
    """
    with hr.db.write() as session:
        now = hr.now()
        waiting = DeliveryRow.state == State.QUEUED.value, DeliveryRow.channel == channel.value
        old = (*waiting, DeliveryRow.created_at <= now - GIVE_UP)
        given_up = {"state": State.FAILED.value, "error": code, "updated_at": now}
        session.execute(update(DeliveryRow).where(*old).values(**given_up))
        until = {"next_at": now + wait_after(tries), "error": code, "updated_at": now}
        session.execute(update(DeliveryRow).where(*waiting).values(**until))


def _note(hr: Runtime, delivery_id: str, state: State, code: str) -> None:
    def change(row: DeliveryRow, now: datetime) -> None:
        row.state, row.error = state.value, code

    _change(hr, delivery_id, change)


def _change(hr: Runtime, delivery_id: str, change: Callable[[DeliveryRow, datetime], None]) -> None:
    with hr.db.write() as session:
        row, now = session.get_one(DeliveryRow, delivery_id), hr.now()
        change(row, now)
        row.updated_at = now


def _not_wanted(session: Session, row: DeliveryRow, now: datetime) -> str:
    """Why the message must not go any more; empty when it may."""
    invitation = session.get_one(InvitationRow, row.invitation_id)
    if not invitation.candidate.name_sealed:
        return ERASED
    if invitation.cancelled_at is not None:
        return CANCELLED
    if row.template == Template.ONE_TIME:
        challenge = session.get(CandidateChallenge, row.order_id)
        return "" if challenge is not None and candidate_codes.is_open(challenge, now) else OVER
    if row.template == Template.DECISION:
        decision = session.get(Decision, row.order_id)
        return "" if decision is not None and decision.released_at is not None else TAKEN_BACK
    if invitation.ends_at <= now:
        return OVER
    if row.template == Template.REMINDER:
        query = select(Interview.id).where(Interview.invitation_id == invitation.id, Interview.deleted_at.is_(None))
        if session.scalar(query.limit(1)) is not None:
            return BEGUN
    return ""


def _job(hr: Runtime, session: Session, row: DeliveryRow) -> Job | str:
    """The message; or why it cannot be made."""
    invitation = session.get_one(InvitationRow, row.invitation_id)
    candidate = invitation.candidate
    try:
        subject, column = candidate_subject(candidate.id), deliveries.column_of(row.channel)
        address = hr.cabinet.open(subject, row.address_sealed, column) if row.address_sealed else ""
        name = candidate_name(hr, candidate)
        facts = facts_of(hr, session, invitation, name, Template(row.template))
        if row.template == Template.DECISION:
            facts = replace(facts, news=_news(hr, session, session.get_one(Decision, row.order_id), facts.language))
        elif row.template == Template.ONE_TIME:
            challenge = session.get_one(CandidateChallenge, row.order_id)
            digits = candidate_codes.digits(hr, challenge)
            facts = replace(facts, language=challenge.language, one_time=digits, position="", guide="")
    except XudaError as error:
        return ERASED if error.code is ErrorCode.KEY_DESTROYED else UNREADABLE
    return Job(row.id, address, facts)


def _news(hr: Runtime, session: Session, decision: Decision, language: str) -> News:
    interview = session.get_one(Interview, decision.interview_id)
    steps = messages.next_steps(hr, session, interview.invitation_id)
    return News(
        HrState(decision.state), tuple((pick(step.title, language), pick(step.text, language)) for step in steps)
    )


def facts_of(hr: Runtime, session: Session, invitation: InvitationRow, name: str, template: Template) -> Facts:
    """What a message to this candidate says, also for a preview. Raises XudaError(KIT_MISSING)."""
    batch = invitation.batch
    language = deliveries.notices(session, batch.id).language
    kit, slot = stored_kit(session, batch.kit_id), slots.of_invitation(session, invitation.id)
    return Facts(
        template=template,
        language=language,
        organisation=hr.organisation_name,
        name=name,
        position=pick(kit.position, language),
        code=invitation.code,
        link=invitation.token,
        not_before=invitation.starts_at,
        not_after=invitation.ends_at,
        guide=pick(kit.guide, language),
        slot=(slot.starts_at, slot.ends_at, slot.place) if slot else None,
        choose_at=_choose_at(hr, session, batch.id),
    )


def _choose_at(hr: Runtime, session: Session, batch_id: str) -> str:
    """Where candidates choose a time; empty where there is none to choose, or nobody knows the address."""
    base = hr.settings.sending.public_url.rstrip("/")
    return f"{base}/slots" if base and slots.is_offered(session, batch_id) else ""
