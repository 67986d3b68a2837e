"""What people see of requisitions: how far each is, and its candidates. Queries do not grow with the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, joinedload

from backend.db.models import (
    Batch,
    Decision,
    Interview,
    InvitationRow,
    Placement,
    Position,
    Rating,
    Requisition,
    Role,
    Scorecard,
)
from backend.runtime import Runtime
from backend.services import blind, requisitions, scope, scores, wholes
from backend.services.actor import Actor
from backend.services.candidate_states import DECIDED, Ruling
from backend.services.decisions import counted
from backend.services.people import candidate_name
from backend.services.requisition_states import ASKERS, RequisitionState
from backend.services.scorecard_sheet import CardState
from backend.services.scores import ScoreLine
from contract.events import FINAL_STATES, HrState

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Progress:
    """``complete`` of ``invited`` interviews are finished; ``hired`` of ``wanted`` people are found."""

    invited: int
    complete: int
    hired: int
    wanted: int


@dataclass(frozen=True, slots=True)
class RequisitionLine:
    """``title`` and ``department``: language -> text. ``reason`` is empty in lists."""

    requisition_id: str
    position_id: str
    title: dict[str, str]
    department: dict[str, str]
    wanted: int
    threshold: int
    needed_by: date | None
    state: RequisitionState
    asked_by: str
    updated_at: datetime
    progress: Progress
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CandidateLine:
    """A candidate of a requisition. ``state`` as people decided; ``score`` None before anybody gave one.

    ``score`` is also None for who is rating the interview (services.scorecards). ``name`` is empty for who was erased.
    ``proposed``: finished, at or above the threshold, and waiting for a person's word. ``to_hear``: nobody has rated
    it, and the score of the assessment reaches the threshold: somebody should listen. ``ai``: that score, None also
    where it is withheld (services.scores). ``placement_id``: has a place; ``joined``: works there already.
    """

    invitation_id: str
    name: str
    batch: str
    interview_id: str | None
    state: HrState
    finished: bool
    held: bool
    score: int | None
    proposed: bool
    placement_id: str | None
    joined: bool
    to_hear: bool = False
    ai: ScoreLine | None = None


@dataclass(frozen=True, slots=True)
class CandidatePage:
    """Proposed ones first, then those to listen to, then by score. ``proposed`` and ``total`` count all pages."""

    items: list[CandidateLine]
    total: int
    proposed: int


def listed(
    hr: Runtime, actor: Actor, *, state: RequisitionState | None = None, page: int = 1
) -> tuple[list[RequisitionLine], int]:
    """A page of those of the actor's departments, what changed last first, and how many there are.

    Raises XudaError(FORBIDDEN).
    """
    scope.require(actor, *ASKERS)
    query = scope.requisitions(actor)
    if state is not None:
        query = query.where(Requisition.state == state.value)
    together = joinedload(Requisition.position).joinedload(Position.department)
    ordered = query.order_by(Requisition.updated_at.desc(), Requisition.id).options(together)
    with hr.db.read() as session:
        total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
        rows = session.scalars(ordered.limit(PAGE_SIZE).offset((max(page, 1) - 1) * PAGE_SIZE)).all()
        counted = progress(session, rows)
        return [_line(row, counted[row.id]) for row in rows], total


def counts(hr: Runtime, actor: Actor) -> dict[RequisitionState, int]:
    """How many of the actor's departments are in each state. Raises XudaError(FORBIDDEN)."""
    scope.require(actor, *ASKERS)
    query = scope.requisitions(actor).with_only_columns(Requisition.state, func.count()).group_by(Requisition.state)
    with hr.db.read() as session:
        return {RequisitionState(row[0]): row[1] for row in session.execute(query)}


def of_interview(hr: Runtime, actor: Actor, interview_id: str) -> RequisitionLine | None:
    """The requisition an interview is for. Raises XudaError(FORBIDDEN | NOT_FOUND)."""
    scope.require(actor, *ASKERS)
    with hr.db.read() as session:
        invitation = scope.interview(session, actor, interview_id).invitation
        if invitation is None or invitation.batch.requisition_id is None:
            return None
        row = requisitions.found(session, actor, invitation.batch.requisition_id)
        return _line(row, progress(session, [row])[row.id])


def one(hr: Runtime, actor: Actor, requisition_id: str) -> RequisitionLine:
    """Raises XudaError(FORBIDDEN | NOT_FOUND)."""
    scope.require(actor, *ASKERS)
    with hr.db.read() as session:
        row = requisitions.found(session, actor, requisition_id)
        return _line(row, progress(session, [row])[row.id], requisitions.reason(hr, row))


def open_ones(hr: Runtime, actor: Actor, *, department_id: str | None = None) -> list[RequisitionLine]:
    """Those a batch may be for, the newest first. Raises XudaError(FORBIDDEN)."""
    scope.require(actor, *ASKERS)
    query = scope.requisitions(actor).where(Requisition.state == RequisitionState.OPEN.value)
    if department_id is not None:
        query = query.where(Position.department_id == department_id)
    together = joinedload(Requisition.position).joinedload(Position.department)
    with hr.db.read() as session:
        rows = session.scalars(query.order_by(Requisition.created_at.desc()).options(together)).all()
        counted = progress(session, rows)
        return [_line(row, counted[row.id]) for row in rows]


def progress(session: Session, rows: Sequence[Requisition]) -> dict[str, Progress]:
    """Of each row, counted anew in three queries. Only what a candidate finished counts, whatever was decided."""
    ids = [row.id for row in rows]
    of_it = Batch.requisition_id.in_(ids), InvitationRow.cancelled_at.is_(None)
    people = select(Batch.requisition_id, func.count()).join(InvitationRow, InvitationRow.batch_id == Batch.id)
    invited = _counts(session, people.where(*of_it).group_by(Batch.requisition_id))
    done = select(Batch.requisition_id, func.count(Interview.invitation_id.distinct()))
    done = done.join(InvitationRow, InvitationRow.batch_id == Batch.id)
    done = done.join(Interview, Interview.invitation_id == InvitationRow.id)
    finished = Interview.state == HrState.PENDING_REVIEW.value, Interview.deleted_at.is_(None)
    complete = _counts(session, done.where(*of_it, *finished).group_by(Batch.requisition_id))
    live = Placement.requisition_id.in_(ids), Placement.ended_at.is_(None)
    placed = select(Placement.requisition_id, func.count()).where(*live).group_by(Placement.requisition_id)
    hired = _counts(session, placed)
    return {
        row.id: Progress(invited.get(row.id, 0), complete.get(row.id, 0), hired.get(row.id, 0), row.wanted)
        for row in rows
    }


def _counts(session: Session, query: Select[Any, int]) -> dict[str, int]:
    """``query``: ids of requisitions with a number each."""
    return {row[0]: row[1] for row in session.execute(query)}


def candidates(hr: Runtime, actor: Actor, requisition_id: str, *, page: int = 1) -> CandidatePage:
    """A page of the candidates the actor may see. Raises XudaError(FORBIDDEN | NOT_FOUND)."""
    scope.require(actor, *ASKERS)
    with hr.db.read() as session:
        row = requisitions.found(session, actor, requisition_id)
        return _candidates(hr, session, actor, row, page)


def _candidates(hr: Runtime, session: Session, actor: Actor, row: Requisition, page: int) -> CandidatePage:
    live = Placement.requisition_id == row.id, Placement.ended_at.is_(None)
    places = {place.invitation_id: place for place in session.scalars(select(Placement).where(*live))}
    mine = scope.batches(actor).where(Batch.requisition_id == row.id).with_only_columns(Batch.id)
    # also who was erased and has a place
    kept = or_(InvitationRow.cancelled_at.is_(None), InvitationRow.id.in_(places))
    query = select(InvitationRow.id).where(InvitationRow.batch_id.in_(mine), kept)
    order = list(session.scalars(query.order_by(InvitationRow.created_at, InvitationRow.id)))
    newest = standings(session, query)
    made = scores.current(session, [standing.interview_id for standing in newest.values()])
    found = {name: _Found(newest.get(name), places.get(name), row, made) for name in order}
    order.sort(key=lambda name: found[name].rank)
    shown = order[(max(page, 1) - 1) * PAGE_SIZE :][:PAGE_SIZE]
    people = select(InvitationRow).where(InvitationRow.id.in_(shown))
    people = people.options(joinedload(InvitationRow.candidate), joinedload(InvitationRow.batch))
    invitations = {item.id: item for item in session.scalars(people)}
    seen = blind.eyes(session, actor)
    items = [found[name].line(hr, invitations[name], hidden=seen.hide(invitations[name])) for name in shown]
    rating = being_rated(session, actor, newest)
    items = [replace(item, score=None) if item.interview_id in rating else item for item in items]
    told = scores.permitted(hr, session, actor, made)
    items = [replace(item, ai=told.get(item.interview_id or "")) for item in items]
    if actor.role is Role.DEPARTMENT_HEAD:
        items = _as_released(session, actor, items)
    return CandidatePage(items, len(order), sum(item.proposed for item in found.values()))


def _as_released(session: Session, actor: Actor, items: list[CandidateLine]) -> list[CandidateLine]:
    """What HR has not released to the department yet is a name and a state."""
    ids = [item.interview_id for item in items if item.interview_id]
    query = scope.interviews(actor).where(Interview.id.in_(ids)).with_only_columns(Interview.id)
    seen = set(session.scalars(query))
    hidden = {"interview_id": None, "score": None, "proposed": False, "held": False, "to_hear": False, "ai": None}
    return [item if item.interview_id in seen or item.joined else replace(item, **hidden) for item in items]  # type: ignore[arg-type]


@dataclass(slots=True)
class Standing:
    """The newest attempt of an invitation."""

    interview_id: str
    by_events: HrState
    decided: HrState | None = None
    ruling: str | None = None
    score: int | None = None


class _Found:
    """What is known of one invitation before anybody's name is opened."""

    def __init__(
        self, standing: Standing | None, place: Placement | None, row: Requisition, made: Mapping[str, ScoreLine]
    ) -> None:
        self._standing, self._place = standing, place
        self.state = HrState.INVITED
        if standing is not None:
            ended = standing.by_events in FINAL_STATES
            self.state = standing.decided if ended and standing.decided in DECIDED else standing.by_events
        if place is not None:
            self.state = HrState.PENDING_ONBOARDING
        self.score = standing.score if standing else None
        self.finished = standing is not None and standing.by_events is HrState.PENDING_REVIEW
        self.held = standing is not None and standing.ruling == Ruling.HOLD and place is None
        waits = self.state in (HrState.PENDING_REVIEW, HrState.SECOND_ROUND) and not self.held
        reached = self.score is not None and self.score >= row.threshold
        open_for = row.state == RequisitionState.OPEN and self.finished and waits
        self.proposed = open_for and reached
        ai = made.get(standing.interview_id) if standing else None
        heard = ai is not None and ai.points is not None and ai.points >= row.threshold
        self.to_hear = open_for and self.score is None and heard

    @property
    def rank(self) -> tuple[bool, bool, int]:
        return not self.proposed, not self.to_hear, -1 - self.score if self.score is not None else 0

    def line(self, hr: Runtime, invitation: InvitationRow, *, hidden: bool) -> CandidateLine:
        """``hidden``: who it is, is kept from the reader as soon as there is an interview to rate."""
        named = candidate_name(hr, invitation.candidate)
        return CandidateLine(
            invitation_id=invitation.id,
            name=blind.pseudonym(self._standing.interview_id) if hidden and self._standing else named,
            batch=invitation.batch.title,
            interview_id=self._standing.interview_id if self._standing else None,
            state=self.state,
            finished=self.finished,
            held=self.held,
            score=self._place.score if self._place else self.score,
            proposed=self.proposed,
            to_hear=self.to_hear,
            placement_id=self._place.id if self._place else None,
            joined=self._place is not None and self._place.joined_at is not None,
        )


def being_rated(session: Session, actor: Actor, newest: dict[str, Standing]) -> set[str]:
    """Interviews of which the actor has a draft of a scorecard: others' scores are kept from them meanwhile."""
    mine = Scorecard.user_id == actor.user_id, Scorecard.state == CardState.DRAFT.value
    drafts = set(session.scalars(select(Scorecard.interview_id).where(*mine)))
    return {standing.interview_id for standing in newest.values()} & drafts


def standings(session: Session, invitations: Select[str]) -> dict[str, Standing]:
    """The newest attempt of each invitation, with the newest decision and the score that counts; three queries."""
    within = Interview.invitation_id.in_(invitations), Interview.deleted_at.is_(None)
    query = select(Interview).where(*within).order_by(Interview.attempt, Interview.part.desc(), Interview.id.desc())
    newest: dict[str, Standing] = {}
    whole: dict[str, tuple[str, int]] = {}
    last: dict[str, tuple[str, int]] = {}
    for row in session.scalars(query):
        key = whole[row.id] = wholes.key_of(row)
        # parts of one attempt: the first one stands for all, and its state is that of the whole
        newest[key[0]] = Standing(row.id, HrState(row.state))
        last[key[0]] = key
    ids = select(Interview.id).where(*within)
    said = select(Decision.interview_id, Decision.state, Decision.ruling).where(Decision.interview_id.in_(ids))
    for interview_id, state, ruling in session.execute(said.order_by(Decision.decided_at)):
        key = whole[interview_id]
        if last[key[0]] == key:
            newest[key[0]].decided, newest[key[0]].ruling = HrState(state), ruling
    given = select(Rating.interview_id, Rating.user_id, Rating.score).where(Rating.interview_id.in_(ids))
    rated: dict[str, list[tuple[str, int]]] = {}
    for interview_id, user_id, score in session.execute(given.order_by(Rating.rated_at)):
        key = whole[interview_id]
        if last[key[0]] == key:
            rated.setdefault(key[0], []).append((user_id, score))
    for name, found in rated.items():
        newest[name].score = counted(found)
    return newest


def _line(row: Requisition, counted: Progress, reason: str = "") -> RequisitionLine:
    return RequisitionLine(
        requisition_id=row.id,
        position_id=row.position_id,
        title=row.position.title,
        department=row.position.department.name,
        wanted=row.wanted,
        threshold=row.threshold,
        needed_by=row.needed_by,
        state=RequisitionState(row.state),
        asked_by=row.asked_by,
        updated_at=row.updated_at,
        progress=counted,
        reason=reason,
    )
