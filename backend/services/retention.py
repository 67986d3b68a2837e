"""Deletion after the time the candidate was told: interviews by their kit's days, uninvited people's data likewise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, tuple_
from sqlalchemy.orm import Session

from backend.cabinet import candidate_subject
from backend.db.models import Candidate, Interview, InvitationRow, KitRow, Role
from backend.runtime import Runtime
from backend.services import audit, deletion, erasure, holds, leavers, scope, server_time, wholes
from backend.services.actor import Actor
from contract.certificate import Requester
from contract.envelope import Envelope, parse_payload
from contract.errors import XudaError
from contract.kit import Kit

# what the longest consent text promises; for an interview whose kit is not here
LONGEST_DAYS = 180


@dataclass(frozen=True, slots=True)
class Due:
    """``ends_at``: when the time the candidate was told is over. ``held``: a legal hold keeps it longer."""

    interview_id: str
    days: int
    ends_at: datetime
    held: bool


@dataclass(frozen=True, slots=True)
class Purged:
    """``employees``: who left long ago and whose data were removed."""

    interviews: list[str]
    candidates: int
    employees: int = 0


def purge_due(hr: Runtime, actor: Actor | None = None) -> Purged:
    """Delete everything whose time is over. ``actor`` None: the server by itself.

    Raises XudaError(CLOCK_JUMPED) when the time cannot be relied on, FORBIDDEN.
    """
    if actor is not None:
        scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    now = server_time.trusted(hr)
    over = [item.interview_id for item in ends(hr) if item.ends_at <= now and not item.held]
    for interview_id in over:
        _request(hr, interview_id)
    deletion.carry_out_pending(hr)
    return Purged(over, _erase_uninterviewed(hr, now), leavers.remove_over(hr, now))


def ends(hr: Runtime) -> list[Due]:
    """When each living interview's time ends, the earliest first.

    It counts from the moment the server learned that the interview had ended; for one that never ended, from the last
    it heard of it.
    """
    with hr.db.read() as session:
        held = holds.held_interviews(session)
        days = _Days(session)
        rows = session.scalars(
            select(Interview).where(Interview.deleted_at.is_(None), Interview.practice.is_(False))
        ).all()
        found = [_due(row, days.of(row.kit_id, row.kit_version), row.id in held) for row in rows]
        # an interview of several parts goes as a whole, when the time of the last of them is over
        last_end: dict[tuple[str, int], datetime] = {}
        for row, due in zip(rows, found, strict=True):
            key = wholes.key_of(row)
            last_end[key] = max(due.ends_at, last_end.get(key, due.ends_at))
        found = [replace(due, ends_at=last_end[wholes.key_of(row)]) for row, due in zip(rows, found, strict=True)]
    return sorted(found, key=lambda item: item.ends_at)


def soonest(hr: Runtime, most: int) -> list[Due]:
    """The first of :func:`ends`, without reading the others."""
    end = func.coalesce(Interview.ended_at, Interview.updated_at)
    kept = Interview.leading.is_(True), Interview.deleted_at.is_(None), Interview.practice.is_(False)
    with hr.db.read() as session:
        held = holds.held_interviews(session)
        by_days: dict[int, list[tuple[str | None, int | None]]] = {}
        days = _Days(session)
        used = session.execute(select(Interview.kit_id, Interview.kit_version).where(*kept[:2]).distinct()).all()
        days.ahead([(kit_id, version) for kit_id, version in used])
        for kit_id, version in used:
            by_days.setdefault(days.of(kit_id, version), []).append((kit_id, version))
        found: list[Due] = []
        for promised, kits in by_days.items():
            named = or_(
                tuple_(Interview.kit_id, Interview.kit_version).in_([kit for kit in kits if None not in kit]),
                *(Interview.kit_id.is_(None) for kit in kits if None in kit),
            )
            first = select(Interview.id, end).where(*kept, named).order_by(end, Interview.id).limit(most)
            rows = session.execute(first)
            found += [Due(name, promised, at + timedelta(days=promised), name in held) for name, at in rows]
    return sorted(found, key=lambda item: item.ends_at)[:most]


def of_interview(hr: Runtime, interview_id: str) -> Due | None:
    """None for one that is deleted or unknown."""
    with hr.db.read() as session:
        row = session.get(Interview, interview_id)
        if row is None or row.deleted_at is not None:
            return None
        held = holds.standing(session, interview_id) is not None
        return _due(row, _Days(session).of(row.kit_id, row.kit_version), held)


def _due(row: Interview, days: int, held: bool) -> Due:
    return Due(row.id, days, (row.ended_at or row.updated_at) + timedelta(days=days), held)


def _request(hr: Runtime, interview_id: str) -> None:
    with hr.db.write() as session:
        interview = session.get_one(Interview, interview_id)
        if interview.deleted_at is None:
            deletion.request(session, interview, Requester.RETENTION, hr.now())


def _erase_uninterviewed(hr: Runtime, now: datetime) -> int:
    """Erase people who were invited, never interviewed (or no longer have an interview), and whose time is over."""
    with hr.db.write() as session:
        over = _people_over(session, now)
        for candidate_id in over:
            erasure.erase(session, candidate_id, now)
            audit.record(session, hr.now(), "server", "erase_candidate", f"candidate:{candidate_id}")
    if over:
        hr.cabinet.destroy(candidate_subject(candidate_id) for candidate_id in over)
        hr.db.wipe_log()
    return len(over)


def _people_over(session: Session, now: datetime) -> list[str]:
    days = _Days(session)
    living = select(Interview.invitation_id).where(Interview.deleted_at.is_(None), Interview.invitation_id.is_not(None))
    needed = set(session.scalars(select(InvitationRow.candidate_id).where(InvitationRow.id.in_(living))))
    ends_at: dict[str, datetime] = {}
    rows = select(InvitationRow).join(InvitationRow.candidate).where(Candidate.name_sealed != "")
    for row in session.scalars(rows):
        end = row.ends_at + timedelta(days=days.of(row.batch.kit_id, None))
        ends_at[row.candidate_id] = max(end, ends_at.get(row.candidate_id, end))
    return [candidate for candidate, end in ends_at.items() if end <= now and candidate not in needed]


class _Days:
    """Days a kit promises; ``version`` None asks for its newest. Each kit is read once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[tuple[str | None, int | None], int] = {}

    def ahead(self, kits: Sequence[tuple[str | None, int | None]]) -> None:
        """Read all of them in one go."""
        wanted = [(kit_id, version) for kit_id, version in kits if kit_id is not None and version is not None]
        for row in self._session.scalars(select(KitRow).where(tuple_(KitRow.kit_id, KitRow.version).in_(wanted))):
            self._known[row.kit_id, row.version] = _promised(row)

    def of(self, kit_id: str | None, version: int | None) -> int:
        key = kit_id, version
        if key not in self._known:
            self._known[key] = self._read(kit_id, version)
        return self._known[key]

    def _read(self, kit_id: str | None, version: int | None) -> int:
        query = select(KitRow).where(KitRow.kit_id == kit_id).order_by(KitRow.version.desc()).limit(1)
        row = self._session.scalar(query if version is None else query.where(KitRow.version == version))
        return LONGEST_DAYS if row is None else _promised(row)


def _promised(row: KitRow) -> int:
    try:
        return parse_payload(Envelope.from_bytes(row.envelope).payload_bytes, Kit).consent.retention_days
    except XudaError:
        return LONGEST_DAYS
