"""Candidates for a requisition, and open requisitions for a candidate, by résumés: proposals with their reasons."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from backend.cabinet import candidate_subject
from backend.db.models import Batch, Candidate, Interview, InvitationRow, Placement, Position, Requisition, Role
from backend.db.resume_models import ResumeRow
from backend.runtime import Runtime
from backend.services import audit, blind, recommending, requisition_lists, requisitions, scope
from backend.services.actor import Actor
from backend.services.people import candidate_name, candidate_value
from backend.services.recommending import Fit
from backend.services.requisition_states import ASKERS
from backend.services.resume_intake import TEXT
from backend.services.word_match import Collection, Text, text_of
from contract.errors import ErrorCode, XudaError

# résumés that are read for one requisition, the newest; of them so many are shown
MOST_READ, MOST_SHOWN = 500, 20


@dataclass(frozen=True, slots=True)
class Person:
    """``batch``: what the person was invited for. ``interview_id`` None: none that the reader may see."""

    invitation_id: str
    name: str
    batch: str
    interview_id: str | None
    fit: Fit


@dataclass(frozen=True, slots=True)
class People:
    """The best first. ``read``: résumés that were compared; ``more``: there were others, which were not.

    ``quotes``: whether the reader may see the résumés' own words. ``left_out``: skills that are not compared.
    """

    items: list[Person]
    read: int
    more: bool
    quotes: bool
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """An open requisition. ``invited``: the person is invited for it already."""

    requisition_id: str
    position_id: str
    title: dict[str, str]
    department: dict[str, str]
    invited: bool
    fit: Fit


@dataclass(frozen=True, slots=True)
class Places:
    """``problem``: there is no résumé, or its text could not be read."""

    name: str
    batch_id: str
    batch: str
    items: list[Place]
    problem: str = ""


def candidates(hr: Runtime, actor: Actor, requisition_id: str) -> People:
    """Candidates who are invited for something else and have a résumé.

    Left out are those invited for it, who have a place, whose data were erased, or who are hidden by blind review;
    a head of a department gets those whose interviews HR has released. The look is in the audit log.

    Raises XudaError(FORBIDDEN | NOT_FOUND).
    """
    scope.require(actor, *ASKERS)
    with hr.db.read() as session:
        row = requisitions.found(session, actor, requisition_id)
        asked = recommending.wanted(row.position, recommending.demands_of(session, [row.id]).get(row.id))
        rows = list(session.execute(_pool(actor, row).limit(MOST_READ + 1)).all())
        more, rows = len(rows) > MOST_READ, rows[:MOST_READ]
        eyes = blind.eyes(session, actor)
        shown = _shown(session, actor, [invitation.id for invitation, _ in rows])
        pool = [pair for pair in rows if not (pair[0].id in shown and eyes.hide(pair[0]))]
        scores = _scores(session, actor, shown)
        with hr.cabinet.ahead([candidate_subject(invitation.candidate_id) for invitation, _ in pool]):
            read = [(invitation, _read(hr, invitation.candidate, resume)) for invitation, resume in pool]
            collection = Collection([text for _, (text, _) in read])
            found = [
                Person(
                    invitation.id,
                    candidate_name(hr, invitation.candidate),
                    invitation.batch.title,
                    shown.get(invitation.id),
                    recommending.fit(collection, asked, text, columns, scores.get(invitation.id)),
                )
                for invitation, (text, columns) in read
            ]
    best = sorted((person for person in found if person.fit.match.met), key=lambda one: -one.fit.points)[:MOST_SHOWN]
    told = [person.invitation_id for person in best]
    audit.record_now(hr, actor, "recommend_candidates", f"requisition:{requisition_id}", shown=told, read=len(pool))
    return People(best, len(pool), more, actor.role is not Role.DEPARTMENT_HEAD, asked.left_out)


def places(hr: Runtime, actor: Actor, invitation_id: str) -> Places:
    """Open requisitions for what a candidate's résumé says. The look is in the audit log.

    Raises XudaError(FORBIDDEN), NOT_FOUND also for whom blind review hides.
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.read() as session:
        query = scope.invitations(actor).where(InvitationRow.id == invitation_id).join(InvitationRow.candidate)
        query = query.where(Candidate.name_sealed != "").options(joinedload(InvitationRow.candidate))
        invitation = session.scalar(query)
        shown = _shown(session, actor, [invitation_id])
        if invitation is None or (shown and blind.eyes(session, actor).hide(invitation)):
            raise XudaError(ErrorCode.NOT_FOUND, field="invitation")
        resume = session.get(ResumeRow, invitation.candidate_id)
        named = candidate_name(hr, invitation.candidate), invitation.batch_id, invitation.batch.title
        if resume is None or not resume.text_sealed:
            return Places(*named, [], "empty" if resume is not None else "none")
        text, columns = _read(hr, invitation.candidate, resume)
        together = joinedload(Requisition.position).joinedload(Position.department)
        rows = session.scalars(recommending.open_requisitions(scope.requisitions(actor)).options(together)).all()
        demands = recommending.demands_of(session, [row.id for row in rows])
        known = {row.position_id: row.position for row in rows}
        collection = Collection([recommending.told(position) for position in known.values()])
        score = _scores(session, actor, shown).get(invitation.id)
        mine = select(Batch.requisition_id).join(InvitationRow, InvitationRow.batch_id == Batch.id)
        mine = mine.where(InvitationRow.candidate_id == invitation.candidate_id, InvitationRow.cancelled_at.is_(None))
        invited = set(session.scalars(mine))
        found = []
        for row in rows:
            asked = recommending.wanted(row.position, demands.get(row.id))
            fit = recommending.fit(collection, asked, text, columns, score)
            department = row.position.department.name
            found.append(Place(row.id, row.position_id, row.position.title, department, row.id in invited, fit))
    best = sorted((place for place in found if place.fit.match.met), key=lambda one: -one.fit.points)[:MOST_SHOWN]
    told = [place.requisition_id for place in best]
    audit.record_now(hr, actor, "recommend_positions", f"invitation:{invitation_id}", shown=told)
    return Places(*named, best)


def _pool(actor: Actor, row: Requisition) -> Select[InvitationRow, ResumeRow]:
    """Newest résumé first; of each person the newest invitation."""
    visible = scope.invitations(actor).join(InvitationRow.candidate).where(Candidate.name_sealed != "")
    mine = select(InvitationRow.candidate_id).join(Batch, Batch.id == InvitationRow.batch_id)
    mine = mine.where(Batch.requisition_id == row.id, InvitationRow.cancelled_at.is_(None))
    placed = select(InvitationRow.candidate_id).join(Placement, Placement.invitation_id == InvitationRow.id)
    placed = placed.where(Placement.ended_at.is_(None))
    if actor.role is Role.DEPARTMENT_HEAD:
        released = scope.interviews(actor).with_only_columns(Interview.invitation_id)
        visible = visible.where(InvitationRow.id.in_(released))
    newest = func.row_number().over(
        partition_by=InvitationRow.candidate_id, order_by=(InvitationRow.created_at.desc(), InvitationRow.id)
    )
    numbered = visible.with_only_columns(InvitationRow.id, newest.label("number")).subquery()
    latest = InvitationRow.id.in_(select(numbered.c.id).where(numbered.c.number == 1))
    query = visible.join(ResumeRow, ResumeRow.candidate_id == InvitationRow.candidate_id)
    query = query.where(
        latest,
        ResumeRow.text_sealed != "",
        InvitationRow.candidate_id.not_in(mine),
        InvitationRow.candidate_id.not_in(placed),
    )
    return query.order_by(ResumeRow.created_at.desc(), InvitationRow.created_at.desc()).add_columns(ResumeRow)


def _read(hr: Runtime, candidate: Candidate, resume: ResumeRow) -> tuple[Text, dict[str, str]]:
    text = hr.cabinet.open(candidate_subject(candidate.id), resume.text_sealed, TEXT)
    columns = json.loads(candidate_value(hr, candidate, "extra") or "{}")
    return text_of(text), {str(name): str(value) for name, value in columns.items()}


def _scores(session: Session, actor: Actor, shown: Mapping[str, str]) -> dict[str, int]:
    """Invitation -> what its newest interview came to, if the reader may see it and is not rating it."""
    found = requisition_lists.standings(session, select(InvitationRow.id).where(InvitationRow.id.in_(list(shown))))
    rating = requisition_lists.being_rated(session, actor, found)
    return {
        name: standing.score
        for name, standing in found.items()
        if standing.score is not None and standing.interview_id not in rating
    }


def _shown(session: Session, actor: Actor, ids: Sequence[str]) -> dict[str, str]:
    """Invitation -> the newest interview that the reader may see."""
    query = scope.interviews(actor).where(Interview.invitation_id.in_(ids)).order_by(Interview.attempt)
    return {row.invitation_id: row.id for row in session.scalars(query) if row.invitation_id}
