"""Second opinions of a language model, asked for by a person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import backend.db.types

revision = "0040"
down_revision = "0036"
branch_labels = None
depends_on = None

_TIME = backend.db.types.UtcDateTime


def upgrade() -> None:
    op.create_table(
        "opinion",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("interview_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("host", sa.String(length=300), nullable=False),
        sa.Column("model", sa.String(length=100), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("asked_by", sa.String(length=120), nullable=False),
        sa.Column("asked_at", _TIME(), nullable=False),
        sa.Column("finished_at", _TIME(), nullable=True),
        sa.Column("content_sealed", sa.Text(), nullable=True),
        sa.Column("error", sa.String(length=40), nullable=True),
        sa.Column("superseded_at", _TIME(), nullable=True),
        sa.Column("holder", sa.String(length=36), nullable=True),
        sa.Column("lease_until", _TIME(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["interview_id"], ["interview.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_opinion_interview_id", "opinion", ["interview_id"])
    op.create_index("ix_opinion_state", "opinion", ["state"])
