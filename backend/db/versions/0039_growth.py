"""Words about proposed requisitions; abilities that positions ask for and employees have; courses that teach them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import backend.db.types

revision = "0039"
down_revision = "0035"
branch_labels = None
depends_on = None

_TIME = backend.db.types.UtcDateTime()


def upgrade() -> None:
    op.create_table(
        "forecast_word",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("position_id", sa.String(36), sa.ForeignKey("position.id"), nullable=False),
        sa.Column("said", sa.String(16), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("requisition_id", sa.String(36), sa.ForeignKey("requisition.id"), nullable=True),
        sa.Column("reason_sealed", sa.Text(), nullable=True),
        sa.Column("said_by", sa.String(120), nullable=False),
        sa.Column("said_at", _TIME, nullable=False),
        sa.Column("ended_at", _TIME, nullable=True),
    )
    op.create_index("ix_forecast_word_position_id", "forecast_word", ["position_id"])
    op.create_table(
        "position_level",
        sa.Column("position_id", sa.String(36), sa.ForeignKey("position.id"), primary_key=True),
        sa.Column("folded", sa.String(100), primary_key=True),
        sa.Column("shown", sa.String(100), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
    )
    op.create_table(
        "employee_ability",
        sa.Column("employee_id", sa.String(36), sa.ForeignKey("employee.id"), primary_key=True),
        sa.Column("folded", sa.String(100), primary_key=True),
        sa.Column("label", sa.String(40), primary_key=True),
        sa.Column("shown", sa.String(100), nullable=False),
        sa.Column("tenths", sa.Integer(), nullable=False),
        sa.Column("noted_at", _TIME, nullable=False),
    )
    op.create_table(
        "course",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("code", sa.String(64), nullable=False, unique=True),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("retired_at", _TIME, nullable=True),
    )
    op.create_table(
        "course_ability",
        sa.Column("course_id", sa.String(36), sa.ForeignKey("course.id"), primary_key=True),
        sa.Column("folded", sa.String(100), primary_key=True),
        sa.Column("shown", sa.String(100), nullable=False),
    )
    op.create_index("ix_course_ability_folded", "course_ability", ["folded"])
