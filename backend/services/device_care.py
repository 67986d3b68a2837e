"""What a device may still hold, and what to do when it is lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.db.models import Device, EventRow, Interview, ObjectRow, Role
from backend.runtime import Runtime
from backend.services import audit, scope, states
from backend.services.actor import Actor
from backend.services.devices import find
from backend.services.interviews import newest_receipt
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
    """``state``: active, revoked, lost or replaced (it goes on as ``successor_id``)."""

    device: Device
    state: str
    successor_id: str | None
    held: list[HeldInterview]


def view(hr: Runtime, actor: Actor, device_id: str) -> DeviceView:
    """Raises XudaError(NOT_FOUND | FORBIDDEN)."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.read() as session:
        return _view(hr, session, find(session, device_id))


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


def overview(hr: Runtime) -> list[tuple[Device, str]]:
    """Every device with its state, oldest first."""
    with hr.db.read() as session:
        later = successors(session)
        rows = session.scalars(select(Device).order_by(Device.enrolled_at)).all()
        return [(device, state_of(device, later)) for device in rows]


def state_of(device: Device, successors: dict[str, str]) -> str:
    """``successors``: former device -> the one it goes on as (see :func:`successors`)."""
    if device.id in successors:
        return "replaced"
    if device.lost_at is not None:
        return "lost"
    return "revoked" if device.revoked_at is not None else "active"


def successors(session: Session) -> dict[str, str]:
    rows = session.execute(select(Device.former_id, Device.id).where(Device.former_id.is_not(None)))
    return {former: later for former, later in rows if former is not None}


def _view(hr: Runtime, session: Session, device: Device) -> DeviceView:
    later = successors(session)
    query = select(Interview).where(Interview.device_id == device.id, Interview.deleted_at.is_(None))
    found = [_held(hr, session, row) for row in session.scalars(query.order_by(Interview.created_at))]
    return DeviceView(device, state_of(device, later), later.get(device.id), [item for item in found if item])


def _held(hr: Runtime, session: Session, interview: Interview) -> HeldInterview | None:
    """None when a receipt covers the whole of a finished interview: the device has nothing more of it."""
    here = EventRow.interview_id == interview.id
    last_seq = session.scalar(select(func.max(EventRow.seq)).where(here)) or 0
    state = HrState(interview.state)
    if state in FINAL_STATES and last_seq and newest_receipt(session, interview.id) == last_seq:
        return None
    count = session.scalar(select(func.count()).select_from(EventRow).where(here)) or 0
    invitation = interview.invitation
    return HeldInterview(
        interview_id=interview.id,
        candidate=candidate_name(hr, invitation.candidate) if invitation else "",
        code=invitation.code if invitation else None,
        state=state,
        last_seq=last_seq,
        last_received=session.scalar(select(func.max(EventRow.received_at)).where(here)),
        missing_events=last_seq - count,
        missing_objects=_missing_objects(session, interview.id),
    )


def _missing_objects(session: Session, interview_id: str) -> int:
    saved = select(EventRow).where(EventRow.interview_id == interview_id, EventRow.kind == EventType.ANSWER_SAVED.value)
    announced = {
        ref.object_id
        for row in session.scalars(saved)
        for ref in states.parse_event(row).parse_data(AnswerData).objects
    }
    stored = set(session.scalars(select(ObjectRow.object_id).where(ObjectRow.interview_id == interview_id)))
    return len(announced - stored)
