"""The catalogue of courses: which abilities each teaches, up to which level, in how many hours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backend.db.growth_models import Course, CourseAbility
from backend.db.models import Role, new_id
from backend.runtime import Runtime
from backend.services import audit, scope
from backend.services.abilities import HIGHEST, folded
from backend.services.actor import Actor
from backend.services.positions import LONGEST_SKILL, LONGEST_TITLE
from backend.services.sheet_import import Record, Report, records
from contract.errors import ErrorCode, XudaError

MOST_ABILITIES, MOST_HOURS = 20, 10_000
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_PARTED = re.compile(r"[;；,，、|\n]")
_TABLE = {
    "code": "code|course code|id|课程编码|课程编号|编码|编号",
    "title": "title|course|name|课程|课程名称|名称",
    "abilities": "abilities|ability|skills|teaches|能力|技能|培养能力|能力项",
    "level": "level|up to level|等级|水平|达到水平|目标水平",
    "hours": "hours|duration|课时|学时|时长",
}


@dataclass(frozen=True, slots=True)
class CourseDraft:
    """``code``: by which a table finds it again. ``level``: up to which it teaches, 0-100."""

    code: str
    title: str
    abilities: Sequence[str]
    level: int
    hours: int


@dataclass(frozen=True, slots=True)
class CourseLine:
    course_id: str
    draft: CourseDraft
    retired: bool = False


def parted(text: str) -> list[str]:
    """Abilities with commas, semicolons or line breaks between them."""
    return [" ".join(part.split()) for part in _PARTED.split(text) if part.strip()]


def lines(hr: Runtime, actor: Actor) -> list[CourseLine]:
    """All courses by code, those out of use last; two queries. Raises XudaError(FORBIDDEN)."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.read() as session:
        return sorted(lines_of(session), key=lambda line: line.retired)


def lines_of(session: Session) -> list[CourseLine]:
    taught: dict[str, list[str]] = {}
    for row in session.scalars(select(CourseAbility).order_by(CourseAbility.folded)):
        taught.setdefault(row.course_id, []).append(row.shown)
    return [
        CourseLine(row.id, CourseDraft(row.code, row.title, taught.get(row.id, []), row.level, row.hours), gone)
        for row in session.scalars(select(Course).order_by(Course.code))
        for gone in [row.retired_at is not None]
    ]


def one(hr: Runtime, actor: Actor, course_id: str) -> CourseLine:
    """Raises XudaError(FORBIDDEN | NOT_FOUND)."""
    found = next((line for line in lines(hr, actor) if line.course_id == course_id), None)
    if found is None:
        raise XudaError(ErrorCode.NOT_FOUND, field="course")
    return found


def add(hr: Runtime, actor: Actor, draft: CourseDraft) -> str:
    """Id of a new course.

    Raises XudaError(FORBIDDEN), SETTING_INVALID with ``field``, CONFLICT with ``field`` code for one that is taken.
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.write() as session:
        row = Course(id=new_id(), created_at=hr.now())
        _fill(session, row, draft)
        audit.record(session, hr.now(), actor, "course", f"course:{row.id}", abilities=len(draft.abilities))
        return row.id


def change(hr: Runtime, actor: Actor, course_id: str, draft: CourseDraft) -> None:
    """Raises as :func:`add`, and NOT_FOUND."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.write() as session:
        row = _found(session, course_id)
        _fill(session, row, draft)
        audit.record(session, hr.now(), actor, "course", f"course:{row.id}", abilities=len(draft.abilities))


def retire(hr: Runtime, actor: Actor, course_id: str, *, on: bool) -> None:
    """Recommend it no more, or again. Raises XudaError(FORBIDDEN | NOT_FOUND)."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.write() as session:
        row = _found(session, course_id)
        row.retired_at = hr.now() if on else None
        audit.record(session, hr.now(), actor, "retire_course", f"course:{row.id}", retired=on)


def import_table(hr: Runtime, actor: Actor, data: bytes) -> Report:
    """Courses by their code; the same table again changes nothing.

    Raises XudaError(FORBIDDEN), and what :func:`sheet_import.records` raises.
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    report, seen = Report(), set[str]()
    rows = records(data, _TABLE, ("code", "title", "abilities", "level"))
    with hr.db.write() as session:
        known = {line.draft.code: line for line in lines_of(session)}
        for record in rows:
            draft = _draft(report, record, seen)
            if draft is None:
                continue
            before = known.get(draft.code)
            if before is not None and _same(before.draft, draft):
                report.same += 1
                continue
            row = _found(session, before.course_id) if before else Course(id=new_id(), created_at=hr.now())
            try:
                _fill(session, row, draft)
            except XudaError as error:
                report.refuse(record, error.field or "code", "malformed")
                continue
            report.changed += before is not None
            report.added += before is None
        counts = {"added": report.added, "changed": report.changed, "refused": len(report.problems)}
        audit.record(session, hr.now(), actor, "import_courses", "courses", **counts)
    return report


def _draft(report: Report, record: Record, seen: set[str]) -> CourseDraft | None:
    code, level = record.text("code"), record.number("level")
    hours = record.number("hours") if record.text("hours") else 0
    if record.fault is not None:
        report.refuse(record, *record.fault)
    elif not code or code in seen:
        report.refuse(record, "code", "twice" if code else "missing")
    elif level is None or hours is None:
        report.refuse(record, "level" if level is None else "hours", "malformed")
    else:
        seen.add(code)
        return CourseDraft(code, record.text("title"), parted(record.text("abilities")), level, hours)
    return None


def _same(before: CourseDraft, draft: CourseDraft) -> bool:
    kept = before.title, before.level, before.hours, {folded(name) for name in before.abilities}
    return kept == (draft.title.strip(), draft.level, draft.hours, {folded(name) for name in draft.abilities})


def _fill(session: Session, row: Course, draft: CourseDraft) -> None:
    taught = {folded(name): " ".join(name.split()) for name in draft.abilities if name.strip()}
    title = draft.title.strip()
    wrong = {
        "code": _CODE.fullmatch(draft.code) is None,
        "title": not title or len(title) > LONGEST_TITLE,
        "abilities": not 1 <= len(taught) <= MOST_ABILITIES or any(len(name) > LONGEST_SKILL for name in taught),
        "level": not 0 <= draft.level <= HIGHEST,
        "hours": not 0 <= draft.hours <= MOST_HOURS,
    }
    for field, bad in wrong.items():
        if bad:
            raise XudaError(ErrorCode.SETTING_INVALID, field=field)
    if session.scalar(select(Course.id).where(Course.code == draft.code, Course.id != row.id)) is not None:
        raise XudaError(ErrorCode.CONFLICT, field="code")
    row.code, row.title, row.level, row.hours = draft.code, title, draft.level, draft.hours
    session.add(row)
    session.flush()
    session.execute(delete(CourseAbility).where(CourseAbility.course_id == row.id))
    session.add_all(CourseAbility(course_id=row.id, folded=key, shown=name) for key, name in taught.items())
    session.flush()


def _found(session: Session, course_id: str) -> Course:
    row = session.get(Course, course_id, with_for_update=True)
    if row is None:
        raise XudaError(ErrorCode.NOT_FOUND, field="course")
    return row
