"""The question bank: questions that HR keeps, finds again and puts into kits, with versions that never change."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session

from backend.db.models import BankQuestion, BankSkill, BankVersion, KitQuestionRow, Role
from backend.runtime import Runtime
from backend.services import audit, scope
from backend.services.actor import Actor
from backend.services.duration import Level
from backend.services.positions import LONGEST_SKILL, MOST_SKILLS
from backend.services.rubric import Dimension
from contract.errors import ErrorCode, XudaError
from contract.kit import Question, QuestionKind

PAGE = 50
STAFF = (Role.ADMINISTRATOR, Role.HR)
_DIMENSIONS = TypeAdapter(list[Dimension])


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for. ``level``: questions for it, and those for every level. ``retired``: those out of use alone."""

    text: str = ""
    kind: QuestionKind | None = None
    level: Level | None = None
    skill: str = ""
    retired: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """A question as HR writes it. ``level`` None: for every position. ``skills``: skills and other tags."""

    question: Question
    dimensions: Sequence[Dimension] = ()
    skills: Sequence[str] = ()
    level: Level | None = None
    origin: str = ""


@dataclass(frozen=True, slots=True)
class BankView:
    """One version. ``newest``: the number of the newest one; ``kits``: published kits with any version of it."""

    question_id: str
    version: int
    newest: int
    written: Written
    author: str
    created_at: datetime
    retired: bool
    kits: int = 0


@dataclass(frozen=True, slots=True)
class Use:
    """A published kit that asks it."""

    kit_id: str
    kit_version: int
    bank_version: int


@dataclass(frozen=True, slots=True)
class BankPage:
    rows: list[BankView]
    total: int
    page: int
    pages: int
    skills: list[str] = field(default_factory=list)


def new_question_id() -> str:
    """An id for a question of kits that nobody has."""
    return f"q-{secrets.token_hex(4)}"


def listed(hr: Runtime, actor: Actor, wanted: Wanted, page: int = 1) -> BankPage:
    """Newest change first, :data:`PAGE` at a time. The number of queries does not grow. Raises XudaError(FORBIDDEN)."""
    scope.require(actor, *STAFF)
    query = _matching(wanted)
    with hr.db.read() as session:
        total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
        pages = max(1, -(-total // PAGE))
        page = min(max(1, page), pages)
        order = query.order_by(BankQuestion.updated_at.desc(), BankQuestion.id)
        heads = session.scalars(order.limit(PAGE).offset((page - 1) * PAGE)).all()
        skills = select(BankSkill.shown).distinct().order_by(BankSkill.shown).limit(500)
        return BankPage(views(session, heads), total, page, pages, list(session.scalars(skills)))


def one(hr: Runtime, actor: Actor, question_id: str, version: int | None = None) -> BankView:
    """A version, None: the newest. Raises XudaError(FORBIDDEN | NOT_FOUND)."""
    scope.require(actor, *STAFF)
    with hr.db.read() as session:
        return found(session, question_id, version)


def history(hr: Runtime, actor: Actor, question_id: str) -> tuple[list[BankView], list[Use]]:
    """All versions, newest first, and the kits that ask it. Raises XudaError(FORBIDDEN | NOT_FOUND)."""
    scope.require(actor, *STAFF)
    with hr.db.read() as session:
        head = _head(session, question_id)
        versions = select(BankVersion).where(BankVersion.question_id == question_id)
        rows = session.scalars(versions.order_by(BankVersion.version.desc())).all()
        used = select(KitQuestionRow).where(KitQuestionRow.bank_id == question_id)
        uses = session.scalars(used.order_by(KitQuestionRow.kit_id, KitQuestionRow.version.desc())).all()
        return [_view(head, row) for row in rows], [Use(use.kit_id, use.version, use.bank_version) for use in uses]


def found(session: Session, question_id: str, version: int | None = None) -> BankView:
    """Raises XudaError(NOT_FOUND)."""
    head = _head(session, question_id)
    row = session.get(BankVersion, (question_id, version or head.version))
    if row is None:
        raise XudaError(ErrorCode.NOT_FOUND, field="question")
    return _view(head, row)


def add(hr: Runtime, actor: Actor, written: Written) -> BankView:
    """Raises XudaError(FORBIDDEN), SETTING_INVALID with ``field``, CONFLICT when its id is taken."""
    scope.require(actor, *STAFF)
    with hr.db.write() as session:
        return keep(hr, session, actor, written)


def keep(hr: Runtime, session: Session, actor: Actor, written: Written) -> BankView:
    """:func:`add` in the caller's transaction."""
    if taken(session, written.question.question_id):
        raise XudaError(ErrorCode.CONFLICT, field="question")
    head = BankQuestion(key=written.question.question_id, version=0, created_at=hr.now())
    _write(hr, session, actor, head, written)
    audit.record(session, hr.now(), actor, "question", f"question:{head.id}", version=1)
    return found(session, head.id)


def change(hr: Runtime, actor: Actor, question_id: str, version: int, written: Written) -> BankView:
    """A new version; earlier ones, and the kits made from them, stay. The same again is no new version.

    ``version``: the one it was written from. Raises as :func:`add`, NOT_FOUND, CONFLICT when somebody was faster.
    """
    scope.require(actor, *STAFF)
    with hr.db.write() as session:
        return put_version(hr, session, actor, question_id, version, written)


def put_version(
    hr: Runtime, session: Session, actor: Actor, question_id: str, version: int, written: Written
) -> BankView:
    """:func:`change` in the caller's transaction."""
    head = _head(session, question_id, lock=True)
    if head.version != version:
        raise XudaError(ErrorCode.CONFLICT, field="question")
    before = found(session, question_id)
    kept = written.question.model_copy(update={"question_id": head.key})
    same = tuple(written.dimensions), _clean(written.skills)
    again = Written(kept, *same, written.level, before.written.origin)
    if again == before.written:
        return before
    _write(hr, session, actor, head, again)
    audit.record(session, hr.now(), actor, "question", f"question:{head.id}", version=head.version)
    return found(session, question_id)


def taken(session: Session, key: str) -> bool:
    """Whether a question of the bank has this id for kits."""
    return session.scalar(select(BankQuestion.id).where(BankQuestion.key == key)) is not None


def retire(hr: Runtime, actor: Actor, question_id: str, *, on: bool) -> None:
    """Offer it no more for new kits, or offer it again. Kits that ask it stay.

    Raises XudaError(FORBIDDEN | NOT_FOUND).
    """
    scope.require(actor, *STAFF)
    with hr.db.write() as session:
        head = _head(session, question_id, lock=True)
        head.retired_at = hr.now() if on else None
        head.updated_at = hr.now()
        audit.record(session, hr.now(), actor, "retire_question", f"question:{head.id}", retired=on)


def named_files(session: Session) -> set[str]:
    """Files that questions in use are asked with: by SHA-256."""
    query = select(BankVersion.content).join(BankQuestion, BankQuestion.id == BankVersion.question_id)
    query = query.where(BankQuestion.version == BankVersion.version, BankVersion.content.contains("sha256"))
    return {file.sha256 for text in session.scalars(query) for file in _question(text).files}


def read_dimensions(values: Any) -> list[Dimension]:
    """Raises XudaError(KIT_INVALID) with ``field`` and ``detail``."""
    try:
        read = _DIMENSIONS.validate_python(values or [])
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise XudaError(ErrorCode.KIT_INVALID, field=where, detail=first["msg"]) from error
    names = [dimension.dimension_id for dimension in read]
    if len(set(names)) < len(names) or len(names) > 10:
        raise XudaError(ErrorCode.KIT_INVALID, field="dimension_id", detail="at most ten, each once")
    return read


def _matching(wanted: Wanted) -> Select[BankQuestion]:
    query = select(BankQuestion)
    retired = BankQuestion.retired_at.is_not(None) if wanted.retired else BankQuestion.retired_at.is_(None)
    query = query.where(retired)
    for word in wanted.text.casefold().split()[:8]:
        query = query.where(BankQuestion.words.contains(word, autoescape=True))
    if wanted.kind is not None:
        query = query.where(BankQuestion.kind == wanted.kind.value)
    if wanted.level is not None:
        query = query.where(BankQuestion.level.in_([wanted.level.value, ""]))
    if wanted.skill.strip():
        has = select(BankSkill.question_id).where(BankSkill.folded == wanted.skill.strip().casefold())
        query = query.where(BankQuestion.id.in_(has))
    return query


def views(session: Session, heads: Sequence[BankQuestion]) -> list[BankView]:
    """The newest versions, in the order of ``heads``; two queries."""
    ids = [head.id for head in heads]
    newest = select(BankVersion).join(BankQuestion, BankQuestion.id == BankVersion.question_id)
    newest = newest.where(BankQuestion.id.in_(ids), BankQuestion.version == BankVersion.version)
    rows = {row.question_id: row for row in session.scalars(newest)}
    counted = select(KitQuestionRow.bank_id, func.count(KitQuestionRow.kit_id.distinct()))
    counted = counted.where(KitQuestionRow.bank_id.in_(ids)).group_by(KitQuestionRow.bank_id)
    used = {row[0]: row[1] for row in session.execute(counted)}
    return [_view(head, rows[head.id], used.get(head.id, 0)) for head in heads]


def _view(head: BankQuestion, row: BankVersion, kits: int = 0) -> BankView:
    level = Level(row.level) if row.level else None
    dimensions = tuple(_DIMENSIONS.validate_python(row.dimensions))
    written = Written(_question(row.content), dimensions, tuple(row.skills), level, row.origin)
    retired = head.retired_at is not None
    return BankView(head.id, row.version, head.version, written, row.author, row.created_at, retired, kits)


def _head(session: Session, question_id: str, *, lock: bool = False) -> BankQuestion:
    query = select(BankQuestion).where(BankQuestion.id == question_id)
    head = session.scalar(query.with_for_update() if lock else query)
    if head is None:
        raise XudaError(ErrorCode.NOT_FOUND, field="question")
    return head


def _write(hr: Runtime, session: Session, actor: Actor, head: BankQuestion, written: Written) -> None:
    question, skills = written.question, _clean(written.skills)
    head.version += 1
    head.kind, head.level = question.kind.value, written.level.value if written.level else ""
    head.words = _words(question, skills)
    head.updated_at = hr.now()
    session.add(head)
    session.flush()
    session.execute(delete(BankSkill).where(BankSkill.question_id == head.id))
    row = BankVersion(
        question_id=head.id,
        version=head.version,
        content=question.model_dump_json(),
        dimensions=[dimension.model_dump(mode="json") for dimension in written.dimensions],
        skills=list(skills),
        level=head.level,
        origin=written.origin,
        author=actor.username,
        created_at=hr.now(),
    )
    session.add(row)
    session.add_all(BankSkill(question_id=head.id, folded=skill.casefold(), shown=skill) for skill in skills)
    session.flush()


def _clean(skills: Collection[str]) -> tuple[str, ...]:
    """Raises XudaError(SETTING_INVALID) with ``field`` skills."""
    kept: dict[str, str] = {}
    for skill in skills:
        if words := " ".join(skill.split()):
            kept.setdefault(words.casefold(), words)
    if len(kept) > MOST_SKILLS or any(len(folded) > LONGEST_SKILL for folded in kept):
        raise XudaError(ErrorCode.SETTING_INVALID, field="skills")
    return tuple(kept.values())


def _words(question: Question, skills: Sequence[str]) -> str:
    texts = [question.prompt, question.hint, *question.choices]
    words = [text for one_text in texts for text in one_text.values()]
    return "\n".join([*words, *skills, question.question_id]).casefold()


def _question(text: str) -> Question:
    return Question.model_validate_json(text)
