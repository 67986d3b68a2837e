"""Departments and positions as another system has them: put by their code, again and again, with the same result."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import replace

from sqlalchemy import select

from backend.db.models import Department, Position, Role
from backend.runtime import Runtime
from backend.services import departments, positions, scope
from backend.services.actor import Actor
from backend.services.departments import DepartmentDraft
from backend.services.positions import PositionDraft
from backend.services.sheet_import import Record, Report, records
from contract.errors import ErrorCode, XudaError

_DEPARTMENTS = {
    "code": "code|id|department code|department id|部门编码|部门编号|部门代码|编码|编号",
    "parent": "parent|parent code|parent id|belongs to|上级部门|上级部门编码|上级编码|上级部门编号|所属部门",
    "name_zh": "name|chinese name|name (chinese)|部门名称|部门|名称|中文名称",
    "name_en": "english name|name (english)|name en|英文名称|英文名",
}
_POSITIONS = {
    "code": "code|id|position code|position id|岗位编码|岗位编号|职位编码|编码|编号",
    "department": "department|department code|department id|部门|部门编码|部门编号|所属部门|所属部门编码",
    "title_zh": "title|name|position|chinese title|title (chinese)|岗位名称|岗位|职位|职位名称|名称|中文名称",
    "title_en": "english title|title (english)|title en|英文名称|英文名",
    "headcount": "headcount|编制|编制人数",
    "staffed": "staffed|people|in post|在岗|在岗人数|现有人数|在编人数",
    "skills": "skills|技能|技能要求|技能关键词",
}
_FIELDS = {"department_id": "code", "parent": "parent", "name": "name_zh", "title": "title_zh"}


def put_department(hr: Runtime, actor: Actor, department_id: str, draft: DepartmentDraft) -> str:
    """``added``, ``changed`` or ``same``.

    Raises as :func:`departments.add`; a program that is bound to a department NOT_FOUND for what lies outside.
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.read() as session:
        row = session.get(Department, department_id)
        if actor.department_id is not None:
            inside = set(session.scalars(scope.departments_below(actor.department_id)))
            if draft.parent_id not in inside or (row is not None and row.id not in inside):
                raise XudaError(ErrorCode.NOT_FOUND, field="department")
    administrator = replace(actor, role=Role.ADMINISTRATOR)
    if row is None:
        departments.add(hr, administrator, department_id, draft)
        return "added"
    if (row.parent_id, row.name) == (draft.parent_id, departments.renamed(row.name, draft.name)):
        return "same"
    departments.change(hr, administrator, department_id, draft)
    return "changed"


def put_position(hr: Runtime, actor: Actor, code: str, draft: PositionDraft) -> str:
    """As :func:`put_department`, by :attr:`Position.code`; one that was closed is open again."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    wanted = replace(draft, code=code)
    with hr.db.read() as session:
        row = session.scalar(select(Position).where(Position.code == code))
        if actor.department_id is not None:
            inside = set(session.scalars(scope.departments_below(actor.department_id)))
            if draft.department_id not in inside or (row is not None and row.department_id not in inside):
                raise XudaError(ErrorCode.NOT_FOUND, field="department")
    if row is None:
        positions.add(hr, actor, wanted)
        return "added"
    found = (row.department_id, row.title, row.headcount, row.staffed, list(row.skills), row.closed_at)
    title = departments.renamed(row.title, draft.title)
    if found == (draft.department_id, title, draft.headcount, draft.staffed, list(draft.skills), None):
        return "same"
    positions.change(hr, actor, row.id, wanted)
    return "changed"


def import_departments(hr: Runtime, actor: Actor, data: bytes) -> Report:
    """Rows with code, name and the code of the department above; in any order.

    Raises XudaError(FORBIDDEN), and what :func:`sheet_import.records` raises.
    """
    scope.require(actor, Role.ADMINISTRATOR)
    rows = [_small(row, "code", "parent") for row in records(data, _DEPARTMENTS, ("code", "name_zh"))]
    report, waiting = _sound(rows, Report())
    with hr.db.read() as session:
        known = set(session.scalars(select(Department.id)))
    while waiting:
        ready = [row for row in waiting if not row.text("parent") or row.text("parent") in known]
        if not ready:
            codes = {row.text("code") for row in waiting}
            for row in waiting:
                report.refuse(row, "parent", "loop" if row.text("parent") in codes else "unknown")
            break
        for row in ready:
            draft = DepartmentDraft(row.text("parent") or None, _texts(row, "name"))
            if _take(report, row, functools.partial(put_department, hr, actor, row.text("code"), draft)):
                known.add(row.text("code"))
        waiting = [row for row in waiting if row not in ready]
    return report


def import_positions(hr: Runtime, actor: Actor, data: bytes) -> Report:
    """Rows with code, department, title, headcount and more. Raises as :func:`import_departments`."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    found = records(data, _POSITIONS, ("code", "department", "title_zh", "headcount"))
    report, rows = _sound([_small(row, "department") for row in found], Report())
    known = _positions_by_code(hr)
    for row in rows:
        before = known.get(row.text("code"))
        headcount = row.number("headcount")
        staffed = row.number("staffed") if row.text("staffed") else (before.staffed if before else 0)
        if headcount is None or staffed is None:
            report.refuse(row, "headcount" if headcount is None else "staffed", "malformed")
            continue
        skills = _skills(row.text("skills")) if "skills" in row.values else (list(before.skills) if before else [])
        draft = PositionDraft(row.text("department"), _texts(row, "title"), headcount, staffed, skills)
        _take(report, row, functools.partial(put_position, hr, actor, row.text("code"), draft))
    return report


def _positions_by_code(hr: Runtime) -> dict[str, Position]:
    with hr.db.read() as session:
        return {
            row.code: row for row in session.scalars(select(Position).where(Position.code.is_not(None))) if row.code
        }


def _small(row: Record, *names: str) -> Record:
    """Departments are named in small letters here, whatever the other system does."""
    return replace(row, values={name: text.lower() if name in names else text for name, text in row.values.items()})


def _sound(rows: list[Record], report: Report) -> tuple[Report, list[Record]]:
    """Rows that can be read and have a code of their own; the others are refused."""
    good: list[Record] = []
    seen: set[str] = set()
    for row in rows:
        if row.fault is not None:
            report.refuse(row, *row.fault)
        elif not row.text("code"):
            report.refuse(row, "code", "missing")
        elif row.text("code") in seen:
            report.refuse(row, "code", "twice")
        else:
            seen.add(row.text("code"))
            good.append(row)
    return report, good


def _take(report: Report, row: Record, put: Callable[[], str]) -> bool:
    try:
        done = put()
    except XudaError as error:
        if error.code not in (ErrorCode.SETTING_INVALID, ErrorCode.CONFLICT, ErrorCode.NOT_FOUND):
            raise
        name = error.field or "code"
        problem = {ErrorCode.CONFLICT: "taken", ErrorCode.NOT_FOUND: "unknown"}.get(error.code, "malformed")
        report.refuse(row, _FIELDS.get(name, name), "unknown" if name in ("parent", "department") else problem)
        return False
    setattr(report, done, getattr(report, done) + 1)
    return True


def _texts(row: Record, name: str) -> Mapping[str, str]:
    """Languages whose column is there."""
    return {
        tag: row.text(f"{name}_{short}")
        for tag, short in (("zh_CN", "zh"), ("en", "en"))
        if row.text(f"{name}_{short}")
    }


def _skills(text: str) -> list[str]:
    for mark in ("、", "，", ";", "；", "|", "/"):
        text = text.replace(mark, ",")
    return [skill.strip() for skill in text.split(",") if skill.strip()]
