"""Drafts of kits: begun from a position or a kit, put together, looked at, published as a signed version."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.db.models import BankVersion, Department, KitDraft, KitQuestionRow, KitRow, Position
from backend.runtime import Runtime
from backend.services import (
    audit,
    duration,
    kit_files,
    kits,
    positions,
    question_bank,
    question_templates,
    rubrics,
    scope,
)
from backend.services.actor import Actor
from backend.services.duration import Level
from backend.services.kit_file import build_kit, invalid, read_kit_file
from backend.services.kit_plan import Item, Plan, new_item
from backend.services.kits import AddedKit
from backend.services.question_bank import STAFF, BankView, Written
from backend.services.rubric import Rubric, build_rubric
from contract.errors import ErrorCode, XudaError
from contract.kit import InterviewKind, Kit

Change = Callable[[Plan], None]


class Ended(StrEnum):
    PUBLISHED = "published"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True)
class DraftView:
    """``most_minutes``: what its level allows without a reason. ``skills``: those of its position."""

    draft_id: str
    kit_id: str
    department: dict[str, str]
    revision: int
    plan: Plan
    most_minutes: int
    author: str
    updated_at: datetime
    skills: list[str]

    @property
    def too_long(self) -> bool:
        return self.plan.length.minutes > self.most_minutes

    @property
    def short(self) -> bool:
        """Hardly enough to judge somebody by; nothing forbids it."""
        return self.plan.length.minutes < duration.SHORTEST_MINUTES[self.plan.level]


@dataclass(frozen=True, slots=True)
class Start:
    """A new kit. ``texts_of``: a kit whose texts, rules and practice question it takes over."""

    level: Level
    kind: InterviewKind = InterviewKind.RECRUITMENT
    position_id: str | None = None
    department_id: str = ""
    title: dict[str, str] | None = None
    texts_of: str = ""
    propose: bool = True


def start(hr: Runtime, actor: Actor, wish: Start) -> str:
    """Id of a draft for a new kit, with proposals for the position's skills where wished.

    Raises XudaError(FORBIDDEN | NOT_FOUND | KIT_MISSING), SETTING_INVALID with ``field`` department or title.
    """
    scope.require(actor, *STAFF)
    with hr.db.write() as session:
        position = positions.found(session, actor, wish.position_id) if wish.position_id else None
        department_id = position.department_id if position else wish.department_id
        title = dict(position.title) if position else {k: v.strip() for k, v in (wish.title or {}).items() if v.strip()}
        if session.get(Department, department_id) is None:
            raise XudaError(ErrorCode.SETTING_INVALID, field="department")
        if not title:
            raise XudaError(ErrorCode.SETTING_INVALID, field="title")
        kit_id = _free_kit_id(session, title)
        given = {"kit_id": kit_id, "department_id": department_id, "position": title, "kind": wish.kind.value}
        skills = list(position.skills) if position and wish.propose else []
        most = duration.most_minutes(hr.settings, wish.level)
        proposed = question_templates.propose(wish.level, skills, most) if wish.propose else question_templates.stages()
        plan = Plan.first(wish.level, {**given, "speech_language": "zh"}, proposed)
        if wish.texts_of:
            other = Plan.of_kit(kits.stored_kit(session, wish.texts_of), wish.level, None)
            plan.values = {**{k: v for k, v in other.values.items() if k != "expected_minutes"}, **given}
            plan.practice = other.practice
        return _keep(hr, session, actor, plan, wish.position_id)


def start_from_kit(hr: Runtime, actor: Actor, kit_id: str, level: Level | None = None) -> str:
    """Id of a draft for the next version of a kit. Raises XudaError(FORBIDDEN | KIT_MISSING)."""
    scope.require(actor, *STAFF)
    with hr.db.write() as session:
        kit = kits.stored_kit(session, kit_id)
        row = session.get_one(KitRow, (kit_id, kit.version))
        own = rubrics.newest_row(session, kit_id, kit.version)
        rubric = Rubric.model_validate_json(own.content) if own else None
        plan = Plan.of_kit(kit, level or (Level(row.level) if row.level else Level.JUNIOR), rubric)
        uses = select(KitQuestionRow).where(KitQuestionRow.kit_id == kit_id, KitQuestionRow.version == kit.version)
        made_from = {use.question_id: use for use in session.scalars(uses)}
        for item in plan.items:
            if use := made_from.get(item.question.question_id):
                item.bank_id, item.bank_version = use.bank_id, use.bank_version
        return _keep(hr, session, actor, plan, None)


def start_from_file(hr: Runtime, actor: Actor, data: bytes) -> str:
    """Id of a draft that says what a kit's file says; its pictures and sounds have to be here already.

    Raises XudaError(FORBIDDEN | FILE_ENCODING | TOO_LARGE), KIT_INVALID with ``field``, ``row`` and ``detail``.
    """
    scope.require(actor, *STAFF)
    values, node = read_kit_file(data)
    rated_by, level = values.pop("rubric", None), kits.read_level(values.pop("level", None), node)
    kit_files.take_in(values, node, kit_files.nothing_beside)
    with hr.db.write() as session:
        department = session.get(Department, str(values.get("department_id", "")))
        if department is None:
            raise invalid(node, ("department_id",), "no such department")
        given = {"organisation": hr.organisation_name, "department": department.name, **values}
        kit = build_kit({**given, "version": 1, "encryption_key": hr.vault.encryption_key}, node)
        rubric = None if rated_by is None else build_rubric(rated_by, kit, node)
        plan = Plan.of_kit(kit, level or Level.JUNIOR, rubric)
        # what the file says of the organisation itself is not lost, what it leaves out is filled in when published
        plan.values |= {name: values[name] for name in ("organisation", "department") if name in values}
        return _keep(hr, session, actor, plan, None)


def listed(hr: Runtime, actor: Actor) -> list[DraftView]:
    """Those that are worked on, the newest change first. Raises XudaError(FORBIDDEN)."""
    scope.require(actor, *STAFF)
    query = select(KitDraft).where(KitDraft.ended.is_(None)).order_by(KitDraft.updated_at.desc()).limit(100)
    with hr.db.read() as session:
        return [_view(hr, session, row) for row in session.scalars(query)]


def one(hr: Runtime, actor: Actor, draft_id: str) -> DraftView:
    """Raises XudaError(FORBIDDEN), NOT_FOUND also for a draft that has ended."""
    scope.require(actor, *STAFF)
    with hr.db.read() as session:
        return _view(hr, session, _open(session, draft_id))


def change(hr: Runtime, actor: Actor, draft_id: str, revision: int, do: Change) -> None:
    """``do`` changes the plan; nothing is kept of it when it raises.

    Raises XudaError(FORBIDDEN | NOT_FOUND), CONFLICT with ``field`` draft when it has changed since ``revision``.
    """
    scope.require(actor, *STAFF)
    with hr.db.write() as session:
        row = _locked(session, draft_id, revision)
        plan = Plan.model_validate_json(row.content)
        do(plan)
        _save(hr, row, plan)


def take(hr: Runtime, actor: Actor, draft_id: str, revision: int, stage_id: str, question_id: str) -> None:
    """Put the newest version of a question of the bank at the end of a stage. Raises as :func:`change`."""
    scope.require(actor, *STAFF)
    known = question_bank.one(hr, actor, question_id)
    if known.retired:
        raise XudaError(ErrorCode.CONFLICT, field="question")
    written = known.written
    source = {"bank_id": known.question_id, "bank_version": known.version, "skills": list(written.skills)}
    item = new_item(written.question, dimensions=list(written.dimensions), **source)
    change(hr, actor, draft_id, revision, lambda plan: plan.add(stage_id, item))


def accept(hr: Runtime, actor: Actor, draft_id: str, revision: int, item: Item, written: Written | None) -> None:
    """A person has read the item, perhaps changed it; ``written``: it is kept in the bank too, or a version of it is.

    Raises as :func:`change` and as ``question_bank.keep``.
    """
    scope.require(actor, *STAFF)
    with hr.db.write() as session:
        row = _locked(session, draft_id, revision)
        plan = Plan.model_validate_json(row.content)
        before = plan.find(item.item_id)
        changes: dict[str, Any] = {"accepted": True}
        if written is not None:
            kept = _in_bank(hr, session, actor, before, written)
            changes |= {"bank_id": kept.question_id, "bank_version": kept.version}
        elif item.question != before.question or item.dimensions != before.dimensions:
            changes |= {"bank_id": None, "bank_version": None}
        plan.put(item.model_copy(update=changes))
        _save(hr, row, plan)
        audit.record(session, hr.now(), actor, "accept_question", f"kit_draft:{row.id}", item=item.item_id)


def preview(hr: Runtime, actor: Actor, draft_id: str) -> Kit:
    """The kit as it would be published now. Raises XudaError(FORBIDDEN | NOT_FOUND | KIT_INVALID)."""
    view = one(hr, actor, draft_id)
    values, node = read_kit_file(view.plan.kit_file())
    values = {name: value for name, value in values.items() if name not in ("rubric", "level")}
    filled = {"organisation": hr.organisation_name, "department": view.department, **values}
    return build_kit({**filled, "version": 1, "encryption_key": hr.vault.encryption_key}, node)


def publish(hr: Runtime, actor: Actor, draft_id: str, revision: int, longer_because: str = "") -> AddedKit:
    """Sign and publish it as the next version of its kit.

    Raises XudaError(FORBIDDEN | NOT_FOUND | KIT_INVALID), CONFLICT with ``field`` draft (changed since) or unread (some
    proposal was not accepted), SETTING_INVALID with ``field`` reason where it is too long and no reason is given.
    """
    scope.require(actor, *STAFF)
    with hr.db.write() as session:
        row = _locked(session, draft_id, revision)
        plan = Plan.model_validate_json(row.content)
        if plan.waiting:
            raise XudaError(ErrorCode.CONFLICT, field="unread")
        most = duration.most_minutes(hr.settings, plan.level)
        if plan.length.minutes > most and not 0 < len(longer_because.strip()) <= kits.LONGEST_REASON:
            raise XudaError(ErrorCode.SETTING_INVALID, field="reason")
        values, node = read_kit_file(plan.kit_file())
        added = kits.publish(hr, session, actor, values, node, {}, longer_because=longer_because)
        if added.new:
            session.add_all(_uses(plan, added.kit))
        row.ended, row.updated_at = Ended.PUBLISHED.value, hr.now()
        audit.record(session, hr.now(), actor, "publish_draft", f"kit_draft:{row.id}", version=added.kit.version)
        return added


def discard(hr: Runtime, actor: Actor, draft_id: str) -> None:
    """Raises XudaError(FORBIDDEN | NOT_FOUND)."""
    scope.require(actor, *STAFF)
    with hr.db.write() as session:
        row = _open(session, draft_id)
        row.ended, row.updated_at = Ended.DISCARDED.value, hr.now()
        audit.record(session, hr.now(), actor, "discard_draft", f"kit_draft:{row.id}")


def keep_questions(hr: Runtime, actor: Actor, kit_id: str) -> int:
    """Take the questions of a published kit into the bank, those that are not there yet; how many.

    Raises XudaError(FORBIDDEN | KIT_MISSING).
    """
    scope.require(actor, *STAFF)
    with hr.db.write() as session:
        kit = kits.stored_kit(session, kit_id)
        row = session.get_one(KitRow, (kit_id, kit.version))
        known = set(session.scalars(select(BankVersion.origin).where(BankVersion.origin.startswith(f"{kit_id}:"))))
        uses = select(KitQuestionRow.question_id)
        uses = uses.where(KitQuestionRow.kit_id == kit_id, KitQuestionRow.version == kit.version)
        taken = set(session.scalars(uses))
        rated = rubrics.of_kit(session, kit)
        own = {part.question_id: part.dimensions for part in rated.rubric.questions}
        level, made = Level(row.level) if row.level else None, 0
        for question in kit.questions:
            origin = f"{kit_id}:{question.question_id}"
            if origin in known or question.question_id in taken:
                continue
            kept = question.model_copy(update={"question_id": question_bank.new_question_id()})
            written = Written(kept, own.get(question.question_id, ()), (), level, origin)
            found = question_bank.keep(hr, session, actor, written)
            session.add(_use(kit, question.question_id, found.question_id, found.version))
            made += 1
        return made


def _keep(hr: Runtime, session: Session, actor: Actor, plan: Plan, position_id: str | None) -> str:
    row = KitDraft(
        kit_id=plan.values["kit_id"],
        department_id=plan.values["department_id"],
        position_id=position_id,
        revision=1,
        content=plan.model_dump_json(),
        author=actor.username,
        created_at=hr.now(),
        updated_at=hr.now(),
    )
    session.add(row)
    session.flush()
    audit.record(session, hr.now(), actor, "kit_draft", f"kit_draft:{row.id}", questions=len(plan.items))
    return row.id


def _save(hr: Runtime, row: KitDraft, plan: Plan) -> None:
    row.content = plan.model_dump_json()
    row.revision += 1
    row.updated_at = hr.now()


def _open(session: Session, draft_id: str, *, lock: bool = False) -> KitDraft:
    query = select(KitDraft).where(KitDraft.id == draft_id, KitDraft.ended.is_(None))
    row = session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise XudaError(ErrorCode.NOT_FOUND, field="draft")
    return row


def _locked(session: Session, draft_id: str, revision: int) -> KitDraft:
    row = _open(session, draft_id, lock=True)
    if row.revision != revision:
        raise XudaError(ErrorCode.CONFLICT, field="draft")
    return row


def _view(hr: Runtime, session: Session, row: KitDraft) -> DraftView:
    plan = Plan.model_validate_json(row.content)
    position = session.get(Position, row.position_id) if row.position_id else None
    return DraftView(
        draft_id=row.id,
        kit_id=row.kit_id,
        department=session.get_one(Department, row.department_id).name,
        revision=row.revision,
        plan=plan,
        most_minutes=duration.most_minutes(hr.settings, plan.level),
        author=row.author,
        updated_at=row.updated_at,
        skills=list(position.skills) if position else [],
    )


def _in_bank(hr: Runtime, session: Session, actor: Actor, item: Item, written: Written) -> BankView:
    """A new version of the question the item was taken from; a new question where it is from nowhere."""
    if item.bank_id is not None:
        newest = question_bank.found(session, item.bank_id).version
        return question_bank.put_version(hr, session, actor, item.bank_id, newest, written)
    if question_bank.taken(session, written.question.question_id):
        other = written.question.model_copy(update={"question_id": question_bank.new_question_id()})
        written = replace(written, question=other)
    return question_bank.keep(hr, session, actor, written)


def _uses(plan: Plan, kit: Kit) -> list[KitQuestionRow]:
    return [
        _use(kit, item.question.question_id, item.bank_id, item.bank_version)
        for item in plan.items
        if item.bank_id is not None and item.bank_version is not None
    ]


def _use(kit: Kit, question_id: str, bank_id: str, bank_version: int) -> KitQuestionRow:
    return KitQuestionRow(
        kit_id=kit.kit_id, version=kit.version, question_id=question_id, bank_id=bank_id, bank_version=bank_version
    )


def _free_kit_id(session: Session, title: dict[str, str]) -> str:
    """A kit's id from its English title that no kit and no draft has."""
    plain = re.sub(r"[^a-z0-9]+", "-", title.get("en", title.get("", "")).casefold()).strip("-")[:24].strip("-")
    wish = plain or f"kit-{secrets.token_hex(3)}"
    while True:
        known = select(KitRow.kit_id).where(KitRow.kit_id == wish)
        drafts = select(KitDraft.kit_id).where(KitDraft.kit_id == wish, KitDraft.ended.is_(None))
        if session.scalar(known.limit(1)) is None and session.scalar(drafts.limit(1)) is None:
            return wish
        wish = f"{plain[:24] or 'kit'}-{secrets.token_hex(3)}"
