"""What programs read page by page, oldest change first, within what their token allows.

A page goes on where the one before ended: at a time of change and an id. Rows that change meanwhile come again at the
end, so a program that keeps the newest time it has seen, and asks from there, misses none.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, contains_eager, joinedload

from backend.db.models import Batch, Decision, Interview, InvitationRow, Rating, Requisition, Scorecard
from backend.runtime import Runtime
from backend.services import audit, positions, requisition_lists, scope, scores, wholes
from backend.services.actor import Actor
from backend.services.decisions import counted
from backend.services.feed_models import (
    BatchItem,
    CandidateItem,
    DecisionItem,
    DepartmentItem,
    DimensionItem,
    InterviewItem,
    Page,
    PositionItem,
    RequisitionItem,
    ResultItem,
)
from backend.services.people import candidate_name, candidate_value
from backend.services.scorecard_sheet import CardState, content_of
from backend.services.scores import ScoreLine
from contract.errors import ErrorCode, XudaError

MOST = 200
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Ask:
    """``since``: changed at this time or later. ``cursor``: from the page before."""

    since: datetime | None = None
    cursor: str | None = None
    limit: int = 50


def requisitions(hr: Runtime, actor: Actor, ask: Ask, *, state: str | None = None) -> Page[RequisitionItem]:
    """Raises XudaError(SETTING_INVALID) with ``field`` cursor, as all of them."""
    query = scope.requisitions(actor).options(joinedload(Requisition.position))
    if state is not None:
        query = query.where(Requisition.state == state)
    with hr.db.read() as session:
        rows, following = _page(session, query, Requisition.updated_at, Requisition.id, ask)
        progress = requisition_lists.progress(session, rows)
        items = [_requisition(row, progress[row.id]) for row in rows]
    _note(hr, actor, "requisitions", len(items))
    return Page(items=items, next=following)


def requisition(hr: Runtime, actor: Actor, requisition_id: str) -> RequisitionItem:
    """Raises XudaError(NOT_FOUND)."""
    query = scope.requisitions(actor).options(joinedload(Requisition.position))
    with hr.db.read() as session:
        row = session.scalar(query.where(Requisition.id == requisition_id))
        if row is None:
            raise XudaError(ErrorCode.NOT_FOUND, field="requisition")
        return _requisition(row, requisition_lists.progress(session, [row])[row.id])


def batches(hr: Runtime, actor: Actor, ask: Ask) -> Page[BatchItem]:
    with hr.db.read() as session:
        rows, following = _page(session, scope.batches(actor), Batch.created_at, Batch.id, ask)
    items = [
        BatchItem(
            id=row.id,
            title=row.title,
            kit_id=row.kit_id,
            department_id=row.department_id,
            requisition_id=row.requisition_id,
            opens_at=row.not_before,
            closes_at=row.not_after,
        )
        for row in rows
    ]
    return Page(items=items, next=following)


def candidates(
    hr: Runtime, actor: Actor, ask: Ask, *, batch_id: str | None = None, invitation_id: str | None = None
) -> Page[CandidateItem]:
    """Also whose invitation was cancelled: what another system holds of them may have to go."""
    query = scope.invitations(actor, cancelled=True)
    query = query.options(contains_eager(InvitationRow.batch), joinedload(InvitationRow.candidate))
    if batch_id is not None:
        query = query.where(InvitationRow.batch_id == batch_id)
    if invitation_id is not None:
        query = query.where(InvitationRow.id == invitation_id)
    with hr.db.read() as session:
        rows, following = _page(session, query, InvitationRow.changed_at, InvitationRow.id, ask)
        items = [_candidate(hr, row) for row in rows]
    _note(hr, actor, "candidates", len(items))
    return Page(items=items, next=following)


def interviews(hr: Runtime, actor: Actor, ask: Ask, *, state: str | None = None) -> Page[InterviewItem]:
    query = _of_invitation(scope.interviews(actor)).where(or_(Interview.part.is_(None), Interview.part == 1))
    if state is not None:
        query = query.where(Interview.state == state)
    with hr.db.read() as session:
        rows, following = _page(session, query, Interview.updated_at, Interview.id, ask)
        items = [_interview(row) for row in rows]
    _note(hr, actor, "interviews", len(items))
    return Page(items=items, next=following)


def interview(hr: Runtime, actor: Actor, interview_id: str) -> InterviewItem:
    """Raises XudaError(NOT_FOUND)."""
    with hr.db.read() as session:
        row = scope.interview(session, actor, interview_id)
        if row.practice:
            raise XudaError(ErrorCode.NOT_FOUND, field="interview")
        item = _interview(row)
    _note(hr, actor, "interviews", 1)
    return item


def results(hr: Runtime, actor: Actor, ask: Ask, *, interview_id: str | None = None) -> Page[ResultItem]:
    query = _of_invitation(scope.interviews(actor)).where(Interview.scored_at.is_not(None))
    if interview_id is not None:
        query = query.where(Interview.id == interview_id)
    with hr.db.read() as session:
        rows, following = _page(session, query, Interview.scored_at, Interview.id, ask)
        items = _results(hr, session, rows)
    _note(hr, actor, "results", len(items))
    return Page(items=items, next=following)


def decisions(hr: Runtime, actor: Actor, ask: Ask, *, released: bool | None = None) -> Page[DecisionItem]:
    query = scope.interviews(actor).join(Decision, Decision.interview_id == Interview.id).with_only_columns(Decision)
    if released is not None:
        query = query.where(Decision.released_at.is_not(None) if released else Decision.released_at.is_(None))
    with hr.db.read() as session:
        rows, following = _page(session, query, Decision.changed_at, Decision.id, ask)
        about = _of_invitation(select(Interview).where(Interview.id.in_([row.interview_id for row in rows])))
        found = {row.id: row for row in session.scalars(about)}
        items = [_decision(row, found[row.interview_id]) for row in rows]
    _note(hr, actor, "decisions", len(items))
    return Page(items=items, next=following)


def departments(hr: Runtime, actor: Actor) -> list[DepartmentItem]:
    with hr.db.read() as session:
        rows = session.scalars(scope.departments(actor)).all()
    return [DepartmentItem(id=row.id, parent_id=row.parent_id, name=row.name) for row in rows]


def position_items(hr: Runtime, actor: Actor) -> list[PositionItem]:
    return [
        PositionItem(
            id=line.position.id,
            code=line.position.code,
            department_id=line.position.department_id,
            title=line.position.title,
            headcount=line.position.headcount,
            staffed=line.position.staffed,
            bound=line.bound,
            skills=line.position.skills,
        )
        for line in positions.lines(hr, actor)
    ]


def _page(
    session: Session,
    query: Select[Row],
    changed: InstrumentedAttribute[Any],
    name: InstrumentedAttribute[str],
    ask: Ask,
) -> tuple[Sequence[Row], str | None]:
    if ask.since is not None:
        query = query.where(changed >= ask.since)
    if ask.cursor is not None:
        at, last = _opened(ask.cursor)
        query = query.where(or_(changed > at, and_(changed == at, name > last)))
    rows = session.scalars(query.order_by(changed, name).limit(ask.limit + 1)).unique().all()
    shown = rows[: ask.limit]
    if len(rows) <= ask.limit:
        return shown, None
    return shown, _closed(getattr(shown[-1], changed.key), getattr(shown[-1], name.key))


def _closed(at: datetime, name: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([at.isoformat(), name]).encode()).decode().rstrip("=")


def _opened(cursor: str) -> tuple[datetime, str]:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        at, name = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        found = datetime.fromisoformat(at)
        if found.tzinfo is None or type(name) is not str:
            raise ValueError
    except (ValueError, TypeError, RecursionError) as error:
        raise XudaError(ErrorCode.SETTING_INVALID, field="cursor") from error
    return found, name


def _note(hr: Runtime, actor: Actor, what: str, count: int) -> None:
    """What a program was shown is a view like any other's."""
    if count:
        audit.record_now(hr, actor, "api_read", what, count=count)


def _of_invitation(query: Select[Interview]) -> Select[Interview]:
    return query.options(joinedload(Interview.invitation).joinedload(InvitationRow.batch))


def _requisition(row: Requisition, progress: requisition_lists.Progress) -> RequisitionItem:
    return RequisitionItem(
        id=row.id,
        position_id=row.position_id,
        position_code=row.position.code,
        title=row.position.title,
        department_id=row.position.department_id,
        state=row.state,
        wanted=row.wanted,
        hired=progress.hired,
        invited=progress.invited,
        complete=progress.complete,
        threshold=row.threshold,
        needed_by=row.needed_by,
        changed_at=row.updated_at,
    )


def _candidate(hr: Runtime, row: InvitationRow) -> CandidateItem:
    erased = not row.candidate.name_sealed
    return CandidateItem(
        invitation_id=row.id,
        candidate_id=row.candidate_id,
        batch_id=row.batch_id,
        requisition_id=row.batch.requisition_id,
        department_id=row.batch.department_id,
        name=candidate_name(hr, row.candidate),
        phone="" if erased else candidate_value(hr, row.candidate, "phone") or "",
        email="" if erased else candidate_value(hr, row.candidate, "email") or "",
        code=row.code,
        closes_at=row.ends_at,
        cancelled=row.cancelled_at is not None,
        changed_at=row.changed_at,
    )


def _about(row: Interview) -> dict[str, Any]:
    invitation = row.invitation
    return {
        "invitation_id": row.invitation_id,
        "candidate_id": invitation.candidate_id if invitation else None,
        "requisition_id": invitation.batch.requisition_id if invitation else None,
        "department_id": row.department_id,
    }


def _interview(row: Interview) -> InterviewItem:
    return InterviewItem(
        **_about(row),
        id=row.id,
        batch_id=row.invitation.batch_id if row.invitation else None,
        kit_id=row.kit_id,
        kit_version=row.kit_version,
        attempt=row.attempt,
        state=row.state,
        begun_at=row.created_at,
        ended_at=row.ended_at,
        changed_at=row.updated_at,
    )


def _decision(row: Decision, about: Interview) -> DecisionItem:
    return DecisionItem(
        **_about(about),
        id=row.id,
        interview_id=row.interview_id,
        ruling=row.ruling,
        state=row.state,
        decided_at=row.decided_at,
        released_at=row.released_at,
        changed_at=row.changed_at,
    )


def _results(hr: Runtime, session: Session, rows: Sequence[Interview]) -> list[ResultItem]:
    """Of whole interviews; scores lie under whichever part people looked at. Two queries for all parts."""
    same = [
        and_(Interview.invitation_id == row.invitation_id, Interview.attempt == row.attempt)
        for row in rows
        if row.invitation_id is not None and row.attempt is not None
    ]
    ids = [row.id for row in rows]
    parts = session.scalars(select(Interview).where(or_(Interview.id.in_(ids), *same), Interview.deleted_at.is_(None)))
    whole = {part.id: wholes.key_of(part) for part in parts}
    given = select(Rating.interview_id, Rating.user_id, Rating.score).where(Rating.interview_id.in_(whole))
    people: dict[tuple[str, int], list[tuple[str, int]]] = {}
    for interview_id, user_id, score in session.execute(given.order_by(Rating.rated_at)):
        people.setdefault(whole[interview_id], []).append((user_id, score))
    final = Scorecard.interview_id.in_(whole), Scorecard.state == CardState.FINAL.value
    levels: dict[tuple[str, int], dict[tuple[str, str], list[int]]] = {}
    for card in session.scalars(select(Scorecard).where(*final)):
        for key, level in content_of(hr, card).levels().items():
            levels.setdefault(whole[card.interview_id], {}).setdefault(key, []).append(level)
    made = scores.current(session, ids)
    return [
        _result(row, people.get(whole[row.id], []), levels.get(whole[row.id], {}), made.get(row.id)) for row in rows
    ]


def _result(
    row: Interview, given: list[tuple[str, int]], levels: dict[tuple[str, str], list[int]], made: ScoreLine | None
) -> ResultItem:
    assert row.scored_at is not None
    return ResultItem(
        **_about(row),
        interview_id=row.id,
        score=counted(given),
        raters=len({user_id for user_id, _ in given}),
        ai_score=made.points if made else None,
        ai_low=made.low if made and made.points is not None else None,
        ai_high=made.high if made and made.points is not None else None,
        ai_listen=made is not None and made.listen,
        dimensions=[
            DimensionItem(question_id=question, dimension_id=dimension, level=round(sum(found) / len(found), 2))
            for (question, dimension), found in sorted(levels.items())
        ],
        changed_at=row.scored_at,
    )
