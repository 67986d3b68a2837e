"""Résumés of a batch's candidates, sorted by the batch's rules and decided on by people."""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session, joinedload

from backend.cabinet import candidate_subject
from backend.db.models import Candidate, InvitationRow
from backend.db.resume_models import ResumeMatchRow, ResumeRow, ResumeRulesRow
from backend.runtime import Runtime
from backend.services import audit, scope
from backend.services.actor import Actor
from backend.services.people import candidate_name, candidate_value
from backend.services.resume_intake import FILE, MOST_FILES, NAME, STAFF, TEXT, batch_of, is_living, living
from backend.services.resume_rules import Judged, Proposal, Reason, Rules, checked, judge
from contract.errors import ErrorCode, XudaError

_REASONS = "resume:reasons"
_CHUNK = 200


class Ruling(StrEnum):
    """What a person says; ``NONE``: nothing yet."""

    NONE = ""
    KEEP = "keep"
    ASIDE = "aside"


@dataclass(frozen=True, slots=True)
class Line:
    """One candidate of the batch. ``proposal`` None: the rules have not been applied since they changed."""

    invitation_id: str
    name: str
    has_resume: bool
    problem: str
    proposal: Proposal | None
    score: int
    reasons: list[Reason]
    ruling: Ruling
    ruled_by: str
    ruled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Board:
    """``revision`` 0: no rules yet. ``counts``: how many the rules propose as what, of all candidates."""

    rules: Rules
    revision: int
    author: str
    lines: list[Line]
    counts: dict[Proposal, int]
    total: int
    pages: int
    page: int


@dataclass(frozen=True, slots=True)
class ResumeView:
    name: str
    file: str
    kind: str
    text: str
    problem: str


def set_rules(hr: Runtime, actor: Actor, batch_id: str, rules: Rules) -> None:
    """Write the rules and apply them. Raises XudaError(FORBIDDEN | NOT_FOUND), SETTING_INVALID with ``field``."""
    scope.require(actor, *STAFF)
    wanted = checked(rules)
    with hr.db.write() as session:
        batch_of(session, actor, batch_id)
        newest = _newest(session, batch_id)
        if newest is None or Rules.model_validate(newest.content) != wanted:
            row = ResumeRulesRow(
                batch_id=batch_id,
                revision=newest.revision + 1 if newest else 1,
                content=wanted.model_dump(mode="json"),
                author=actor.username,
                created_at=hr.now(),
            )
            session.add(row)
            counts = {"must": len(wanted.must), "any": len(wanted.any_of)}
            more = {"education": int(wanted.education), "years": wanted.years}
            audit.record(session, hr.now(), actor, "resume_rules", f"batch:{batch_id}", **counts, **more)
    apply(hr, actor, batch_id)


def apply(hr: Runtime, actor: Actor, batch_id: str) -> dict[Proposal, int]:
    """Judge everybody by the newest rules; what people have decided stays. How many are proposed as what.

    Raises XudaError(FORBIDDEN | NOT_FOUND), SETTING_INVALID with ``field`` rules where there are none.
    """
    scope.require(actor, *STAFF)
    with hr.db.read() as session:
        batch_of(session, actor, batch_id)
        newest = _newest(session, batch_id)
        ids = session.scalars(living(batch_id).with_only_columns(InvitationRow.id)).all()
    if newest is None:
        raise XudaError(ErrorCode.SETTING_INVALID, field="rules")
    rules = Rules.model_validate(newest.content)
    counts = dict.fromkeys(Proposal, 0)
    for start in range(0, len(ids), _CHUNK):
        with hr.db.write() as session:
            for proposal in _judge(hr, session, newest.revision, rules, ids[start : start + _CHUNK]):
                counts[proposal] += 1
    detail = {proposal.value: number for proposal, number in counts.items()}
    audit.record_now(hr, actor, "apply_resume_rules", f"batch:{batch_id}", revision=newest.revision, **detail)
    return counts


def rule(hr: Runtime, actor: Actor, batch_id: str, invitation_ids: Collection[str], ruling: Ruling) -> int:
    """A person decides; how many. The rules decide nothing. Raises XudaError(FORBIDDEN | NOT_FOUND)."""
    scope.require(actor, *STAFF)
    with hr.db.write() as session:
        batch_of(session, actor, batch_id)
        mine = living(batch_id).where(InvitationRow.id.in_(list(invitation_ids)[:MOST_FILES]))
        ids = session.scalars(mine.with_only_columns(InvitationRow.id)).all()
        rows = {row.invitation_id: row for row in session.scalars(_matches(ids))}
        against = 0
        for invitation_id in ids:
            row = rows.get(invitation_id)
            if row is None:
                row = ResumeMatchRow(invitation_id=invitation_id, revision=0, proposal="", score=0, reasons_sealed="")
                row.judged_at = hr.now()
                session.add(row)
            lacked, kept = row.proposal == Proposal.LACKS.value, ruling is Ruling.KEEP
            against += lacked if kept else row.proposal == Proposal.FITS.value and ruling is Ruling.ASIDE
            row.ruling, row.ruled_by = ruling.value, actor.username if ruling else ""
            row.ruled_at = hr.now() if ruling else None
        detail = {"ruling": ruling.value, "people": len(ids), "against_proposal": against}
        audit.record(session, hr.now(), actor, "rule_resumes", f"batch:{batch_id}", **detail)
        return len(ids)


def board(hr: Runtime, actor: Actor, batch_id: str, page: int = 1, size: int = 100) -> Board:
    """Those that fit first, then by how many keywords were found; in five queries. Raises XudaError(FORBIDDEN |
    NOT_FOUND)."""
    scope.require(actor, *STAFF)
    with hr.db.read() as session:
        batch_of(session, actor, batch_id)
        newest = _newest(session, batch_id)
        revision = newest.revision if newest else 0
        counted = living(batch_id).outerjoin(ResumeMatchRow, ResumeMatchRow.invitation_id == InvitationRow.id)
        per = select(ResumeMatchRow.proposal, ResumeMatchRow.revision, func.count())
        per = per.join(InvitationRow, InvitationRow.id == ResumeMatchRow.invitation_id)
        per = per.join(InvitationRow.candidate).where(*is_living(batch_id))
        counts = dict.fromkeys(Proposal, 0)
        for proposal, found_by, number in session.execute(
            per.group_by(ResumeMatchRow.proposal, ResumeMatchRow.revision)
        ):
            if proposal and found_by == revision:
                counts[Proposal(proposal)] += number
        total = session.scalar(select(func.count()).select_from(living(batch_id).subquery())) or 0
        pages = max(1, -(-total // size))
        page = min(max(1, page), pages)
        # f < l < u, but what is unknown is looked at before what lacks something
        place = {Proposal.FITS.value: 0, Proposal.UNKNOWN.value: 1, Proposal.LACKS.value: 2}
        ranked = counted.order_by(
            case(place, value=func.coalesce(ResumeMatchRow.proposal, ""), else_=len(place)),
            ResumeMatchRow.score.desc(),
            InvitationRow.created_at,
        )
        rows = session.scalars(
            ranked.order_by(InvitationRow.id)
            .options(joinedload(InvitationRow.candidate))
            .limit(size)
            .offset((page - 1) * size)
        ).all()
        matches = {row.invitation_id: row for row in session.scalars(_matches([row.id for row in rows]))}
        known = select(ResumeRow.candidate_id, ResumeRow.problem)
        known = known.where(ResumeRow.candidate_id.in_([row.candidate_id for row in rows]))
        problems = {row[0]: row[1] for row in session.execute(known)}
        with hr.cabinet.ahead([candidate_subject(row.candidate_id) for row in rows]):
            lines = [_line(hr, row, matches.get(row.id), revision, problems) for row in rows]
        rules = Rules.model_validate(newest.content) if newest else Rules()
        return Board(rules, revision, newest.author if newest else "", lines, counts, total, pages, page)


def kept(hr: Runtime, actor: Actor, batch_id: str) -> list[str]:
    """Invitations that people want to keep. Raises XudaError(FORBIDDEN)."""
    scope.require(actor, *STAFF)
    query = living(batch_id).join(ResumeMatchRow, ResumeMatchRow.invitation_id == InvitationRow.id)
    query = query.where(ResumeMatchRow.ruling == Ruling.KEEP.value).with_only_columns(InvitationRow.id)
    with hr.db.read() as session:
        return list(session.scalars(query))


def resume(hr: Runtime, actor: Actor, batch_id: str, invitation_id: str) -> tuple[ResumeView, bytes]:
    """A candidate's résumé and the file itself; every look is in the audit log. Raises XudaError(FORBIDDEN |
    NOT_FOUND)."""
    scope.require(actor, *STAFF)
    with hr.db.write() as session:
        batch_of(session, actor, batch_id)
        query = living(batch_id).where(InvitationRow.id == invitation_id)
        row = session.scalar(query.options(joinedload(InvitationRow.candidate)))
        found = session.get(ResumeRow, row.candidate_id) if row else None
        if row is None or found is None:
            raise XudaError(ErrorCode.NOT_FOUND, field="resume")
        subject = candidate_subject(row.candidate_id)
        text = hr.cabinet.open(subject, found.text_sealed, TEXT) if found.text_sealed else ""
        file = base64.b64decode(hr.cabinet.open(subject, found.file_sealed, FILE))
        name = hr.cabinet.open(subject, found.name_sealed, NAME)
        audit.record(session, hr.now(), actor, "view_resume", f"invitation:{invitation_id}")
        return ResumeView(candidate_name(hr, row.candidate), name, found.kind, text, found.problem), file


def _judge(hr: Runtime, session: Session, revision: int, rules: Rules, ids: Sequence[str]) -> list[Proposal]:
    query = select(InvitationRow).where(InvitationRow.id.in_(ids)).options(joinedload(InvitationRow.candidate))
    rows = session.scalars(query).all()
    resumes = select(ResumeRow).where(ResumeRow.candidate_id.in_([row.candidate_id for row in rows]))
    texts = {row.candidate_id: row for row in session.scalars(resumes)}
    matches = {row.invitation_id: row for row in session.scalars(_matches(ids))}
    found = []
    for row in rows:
        if not row.candidate.name_sealed:
            continue
        judged = _judged(hr, row.candidate, texts.get(row.candidate_id), rules)
        match = matches.get(row.id) or ResumeMatchRow(invitation_id=row.id, ruling="", ruled_by="")
        match.revision, match.proposal, match.score = revision, judged.proposal.value, judged.score
        told = json.dumps([reason.model_dump(mode="json") for reason in judged.reasons], ensure_ascii=False)
        match.reasons_sealed = hr.cabinet.seal(candidate_subject(row.candidate_id), told, _REASONS)
        match.judged_at = hr.now()
        session.add(match)
        found.append(judged.proposal)
    return found


def _judged(hr: Runtime, candidate: Candidate, row: ResumeRow | None, rules: Rules) -> Judged:
    columns = json.loads(candidate_value(hr, candidate, "extra") or "{}")
    subject = candidate_subject(candidate.id)
    text = hr.cabinet.open(subject, row.text_sealed, TEXT) if row is not None and row.text_sealed else ""
    return judge(rules, text, {str(name): str(value) for name, value in columns.items()})


def _line(
    hr: Runtime, row: InvitationRow, match: ResumeMatchRow | None, revision: int, problems: dict[str, str]
) -> Line:
    current = match is not None and match.revision == revision and match.proposal != ""
    reasons: list[Reason] = []
    if match is not None and current:
        told = hr.cabinet.open(candidate_subject(row.candidate_id), match.reasons_sealed, _REASONS)
        reasons = [Reason.model_validate(one) for one in json.loads(told)]
    return Line(
        invitation_id=row.id,
        name=candidate_name(hr, row.candidate),
        has_resume=row.candidate_id in problems,
        problem=problems.get(row.candidate_id, ""),
        proposal=Proposal(match.proposal) if match is not None and current else None,
        score=match.score if match is not None and current else 0,
        reasons=reasons,
        ruling=Ruling(match.ruling) if match else Ruling.NONE,
        ruled_by=match.ruled_by if match else "",
        ruled_at=match.ruled_at if match else None,
    )


def _matches(ids: Sequence[str]) -> Select[ResumeMatchRow]:
    return select(ResumeMatchRow).where(ResumeMatchRow.invitation_id.in_(ids))


def _newest(session: Session, batch_id: str) -> ResumeRulesRow | None:
    query = select(ResumeRulesRow).where(ResumeRulesRow.batch_id == batch_id)
    return session.scalar(query.order_by(ResumeRulesRow.revision.desc()).limit(1))
