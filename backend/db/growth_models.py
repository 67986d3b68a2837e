"""What the organisation grows by: words about proposed requisitions, wanted and known abilities, courses."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backend.db.models import Base, new_id


class ForecastWord(Base):
    """What a person said to a proposed requisition. ``said``: asked (``requisition_id`` is the draft) or dismissed.

    ``wanted``: people asked for, or proposed when it was dismissed. ``reason_sealed``: why it was dismissed, under the
    server's data key. ``ended_at``: a dismissal was taken back.
    """

    __tablename__ = "forecast_word"
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    position_id: Mapped[str] = mapped_column(ForeignKey("position.id"), index=True)
    said: Mapped[str] = mapped_column(String(16))
    wanted: Mapped[int]
    requisition_id: Mapped[str | None] = mapped_column(ForeignKey("requisition.id"))
    reason_sealed: Mapped[str | None] = mapped_column(Text)
    said_by: Mapped[str] = mapped_column(String(120))
    said_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class PositionLevel(Base):
    """How much of an ability a position asks for: ``level`` 0-100. ``folded`` is what it is found by."""

    __tablename__ = "position_level"
    position_id: Mapped[str] = mapped_column(ForeignKey("position.id"), primary_key=True)
    folded: Mapped[str] = mapped_column(String(100), primary_key=True)
    shown: Mapped[str] = mapped_column(String(100))
    level: Mapped[int]


class EmployeeAbility(Base):
    """How much of an ability an employee was found to have, in the test ``label``. ``tenths``: of a point, 0-1000."""

    __tablename__ = "employee_ability"
    employee_id: Mapped[str] = mapped_column(ForeignKey("employee.id"), primary_key=True)
    folded: Mapped[str] = mapped_column(String(100), primary_key=True)
    label: Mapped[str] = mapped_column(String(40), primary_key=True)
    shown: Mapped[str] = mapped_column(String(100))
    tenths: Mapped[int]
    noted_at: Mapped[datetime]


class Course(Base):
    """``code``: by which a table that comes again finds it. ``level``: up to which level, 0-100, it teaches."""

    __tablename__ = "course"
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(String(64), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    level: Mapped[int]
    hours: Mapped[int]
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class CourseAbility(Base):
    """An ability that a course teaches."""

    __tablename__ = "course_ability"
    course_id: Mapped[str] = mapped_column(ForeignKey("course.id"), primary_key=True)
    folded: Mapped[str] = mapped_column(String(100), primary_key=True, index=True)
    shown: Mapped[str] = mapped_column(String(100))
