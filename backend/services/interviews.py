"""Lists and details of interviews for people, within their scope."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_, select, tuple_
from sqlalchemy.orm import Session, aliased, joinedload

from backend.cabinet import candidate_subject, interview_subject
from backend.db.models import (
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
from backend.services import blind, scope, scores, states, wholes, wholes_in_sql
from backend.services.actor import Actor
from backend.services.interview_rows import MOST_OPENED, Finder, Hits, Key, ListQuery
from backend.services.listings import newest_kit_rows, parsed_kit
from backend.services.people import candidate_name, find_named
from backend.services.scorecard_sheet import CardState
from backend.services.scores import ScoreLine
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
    ``ai``: the score of the assessment, None also where it is withheld from the reader.
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
    ai: ScoreLine | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """``coarse``: there are too many to open every name of, so only whole names and parts of codes were looked for, and
    a list by name is by time instead."""

    items: list[InterviewSummary]
    total: int
    counts: dict[HrState, int] = field(default_factory=dict)
    coarse: bool = False


def list_interviews(hr: Runtime, actor: Actor, query: ListQuery) -> Page:
    """The actor's interviews; ``counts`` per shown state before the state filter.

    The number of queries is the same whatever number of interviews there is. Names are sealed in the database: looking
    for one, and sorting by name, opens those of at most ``MOST_OPENED`` rows.
    """
    with hr.db.read() as session:
        lookup = _Lookup(hr, session, actor)
        finder = lookup.finder(query)
        counts = finder.counts()
        by_name = bool(query.text.strip()) or query.sort == "name"
        coarse = by_name and sum(counts.values()) > MOST_OPENED
        if by_name and not (coarse and not query.text.strip()):
            return lookup.opened(query, coarse)
        total = sum(counts.values()) if query.state is None else counts.get(query.state, 0)
        page = min(max(query.page, 1), total // query.size + 2)  # what lies behind the last one is empty anyway
        keys = finder.keys(limit=query.size, offset=(page - 1) * query.size)
        return Page(lookup.detailed(lookup.rows(keys)), total, counts, coarse)


def next_after(hr: Runtime, actor: Actor, query: ListQuery, interview_id: str) -> str | None:
    """The interview that follows in the list, from the top again after its end; None when there is no other.

    What the actor has handed in a scorecard of, or looked at, is passed over. Raises XudaError(NOT_FOUND).
    """
    query = replace(query, include_invited=False, text="")
    with hr.db.read() as session:
        here = wholes.rows_of(session, scope.interview(session, actor, interview_id))[0].id
        lookup = _Lookup(hr, session, actor)
        finder = lookup.finder(query)
        if query.sort == "name" and sum(finder.counts().values()) <= MOST_OPENED:
            ids = [row.interview_id for row in lookup.sorted(lookup.rows(finder.keys(limit=None)), query)]
        else:
            ids = [key.interview_id for key in finder.keys(limit=None)]
        mine = Scorecard.user_id == actor.user_id, Scorecard.state != CardState.DRAFT.value
        done = set(session.scalars(select(Scorecard.interview_id).where(*mine)))
    place = ids.index(here) if here in ids else -1
    following = [*ids[place + 1 :], *ids[: max(place, 0)]]
    return next((found for found in following if found not in done), None)


def summary(hr: Runtime, actor: Actor, interview_id: str) -> InterviewSummary:
    """Raises XudaError(NOT_FOUND) also for interviews outside the actor's scope."""
    with hr.db.read() as session:
        found = scope.interview(session, actor, interview_id)
        lookup = _Lookup(hr, session, actor)
        return lookup.detailed([lookup.of_interview(wholes.rows_of(session, found))])[0]


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


class _Lookup:
    """Builds the lines of one list, with a fixed number of queries."""

    def __init__(self, hr: Runtime, session: Session, actor: Actor) -> None:
        self._hr = hr
        self._session = session
        self._actor = actor
        self._now = hr.now()
        self._kits: dict[tuple[str, int | None], Kit | None] = {}
        self._seen: dict[str, datetime | None] | None = None
        self._names: dict[str, dict[str, str]] | None = None
        self._eyes = blind.eyes(session, actor)
        self._again: set[str] = set()  # parts in which one question is answered again: beside the interview

    def finder(self, query: ListQuery, hits: Hits | None = None) -> Finder:
        scored = scores.points_seen(self._hr, self._actor) if query.sort == "ai" else None
        return Finder(self._session, self._actor, query, self._now, self._hr.settings.silent_after, hits, scored)

    def opened(self, query: ListQuery, coarse: bool) -> Page:
        """The page of a list that is searched or sorted by what is sealed."""
        text = query.text.strip()
        hits = Hits(text, find_named(self._hr, text)) if coarse else None
        keys = self.finder(replace(query, state=None), hits).keys(limit=MOST_OPENED)
        matching = [row for row in self.rows(keys) if _matches(row, query)]
        counts: dict[HrState, int] = {}
        for row in matching:
            counts[row.shown_state] = counts.get(row.shown_state, 0) + 1
        chosen = self.sorted([row for row in matching if query.state in (None, row.shown_state)], query)
        start = (max(query.page, 1) - 1) * query.size
        return Page(self.detailed(chosen[start : start + query.size]), len(chosen), counts, coarse)

    def sorted(self, rows: list[InterviewSummary], query: ListQuery) -> list[InterviewSummary]:
        return sorted(rows, key=_SORT_KEYS.get(query.sort, _SORT_KEYS["updated"]), reverse=query.descending)

    def rows(self, keys: Sequence[Key]) -> list[InterviewSummary]:
        """One line each, in order, without what :meth:`detailed` adds."""
        parts = self._parts([key.interview_id for key in keys if key.interview_id])
        waiting = self._waiting([key.invitation_id for key in keys if key.invitation_id])
        begun = [part.invitation for found in parts.values() for part in found if part.invitation]
        self._read_kits([found[-1] for found in parts.values()], list(waiting.values()))
        people = {candidate_subject(row.candidate_id) for row in (*begun, *waiting.values())}
        with self._hr.cabinet.ahead(people):
            return [
                self.of_interview(parts[key.interview_id])
                if key.interview_id
                else self.of_invitation(waiting[key.invitation_id or ""])
                for key in keys
            ]

    def _parts(self, leading: list[str]) -> dict[str, list[Interview]]:
        """Leading part -> all parts in order; and when the devices of those in progress were last heard of."""
        invitation = joinedload(Interview.invitation)
        together = (
            joinedload(Interview.device),
            invitation.joinedload(InvitationRow.candidate),
            invitation.joinedload(InvitationRow.batch),
        )
        first = aliased(Interview)
        same = and_(Interview.invitation_id == first.invitation_id, Interview.attempt == first.attempt)
        query = select(Interview).join(first, or_(Interview.id == first.id, same)).where(first.id.in_(leading))
        grouped: dict[tuple[str, int], list[Interview]] = {}
        for row in self._session.scalars(query.where(Interview.deleted_at.is_(None)).options(*together)):
            grouped.setdefault(wholes.key_of(row), []).append(row)
        found = {parts[0].id: parts for parts in map(wholes.in_order, grouped.values())}
        busy = Interview.id.in_(leading), Interview.standing == HrState.IN_PROGRESS.value
        seen = self._session.execute(select(Interview.id, wholes_in_sql.seen_at()).where(*busy))
        self._seen = {row[0]: row[1] for row in seen}
        return found

    def _waiting(self, ids: list[str]) -> dict[str, InvitationRow]:
        query = select(InvitationRow).where(InvitationRow.id.in_(ids))
        people = (joinedload(InvitationRow.candidate), joinedload(InvitationRow.batch))
        return {row.id: row for row in self._session.scalars(query.options(*people))}

    def _read_kits(self, interviews: list[Interview], invitations: list[InvitationRow]) -> None:
        wanted = {(row.kit_id, row.kit_version) for row in interviews if row.kit_id is not None}
        of_version = [(name, version) for name, version in wanted if version is not None]
        newest = {row.batch.kit_id for row in invitations} | {name for name, version in wanted if version is None}
        query = select(KitRow).where(tuple_(KitRow.kit_id, KitRow.version).in_(of_version))
        for row in self._session.scalars(query):
            self._kits[row.kit_id, row.version] = parsed_kit(row)
        for name, row in newest_kit_rows(self._session, newest).items():
            self._kits[name, None] = parsed_kit(row)

    def of_interview(self, parts: Sequence[Interview]) -> InterviewSummary:
        """One line for an interview of one or many parts, in order.

        Without what has to be counted or read from events (see :meth:`detailed`).
        """
        interview, last = parts[0], parts[-1]
        self._again.update(part.id for part in parts if part.redo_id is not None)
        invitation = interview.invitation
        hidden = self._eyes.hide(invitation)
        kit = self._kit(last.kit_id, last.kit_version)
        state = HrState(interview.standing)
        seen = last.device.seen_at
        if state is HrState.IN_PROGRESS:
            seen = wholes.in_progress_seen(self._session, parts) if self._seen is None else self._seen[interview.id]
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

    def detailed(self, rows: Sequence[InterviewSummary]) -> list[InterviewSummary]:
        """The rows with reasons, counts and receipts."""
        ids = [part for row in rows for part in row.parts]
        events, objects = self._counts(EventRow, ids), self._counts(ObjectRow, ids)
        newest = select(ReceiptRow.interview_id, func.max(ReceiptRow.serial)).where(ReceiptRow.interview_id.in_(ids))
        receipts = {row[0]: row[1] for row in self._session.execute(newest.group_by(ReceiptRow.interview_id))}
        told = self._told(ids)
        scored = scores.visible(self._hr, self._session, self._actor, [row.parts[0] for row in rows if row.parts])
        return [
            replace(
                row,
                reasons=[word for part in self._given(row) for word in told.reasons.get(part, ())],
                answers=len({name for part in row.parts for name in told.answered.get(part, ())}),
                events=sum(events.get(part, 0) for part in row.parts),
                objects=sum(objects.get(part, 0) for part in row.parts),
                ai=scored.get(row.parts[0]),
                receipt_serial=receipts[self._given(row)[-1]] if receipts.keys() >= {*self._given(row)} else None,
            )
            if row.parts
            else row
            for row in rows
        ]

    def _given(self, row: InterviewSummary) -> list[str]:
        """The parts but those in which a question is answered again; all when there are no others."""
        return [part for part in row.parts if part not in self._again] or list(row.parts)

    def _counts(self, table: type[EventRow] | type[ObjectRow], ids: list[str]) -> dict[str, int]:
        query = select(table.interview_id, func.count()).where(table.interview_id.in_(ids)).group_by(table.interview_id)
        return {row[0]: row[1] for row in self._session.execute(query)}

    def _told(self, ids: list[str]) -> _Told:
        kinds = (*_EXITS, EventType.ANSWER_SAVED.value)
        query = select(EventRow).where(EventRow.interview_id.in_(ids), EventRow.kind.in_(kinds)).order_by(EventRow.seq)
        told = _Told()
        with self._hr.cabinet.ahead(map(interview_subject, ids)):
            for row in self._session.scalars(query):
                event = states.parse_event(row)
                if row.kind in _EXITS:
                    told.reasons.setdefault(row.interview_id, []).append(event.parse_data(ExitData).reason)
                else:
                    told.answered.setdefault(row.interview_id, set()).add(event.data["question_id"])
        return told

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
        if self._names is None:
            self._names = {row[0]: row[1] for row in self._session.execute(select(Department.id, Department.name))}
        return self._names.get(department_id or "", {})

    def _kit(self, kit_id: str | None, version: int | None) -> Kit | None:
        if kit_id is None:
            return None
        if (kit_id, version) not in self._kits:
            query = select(KitRow).where(KitRow.kit_id == kit_id).order_by(KitRow.version.desc()).limit(1)
            if version is not None:
                query = query.where(KitRow.version == version)
            row = self._session.scalar(query)
            self._kits[kit_id, version] = parsed_kit(row) if row else None
        return self._kits[kit_id, version]


@dataclass(slots=True)
class _Told:
    """By part: why the candidate left, oldest first, and the questions answered."""

    reasons: dict[str, list[str]] = field(default_factory=dict)
    answered: dict[str, set[str]] = field(default_factory=dict)


def newest_receipt(session: Session, interview_id: str) -> int | None:
    """Serial of the newest receipt issued for the interview."""
    return session.scalar(select(func.max(ReceiptRow.serial)).where(ReceiptRow.interview_id == interview_id))
