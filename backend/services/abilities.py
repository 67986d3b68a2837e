"""Abilities: how much of each a position asks for, and what is known of how much an employee has of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backend.db.employee_models import EmployeeRow
from backend.db.growth_models import EmployeeAbility, PositionLevel
from backend.db.models import Position, Role
from backend.runtime import Runtime
from backend.services import audit, positions, scope
from backend.services.actor import Actor
from backend.services.positions import LONGEST_SKILL, MOST_SKILLS
from backend.services.resume_rules import unfair
from backend.services.sheet_import import Record, Report, records
from contract.errors import ErrorCode, XudaError

HIGHEST = 100
LONGEST_LABEL = 40
_ABILITY = "ability|skill|dimension|competency|能力|技能|维度|能力项"
_LEVELS = {
    "code": "code|position code|position id|岗位编码|岗位编号|职位编码|编码|编号",
    "ability": _ABILITY,
    "level": "level|required level|wanted|要求|要求水平|要求等级|目标水平|水平",
}
_KNOWN = {
    "code": "code|employee code|employee id|employee number|staff id|工号|员工编号|员工工号|编号",
    "ability": _ABILITY,
    "label": "period|test|assessment|source|测评|测评名称|周期|来源",
    "score": "score|points|level|分数|得分|水平|成绩",
}


@dataclass(frozen=True, slots=True)
class Level:
    """``name`` as it was written; ``level`` 0-100."""

    name: str
    level: int


def folded(name: str) -> str:
    """What an ability is found by."""
    return " ".join(name.split()).casefold()


def wanted(hr: Runtime, actor: Actor, position_id: str) -> list[Level]:
    """What a position asks for, the highest first. Raises XudaError(FORBIDDEN | NOT_FOUND)."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.read() as session:
        positions.found(session, actor, position_id)
        return wanted_of(session, position_id)


def wanted_of(session: Session, position_id: str) -> list[Level]:
    query = select(PositionLevel).where(PositionLevel.position_id == position_id)
    rows = session.scalars(query.order_by(PositionLevel.level.desc(), PositionLevel.folded))
    return [Level(row.shown, row.level) for row in rows]


def put(hr: Runtime, actor: Actor, position_id: str, levels: Iterable[Level]) -> None:
    """What a position asks for from now on, in place of what it asked for.

    Raises XudaError(FORBIDDEN | NOT_FOUND), SETTING_INVALID with ``field`` ability, unfair or level.
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    checked = _checked(levels)
    with hr.db.write() as session:
        positions.found(session, actor, position_id, lock=True)
        session.execute(delete(PositionLevel).where(PositionLevel.position_id == position_id))
        for key, level in checked.items():
            session.add(PositionLevel(position_id=position_id, folded=key, shown=level.name, level=level.level))
        audit.record(session, hr.now(), actor, "position_abilities", f"position:{position_id}", abilities=len(checked))


def import_wanted(hr: Runtime, actor: Actor, data: bytes) -> Report:
    """Levels by the position's code; abilities the table does not name stay as they are.

    Raises XudaError(FORBIDDEN), and what :func:`sheet_import.records` raises.
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    report = Report()
    rows = records(data, _LEVELS, ("code", "ability", "level"))
    with hr.db.write() as session:
        coded = scope.positions(actor).where(Position.code.is_not(None))
        known = {row.code: row.id for row in session.scalars(coded)}
        for record in rows:
            level = record.number("level")
            if not _sound(report, record, known):
                continue
            if level is None or level > HIGHEST:
                report.refuse(record, "level", "malformed" if record.text("level") else "missing")
                continue
            key = known[record.text("code")], folded(record.text("ability"))
            row = session.get(PositionLevel, key)
            if row is None:
                shown = " ".join(record.text("ability").split())
                session.add(PositionLevel(position_id=key[0], folded=key[1], shown=shown, level=level))
                session.flush()
                report.added += 1
            else:
                report.same += row.level == level
                report.changed += row.level != level
                row.level = level
        counts = {"added": report.added, "changed": report.changed, "refused": len(report.problems)}
        audit.record(session, hr.now(), actor, "import_abilities", "positions", **counts)
    return report


def import_known(hr: Runtime, actor: Actor, data: bytes) -> Report:
    """Scores of 0-100 by employee, ability and test. Raises as :func:`import_wanted`."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    report = Report()
    rows = records(data, _KNOWN, ("code", "ability", "label", "score"))
    with hr.db.write() as session:
        people = scope.employees(actor).where(EmployeeRow.person_sealed != "")
        known = {row.code: row.id for row in session.scalars(people)}
        for record in rows:
            tenths, label = _tenths(record.text("score")), record.text("label")
            if not _sound(report, record, known):
                continue
            if not label or len(label) > LONGEST_LABEL:
                report.refuse(record, "label", "malformed" if label else "missing")
            elif tenths is None:
                report.refuse(record, "score", "malformed" if record.text("score") else "missing")
            else:
                _note(hr, session, report, (known[record.text("code")], record.text("ability"), label), tenths)
        counts = {"added": report.added, "changed": report.changed, "refused": len(report.problems)}
        audit.record(session, hr.now(), actor, "import_abilities", "employees", **counts)
    return report


def _note(hr: Runtime, session: Session, report: Report, key: tuple[str, str, str], tenths: int) -> None:
    employee_id, name, label = key
    row = session.get(EmployeeAbility, (employee_id, folded(name), label))
    if row is None:
        row = EmployeeAbility(employee_id=employee_id, folded=folded(name), label=label)
        row.shown, row.tenths, row.noted_at = " ".join(name.split()), tenths, hr.now()
        session.add(row)
        session.flush()
        report.added += 1
    elif row.tenths == tenths:
        report.same += 1
    else:
        row.tenths, row.noted_at = tenths, hr.now()
        report.changed += 1


def _sound(report: Report, record: Record, known: Mapping[str | None, str] | Mapping[str, str]) -> bool:
    ability = record.text("ability")
    if record.fault is not None:
        report.refuse(record, *record.fault)
    elif record.text("code") not in known:
        report.refuse(record, "code", "unknown" if record.text("code") else "missing")
    elif not ability or len(ability) > LONGEST_SKILL or unfair(ability):
        report.refuse(record, "ability", "malformed" if ability else "missing")
    else:
        return True
    return False


def _checked(levels: Iterable[Level]) -> dict[str, Level]:
    found: dict[str, Level] = {}
    for level in levels:
        name = " ".join(level.name.split())
        if not name or len(name) > LONGEST_SKILL or folded(name) in found:
            raise XudaError(ErrorCode.SETTING_INVALID, field="ability")
        if unfair(name):
            raise XudaError(ErrorCode.SETTING_INVALID, field="unfair")
        if not 0 <= level.level <= HIGHEST:
            raise XudaError(ErrorCode.SETTING_INVALID, field="level")
        found[folded(name)] = Level(name, level.level)
    if len(found) > MOST_SKILLS:
        raise XudaError(ErrorCode.SETTING_INVALID, field="ability")
    return found


def _tenths(text: str) -> int | None:
    try:
        value = round(float(text) * 10)
    except (ValueError, OverflowError):
        return None
    return value if 0 <= value <= 10 * HIGHEST else None
