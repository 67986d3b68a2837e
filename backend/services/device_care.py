"""What a device may still hold, and what to do when it is lost."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from backend.cabinet import candidate_subject, interview_subject
from backend.db.models import Device, EventRow, Interview, InvitationRow, ObjectRow, ReceiptRow, Role
from backend.db.models.devices import PRACTICE
from backend.runtime import Runtime
from backend.services import audit, scope, states
from backend.services.actor import Actor
from backend.services.devices import find
from backend.services.people import candidate_name
from contract.events import FINAL_STATES, AnswerData, EventType, HrState


@dataclass(frozen=True, slots=True)
class HeldInterview:
    """An interview of which a device may hold more than HR has.

    ``last_seq``: number of the newest event that is here; ``missing_events`` below it and ``missing_objects``
    (recordings that were announced) are known to be lacking. More may have been recorded that was never announced.
    """

    interview_id: str
    candidate: str
    code: str | None
    state: HrState
    last_seq: int
    last_received: datetime | None
    missing_events: int
    missing_objects: int


@dataclass(frozen=True, slots=True)
class DeviceView:
    """``state``: active, revoked, lost or replaced (it goes on as ``successor_id``). ``total``: of all it may hold."""

    device: Device
    state: str
    successor_id: str | None
    held: list[HeldInterview]
    total: int


def view(hr: Runtime, actor: Actor, device_id: str, *, page: int = 1, size: int | None = None) -> DeviceView:
    """``size``: of ``held``, None for all. Raises XudaError(NOT_FOUND | FORBIDDEN)."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.read() as session:
        return _view(hr, session, find(session, device_id), page, size)


def report_lost(hr: Runtime, actor: Actor, device_id: str) -> DeviceView:
    """Revoke a device that is lost or stolen, and say what it may hold. Again: the same answer, nothing new recorded.

    Raises XudaError(NOT_FOUND | FORBIDDEN).
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.write() as session:
        device, now = find(session, device_id), hr.now()
        found = _view(hr, session, device)
        if device.lost_at is None:
            device.lost_at = now
            device.revoked_at = device.revoked_at or now
            names = [item.interview_id for item in found.held]
            audit.record(session, now, actor, "device_lost", f"device:{device_id}", interviews=names)
        session.flush()
        return _view(hr, session, device)


def overview(hr: Runtime, *, page: int = 1, size: int | None = None) -> tuple[list[tuple[Device, str]], int]:
    """Devices with their state, the newest first, ``size`` of them (None: all), and how many there are."""
    query = select(Device).where(Device.platform != PRACTICE)
    part = query.order_by(Device.enrolled_at.desc(), Device.id)
    if size is not None:
        part = part.limit(size).offset((page - 1) * size)
    with hr.db.read() as session:
        total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
        rows = session.scalars(part).all()
        later = successors(session, [device.id for device in rows])
        return [(device, state_of(device, later)) for device in rows], total


def state_of(device: Device, successors: dict[str, str]) -> str:
    """``successors``: former device -> the one it goes on as (see :func:`successors`)."""
    if device.id in successors:
        return "replaced"
    if device.lost_at is not None:
        return "lost"
    return "revoked" if device.revoked_at is not None else "active"


def successors(session: Session, ids: Collection[str] | None = None) -> dict[str, str]:
    """Of these devices (None: of all) those that go on as another one."""
    which = Device.former_id.is_not(None) if ids is None else Device.former_id.in_(ids)
    rows = session.execute(select(Device.former_id, Device.id).where(which))
    return {former: later for former, later in rows if former is not None}


def _view(hr: Runtime, session: Session, device: Device, page: int = 1, size: int | None = None) -> DeviceView:
    later = successors(session, [device.id])
    here = _received(session, device)
    query = select(Interview.id, Interview.state).where(
        Interview.device_id == device.id, Interview.deleted_at.is_(None)
    )
    query = query.order_by(Interview.created_at, Interview.id)
    ids = [name for name, ended in session.execute(query) if not _covered(ended, here.get(name, _Received()))]
    shown = ids if size is None else ids[(page - 1) * size : page * size]
    held = _held(hr, session, shown, here)
    return DeviceView(device, state_of(device, later), later.get(device.id), held, len(ids))


def _held(hr: Runtime, session: Session, ids: list[str], here: dict[str, _Received]) -> list[HeldInterview]:
    """In this order; a fixed number of queries."""
    query = select(Interview).options(joinedload(Interview.invitation).joinedload(InvitationRow.candidate))
    rows = {row.id: row for row in session.scalars(query.where(Interview.id.in_(ids)))}
    missing = _missing_objects(hr, session, ids)
    with hr.cabinet.ahead([candidate_subject(row.invitation.candidate_id) for row in rows.values() if row.invitation]):
        return [_line(hr, rows[name], here.get(name, _Received()), missing.get(name, 0)) for name in ids]


@dataclass(slots=True)
class _Received:
    """Of an interview: its newest event, how many there are, when the last came, the serial of its newest receipt."""

    last_seq: int = 0
    count: int = 0
    at: datetime | None = None
    receipt: int | None = None


def _received(session: Session, device: Device) -> dict[str, _Received]:
    mine = select(Interview.id).where(Interview.device_id == device.id)
    events = select(EventRow.interview_id, func.max(EventRow.seq), func.count(), func.max(EventRow.received_at))
    events = events.where(EventRow.interview_id.in_(mine)).group_by(EventRow.interview_id)
    found = {row[0]: _Received(row[1], row[2], row[3]) for row in session.execute(events)}
    receipts = select(ReceiptRow.interview_id, func.max(ReceiptRow.serial)).where(ReceiptRow.interview_id.in_(mine))
    for name, serial in session.execute(receipts.group_by(ReceiptRow.interview_id)):
        found.setdefault(name, _Received()).receipt = serial
    return found


def _covered(state: str, here: _Received) -> bool:
    """A receipt covers the whole of a finished interview: the device has nothing more of it."""
    ended = HrState(state) in FINAL_STATES
    return ended and here.last_seq > 0 and here.receipt == here.last_seq


def _line(hr: Runtime, interview: Interview, here: _Received, missing: int) -> HeldInterview:
    invitation = interview.invitation
    return HeldInterview(
        interview_id=interview.id,
        candidate=candidate_name(hr, invitation.candidate) if invitation else "",
        code=invitation.code if invitation else None,
        state=HrState(interview.state),
        last_seq=here.last_seq,
        last_received=here.at,
        missing_events=here.last_seq - here.count,
        missing_objects=missing,
    )


def _missing_objects(hr: Runtime, session: Session, ids: list[str]) -> dict[str, int]:
    """By interview: recordings that were announced and are not here."""
    saved = select(EventRow).where(EventRow.interview_id.in_(ids), EventRow.kind == EventType.ANSWER_SAVED.value)
    announced: dict[str, set[str]] = {}
    with hr.cabinet.ahead(map(interview_subject, ids)):
        for row in session.scalars(saved):
            refs = states.parse_event(row).parse_data(AnswerData).objects
            announced.setdefault(row.interview_id, set()).update(ref.object_id for ref in refs)
    stored: dict[str, set[str]] = {}
    for name, object_id in session.execute(
        select(ObjectRow.interview_id, ObjectRow.object_id).where(ObjectRow.interview_id.in_(ids))
    ):
        stored.setdefault(name, set()).add(object_id)
    return {name: len(them - stored.get(name, set())) for name, them in announced.items()}
