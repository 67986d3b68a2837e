"""The table of results: one row per candidate, within the reader's scope, read in pieces so that it may be long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, Select, and_, case, literal, or_, select
from sqlalchemy.orm import Session, aliased, joinedload

from backend.db.models import (
    Batch,
    Department,
    Interview,
    InterviewFact,
    InvitationRow,
    KitRow,
    Rating,
    Role,
    Scorecard,
)
from backend.runtime import Runtime
from backend.services import blind, scope, scores
from backend.services import wholes_in_sql as sql
from backend.services.actor import Actor
from backend.services.decisions import counted
from backend.services.listings import parsed_kit
from backend.services.people import candidate_name, candidate_value
from backend.services.scorecard_sheet import CardState
from backend.services.scores import ScoreLine
from contract.catalog import load
from contract.events import HrState
from contract.text import pick
from report import words

PIECE = 500
_CONTACT = frozenset({Role.ADMINISTRATOR, Role.HR})


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which interviews: those named (any part names the whole), or all that fit; of each candidate the newest attempt.

    ``department_id``: with those below it. ``waiting``: also people who were invited and have not begun.
    """

    ids: tuple[str, ...] | None = None
    batch_id: str | None = None
    department_id: str | None = None
    state: HrState | None = None
    waiting: bool = False


def interviews(hr: Runtime, actor: Actor, chosen: Chosen, *columns: Any) -> Select[Any]:
    """``columns`` of the interviews chosen, one row for each whole; joins invitation and batch."""
    query = scope.interviews(actor).with_only_columns(*columns).outerjoin(Interview.invitation)
    query = query.outerjoin(Batch, Batch.id == InvitationRow.batch_id)
    if chosen.ids is not None:
        return query.where(Interview.id.in_(chosen.ids))
    query = query.where(sql.leads())
    if chosen.batch_id:
        query = query.where(InvitationRow.batch_id == chosen.batch_id)
    if chosen.department_id:
        query = query.where(Interview.department_id.in_(scope.departments_below(chosen.department_id)))
    if chosen.state:
        query = query.where(sql.shown_state(_cutoff(hr)) == chosen.state.value)
    return query


def table(hr: Runtime, actor: Actor, chosen: Chosen, language: str) -> Iterator[list[object]]:
    """The header, then the rows. Raises XudaError(FORBIDDEN)."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR, Role.DEPARTMENT_HEAD)
    reading = _Reading(hr, actor, language)
    yield reading.header()
    yield from reading.begun(chosen)
    if chosen.ids is None and (chosen.waiting or chosen.state is HrState.INVITED):
        yield from reading.waiting(chosen)


def _cutoff(hr: Runtime) -> Any:
    return hr.now() - timedelta(seconds=hr.settings.silent_after)


class _Reading:
    def __init__(self, hr: Runtime, actor: Actor, language: str) -> None:
        self._hr, self._actor, self._language = hr, actor, language
        self._contact = actor.role in _CONTACT
        self._positions: dict[tuple[str | None, int | None], str] = {}
        self._departments: dict[str, dict[str, str]] = {}

    def header(self) -> list[object]:
        t = load("portal", self._language).gettext
        contact = [t("Phone"), t("E-mail")] if self._contact else []
        return [
            t("Interview"),
            t("Candidate"),
            t("Invitation code"),
            *contact,
            t("Batch"),
            t("Department"),
            t("Position"),
            t("State"),
            t("Reason"),
            t("Interruptions"),
            t("Answers"),
            t("Minutes in the interview"),
            t("Score"),
            t("AI score"),
            t("AI score, from"),
            t("AI score, to"),
            t("Please listen"),
            t("Data"),
            t("Begun"),
            t("Ended"),
            t("Device"),
            t("The way in was clear (1-5)"),
            t("It went smoothly (1-5)"),
            t("Overall (1-5)"),
        ]

    def begun(self, chosen: Chosen) -> Iterator[list[object]]:
        after: tuple[Any, str] | None = None
        while True:
            with self._hr.db.read() as session:
                self._read_departments(session)
                rows = self._piece(session, chosen, after)
                seen = blind.eyes(session, self._actor)
                given = self._scores(session, [row[0].id for row in rows])
                made = scores.visible(self._hr, session, self._actor, [row[0].id for row in rows])
                lines = [self._line(session, row, seen, given, made.get(row[0].id)) for row in rows]
                after = (rows[-1][0].created_at, rows[-1][0].id) if rows else None
            yield from lines
            if len(rows) < PIECE:
                return

    def waiting(self, chosen: Chosen) -> Iterator[list[object]]:
        """Invited people who have not begun."""
        if chosen.state not in (None, HrState.INVITED):
            return
        begun = select(literal(1)).where(Interview.invitation_id == InvitationRow.id).exists()
        after = ""
        while True:
            query = scope.invitations(self._actor).where(~begun, InvitationRow.id > after).order_by(InvitationRow.id)
            if chosen.batch_id:
                query = query.where(InvitationRow.batch_id == chosen.batch_id)
            if chosen.department_id:
                query = query.where(Batch.department_id.in_(scope.departments_below(chosen.department_id)))
            query = query.options(joinedload(InvitationRow.candidate), joinedload(InvitationRow.batch)).limit(PIECE)
            with self._hr.db.read() as session:
                self._read_departments(session)
                seen = blind.eyes(session, self._actor)
                rows = session.scalars(query).all()
                lines = [self._invited(session, row, hidden=seen.hide(row)) for row in rows]
            yield from lines
            if len(rows) < PIECE:
                return
            after = rows[-1].id

    def _piece(self, session: Session, chosen: Chosen, after: tuple[Any, str] | None) -> Sequence[Row[Any]]:
        columns = (
            sql.shown_state(_cutoff(self._hr)).label("state"),
            sql.last_reason().label("reason"),
            sql.pauses().label("pauses"),
            sql.answers().label("answers"),
            sql.active_seconds().label("active"),
            case((sql.awaited(), 1), else_=0).label("awaited"),
            *(sql.rating(column).label(column.key) for column in _RATINGS),
        )
        query = interviews(self._hr, self._actor, chosen, Interview, *columns)
        person = joinedload(Interview.invitation)
        query = query.options(joinedload(Interview.device), person.joinedload(InvitationRow.candidate))
        query = query.options(person.joinedload(InvitationRow.batch))
        if after is not None:
            same = and_(Interview.created_at == after[0], Interview.id > after[1])
            query = query.where(or_(Interview.created_at > after[0], same))
        return session.execute(query.order_by(Interview.created_at, Interview.id).limit(PIECE)).all()

    def _scores(self, session: Session, ids: list[str]) -> dict[str, int]:
        """What counts of everybody's scores; none where the reader is rating right now."""
        if not self._contact:
            return {}  # department heads see no ratings
        lead, part = aliased(Interview), aliased(Interview)
        parts = select(lead.id.label("lead"), part.id.label("part")).where(lead.id.in_(ids))
        own = parts.join(part, part.id == lead.id)
        same = part.invitation_id == lead.invitation_id, part.attempt == lead.attempt, part.deleted_at.is_(None)
        found = own.union(parts.join(part, and_(*same))).subquery()
        query = select(found.c.lead, Rating.user_id, Rating.score).join(found, found.c.part == Rating.interview_id)
        query = query.order_by(Rating.rated_at)
        given: dict[str, list[tuple[str, int]]] = {}
        for interview_id, user_id, score in session.execute(query):
            given.setdefault(interview_id, []).append((user_id, score))
        mine = Scorecard.user_id == self._actor.user_id, Scorecard.state == CardState.DRAFT.value
        rating = set(session.scalars(select(Scorecard.interview_id).where(*mine)))
        return {name: counted(found) or 0 for name, found in given.items() if name not in rating}

    def _line(
        self, session: Session, row: Row[Any], seen: blind.Eyes, given: dict[str, int], made: ScoreLine | None
    ) -> list[object]:
        t = load("portal", self._language).gettext
        interview: Interview = row[0]
        invitation, state = interview.invitation, HrState(row.state)
        hidden = seen.hide(invitation)
        left = HrState(interview.state) in (HrState.PAUSED, HrState.INCOMPLETE)
        silent = state is HrState.PAUSED and interview.state == HrState.IN_PROGRESS.value
        reason = t("No contact with the device") if silent else self._reason(row.reason) if left else ""
        return [
            interview.id,
            *self._person(invitation, interview.id, hidden=hidden),
            invitation.batch.title if invitation else "",
            self._department(interview.department_id),
            self._position(session, interview.kit_id, interview.kit_version),
            words.state_words(state, self._language),
            reason,
            row.pauses,
            row.answers,
            None if row.active is None else round(row.active / 60, 1),
            None if hidden else given.get(interview.id),
            *self._made(None if hidden else made),
            t("not complete yet") if row.awaited else t("complete, receipt issued"),
            interview.created_at,
            interview.ended_at,
            interview.device.name,
            row.entrance_clear,
            row.flow_smooth,
            row.overall,
        ]

    def _made(self, line: ScoreLine | None) -> list[object]:
        if line is None:
            return [None] * 4
        t = load("portal", self._language).gettext
        bounds = [None, None] if line.points is None else [line.low, line.high]
        return [line.points, *bounds, t("yes") if line.listen else ""]

    def _invited(self, session: Session, row: InvitationRow, *, hidden: bool) -> list[object]:
        empty: list[object] = [None] * 16
        return [
            "",
            *self._person(row, "", hidden=hidden),
            row.batch.title,
            self._department(row.batch.department_id),
            self._position(session, row.batch.kit_id, None),
            words.state_words(HrState.INVITED, self._language),
            *empty,
        ]

    def _person(self, row: InvitationRow | None, interview_id: str, *, hidden: bool) -> list[object]:
        if row is None or hidden:
            shown = blind.pseudonym(interview_id) if hidden and interview_id else ""
            return [shown, "", *(["", ""] if self._contact else [])]
        contact = [candidate_value(self._hr, row.candidate, column) for column in ("phone", "email")]
        return [candidate_name(self._hr, row.candidate), row.code, *(contact if self._contact else [])]

    def _reason(self, code: str | None) -> str:
        return words.reason_words(code, self._language) if code else ""

    def _department(self, department_id: str | None) -> str:
        return pick(self._departments.get(department_id or "", {}), self._language)

    def _read_departments(self, session: Session) -> None:
        if not self._departments:
            rows = session.execute(select(Department.id, Department.name))
            self._departments = {row.id: row.name for row in rows}

    def _position(self, session: Session, kit_id: str | None, version: int | None) -> str:
        """What the kit calls the position; kits are read once."""
        key = kit_id, version
        if key not in self._positions:
            query = select(KitRow).where(KitRow.kit_id == kit_id).order_by(KitRow.version.desc()).limit(1)
            row = session.scalar(query.where(KitRow.version == version) if version is not None else query)
            self._positions[key] = pick(parsed_kit(row).position, self._language) if row else ""
        return self._positions[key]


_RATINGS = (InterviewFact.entrance_clear, InterviewFact.flow_smooth, InterviewFact.overall)
