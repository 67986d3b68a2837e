"""Employees: imported from tables, with performance and assessments, interviews inside the organisation, one score."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.db.employee_models import EmployeeInvitation, EmployeeRow, EmployeeScore
from backend.db.models import Batch, Department, Position, Role, new_id
from backend.runtime import Runtime
from backend.services import audit, employee_results, facts, inviting, leavers, scope
from backend.services.actor import Actor
from backend.services.candidates import Person
from backend.services.employee_results import InsideInterview
from backend.services.kits import stored_kit
from backend.services.leavers import Reason
from backend.services.sheet_import import Record, Report, records
from contract.errors import ErrorCode, XudaError
from contract.identifiers import clean_email, clean_name, clean_phone
from contract.kit import InterviewKind

PAGE_SIZE = 50
WEIGHTS_FACT = "combined_weights"
HIGHEST_WEIGHT = 100
_CODE = "code|employee code|employee id|employee number|staff id|工号|员工编号|员工工号|编号"
_PEOPLE = {
    "code": _CODE,
    "name": "name|full name|姓名|名字|员工姓名",
    "department": "department|department code|department id|部门|部门编码|所属部门|所属部门编码",
    "position": "position|title|job title|岗位|职位",
    "phone": "phone|mobile|手机|手机号|电话",
    "email": "email|e-mail|mail|邮箱|电子邮箱",
}
_SCORES = {
    "code": _CODE,
    "label": "period|test|assessment|quarter|year|周期|考核周期|测评|测评名称|年度|季度",
    "score": "score|points|performance|分数|得分|成绩|绩效|绩效分|绩效得分|测评分",
}
_LONGEST_LABEL = 40


class ScoreKind(StrEnum):
    PERFORMANCE = "performance"
    ASSESSMENT = "assessment"


@dataclass(frozen=True, slots=True)
class Weights:
    """How much the interview and the assessment count in the combined score."""

    interview: int = 1
    assessment: int = 1

    def combined(self, interview: float | None, assessment: float | None) -> float | None:
        """Rounded to a tenth; None unless both are there."""
        if interview is None or assessment is None:
            return None
        total = self.interview + self.assessment
        return round((interview * self.interview + assessment * self.assessment) / total, 1)


@dataclass(frozen=True, slots=True)
class EmployeeLine:
    """Scores are the newest of each kind; None where there is none. ``interview``: of the newest scored interview;
    ``interview_by_ai``: people have rated none, it is that of the assessment.

    ``left_at`` and ``left_reason``: noted by HR, may lie ahead; ``here``: not yet.
    """

    employee_id: str
    code: str
    name: str
    department: dict[str, str]
    position: str
    performance: float | None
    interview: int | None
    assessment: float | None
    combined: float | None
    left_at: datetime | None = None
    left_reason: Reason | None = None
    here: bool = True
    interview_by_ai: bool = False


@dataclass(frozen=True, slots=True)
class ScoreLine:
    kind: ScoreKind
    label: str
    score: float
    noted_at: datetime


@dataclass(frozen=True, slots=True)
class EmployeeFile:
    line: EmployeeLine
    phone: str
    email: str
    scores: list[ScoreLine]
    interviews: list[InsideInterview]


def import_people(hr: Runtime, actor: Actor, data: bytes) -> Report:
    """Employees by their code; the same table again changes nothing.

    Raises XudaError(FORBIDDEN), and what :func:`sheet_import.records` raises.
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    report, seen = Report(), set[str]()
    rows = records(data, _PEOPLE, ("code", "name", "department"))
    with hr.db.write() as session:
        departments = set(session.scalars(select(Department.id)))
        known = {row.code: row for row in session.scalars(select(EmployeeRow))}
        for record in rows:
            if not _sound(report, record, seen):
                continue
            person = _person(report, record)
            department = record.text("department").lower()
            if person is None:
                continue
            if department not in departments:
                report.refuse(record, "department", "unknown")
                continue
            _put(hr, session, report, known.get(record.text("code")), record, department, person)
        counts = {"added": report.added, "changed": report.changed, "refused": len(report.problems)}
        audit.record(session, hr.now(), actor, "import_employees", "employees", **counts)
    return report


def import_scores(hr: Runtime, actor: Actor, kind: ScoreKind, data: bytes) -> Report:
    """Scores of 0-100 by employee and period (performance) or test (assessment). Raises as :func:`import_people`."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    report = Report()
    rows = records(data, _SCORES, ("code", "label", "score"))
    with hr.db.write() as session:
        known = {row.code: row.id for row in session.scalars(select(EmployeeRow))}
        for record in rows:
            tenths, label = _tenths(record.text("score")), record.text("label")
            if record.fault is not None:
                report.refuse(record, *record.fault)
            elif record.text("code") not in known:
                report.refuse(record, "code", "unknown")
            elif not label or len(label) > _LONGEST_LABEL:
                report.refuse(record, "label", "malformed" if label else "missing")
            elif tenths is None:
                report.refuse(record, "score", "malformed")
            else:
                _note(hr, session, report, (known[record.text("code")], kind.value, label), tenths)
        counts = {"kind": kind.value, "added": report.added, "changed": report.changed}
        audit.record(session, hr.now(), actor, "import_scores", "employees", **counts, refused=len(report.problems))
    return report


def lines(hr: Runtime, actor: Actor, *, page: int = 1, left: bool = False) -> tuple[list[EmployeeLine], int]:
    """Those who are here, or ``left``, by their code, with how many there are; always the same number of queries.

    Raises XudaError(FORBIDDEN).
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    here = leavers.is_here(hr.now())
    query = scope.employees(actor).where(~here if left else here, EmployeeRow.person_sealed != "")
    with hr.db.read() as session:
        total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
        rows = session.scalars(query.order_by(EmployeeRow.code).limit(PAGE_SIZE).offset((max(page, 1) - 1) * PAGE_SIZE))
        return _lines(hr, session, actor, rows.all()), total


def file(hr: Runtime, actor: Actor, employee_id: str) -> EmployeeFile:
    """Raises XudaError(FORBIDDEN | NOT_FOUND)."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.read() as session:
        row = found(session, actor, employee_id)
        person = _opened(hr, row)
        query = select(EmployeeScore).where(EmployeeScore.employee_id == row.id)
        scores = session.scalars(query.order_by(EmployeeScore.noted_at.desc(), EmployeeScore.label.desc())).all()
        shown = EmployeeFile(
            line=_lines(hr, session, actor, [row])[0],
            phone=person["phone"],
            email=person["email"],
            scores=[ScoreLine(ScoreKind(item.kind), item.label, item.tenths / 10, item.noted_at) for item in scores],
            interviews=employee_results.inside(hr, session, actor, row.id),
        )
    audit.record_now(hr, actor, "view_employee", f"employee:{employee_id}")
    return shown


def invite(hr: Runtime, actor: Actor, employee_id: str, batch_id: str) -> str:
    """An interview inside the organisation: the code of the invitation. Its result goes into the employee's file.

    Raises XudaError(FORBIDDEN | NOT_FOUND), SETTING_INVALID with ``field`` batch for one that is not for employees, or
    phone when there is no way to reach them; CONFLICT when they are invited to it already, and with ``field`` left
    when they work here no more.
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.read() as session:
        row = found(session, actor, employee_id)
        if row.left_at is not None and row.left_at <= hr.now():
            raise XudaError(ErrorCode.CONFLICT, field="left")
        person = _opened(hr, row)
        batch = session.scalar(scope.batches(actor).where(Batch.id == batch_id))
        if batch is None or stored_kit(session, batch.kit_id).kind is InterviewKind.RECRUITMENT:
            raise XudaError(ErrorCode.SETTING_INVALID, field="batch")
    invited = inviting.invite_one(hr, actor, batch_id, Person(person["name"], person["phone"], person["email"]))
    with hr.db.write() as session:
        session.add(
            EmployeeInvitation(
                invitation_id=invited.invitation_id,
                employee_id=employee_id,
                invited_by=actor.username,
                invited_at=hr.now(),
            )
        )
        detail = {"invitation": invited.invitation_id}
        audit.record(session, hr.now(), actor, "invite_employee", f"employee:{employee_id}", **detail)
    return invited.code


def own_position(hr: Runtime, actor: Actor, employee_id: str) -> str:
    """Id of the department's position that the employee's table names by title or code; empty for none.

    Raises XudaError(FORBIDDEN | NOT_FOUND).
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.read() as session:
        row = found(session, actor, employee_id)
        name = row.position.strip().casefold()
        same = scope.positions(actor).where(Position.department_id == row.department_id, Position.closed_at.is_(None))
        for position in session.scalars(same.order_by(Position.created_at)):
            if name and name in {text.strip().casefold() for text in (*position.title.values(), position.code or "")}:
                return position.id
    return ""


def inside_batches(hr: Runtime, actor: Actor) -> list[tuple[str, str]]:
    """(id, title) of batches for employees whose window is not over, the newest first."""
    query = scope.batches(actor).where(Batch.not_after > hr.now()).order_by(Batch.created_at.desc())
    with hr.db.read() as session:
        kinds: dict[str, InterviewKind] = {}
        open_ones = []
        for batch in session.scalars(query.limit(200)):
            if batch.kit_id not in kinds:
                kinds[batch.kit_id] = stored_kit(session, batch.kit_id).kind
            if kinds[batch.kit_id] is not InterviewKind.RECRUITMENT:
                open_ones.append((batch.id, batch.title))
        return open_ones


def weights(hr: Runtime) -> Weights:
    with hr.db.read() as session:
        return weights_of(session)


def set_weights(hr: Runtime, actor: Actor, wanted: Weights) -> None:
    """Raises XudaError(FORBIDDEN), SETTING_INVALID with ``field`` weights."""
    scope.require(actor, Role.ADMINISTRATOR)
    given = (wanted.interview, wanted.assessment)
    if not all(0 <= value <= HIGHEST_WEIGHT for value in given) or not sum(given):
        raise XudaError(ErrorCode.SETTING_INVALID, field="weights")
    with hr.db.write() as session:
        facts.put(session, WEIGHTS_FACT, list(given))
        audit.record(session, hr.now(), actor, "combined_weights", "employees", weights=list(given))


def _sound(report: Report, record: Record, seen: set[str]) -> bool:
    code = record.text("code")
    if record.fault is not None:
        report.refuse(record, *record.fault)
    elif not code or len(code) > 64:
        report.refuse(record, "code", "malformed" if code else "missing")
    elif code in seen:
        report.refuse(record, "code", "twice")
    else:
        seen.add(code)
        return True
    return False


def _person(report: Report, record: Record) -> dict[str, str] | None:
    name = clean_name(record.text("name"))
    if name is None:
        report.refuse(record, "name", "malformed" if record.text("name") else "missing")
        return None
    found = {"name": name}
    for field, clean in (("phone", clean_phone), ("email", clean_email)):
        value = clean(record.text(field)) if record.text(field) else ""
        if value is None:
            report.refuse(record, field, "malformed")
            return None
        found[field] = value
    return found


def _put(
    hr: Runtime,
    session: Session,
    report: Report,
    row: EmployeeRow | None,
    record: Record,
    department: str,
    person: dict[str, str],
) -> None:
    position = record.text("position")[:200]
    if row is not None:
        before = _opened(hr, row)
        person = {name: value or before[name] for name, value in person.items()}
        if (row.department_id, row.position, before) == (department, position or row.position, person):
            report.same += 1
            return
        report.changed += 1
    else:
        row = EmployeeRow(id=new_id(), code=record.text("code"), position="", created_at=hr.now())
        session.add(row)
        report.added += 1
    row.department_id, row.position = department, position or row.position
    row.person_sealed = hr.vault.seal(json.dumps(person, ensure_ascii=False), _place(row.id))


def _note(hr: Runtime, session: Session, report: Report, key: tuple[str, str, str], tenths: int) -> None:
    row = session.get(EmployeeScore, key)
    if row is None:
        session.add(EmployeeScore(employee_id=key[0], kind=key[1], label=key[2], tenths=tenths, noted_at=hr.now()))
        session.flush()
        report.added += 1
    elif row.tenths == tenths:
        report.same += 1
    else:
        row.tenths, row.noted_at = tenths, hr.now()
        report.changed += 1


def _tenths(text: str) -> int | None:
    """Of 0-100 with at most one digit after the point that counts."""
    try:
        value = round(float(text) * 10)
    except (ValueError, OverflowError):
        return None
    return value if 0 <= value <= 1000 else None


def _lines(hr: Runtime, session: Session, actor: Actor, rows: Sequence[EmployeeRow]) -> list[EmployeeLine]:
    ids = [row.id for row in rows]
    departments = {row.id: row.name for row in session.scalars(select(Department))}
    newest: dict[tuple[str, str], float] = {}
    scores = select(EmployeeScore).where(EmployeeScore.employee_id.in_(ids))
    for item in session.scalars(scores.order_by(EmployeeScore.noted_at, EmployeeScore.label)):
        newest[item.employee_id, item.kind] = item.tenths / 10
    inside, share, now = employee_results.scored(hr, session, actor, ids), weights_of(session), hr.now()
    found = []
    for row in rows:
        assessment = newest.get((row.id, ScoreKind.ASSESSMENT.value))
        counting = inside.get(row.id)
        interview = counting.score if counting else None
        found.append(
            EmployeeLine(
                employee_id=row.id,
                code=row.code,
                name=_opened(hr, row)["name"],
                department=departments[row.department_id],
                position=row.position,
                performance=newest.get((row.id, ScoreKind.PERFORMANCE.value)),
                interview=interview,
                interview_by_ai=counting is not None and counting.by_ai,
                assessment=assessment,
                combined=share.combined(interview, assessment),
                left_at=row.left_at,
                left_reason=Reason(row.left_reason) if row.left_reason else None,
                here=row.left_at is None or row.left_at > now,
            )
        )
    return found


def weights_of(session: Session) -> Weights:
    kept = facts.get(session, WEIGHTS_FACT)
    return Weights(*kept) if kept else Weights()


def found(session: Session, actor: Actor, employee_id: str) -> EmployeeRow:
    known = EmployeeRow.id == employee_id, EmployeeRow.person_sealed != ""
    row = session.scalar(scope.employees(actor).where(*known))
    if row is None:
        raise XudaError(ErrorCode.NOT_FOUND, field="employee")
    return row


def _opened(hr: Runtime, row: EmployeeRow) -> dict[str, str]:
    person: dict[str, str] = json.loads(hr.vault.open(row.person_sealed, _place(row.id)))
    return person


def _place(employee_id: str) -> str:
    return f"employee:{employee_id}"
