"""What goes on now, for the live monitor: counts, lists and warnings, within the viewer's scope.

It is what the server knows and since when, nothing more. The number of queries is the same whatever there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Row, Select, and_, case, func, literal, select, true, union
from sqlalchemy.orm import Session, joinedload

from backend.cabinet import candidate_subject
from backend.db.models import Batch, Department, Interview, InvitationRow, Role, window_end
from backend.runtime import Runtime
from backend.services import blind, booths, scope
from backend.services import wholes_in_sql as sql
from backend.services.actor import Actor
from backend.services.people import candidate_name
from backend.services.states import NO_CONTACT
from backend.services.wholes_in_sql import Fate
from contract.events import HrState

LIST_LENGTH = 50
RECENT = timedelta(days=7)
_OPEN = (HrState.IN_PROGRESS.value, HrState.PAUSED.value)


@dataclass(frozen=True, slots=True)
class View:
    """What is asked for. ``listed``: whose list is shown; None: those whose recordings are awaited.

    ``everything``: also batches that were over a week ago and more.
    """

    listed: Fate | None = Fate.RUNNING
    batch_id: str | None = None
    department_id: str | None = None
    everything: bool = False


@dataclass(slots=True)
class Tally:
    """Candidates by fate; ``awaited`` are counted among the ended ones too."""

    fates: dict[Fate, int] = field(default_factory=dict)
    awaited: int = 0

    def add(self, fate: Fate, count: int, awaited: int = 0) -> None:
        self.fates[fate] = self.fates.get(fate, 0) + count
        self.awaited += awaited

    @property
    def total(self) -> int:
        return sum(self.fates.values())


@dataclass(frozen=True, slots=True)
class BatchTally:
    """``batch`` is None for interviews whose invitation is not known here (yet)."""

    batch: Batch | None
    department: dict[str, str]
    tally: Tally


@dataclass(frozen=True, slots=True)
class Sight:
    """One candidate as the server knows it. ``reason``: why the interview is not going on; ``known_at``: since when
    the server knows; ``seen_at``: newest sign of life of its device. ``interview_id`` is None before it has begun."""

    interview_id: str | None
    candidate: str
    batch: str
    department: dict[str, str]
    device: str
    fate: Fate
    awaited: bool
    reason: str | None
    pauses: int
    known_at: datetime
    seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """``at``: the server's time when it was taken. ``restless``: interrupted too often and not ended.

    ``stations`` is None for those who see no devices.
    """

    at: datetime
    tally: Tally
    batches: list[BatchTally]
    departments: list[tuple[dict[str, str], Tally]]
    listed: list[Sight]
    restless: list[Sight]
    stations: list[booths.Station] | None


def take(hr: Runtime, actor: Actor, view: View) -> Snapshot:
    """Raises XudaError(FORBIDDEN) for roles that see no interviews."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR, Role.DEPARTMENT_HEAD)
    with hr.db.read() as session:
        look = _Look(hr, session, actor, view)
        batches = look.batches()
        total, departments = _sums(batches)
        staff = actor.role is not Role.DEPARTMENT_HEAD
        return Snapshot(
            at=look.now,
            tally=total,
            batches=batches,
            departments=departments,
            listed=look.waiting() if view.listed in (Fate.PENDING, Fate.MISSED) else look.listed(),
            restless=look.restless(),
            stations=booths.stations(hr, session, look.now) if staff else None,
        )


def _sums(lines: Sequence[BatchTally]) -> tuple[Tally, list[tuple[dict[str, str], Tally]]]:
    total = Tally()
    departments: dict[str, tuple[dict[str, str], Tally]] = {}
    for line in lines:
        mine = departments.setdefault(str(sorted(line.department.items())), (line.department, Tally()))[1]
        for tally in (total, mine):
            for fate, count in line.tally.fates.items():
                tally.add(fate, count)
            tally.awaited += line.tally.awaited
    return total, sorted(departments.values(), key=lambda found: sorted(found[0].items()))


class _Look:
    """One reading; everything in it is of one moment."""

    def __init__(self, hr: Runtime, session: Session, actor: Actor, view: View) -> None:
        self._hr, self._session, self._actor, self._view = hr, session, actor, view
        self.now = hr.now()
        self._cutoff = self.now - timedelta(seconds=hr.settings.silent_after)
        self._eyes = blind.eyes(session, actor)
        self._names: dict[str, dict[str, str]] = {
            row.id: row.name for row in session.execute(select(Department.id, Department.name))
        }

    def batches(self) -> list[BatchTally]:
        fate, awaited = sql.fate(self._cutoff), case((self._awaited(), 1), else_=0)
        begun = self._interviews(
            InvitationRow.batch_id, Interview.department_id, fate.label("fate"), awaited.label("a")
        )
        found = begun.subquery()
        groups = found.c.batch_id, found.c.department_id, found.c.fate
        rows = list(self._session.execute(select(*groups, func.count(), func.sum(found.c.a)).group_by(*groups)))
        over = case((window_end() < self.now, Fate.MISSED.value), else_=Fate.PENDING.value).label("fate")
        waiting = self._invitations(InvitationRow.batch_id, Batch.department_id, over).subquery()
        groups = waiting.c.batch_id, waiting.c.department_id, waiting.c.fate
        rows += self._session.execute(select(*groups, func.count(), literal(0)).group_by(*groups)).all()
        return self._tallies(rows)

    def _tallies(self, rows: Sequence[Row[Any]]) -> list[BatchTally]:
        tallies: dict[tuple[str | None, str | None], Tally] = {}
        for batch_id, department_id, fate, count, awaited in map(tuple, rows):
            tallies.setdefault((batch_id, department_id), Tally()).add(Fate(fate), count, awaited or 0)
        ids = {batch_id for batch_id, _ in tallies if batch_id}
        batches = {row.id: row for row in self._session.scalars(select(Batch).where(Batch.id.in_(ids)))}
        lines = [
            BatchTally(batches.get(batch_id or ""), self._names.get(department_id or "", {}), tally)
            for (batch_id, department_id), tally in tallies.items()
        ]
        return sorted(lines, key=lambda line: (line.batch is None, line.batch.title if line.batch else ""))

    def listed(self) -> list[Sight]:
        view = self._view
        chosen = self._awaited() if view.listed is None else sql.fate(self._cutoff) == view.listed.value
        return self._sights(chosen)

    def restless(self) -> list[Sight]:
        often = sql.pauses() >= self._hr.settings.warn_interruptions
        return self._sights(and_(Interview.state.in_(_OPEN), often))

    def waiting(self) -> list[Sight]:
        """Invited candidates who have not begun."""
        late = window_end() < self.now if self._view.listed is Fate.MISSED else window_end() >= self.now
        query = self._invitations(InvitationRow).where(late).order_by(window_end(), InvitationRow.code)
        query = query.options(joinedload(InvitationRow.batch), joinedload(InvitationRow.candidate)).limit(LIST_LENGTH)
        rows = self._session.scalars(query).all()
        with self._hr.cabinet.ahead([candidate_subject(row.candidate_id) for row in rows]):
            return [self._awaiting(row) for row in rows]

    def _awaiting(self, row: InvitationRow) -> Sight:
        return Sight(
            interview_id=None,
            candidate="" if self._eyes.hide(row) else candidate_name(self._hr, row.candidate),
            batch=row.batch.title,
            department=self._names.get(row.batch.department_id, {}),
            device="",
            fate=self._view.listed or Fate.PENDING,
            awaited=False,
            reason=None,
            pauses=0,
            known_at=row.ends_at,
            seen_at=None,
        )

    def _sights(self, chosen: ColumnElement[bool]) -> list[Sight]:
        columns = (
            sql.fate(self._cutoff).label("fate"),
            case((self._awaited(), 1), else_=0).label("awaited"),
            sql.pauses().label("pauses"),
            sql.known_at().label("known_at"),
            sql.seen_at().label("seen_at"),
            sql.last_reason().label("reason"),
        )
        query = self._interviews(Interview, *columns).where(chosen).order_by(Interview.updated_at.desc(), Interview.id)
        invited = joinedload(Interview.invitation)
        loads = joinedload(Interview.device), invited.joinedload(InvitationRow.candidate)
        query = query.options(*loads, invited.joinedload(InvitationRow.batch)).limit(LIST_LENGTH)
        rows = self._session.execute(query).all()
        people = [row[0].invitation.candidate_id for row in rows if row[0].invitation]
        with self._hr.cabinet.ahead(map(candidate_subject, people)):
            return [self._sight(row) for row in rows]

    def _sight(self, row: Row[Any]) -> Sight:
        interview: Interview = row[0]
        invitation, fate = interview.invitation, Fate(row.fate)
        hidden = self._eyes.hide(invitation)
        name = candidate_name(self._hr, invitation.candidate) if invitation and not hidden else ""
        silent = fate is Fate.INTERRUPTED and interview.state == HrState.IN_PROGRESS.value
        left = fate in (Fate.INTERRUPTED, Fate.INCOMPLETE)
        return Sight(
            interview_id=interview.id,
            candidate=blind.pseudonym(interview.id) if hidden else name,
            batch=invitation.batch.title if invitation else "",
            department=self._names.get(interview.department_id or "", {}),
            device=interview.device.name,
            fate=fate,
            awaited=bool(row.awaited),
            reason=NO_CONTACT if silent else (row.reason if left else None),
            pauses=row.pauses,
            known_at=row.known_at,
            seen_at=row.seen_at or interview.device.seen_at,
        )

    def _awaited(self) -> ColumnElement[bool]:
        return and_(Interview.state.in_(sql.FINAL), sql.awaited())

    def _interviews(self, *columns: Any) -> Select[Any]:
        """Interviews of the viewer's scope and choice, one row for each candidate's newest attempt."""
        query = scope.interviews(self._actor).with_only_columns(*columns).outerjoin(Interview.invitation)
        query = query.outerjoin(Batch, Batch.id == InvitationRow.batch_id).where(sql.leads())
        if self._view.batch_id:
            query = query.where(InvitationRow.batch_id == self._view.batch_id)
        if not self._view.everything:
            query = query.where(Interview.id.in_(self._lately()))
        return query.where(self._department(Interview.department_id))

    def _lately(self) -> CompoundSelect[Any]:
        """Interviews of batches that are open, were so a week ago, or in which something has happened since."""
        recent = self.now - RECENT
        moved = Interview.updated_at >= recent
        batches = union(
            select(Batch.id).where(Batch.not_after >= recent),
            select(InvitationRow.batch_id).where(InvitationRow.extended_to >= recent),
            select(InvitationRow.batch_id).join(Interview, Interview.invitation_id == InvitationRow.id).where(moved),
        )
        invited = select(Interview.id).join(InvitationRow, InvitationRow.id == Interview.invitation_id)
        strangers = select(Interview.id).where(Interview.invitation_id.is_(None), moved)
        return union(invited.where(InvitationRow.batch_id.in_(batches)), strangers)

    def _invitations(self, *columns: Any) -> Select[Any]:
        """Invitations of the viewer's scope and choice with which nobody has begun; who has withdrawn did begin."""
        query = scope.invitations(self._actor).with_only_columns(*columns).where(InvitationRow.begun.is_(False))
        if self._view.batch_id:
            query = query.where(InvitationRow.batch_id == self._view.batch_id)
        if not self._view.everything:
            query = query.where(window_end() >= self.now - RECENT)
        return query.where(self._department(Batch.department_id))

    def _department(self, column: Any) -> ColumnElement[bool]:
        wanted = self._view.department_id
        return column.in_(scope.departments_below(wanted)) if wanted else true()
