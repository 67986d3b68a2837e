"""Devices as the live monitor shows them: what they said of themselves, when, and what is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, aliased

from backend.db.models import Device, Interview, InterviewFact
from backend.runtime import Runtime

MOST = 500
_IN_USE = timedelta(days=1)
_LOW_DISK = 2 * 1000**3


class Trouble(StrEnum):
    SILENT = "silent"
    CLOCK = "clock"
    DISK = "disk"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Station:
    """``seen_at``: its newest sign of life; ``said_at``: when it last spoke of itself (queue, disk, clock).

    ``pending`` items wait on it, ``failed`` were refused for good; ``clock_off``: seconds its clock is ahead.
    ``running``: interviews being given on it, ``awaited``: those of which something is not here.
    """

    device_id: str
    name: str
    group: str
    version: str
    seen_at: datetime | None
    said_at: datetime | None
    pending: int | None
    failed: int | None
    free_bytes: int | None
    clock_off: int | None
    running: int
    awaited: int
    silent: bool
    troubles: tuple[Trouble, ...]


def stations(hr: Runtime, session: Session, now: datetime) -> list[Station]:
    """Devices in use by name, at most :data:`MOST`; those revoked, lost or enrolled anew are left out."""
    later = aliased(Device)
    replaced = select(later.id).where(later.former_id == Device.id).exists()
    query = select(Device).where(Device.revoked_at.is_(None), ~replaced).order_by(Device.name, Device.id).limit(MOST)
    held = _held(session)
    return [_station(hr, device, held.get(device.id, (0, 0)), now) for device in session.scalars(query)]


def _held(session: Session) -> dict[str, tuple[int, int]]:
    """Device -> interviews being given on it, and those not all here."""
    busy = func.sum(case((InterviewFact.busy, 1), else_=0))
    query = select(Interview.device_id, busy, func.count()).join(
        InterviewFact, InterviewFact.interview_id == Interview.id
    )
    # one that is being given is awaited, too: nothing has been receipted yet
    query = query.where(InterviewFact.awaited, Interview.deleted_at.is_(None)).group_by(Interview.device_id)
    return {device_id: (running or 0, awaited) for device_id, running, awaited in session.execute(query)}


def _station(hr: Runtime, device: Device, held: tuple[int, int], now: datetime) -> Station:
    running, awaited = held
    silent = device.seen_at is None or now - device.seen_at > timedelta(seconds=hr.settings.silent_after)
    return Station(
        device_id=device.id,
        name=device.name,
        group=device.group_label,
        version=device.app_version,
        seen_at=device.seen_at,
        said_at=device.contact_at,
        pending=device.pending,
        failed=device.failed,
        free_bytes=device.free_bytes,
        clock_off=device.clock_off,
        running=running,
        awaited=awaited,
        silent=silent,
        troubles=tuple(_troubles(hr, device, awaited, now)),
    )


def _troubles(hr: Runtime, device: Device, awaited: int, now: datetime) -> list[Trouble]:
    """A device that was put away with nothing on it is no trouble."""
    found = []
    away = now - (device.seen_at or device.enrolled_at)
    if away > timedelta(seconds=hr.settings.warn_silent) and (away < _IN_USE or awaited or device.pending):
        found.append(Trouble.SILENT)
    if device.clock_off is not None and abs(device.clock_off) > hr.settings.warn_clock:
        found.append(Trouble.CLOCK)
    if device.free_bytes is not None and device.free_bytes < _LOW_DISK:
        found.append(Trouble.DISK)
    if device.failed:
        found.append(Trouble.REFUSED)
    return found
