"""Positions with their headcount, requisitions (whom a department asks to hire), and who was found for them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backend.db.models.base import Base, new_id
from backend.db.models.people import Department
from backend.db.types import StoredJson


class Position(Base):
    """``headcount`` (编制): people the position may have; ``staffed``: those who work there. ``skills``: words.

    ``code``: what other systems call it, by which a table that comes again finds it.
    """

    __tablename__ = "position"
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    department_id: Mapped[str] = mapped_column(ForeignKey("department.id"), index=True)
    title: Mapped[dict[str, str]]
    headcount: Mapped[int]
    staffed: Mapped[int] = mapped_column(default=0)
    skills: Mapped[list[Any]] = mapped_column(StoredJson)
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    code: Mapped[str | None] = mapped_column(String(64), unique=True, index=True)
    department: Mapped[Department] = relationship()


class Requisition(Base):
    """``wanted``: people to hire. ``threshold``: score from which a candidate is proposed (0-100).

    ``state`` is a services.requisition_states.RequisitionState, moved by its table alone. ``reason_sealed``: why people
    are wanted, under the server's data key.
    """

    __tablename__ = "requisition"
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    position_id: Mapped[str] = mapped_column(ForeignKey("position.id"), index=True)
    wanted: Mapped[int]
    threshold: Mapped[int]
    reason_sealed: Mapped[str | None] = mapped_column(Text)
    needed_by: Mapped[date | None] = mapped_column(Date)
    state: Mapped[str] = mapped_column(String(16), index=True)
    asked_by: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime] = mapped_column(index=True)
    position: Mapped[Position] = relationship()


class RequisitionStep(Base):
    """One move of a requisition, counted from 1: who (empty: it followed from another), when, from where to where."""

    __tablename__ = "requisition_step"
    requisition_id: Mapped[str] = mapped_column(ForeignKey("requisition.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(120))
    move: Mapped[str] = mapped_column(String(16))
    before: Mapped[str] = mapped_column(String(16))
    after: Mapped[str] = mapped_column(String(16))
    words_sealed: Mapped[str | None] = mapped_column(Text)


class Placement(Base):
    """Somebody is 待入职 on a place of a requisition. Stays, as ids, when the interview is deleted.

    ``score`` and ``threshold``: those that held when a person confirmed it. ``joined_at``: has begun to work and counts
    among the position's ``staffed``. ``ended_at``: the place is free again.
    """

    __tablename__ = "placement"
    __table_args__ = (
        # nobody takes two places at once
        Index(
            "placement_live",
            "invitation_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    requisition_id: Mapped[str] = mapped_column(ForeignKey("requisition.id"), index=True)
    invitation_id: Mapped[str] = mapped_column(ForeignKey("invitation.id"))
    department_id: Mapped[str] = mapped_column(ForeignKey("department.id"))
    score: Mapped[int]
    threshold: Mapped[int]
    confirmed_by: Mapped[str] = mapped_column(String(120))
    confirmed_at: Mapped[datetime]
    joined_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class Rating(Base):
    """A person's score of a whole interview, 0-100; the newest counts."""

    __tablename__ = "rating"
    __table_args__ = (Index("rating_newest", "interview_id", "rated_at"),)
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    interview_id: Mapped[str] = mapped_column(ForeignKey("interview.id"))
    score: Mapped[int]
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"))
    rated_at: Mapped[datetime]
