"""Employees who leave: noted by HR or from a table, taken back when it was a mistake, and what of them goes when."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from backend.db.employee_models import EmployeeInvitation, EmployeeRow, EmployeeScore
from backend.db.growth_models import EmployeeAbility
from backend.db.models import Interview, InvitationRow, Role
from backend.runtime import Runtime
from backend.services import audit, holds, scope, slots
from backend.services.actor import Actor
from backend.services.sheet_import import Report, records
from contract.errors import ErrorCode, XudaError

# so long after somebody has left name, contact data and scores are kept, like an interview at most
KEPT = timedelta(days=180)
_AHEAD = timedelta(days=366)
_FIRST_YEAR = 1950
_TABLE = {
    "code": "code|employee code|employee id|employee number|staff id|工号|员工编号|员工工号|编号",
    "day": "left|left on|leaving date|last day|date|离职日期|离职时间|离职日|日期",
    "reason": "reason|leaving reason|离职原因|离职类型|原因",
}
_DAY = re.compile(r"(\d{4})\D{1,2}(\d{1,2})\D{1,2}(\d{1,2})(?!\d)")


class Reason(StrEnum):
    RESIGNED = "resigned"
    CONTRACT_ENDED = "contract_ended"
    DISMISSED = "dismissed"
    RETIRED = "retired"
    OTHER = "other"


_WORDS = {
    Reason.RESIGNED: "resigned|resignation|own wish|主动离职|辞职|个人原因",
    Reason.CONTRACT_ENDED: "contract ended|end of contract|合同到期|合同终止|到期不续签",
    Reason.DISMISSED: "dismissed|dismissal|laid off|辞退|解除合同|裁员|被动离职",
    Reason.RETIRED: "retired|retirement|退休",
    Reason.OTHER: "other|其他|其它",
}
_NAMED = {word: reason for reason, words in _WORDS.items() for word in (*words.split("|"), reason.value)}


def is_here(now: datetime) -> ColumnElement[bool]:
    """Of employees: those who have not left yet."""
    return EmployeeRow.left_at.is_(None) | (EmployeeRow.left_at > now)


def note(hr: Runtime, actor: Actor, employee_id: str, day: date, reason: Reason) -> None:
    """From ``day`` on they work here no more; once more corrects day and reason. Open invitations to interviews inside
    that have not begun end with that day.

    Raises XudaError(FORBIDDEN | NOT_FOUND), SETTING_INVALID with ``field`` day.
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    if not _sensible(hr, day):
        raise XudaError(ErrorCode.SETTING_INVALID, field="day")
    with hr.db.write() as session:
        row = _found(session, actor, employee_id)
        _set(row, day, reason)
        audit.record(session, hr.now(), actor, "employee_left", f"employee:{row.id}", day=day.isoformat())
        session.flush()
        _end_invitations(session, hr.now())


def take_back(hr: Runtime, actor: Actor, employee_id: str) -> None:
    """They have not left after all; invitations that ended stay ended.

    Raises XudaError(FORBIDDEN | NOT_FOUND), the last also once their data were removed.
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.write() as session:
        row = _found(session, actor, employee_id)
        if row.left_at is not None:
            row.left_at = row.left_reason = None
            audit.record(session, hr.now(), actor, "employee_stays", f"employee:{row.id}")


def import_table(hr: Runtime, actor: Actor, data: bytes) -> Report:
    """Who has left, when and why, by the employee's number; the same table again changes nothing.

    Raises XudaError(FORBIDDEN), and what :func:`sheet_import.records` raises.
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    report = Report()
    rows = records(data, _TABLE, ("code", "day"))
    with hr.db.write() as session:
        known = {
            row.code: row for row in session.scalars(scope.employees(actor).where(EmployeeRow.person_sealed != ""))
        }
        for record in rows:
            day, reason = _day(record.text("day")), _reason(record.text("reason"))
            row = known.get(record.text("code"))
            if record.fault is not None:
                report.refuse(record, *record.fault)
            elif row is None:
                report.refuse(record, "code", "unknown" if record.text("code") else "missing")
            elif day is None or not _sensible(hr, day):
                report.refuse(record, "day", "malformed" if record.text("day") else "missing")
            elif reason is None:
                report.refuse(record, "reason", "malformed")
            elif (row.left_at, row.left_reason) == (_midnight(day), reason.value):
                report.same += 1
            else:
                report.changed += row.left_at is not None
                report.added += row.left_at is None
                _set(row, day, reason)
        counts = {"added": report.added, "changed": report.changed, "refused": len(report.problems)}
        audit.record(session, hr.now(), actor, "import_leavers", "employees", **counts)
        session.flush()
        _end_invitations(session, hr.now())
    return report


def settle(hr: Runtime) -> None:
    """End open invitations of those whose day has come since it was noted."""
    with hr.db.write() as session:
        _end_invitations(session, hr.now())


def remove_over(hr: Runtime, now: datetime) -> int:
    """Take name, number, contact data and scores of those out who left so long ago; how many they were.

    Department, position, day and reason stay to be counted. Interviews inside go by their own retention; while one of
    them is under a legal hold everything stays.
    """
    with hr.db.write() as session:
        held = select(EmployeeInvitation.employee_id).join(
            Interview, Interview.invitation_id == EmployeeInvitation.invitation_id
        )
        kept = set(session.scalars(held.where(Interview.id.in_(holds.held_interviews(session)))))
        over = select(EmployeeRow).where(EmployeeRow.left_at <= now - KEPT, EmployeeRow.person_sealed != "")
        gone = [row for row in session.scalars(over) if row.id not in kept]
        for row in gone:
            row.person_sealed, row.code = "", row.id
            audit.record(session, hr.now(), "server", "erase_employee", f"employee:{row.id}")
        for table in (EmployeeScore, EmployeeAbility, EmployeeInvitation):
            session.execute(delete(table).where(table.employee_id.in_([row.id for row in gone])))
    if gone:
        hr.db.wipe_log()
    return len(gone)


def _found(session: Session, actor: Actor, employee_id: str) -> EmployeeRow:
    known = EmployeeRow.id == employee_id, EmployeeRow.person_sealed != ""
    row = session.scalar(scope.employees(actor).where(*known))
    if row is None:
        raise XudaError(ErrorCode.NOT_FOUND, field="employee")
    return row


def _set(row: EmployeeRow, day: date, reason: Reason) -> None:
    row.left_at, row.left_reason = _midnight(day), reason.value


def _end_invitations(session: Session, now: datetime) -> None:
    gone = select(EmployeeInvitation.invitation_id)
    gone = gone.join(EmployeeRow, EmployeeRow.id == EmployeeInvitation.employee_id).where(EmployeeRow.left_at <= now)
    begun = select(Interview.id).where(Interview.invitation_id == InvitationRow.id, Interview.deleted_at.is_(None))
    waiting = InvitationRow.id.in_(gone), InvitationRow.cancelled_at.is_(None), ~begun.exists()
    ended = session.scalars(select(InvitationRow.id).where(*waiting)).all()
    session.execute(update(InvitationRow).where(InvitationRow.id.in_(ended)).values(cancelled_at=now))
    slots.free(session, ended)


def _sensible(hr: Runtime, day: date) -> bool:
    return day.year >= _FIRST_YEAR and _midnight(day) <= hr.now() + _AHEAD


def _midnight(day: date) -> datetime:
    """The beginning of a day at the server's place."""
    return datetime.combine(day, time()).astimezone()


def _day(text: str) -> date | None:
    """``2026-11-30``, also with other signs between, or a time behind."""
    found = _DAY.match(text)
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def _reason(text: str) -> Reason | None:
    return _NAMED.get(text.strip().lower()) if text.strip() else Reason.OTHER
