"""Scores that the assessment makes of interviews."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import backend.db.types

revision = "0036"
down_revision = "0037"
branch_labels = None
depends_on = None

_TIME = backend.db.types.UtcDateTime
_JSON = backend.db.types.StoredJson


def upgrade() -> None:
    op.add_column("interview", sa.Column("weighed", sa.String(length=16), nullable=True))
    op.create_table(
        "score",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("interview_id", sa.String(length=64), nullable=False),
        sa.Column("points", sa.Integer(), nullable=True),
        sa.Column("low", sa.Integer(), nullable=False),
        sa.Column("high", sa.Integer(), nullable=False),
        sa.Column("listen", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=True),
        sa.Column("engine", sa.Integer(), nullable=False),
        sa.Column("rubric_id", sa.String(length=36), nullable=True),
        sa.Column("rubric_revision", sa.Integer(), nullable=False),
        sa.Column("rubric_digest", sa.String(length=12), nullable=False),
        sa.Column("models", _JSON(), nullable=False),
        sa.Column("meaning", _JSON(), nullable=False),
        sa.Column("content_sealed", sa.Text(), nullable=False),
        sa.Column("created_at", _TIME(), nullable=False),
        sa.Column("superseded_at", _TIME(), nullable=True),
        sa.ForeignKeyConstraint(["interview_id"], ["interview.id"]),
        sa.ForeignKeyConstraint(["rubric_id"], ["rubric.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_score_interview_id", "score", ["interview_id"])
    current = sa.text("superseded_at IS NULL")
    op.create_index(
        "score_current", "score", ["interview_id"], unique=True, sqlite_where=current, postgresql_where=current
    )
