"""Walk-ins: batches that take them, and people whom devices have registered offline."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.cabinet import candidate_subject
from backend.db.models import Batch, Candidate, Device, Interview, InvitationRow, Role, new_id
from backend.db.walkin_models import WalkInOfferRow, WalkInRow
from backend.runtime import Runtime
from backend.services import audit, candidates, people, scope
from backend.services.actor import Actor
from contract import invitation as invitations
from contract.errors import ErrorCode, XudaError
from contract.events import Event, EventType, StartedData
from contract.invitation import Adjustments
from contract.walkin import MOST_PER_DEVICE, Registration, WalkInOffer, register


@dataclass(frozen=True, slots=True)
class WalkInView:
    """Where and when somebody registered; ``twice``: others with the same phone, e-mail or ID number are here."""

    device: str
    registered_at: datetime
    twice: bool


def allow(hr: Runtime, actor: Actor, batch_id: str, most_per_device: int) -> None:
    """Let each device register so many people in a batch while its window is open; 0: no more.

    Devices know of it after their next contact. Raises XudaError(NOT_FOUND | SETTING_INVALID | FORBIDDEN).
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    if not 0 <= most_per_device <= MOST_PER_DEVICE:
        raise XudaError(ErrorCode.SETTING_INVALID, field="limit", value=str(most_per_device))
    with hr.db.write() as session:
        if session.get(Batch, batch_id) is None:
            raise XudaError(ErrorCode.NOT_FOUND, field="batch")
        row = session.get(WalkInOfferRow, batch_id)
        if row is None:
            row = WalkInOfferRow(batch_id=batch_id, most_per_device=0, ever=0)
            session.add(row)
        row.most_per_device, row.ever = most_per_device, max(row.ever, most_per_device)
        audit.record(session, hr.now(), actor, "walk_ins", f"batch:{batch_id}", limit=most_per_device)


def allowed(hr: Runtime, batch_id: str) -> int:
    """How many each device may register in a batch; 0: it takes none."""
    with hr.db.read() as session:
        row = session.get(WalkInOfferRow, batch_id)
        return row.most_per_device if row else 0


def offers(session: Session, now: datetime) -> list[WalkInOffer]:
    """What devices are told: batches that take walk-ins and are not over."""
    query = select(Batch, WalkInOfferRow).join(WalkInOfferRow, WalkInOfferRow.batch_id == Batch.id)
    query = query.where(Batch.not_after > now, WalkInOfferRow.most_per_device > 0).order_by(Batch.id)
    return [
        WalkInOffer(
            batch_id=batch.id,
            kit_id=batch.kit_id,
            not_before=batch.not_before,
            not_after=batch.not_after,
            limit=row.most_per_device,
        )
        for batch, row in session.execute(query)
    ]


def follow(hr: Runtime, session: Session, interview: Interview, event: Event) -> None:
    """The first event of a walk-in's interview makes the candidate and the invitation, once.

    What a device may register is bound: a stolen one fills no batch. Raises XudaError(QUOTA_REACHED) beyond that, and
    FORMAT_INVALID | SEALED_DAMAGED for what cannot be a registration.
    """
    started = event.parse_data(StartedData) if event.kind is EventType.STARTED else None
    if started is None or started.walk_in is None or session.get(InvitationRow, started.invitation_id) is not None:
        return
    batch = _batch(session, interview.device_id, started)
    key = hr.vault.unwrap(started.wrapped_key, event.interview_id)
    person = _checked(event.open_sealed(Registration, key))
    now = hr.now()
    candidate = Candidate(id=new_id(), created_at=now)
    people.seal_candidate(hr, candidate, **person.model_dump())
    session.add(candidate)
    right = invitations.Invitation(started.invitation_id, batch.id, batch.kit_id, batch.not_before, batch.not_after)
    row = InvitationRow(
        id=started.invitation_id,
        batch_id=batch.id,
        candidate_id=candidate.id,
        code=candidates.new_code(session),
        token=invitations.issue(right, hr.vault.sign_key),
        adjustments=Adjustments().model_dump(mode="json"),
        created_at=now,
    )
    session.add(row)
    session.flush()
    session.add(WalkInRow(invitation_id=row.id, device_id=interview.device_id, registered_at=event.at, received_at=now))
    audit.record(session, now, f"device:{interview.device_id}", "walk_in", f"invitation:{row.id}")
    session.flush()


def views(hr: Runtime, session: Session, shown: Collection[str]) -> dict[str, WalkInView]:
    """By invitation, of those in ``shown`` who have registered on the spot."""
    query = select(WalkInRow, Device.name, Candidate).join(Device, Device.id == WalkInRow.device_id)
    query = query.join(InvitationRow, InvitationRow.id == WalkInRow.invitation_id)
    query = query.join(Candidate, Candidate.id == InvitationRow.candidate_id)
    rows = session.execute(query.where(WalkInRow.invitation_id.in_(shown))).all()
    twice = _twice(hr, session, [candidate for _, _, candidate in rows])
    return {
        row.invitation_id: WalkInView(device, row.registered_at, candidate.id in twice)
        for row, device, candidate in rows
    }


def of_batch(hr: Runtime, batch_id: str) -> tuple[int, int]:
    """How many have registered on the spot in a batch, and how many of them may be the same person as somebody else."""
    mine = select(InvitationRow.id).where(InvitationRow.batch_id == batch_id, InvitationRow.cancelled_at.is_(None))
    with hr.db.read() as session:
        found = views(
            hr, session, session.scalars(mine.join(WalkInRow, WalkInRow.invitation_id == InvitationRow.id)).all()
        )
    return len(found), sum(view.twice for view in found.values())


def _twice(hr: Runtime, session: Session, candidates: Sequence[Candidate]) -> set[str]:
    """Ids of those who may be the same person as somebody else."""
    with hr.cabinet.ahead([candidate_subject(row.id) for row in candidates]):
        mine = {row.id: people.identifiers(hr, row) for row in candidates}
    found = hr.cabinet.find_all({pair for pairs in mine.values() for pair in pairs})
    alike = {
        name: {people.candidate_of(subject) for pair in pairs for subject in found.get(pair, ())} - {name}
        for name, pairs in mine.items()
    }
    others = select(Candidate.id).where(Candidate.id.in_(set().union(*alike.values())), Candidate.name_sealed != "")
    living = set(session.scalars(others))
    return {name for name, them in alike.items() if them & living}


def _batch(session: Session, device_id: str, started: StartedData) -> Batch:
    offer, batch = session.get(WalkInOfferRow, started.walk_in), session.get(Batch, started.walk_in)
    if offer is None or batch is None or batch.kit_id != started.kit_id:
        raise XudaError(ErrorCode.FORMAT_INVALID, field="walk_in")
    try:
        uuid.UUID(started.invitation_id)
    except ValueError as error:
        raise XudaError(ErrorCode.FORMAT_INVALID, field="invitation_id") from error
    mine = select(func.count()).select_from(WalkInRow).join(InvitationRow, InvitationRow.id == WalkInRow.invitation_id)
    mine = mine.where(WalkInRow.device_id == device_id, InvitationRow.batch_id == batch.id)
    if (session.scalar(mine) or 0) >= offer.ever:
        raise XudaError(ErrorCode.QUOTA_REACHED, field="walk_in")
    return batch


def _checked(given: Registration | None) -> Registration:
    if given is None:
        raise XudaError(ErrorCode.FORMAT_INVALID, field="walk_in")
    try:
        return register(**given.model_dump())
    except XudaError as error:
        raise XudaError(ErrorCode.FORMAT_INVALID, field="walk_in") from error
