"""Positions with their headcount, and requisitions: whom a department asks to hire, step by step."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backend.db.models.base import Base, new_id
from backend.db.models.people import Department
from backend.db.types import StoredJson


class Position(Base):
    """``headcount`` (编制): people the position may have; ``staffed``: those it has. ``skills``: words, as HR wrote them."""

    __tablename__ = "position"
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    department_id: Mapped[str] = mapped_column(ForeignKey("department.id"), index=True)
    title: Mapped[dict[str, str]]
    headcount: Mapped[int]
    staffed: Mapped[int] = mapped_column(default=0)
    skills: Mapped[list[Any]] = mapped_column(StoredJson)
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    department: Mapped[Department] = relationship()


class Requisition(Base):
    """``wanted``: people to hire. ``threshold``: score from which a candidate is proposed (0-100).

    ``state`` is one of services.requisitions.RequisitionState, moved only by its table.
    """

    __tablename__ = "requisition"
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    position_id: Mapped[str] = mapped_column(ForeignKey("position.id"), index=True)
    wanted: Mapped[int]
    threshold: Mapped[int]
    reason: Mapped[str] = mapped_column(Text, default="")
    needed_by: Mapped[date | None] = mapped_column(Date)
    state: Mapped[str] = mapped_column(String(16), index=True)
    asked_by: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    position: Mapped[Position] = relationship()


class RequisitionStep(Base):
    """One move of a requisition: who, when, from where to where, and the words given for it."""

    __tablename__ = "requisition_step"
    __table_args__ = (Index("requisition_steps", "requisition_id", "at"),)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    requisition_id: Mapped[str] = mapped_column(ForeignKey("requisition.id"))
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(120))
    action: Mapped[str] = mapped_column(String(16))
    before: Mapped[str] = mapped_column(String(16))
    after: Mapped[str] = mapped_column(String(16))
    words: Mapped[str] = mapped_column(Text, default="")
