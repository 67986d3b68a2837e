"""Employees: who they are, what their performance and assessments came to, and interviews inside the organisation."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backend.db.models import Base, new_id


class EmployeeRow(Base):
    """``code``: the number the organisation gives. ``person_sealed``: services.employees.PersonData as JSON, under the
    server's data key, empty once they left and their data were removed. ``left_at``: works here no more, from that day
    on; ``left_reason``: services.leavers.Reason."""

    __tablename__ = "employee"
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(String(64), unique=True)
    department_id: Mapped[str] = mapped_column(ForeignKey("department.id"), index=True)
    position: Mapped[str] = mapped_column(String(200))
    person_sealed: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    left_at: Mapped[datetime | None] = mapped_column(index=True)
    left_reason: Mapped[str | None] = mapped_column(String(32))


class EmployeeScore(Base):
    """``kind``: performance or assessment; ``label``: of which period or test. ``tenths``: of a point, 0-1000."""

    __tablename__ = "employee_score"
    employee_id: Mapped[str] = mapped_column(ForeignKey("employee.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    label: Mapped[str] = mapped_column(String(40), primary_key=True)
    tenths: Mapped[int]
    noted_at: Mapped[datetime]


class EmployeeInvitation(Base):
    """An interview inside the organisation; its result belongs to the employee's file."""

    __tablename__ = "employee_invitation"
    invitation_id: Mapped[str] = mapped_column(ForeignKey("invitation.id"), primary_key=True)
    employee_id: Mapped[str] = mapped_column(ForeignKey("employee.id"), index=True)
    invited_by: Mapped[str] = mapped_column(String(120))
    invited_at: Mapped[datetime]
