"""Telling candidates what was decided: a person releases it, and may take it back until a device has fetched it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session, aliased

from backend.db.models import Decision, Interview, Role
from backend.runtime import Runtime
from backend.sending.outcome import Channel
from backend.services import audit, decisions, hooks, messages, scope, telling, wholes
from backend.services.actor import Actor
from backend.services.candidate_states import Ruling
from backend.services.deliveries import DeliveryView
from backend.services.messages import MessageLine
from contract.errors import ErrorCode, XudaError
from contract.events import HrState


@dataclass(frozen=True, slots=True)
class ReleaseView:
    """The newest decision on an interview and what the candidate would learn of it.

    ``state``: what 我的 would say. ``tells`` False: a decision that was put off has nothing to tell. ``fetched_at``: a
    device has it since. ``steps``: next steps that go with it. ``devices``: on which they appear. ``channels``: over
    which a message can go besides; ``sent``: those that have gone or wait.
    """

    decision_id: str
    ruling: Ruling | None
    state: HrState
    tells: bool
    released_at: datetime | None
    fetched_at: datetime | None
    steps: list[MessageLine]
    devices: list[str]
    invitation_id: str | None
    channels: list[Channel]
    sent: list[DeliveryView]


def preview(hr: Runtime, actor: Actor, interview_id: str) -> ReleaseView | None:
    """None while nothing was decided. Raises XudaError(FORBIDDEN | NOT_FOUND)."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.read() as session:
        interview = scope.interview(session, actor, interview_id)
        parts = wholes.rows_of(session, interview)
        row = _newest(session, [part.id for part in parts])
        if row is None:
            return None
        return ReleaseView(
            decision_id=row.id,
            ruling=Ruling(row.ruling) if row.ruling else None,
            state=HrState(row.state),
            tells=row.ruling != Ruling.HOLD,
            released_at=row.released_at,
            fetched_at=row.fetched_at,
            steps=messages.next_steps(hr, session, interview.invitation_id),
            devices=list(dict.fromkeys(part.device.name for part in parts)),
            invitation_id=interview.invitation_id,
            channels=telling.channels(hr, session, interview, row.id),
            sent=telling.sent_of(session, row.id),
        )


def release(hr: Runtime, actor: Actor, interview_id: str, decision_id: str, channels: Collection[Channel] = ()) -> None:
    """Let the candidate know the newest decision, which ``decision_id`` has to be: what was seen in the preview.

    ``channels``: a message goes over these as well, also for a decision that is released already. Raises
    XudaError(FORBIDDEN | NOT_FOUND), CONFLICT with ``field`` decision when another one was made since, ILLEGAL_STATE
    with ``field`` release for one that tells nothing, SETTING_INVALID with ``field`` channel. Twice is once.
    """
    decisions.person(actor)
    with hr.db.write() as session:
        row = _named(session, actor, interview_id, decision_id)
        if row.ruling == Ruling.HOLD:
            raise XudaError(ErrorCode.ILLEGAL_STATE, field="release")
        if row.released_at is None:
            row.released_at = hr.now()
            detail = {"decision": row.id, "state": row.state}
            audit.record(session, hr.now(), actor, "release_decision", f"interview:{row.interview_id}", **detail)
            _tell(session, row, hr.now(), hooks.Kind.DECISION_RELEASED)
        going = telling.order(hr, session, session.get_one(Interview, row.interview_id), row, channels)
        if going:
            names = [channel.value for channel in going]
            audit.record(
                session,
                hr.now(),
                actor,
                "tell_decision",
                f"interview:{row.interview_id}",
                decision=row.id,
                channels=names,
            )


def take_back(hr: Runtime, actor: Actor, interview_id: str, decision_id: str) -> None:
    """Raises as :func:`release`, and CONFLICT with ``field`` fetched once a device has it, told once a message went."""
    decisions.person(actor)
    with hr.db.write() as session:
        row = _named(session, actor, interview_id, decision_id)
        if row.fetched_at is not None:
            raise XudaError(ErrorCode.CONFLICT, field="fetched")
        telling.take_back(hr, session, row.id)
        if row.released_at is not None:
            row.released_at = None
            audit.record(
                session, hr.now(), actor, "take_back_release", f"interview:{row.interview_id}", decision=row.id
            )
            _tell(session, row, hr.now(), hooks.Kind.DECISION_TAKEN_BACK)


def note_fetched(hr: Runtime, device_id: str) -> None:
    """What is released for a device counts as fetched from before it is handed out: never taken back when told."""
    wanted = _of_device(device_id), Decision.released_at.is_not(None), Decision.fetched_at.is_(None)
    query = select(Decision.id).join(Interview, Interview.id == Decision.interview_id).where(*wanted)
    with hr.db.read() as session:
        if session.scalar(query.limit(1)) is None:
            return
    with hr.db.write() as session:
        ids = list(session.scalars(query))
        session.execute(update(Decision).where(Decision.id.in_(ids)).values(fetched_at=hr.now()))
        for decision_id in ids:
            audit.record(session, hr.now(), f"device:{device_id}", "fetch_decision", f"decision:{decision_id}")


def told(session: Session, device_id: str) -> dict[str, HrState]:
    """Interview -> the newest decision that its candidate may know, for the interviews of a device.

    Also when it was noted under another device's part.
    """
    query = select(Decision, Interview).join(Interview, Interview.id == Decision.interview_id)
    query = query.where(_of_device(device_id), Decision.released_at.is_not(None), Decision.fetched_at.is_not(None))
    newest = {
        wholes.key_of(interview): HrState(decision.state)
        for decision, interview in session.execute(query.order_by(Decision.decided_at))
    }
    if not newest:
        return {}
    mine = session.scalars(select(Interview).where(Interview.device_id == device_id, Interview.deleted_at.is_(None)))
    return {row.id: newest[wholes.key_of(row)] for row in mine if wholes.key_of(row) in newest}


def _of_device(device_id: str) -> ColumnElement[bool]:
    """The interview is on the device, or has a part there."""
    part = aliased(Interview)
    same = and_(part.invitation_id == Interview.invitation_id, part.attempt == Interview.attempt)
    here = select(part.id).where(part.device_id == device_id, part.deleted_at.is_(None))
    return and_(Interview.deleted_at.is_(None), here.where(or_(part.id == Interview.id, same)).exists())


def _tell(session: Session, row: Decision, now: datetime, kind: hooks.Kind) -> None:
    interview = session.get_one(Interview, row.interview_id)
    if interview.practice:
        return
    about = {"interview_id": wholes.rows_of(session, interview)[0].id, "invitation_id": interview.invitation_id}
    hooks.emit(session, now, kind, interview.department_id, **about, decision_id=row.id, state=row.state)


def _newest(session: Session, ids: list[str]) -> Decision | None:
    query = select(Decision).where(Decision.interview_id.in_(ids)).order_by(Decision.decided_at.desc())
    return session.scalar(query.limit(1))


def _named(session: Session, actor: Actor, interview_id: str, decision_id: str) -> Decision:
    interview = decisions.locked(session, actor, interview_id)
    row = _newest(session, [part.id for part in wholes.rows_of(session, interview)])
    if row is None or row.id != decision_id:
        raise XudaError(ErrorCode.CONFLICT, field="decision")
    return row
