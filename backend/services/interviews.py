"""Lists and details of interviews for people, within their scope."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from backend.db.models import (
    Decision,
    Department,
    EventRow,
    Interview,
    InvitationRow,
    KitRow,
    ObjectRow,
    ReceiptRow,
    Scorecard,
)
from backend.runtime import Runtime
from backend.services import blind, scope, states, wholes
from backend.services.actor import Actor
from backend.services.people import candidate_name
from backend.services.scorecard_sheet import CardState
from contract.envelope import Envelope, parse_payload
from contract.events import EventType, ExitData, HrState
from contract.kit import InterviewKind, Kit

_EXITS = (EventType.PAUSED.value, EventType.ABANDONED.value)


@dataclass(frozen=True, slots=True)
class InterviewSummary:
    """One line of the list. ``interview_id`` is None while an invited candidate has not started.

    ``state`` comes from events and decisions, ``shown_state`` also from contact with the device (``no_contact`` in
    ``shown_reason``). ``reasons``: why the candidate left, oldest first. ``answers``: questions answered.
    ``parts``: ids of the interview's parts by device; ``interview_id`` is the first. ``receipt_serial`` is that of the
    newest part, once every part has a receipt. ``onboarding``: name of the department for which somebody is 待入职.
    ``blind``: who it is, is kept from the reader (services.blind); ``candidate`` is a pseudonym then.
    """

    interview_id: str | None
    invitation_id: str | None
    code: str | None
    candidate: str
    batch_id: str | None
    batch: str
    kit_id: str | None
    position: dict[str, str]
    department_id: str | None
    department: dict[str, str]
    state: HrState
    shown_state: HrState
    shown_reason: str | None
    reasons: list[str]
    answers: int
    events: int
    objects: int
    receipt_serial: int | None
    device: str | None
    device_seen: datetime | None
    updated_at: datetime
    parts: tuple[str, ...] = ()
    kind: InterviewKind | None = None
    onboarding: dict[str, str] = field(default_factory=dict)
    blind: bool = False


@dataclass(frozen=True, slots=True)
class ListQuery:
    """Filters, all optional. ``text`` is looked for in name and code. ``sort``: updated, name, state or code.

    ``page`` counts from 1. ``include_invited``: also candidates who have not started.
    """

    state: HrState | None = None
    text: str = ""
    batch_id: str | None = None
    department_id: str | None = None
    sort: str = "updated"
    descending: bool = True
    page: int = 1
    size: int = 50
    include_invited: bool = True


@dataclass(frozen=True, slots=True)
class Page:
    items: list[InterviewSummary]
    total: int
    counts: dict[HrState, int] = field(default_factory=dict)


def list_interviews(hr: Runtime, actor: Actor, query: ListQuery) -> Page:
    """The actor's interviews; ``counts`` per shown state before the state filter.

    Names are sealed in the database, so text search and sorting happen here on the opened rows of the scope; events
    and objects are read for the rows of the page alone.
    """
    with hr.db.read() as session:
        lookup = _Lookup(hr, session, actor)
        matching = [row for row in _summaries(lookup, session, actor, query) if _matches(row, query)]
        counts: dict[HrState, int] = {}
        for row in matching:
            counts[row.shown_state] = counts.get(row.shown_state, 0) + 1
        chosen = [row for row in matching if query.state in (None, row.shown_state)]
        chosen.sort(key=_SORT_KEYS.get(query.sort, _SORT_KEYS["updated"]), reverse=query.descending)
        start = (max(query.page, 1) - 1) * query.size
        items = [lookup.with_details(row) for row in chosen[start : start + query.size]]
    return Page(items, len(chosen), counts)


def next_after(hr: Runtime, actor: Actor, query: ListQuery, interview_id: str) -> str | None:
    """The interview that follows in the list, from the top again after its end; None when there is no other.

    What the actor has handed in a scorecard of, or looked at, is passed over. Raises XudaError(NOT_FOUND).
    """
    with hr.db.read() as session:
        scope.interview(session, actor, interview_id)
        lookup = _Lookup(hr, session, actor)
        rows = _summaries(lookup, session, actor, replace(query, include_invited=False))
        matching = [row for row in rows if _matches(row, query) and query.state in (None, row.shown_state)]
        mine = Scorecard.user_id == actor.user_id, Scorecard.state != CardState.DRAFT.value
        done = set(session.scalars(select(Scorecard.interview_id).where(*mine)))
    matching.sort(key=_SORT_KEYS.get(query.sort, _SORT_KEYS["updated"]), reverse=query.descending)
    here = next((place for place, row in enumerate(matching) if interview_id in row.parts), -1)
    following = [*matching[here + 1 :], *matching[: max(here, 0)]]
    return next((row.interview_id for row in following if not done & set(row.parts)), None)


def summary(hr: Runtime, actor: Actor, interview_id: str) -> InterviewSummary:
    """Raises XudaError(NOT_FOUND) also for interviews outside the actor's scope."""
    with hr.db.read() as session:
        found = scope.interview(session, actor, interview_id)
        lookup = _Lookup(hr, session, actor)
        return lookup.with_details(lookup.of_interview(wholes.rows_of(session, found)))


def _matches(row: InterviewSummary, query: ListQuery) -> bool:
    text = query.text.strip().casefold()
    return (
        (not text or text in row.candidate.casefold() or text in (row.code or "").casefold())
        and query.batch_id in (None, row.batch_id)
        and query.department_id in (None, row.department_id)
    )


_STATE_ORDER = {state: index for index, state in enumerate(HrState)}
_SORT_KEYS: dict[str, Callable[[InterviewSummary], Any]] = {
    "name": lambda row: row.candidate,
    "state": lambda row: _STATE_ORDER[row.shown_state],
    "code": lambda row: row.code or "",
    "updated": lambda row: row.updated_at,
}


def _summaries(lookup: _Lookup, session: Session, actor: Actor, query: ListQuery) -> list[InterviewSummary]:
    lookup.read_decisions(scope.interviews(actor))
    invitation = joinedload(Interview.invitation)
    together = (
        joinedload(Interview.device),
        invitation.joinedload(InvitationRow.candidate),
        invitation.joinedload(InvitationRow.batch),
    )
    grouped: dict[tuple[str, int], list[Interview]] = {}
    for interview in session.scalars(scope.interviews(actor).options(*together)):
        grouped.setdefault(wholes.key_of(interview), []).append(interview)
    rows = [lookup.of_interview(wholes.in_order(parts)) for parts in grouped.values()]
    if query.include_invited:
        # also of deleted interviews: who has withdrawn is not waited for
        begun = set(session.scalars(select(Interview.invitation_id)))
        people = (joinedload(InvitationRow.candidate), joinedload(InvitationRow.batch))
        waiting = session.scalars(scope.invitations(actor).options(*people))
        rows += [lookup.of_invitation(invitation) for invitation in waiting if invitation.id not in begun]
    return rows


class _Lookup:
    """Builds the lines of one list; kits are read once."""

    def __init__(self, hr: Runtime, session: Session, actor: Actor) -> None:
        self._hr = hr
        self._session = session
        self._now = hr.now()
        self._kits: dict[str, Kit | None] = {}
        self._words: dict[str, tuple[datetime, str]] | None = None
        self._eyes = blind.eyes(session, actor)

    def read_decisions(self, interviews: Select[Interview]) -> None:
        """The newest decision on each of ``interviews``, in one query instead of one for each."""
        ids = interviews.with_only_columns(Interview.id)
        said = select(Decision.interview_id, Decision.decided_at, Decision.state).where(Decision.interview_id.in_(ids))
        rows = self._session.execute(said.order_by(Decision.decided_at))
        self._words = {interview_id: (at, word) for interview_id, at, word in rows}

    def _decided(self, parts: Sequence[Interview]) -> HrState:
        if self._words is None:
            return states.decided(self._session, parts[0], parts)
        said = [self._words[part.id] for part in parts if part.id in self._words]
        return states.as_decided(HrState(parts[0].state), max(said)[1] if said else None)

    def of_interview(self, parts: Sequence[Interview]) -> InterviewSummary:
        """One line for an interview of one or many parts, in order.

        Without what has to be counted or read from events (see :meth:`with_details`).
        """
        interview, last = parts[0], parts[-1]
        invitation = interview.invitation
        hidden = self._eyes.hide(invitation)
        kit = self._kit(last.kit_id, last.kit_version)
        state = self._decided(parts)
        seen = last.device.seen_at
        if state is HrState.IN_PROGRESS:
            seen = wholes.in_progress_seen(self._session, parts)
        shown, reason = states.shown(state, seen, self._now, self._hr.settings.silent_after)
        return InterviewSummary(
            interview_id=interview.id,
            invitation_id=interview.invitation_id,
            code=invitation.code if invitation and not hidden else None,
            candidate=blind.pseudonym(interview.id) if hidden else self._candidate(invitation),
            blind=hidden,
            batch_id=invitation.batch_id if invitation else None,
            batch=invitation.batch.title if invitation else "",
            kit_id=last.kit_id,
            position=kit.position if kit else {},
            kind=kit.kind if kit else None,
            department_id=interview.department_id,
            department=kit.department if kit else {},
            state=state,
            shown_state=shown,
            shown_reason=reason,
            reasons=[],
            answers=0,
            events=0,
            objects=0,
            receipt_serial=None,
            device=", ".join(dict.fromkeys(part.device.name for part in parts)),
            device_seen=seen,
            updated_at=max(part.updated_at for part in parts),
            parts=tuple(part.id for part in parts),
            onboarding=self._department(interview.department_id) if state is HrState.PENDING_ONBOARDING else {},
        )

    def with_details(self, row: InterviewSummary) -> InterviewSummary:
        """The row with reasons, counts and receipt; a few queries."""
        if row.interview_id is None:
            return row
        receipts = [newest_receipt(self._session, part) for part in row.parts]
        return replace(
            row,
            reasons=self._reasons(row.parts),
            answers=self._answers(row.parts),
            events=self._count(EventRow, row.parts),
            objects=self._count(ObjectRow, row.parts),
            receipt_serial=receipts[-1] if None not in receipts else None,
        )

    def of_invitation(self, invitation: InvitationRow) -> InterviewSummary:
        kit = self._kit(invitation.batch.kit_id, None)
        return InterviewSummary(
            interview_id=None,
            invitation_id=invitation.id,
            code=invitation.code,
            candidate=self._candidate(invitation),
            batch_id=invitation.batch_id,
            batch=invitation.batch.title,
            kit_id=invitation.batch.kit_id,
            position=kit.position if kit else {},
            kind=kit.kind if kit else None,
            department_id=invitation.batch.department_id,
            department=kit.department if kit else {},
            state=HrState.INVITED,
            shown_state=HrState.INVITED,
            shown_reason=None,
            reasons=[],
            answers=0,
            events=0,
            objects=0,
            receipt_serial=None,
            device=None,
            device_seen=None,
            updated_at=invitation.created_at,
        )

    def _candidate(self, invitation: InvitationRow | None) -> str:
        return candidate_name(self._hr, invitation.candidate) if invitation else ""

    def _department(self, department_id: str | None) -> dict[str, str]:
        # the session reads each department once
        row = self._session.get(Department, department_id) if department_id else None
        return row.name if row else {}

    def _kit(self, kit_id: str | None, version: int | None) -> Kit | None:
        if kit_id is None:
            return None
        key = f"{kit_id}:{version}"
        if key not in self._kits:
            query = select(KitRow).where(KitRow.kit_id == kit_id).order_by(KitRow.version.desc()).limit(1)
            if version is not None:
                query = query.where(KitRow.version == version)
            row = self._session.scalar(query)
            self._kits[key] = parse_payload(Envelope.from_bytes(row.envelope).payload_bytes, Kit) if row else None
        return self._kits[key]

    def _count(self, table: type[EventRow] | type[ObjectRow], parts: Sequence[str]) -> int:
        query = select(func.count()).select_from(table).where(table.interview_id.in_(parts))
        return self._session.scalar(query) or 0

    def _events(self, parts: Sequence[str], kinds: Iterable[str]) -> list[EventRow]:
        """In the order of the parts, then of their numbers."""
        query = select(EventRow).where(EventRow.interview_id.in_(parts), EventRow.kind.in_(kinds))
        place = {interview_id: index for index, interview_id in enumerate(parts)}
        return sorted(self._session.scalars(query), key=lambda row: (place[row.interview_id], row.seq))

    def _reasons(self, parts: Sequence[str]) -> list[str]:
        return [states.parse_event(row).parse_data(ExitData).reason for row in self._events(parts, _EXITS)]

    def _answers(self, parts: Sequence[str]) -> int:
        rows = self._events(parts, [EventType.ANSWER_SAVED.value])
        return len({states.parse_event(row).data["question_id"] for row in rows})


def newest_receipt(session: Session, interview_id: str) -> int | None:
    """Serial of the newest receipt issued for the interview."""
    return session.scalar(select(func.max(ReceiptRow.serial)).where(ReceiptRow.interview_id == interview_id))
