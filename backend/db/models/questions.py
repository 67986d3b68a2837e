"""The question bank and the drafts of kits, which hold nothing about any candidate."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backend.db.models.base import Base, new_id
from backend.db.types import StoredJson


class BankQuestion(Base):
    """A question that HR keeps; ``key`` is its id in kits. ``version`` is the newest; ``kind``, ``level`` and
    ``words`` (everything it can be found by, case folded) are those of the newest version."""

    __tablename__ = "bank_question"
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    version: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20), index=True)
    level: Mapped[str] = mapped_column(String(16), index=True)
    words: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime] = mapped_column(index=True)
    retired_at: Mapped[datetime | None]


class BankVersion(Base):
    """One version of a question, never changed. ``content``: contract.kit.Question as JSON; ``dimensions``: a list of
    services.rubric.Dimension, empty when the kit's general ones rate it. ``origin``: where it came from."""

    __tablename__ = "bank_version"
    question_id: Mapped[str] = mapped_column(ForeignKey("bank_question.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[str] = mapped_column(Text)
    dimensions: Mapped[list[Any]] = mapped_column(StoredJson)
    skills: Mapped[list[Any]] = mapped_column(StoredJson)
    level: Mapped[str] = mapped_column(String(16))
    origin: Mapped[str] = mapped_column(String(120))
    author: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime]


class BankSkill(Base):
    """A skill or tag of the newest version of a question; ``folded`` is what it is found by."""

    __tablename__ = "bank_skill"
    question_id: Mapped[str] = mapped_column(ForeignKey("bank_question.id"), primary_key=True)
    folded: Mapped[str] = mapped_column(String(100), primary_key=True, index=True)
    shown: Mapped[str] = mapped_column(String(100))


class KitQuestionRow(Base):
    """Which version of a question of the bank a question of a published kit was made from."""

    __tablename__ = "kit_question"
    __table_args__ = (
        ForeignKeyConstraint(["kit_id", "version"], ["kit.kit_id", "kit.version"]),
        ForeignKeyConstraint(["bank_id", "bank_version"], ["bank_version.question_id", "bank_version.version"]),
        Index("kit_question_bank", "bank_id"),
    )
    kit_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    question_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    bank_id: Mapped[str] = mapped_column(String(36))
    bank_version: Mapped[int]


class KitDraft(Base):
    """A kit that is being put together. ``content``: services.kit_plan.Plan as JSON; ``revision`` grows with every
    change. ``ended``: published or discarded, and not changed any more."""

    __tablename__ = "kit_draft"
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    kit_id: Mapped[str] = mapped_column(String(32), index=True)
    department_id: Mapped[str] = mapped_column(ForeignKey("department.id"))
    position_id: Mapped[str | None] = mapped_column(ForeignKey("position.id"))
    revision: Mapped[int]
    content: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    ended: Mapped[str | None] = mapped_column(String(16))
