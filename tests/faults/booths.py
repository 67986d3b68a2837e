"""Booths of one organisation for the campaigns: real storage, real sync, a real backend; and what HR holds at last."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import func, select

from app.sync.enrolment import enroll
from backend.db.models import AuditRow, EventRow, Interview, ObjectRow, ReceiptRow, Upload
from backend.services import devices
from backend.services.actor import Actor
from backend.services.media import interview_key, open_object
from backend.services.states import decided
from contract.api import upload_id
from contract.events import HrState, ObjectRef
from tests.backend.world import Served
from tests.campaigns.model import Findings
from tests.sync.device import Device, WrongClock

COMMAND_LINE = Actor.command_line()


@dataclass
class Expected:
    """An interview as its device made it: digests of its events, its recordings and the SHA-256 of what was said."""

    device: Device
    interview_id: str
    events: dict[int, str]
    objects: list[ObjectRef]
    spoken: dict[str, str]
    uploads: list[str] = field(default_factory=list)

    @property
    def size(self) -> int:
        return sum(ref.size for ref in self.objects)


def new_booth(hr: Served, folder: Path, clock: WrongClock | None = None) -> Device:
    device = Device(folder, clock)
    enroll(hr.url, devices.new_enrolment_code(hr.hr, COMMAND_LINE), folder.name, device)
    return device


def make_interview(device: Device, rng: random.Random, *, recordings: int, size: int) -> Expected:
    """A finished interview: written answers and ``recordings`` of about ``size`` bytes, in a random order."""
    interview_id = device.begin()
    steps = ["spoken"] * recordings + ["written"] * rng.randint(1, 3) + ["break"] * rng.randint(0, 1)
    rng.shuffle(steps)
    objects, spoken = [], {}
    for step in steps:
        if step == "spoken":
            content = rng.randbytes(int(size * rng.uniform(0.7, 1.3)))
            ref = device.speak(interview_id, content=content)
            objects.append(ref)
            spoken[ref.object_id] = hashlib.sha256(content).hexdigest()
        elif step == "written":
            device.write(interview_id, rng.randbytes(rng.randint(4, 600)).hex())
        else:
            device.pause(interview_id)
            device.resume(interview_id)
    device.finish(interview_id)
    return expected(device, interview_id, objects, spoken)


def expected(device: Device, interview_id: str, objects: list[ObjectRef], spoken: dict[str, str]) -> Expected:
    device_id = device.enrolments.need().device_id
    uploads = [upload_id(device_id, interview_id, ref.object_id, ref.sha256) for ref in objects]
    events = device.outbox.local_check(interview_id).events
    return Expected(device, interview_id, events, objects, spoken, uploads)


def compare_with_hr(hr: Served, made: Expected, findings: Findings, name: str) -> None:
    """Everything is at HR once, byte for byte, and gone from the booth."""
    with hr.hr.db.read() as session:
        rows = session.scalars(select(EventRow).where(EventRow.interview_id == made.interview_id)).all()
        stored = session.scalars(select(ObjectRow).where(ObjectRow.interview_id == made.interview_id)).all()
        interview = session.get(Interview, made.interview_id)
        receipts = _count(session, ReceiptRow, made.interview_id)
        uploads = _count(session, Upload, made.interview_id)
        target = AuditRow.target == f"interview:{made.interview_id}"
        told = session.scalar(select(func.count(AuditRow.id)).where(target, AuditRow.action == "object")) or 0
        state = decided(session, interview) if interview else None
        key = interview_key(hr.hr, session, interview) if interview else None
    findings.expect({row.seq: row.digest for row in rows} == made.events, f"{name}: events differ at HR")
    findings.expect(len(stored) == len(made.objects), f"{name}: {len(stored)} recordings for {len(made.objects)}")
    findings.expect(receipts == 1, f"{name}: {receipts} receipts")
    findings.expect(uploads == told == len(made.objects), f"{name}: {uploads} uploads, {told} deliveries in the log")
    findings.expect(state is HrState.PENDING_REVIEW, f"{name}: HR sees {state}")
    if key is None:
        findings.expect(False, f"{name}: HR has no key")
        return
    for row in stored:
        same = _said(hr, row, key) == made.spoken.get(row.object_id)
        findings.expect(same, f"{name}: recording {row.object_id} differs at HR")
    left = [ref for ref in made.objects if made.device.recording(made.interview_id, ref).exists()]
    kept = made.device.store.interview(made.interview_id).key_present
    findings.expect(not left and not kept, f"{name}: not purged after its receipt")


def _said(hr: Served, row: ObjectRow, key: bytes) -> str | None:
    try:
        with open_object(hr.hr, row, key) as stream:
            return hashlib.sha256(stream.read()).hexdigest()
    except Exception:
        return None


def _count(session: object, table: type, interview_id: str) -> int:
    query = select(func.count()).select_from(table).where(table.interview_id == interview_id)  # type: ignore[attr-defined]
    return session.scalar(query) or 0  # type: ignore[attr-defined]
