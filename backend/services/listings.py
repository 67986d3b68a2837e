"""What the portal's lists show of batches, invitations, candidates and kits: opened in memory, within the scope."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.orm import Session, joinedload

from backend.cabinet import candidate_subject
from backend.db.models import Batch, Interview, InvitationRow, KitRow, Role
from backend.db.models.devices import PRACTICE_KIT
from backend.runtime import Runtime
from backend.services import blind, scope, walkins
from backend.services.actor import Actor
from backend.services.interview_rows import MOST_OPENED, Hits
from backend.services.people import candidate_name, candidate_value, find_candidates, find_named
from contract.envelope import Envelope, parse_payload
from contract.errors import ErrorCode, XudaError
from contract.identifiers import clean_phone
from contract.kit import Kit


@dataclass(frozen=True, slots=True)
class BatchLine:
    """``begun``: invitations with an interview."""

    batch: Batch
    position: dict[str, str]
    invited: int
    begun: int


@dataclass(frozen=True, slots=True)
class InvitationLine:
    """``phone`` and ``email`` are None for readers who may not have them; so is ``interview_id`` for those who rate it
    without knowing whom (``blind``)."""

    invitation_id: str
    candidate_id: str
    name: str
    phone: str | None
    email: str | None
    code: str
    token: str
    batch: str
    position: dict[str, str]
    not_before: datetime
    not_after: datetime
    interview_id: str | None
    blind: bool
    walk_in: walkins.WalkInView | None = None


@dataclass(frozen=True, slots=True)
class KitLine:
    kit: Kit
    created_at: datetime
    versions: int


@dataclass(frozen=True, slots=True)
class BatchPage:
    lines: list[BatchLine]
    total: int


@dataclass(frozen=True, slots=True)
class KitPage:
    lines: list[KitLine]
    total: int


@dataclass(frozen=True, slots=True)
class InvitationPage:
    """``coarse``: only whole names and phones, and parts of codes, were looked for."""

    lines: list[InvitationLine]
    total: int
    page: int
    pages: int
    coarse: bool = False


def batch_lines(hr: Runtime, actor: Actor, *, page: int = 1, size: int | None = None) -> BatchPage:
    """Newest first, ``size`` of them (None: all). Raises XudaError(FORBIDDEN)."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.read() as session:
        query = scope.batches(actor).order_by(Batch.created_at.desc(), Batch.id)
        total = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
        if size is not None:
            query = query.limit(size).offset((page - 1) * size)
        return BatchPage(_batch_lines(session, session.scalars(query).all()), total)


def batch_line(hr: Runtime, actor: Actor, batch_id: str) -> BatchLine:
    """Raises XudaError(FORBIDDEN | NOT_FOUND)."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.read() as session:
        batch = session.get(Batch, batch_id)
        if batch is None:
            raise XudaError(ErrorCode.NOT_FOUND, field="batch")
        return _batch_lines(session, [batch])[0]


def batches_of(hr: Runtime, actor: Actor, requisition_id: str) -> Sequence[Batch]:
    """The actor's batches for a requisition, newest first."""
    query = scope.batches(actor).where(Batch.requisition_id == requisition_id).order_by(Batch.created_at.desc())
    with hr.db.read() as session:
        return session.scalars(query).all()


def invitation_lines(hr: Runtime, actor: Actor, *, batch_id: str | None = None) -> list[InvitationLine]:
    """All of the actor's invitations, those of one batch if given, in the order they were made."""
    with hr.db.read() as session:
        lister = _Lister(hr, session, actor, batch_id)
        return lister.lines(lister.ids().order_by(InvitationRow.created_at, InvitationRow.code))


def invitation_page(
    hr: Runtime, actor: Actor, *, batch_id: str | None = None, text: str = "", page: int = 1, size: int = 50
) -> InvitationPage:
    """The newest invitations first, those of a batch in the order they were made; page 1 is the first.

    ``text`` is looked for in name, code and phone.
    Names and phones are sealed: of more than ``MOST_OPENED`` invitations only whole ones are found.
    """
    with hr.db.read() as session:
        lister = _Lister(hr, session, actor, batch_id)
        newest = InvitationRow.created_at.desc(), InvitationRow.code.desc()
        if batch_id is not None:
            newest = InvitationRow.created_at.asc(), InvitationRow.code.asc()
        total = session.scalar(select(func.count()).select_from(lister.ids().subquery())) or 0
        wanted = text.strip()
        if not wanted:
            pages = max(1, -(-total // size))
            ids = lister.ids().order_by(*newest).limit(size).offset((min(page, pages) - 1) * size)
            return InvitationPage(lister.lines(ids), total, min(page, pages), pages)
        coarse = total > MOST_OPENED
        ids = lister.ids().where(_meant(hr, wanted)) if coarse else lister.ids()
        found = [line for line in lister.lines(ids.order_by(*newest).limit(MOST_OPENED)) if _fits(line, wanted)]
        pages = max(1, -(-len(found) // size))
        start = (min(page, pages) - 1) * size
        return InvitationPage(found[start : start + size], len(found), min(page, pages), pages, coarse)


def _meant(hr: Runtime, text: str) -> ColumnElement[bool]:
    phone = clean_phone(text)
    people = {*find_named(hr, text), *(find_candidates(hr, "phone", phone) if phone else ())}
    return Hits(text, people).found()


def _fits(line: InvitationLine, text: str) -> bool:
    phone = clean_phone(text) or text
    told = f"{line.name}\n{line.code}\n{line.phone or ''}".casefold()
    return text.casefold() in told or phone.casefold() in told


def kit_lines(hr: Runtime, actor: Actor, *, page: int = 1, size: int | None = None) -> KitPage:
    """The newest version of each kit, ``size`` of them (None: all). Raises XudaError(FORBIDDEN)."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.read() as session:
        query = (
            select(KitRow.kit_id, func.count())
            .where(KitRow.kit_id != PRACTICE_KIT)
            .group_by(KitRow.kit_id)
            .order_by(KitRow.kit_id)
        )
        total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
        if size is not None:
            query = query.limit(size).offset((page - 1) * size)
        versions = {row[0]: row[1] for row in session.execute(query)}
        rows = newest_kit_rows(session, versions)
    return KitPage([KitLine(parsed_kit(rows[name]), rows[name].created_at, versions[name]) for name in versions], total)


def kit_versions(hr: Runtime, actor: Actor, kit_id: str) -> Sequence[KitRow]:
    """Newest first. Raises XudaError(FORBIDDEN | NOT_FOUND)."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.read() as session:
        query = select(KitRow).where(KitRow.kit_id == kit_id).order_by(KitRow.version.desc())
        rows = session.scalars(query).all()
    if not rows:
        raise XudaError(ErrorCode.NOT_FOUND, field="kit")
    return rows


def parsed_kit(row: KitRow) -> Kit:
    return parse_payload(Envelope.from_bytes(row.envelope).payload_bytes, Kit)


def newest_kit_rows(session: Session, kit_ids: Collection[str]) -> dict[str, KitRow]:
    """The newest version of each of these kits."""
    newest = select(KitRow.kit_id, func.max(KitRow.version).label("version")).where(KitRow.kit_id.in_(kit_ids))
    found = newest.group_by(KitRow.kit_id).subquery()
    same = (KitRow.kit_id == found.c.kit_id) & (KitRow.version == found.c.version)
    return {row.kit_id: row for row in session.scalars(select(KitRow).join(found, same))}


def _batch_lines(session: Session, batches: Sequence[Batch]) -> list[BatchLine]:
    ids = [batch.id for batch in batches]
    begun = func.sum(case((InvitationRow.begun.is_(True), 1), else_=0))
    invited = select(InvitationRow.batch_id, func.count(), begun).where(InvitationRow.batch_id.in_(ids))
    invited = invited.where(InvitationRow.cancelled_at.is_(None)).group_by(InvitationRow.batch_id)
    counts = {row[0]: (row[1], row[2]) for row in session.execute(invited)}
    kits = {name: parsed_kit(row) for name, row in newest_kit_rows(session, {b.kit_id for b in batches}).items()}
    return [
        BatchLine(
            batch,
            kits[batch.kit_id].position if batch.kit_id in kits else {},
            *counts.get(batch.id, (0, 0)),
        )
        for batch in batches
    ]


class _Lister:
    """Lines of invitations, with a fixed number of queries."""

    def __init__(self, hr: Runtime, session: Session, actor: Actor, batch_id: str | None) -> None:
        self._hr, self._session, self._actor, self._batch_id = hr, session, actor, batch_id
        self._eyes = blind.eyes(session, actor)

    def ids(self) -> Select[Any]:
        query = scope.invitations(self._actor).with_only_columns(InvitationRow.id)
        return query if self._batch_id is None else query.where(InvitationRow.batch_id == self._batch_id)

    def lines(self, ids: Select[Any]) -> list[InvitationLine]:
        """``ids``: in the order wanted."""
        names = list(self._session.scalars(ids))
        query = select(InvitationRow).where(InvitationRow.id.in_(names))
        query = query.options(joinedload(InvitationRow.batch), joinedload(InvitationRow.candidate))
        rows = {row.id: row for row in self._session.scalars(query)}
        newest = scope.interviews(self._actor).with_only_columns(Interview.invitation_id, Interview.id)
        newest = newest.where(Interview.invitation_id.in_(names)).order_by(Interview.created_at)
        begun = {row[0]: row[1] for row in self._session.execute(newest)}  # the newest attempt wins
        found = newest_kit_rows(self._session, {row.batch.kit_id for row in rows.values()})
        kits = {name: parsed_kit(row) for name, row in found.items()}
        came = walkins.views(self._hr, self._session, names)
        with self._hr.cabinet.ahead([candidate_subject(row.candidate_id) for row in rows.values()]):
            return [self._line(rows[name], begun, kits, came.get(name)) for name in names]

    def _line(
        self,
        row: InvitationRow,
        begun: Mapping[str | None, str],
        kits: Mapping[str, Kit],
        walk_in: walkins.WalkInView | None,
    ) -> InvitationLine:
        batch, candidate, kit = row.batch, row.candidate, kits.get(row.batch.kit_id)
        contact = self._actor.role in (Role.ADMINISTRATOR, Role.HR)
        hidden = self._eyes.hide(row)
        return InvitationLine(
            invitation_id=row.id,
            candidate_id=candidate.id,
            name=candidate_name(self._hr, candidate),
            phone=candidate_value(self._hr, candidate, "phone") if contact else None,
            email=candidate_value(self._hr, candidate, "email") if contact else None,
            code=row.code,
            token=row.token if contact else "",
            batch=batch.title,
            position=kit.position if kit else {},
            not_before=row.starts_at,
            not_after=row.ends_at,
            interview_id=None if hidden else begun.get(row.id),
            blind=row.id in begun and hidden,
            walk_in=walk_in,
        )
