"""Rubrics of kits, scorecards of the people who review, and their comments."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import backend.db.types

revision = "0014"
down_revision = "0012"
branch_labels = None
depends_on = None

_TIME = backend.db.types.UtcDateTime


def upgrade() -> None:
    op.create_table(
        "rubric",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kit_id", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("author", sa.String(length=120), nullable=False),
        sa.Column("created_at", _TIME(), nullable=False),
        sa.ForeignKeyConstraint(["kit_id", "version"], ["kit.kit_id", "kit.version"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("kit_id", "version", "revision"),
    )
    _scorecards()
    op.create_table(
        "review_comment",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("interview_id", sa.String(length=64), nullable=False),
        sa.Column("answer_id", sa.String(length=64), nullable=False),
        sa.Column("at_ms", sa.Integer(), nullable=True),
        sa.Column("text_sealed", sa.Text(), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("created_at", _TIME(), nullable=False),
        sa.ForeignKeyConstraint(["interview_id"], ["interview.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_review_comment_interview_id", "review_comment", ["interview_id"])


def _scorecards() -> None:
    op.create_table(
        "scorecard",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("interview_id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("rubric_id", sa.String(length=36), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("content_sealed", sa.Text(), nullable=False),
        sa.Column("updated_at", _TIME(), nullable=False),
        sa.Column("handed_in_at", _TIME(), nullable=True),
        sa.ForeignKeyConstraint(["interview_id"], ["interview.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"]),
        sa.ForeignKeyConstraint(["rubric_id"], ["rubric.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("interview_id", "user_id"),
    )
    for column in ("interview_id", "user_id"):
        op.create_index(f"ix_scorecard_{column}", "scorecard", [column])
    op.create_table(
        "scorecard_change",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("scorecard_id", sa.String(length=36), nullable=False),
        sa.Column("interview_id", sa.String(length=64), nullable=False),
        sa.Column("content_sealed", sa.Text(), nullable=False),
        sa.Column("reason_sealed", sa.Text(), nullable=False),
        sa.Column("changed_at", _TIME(), nullable=False),
        sa.ForeignKeyConstraint(["scorecard_id"], ["scorecard.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["interview_id"], ["interview.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    for column in ("scorecard_id", "interview_id"):
        op.create_index(f"ix_scorecard_change_{column}", "scorecard_change", [column])
