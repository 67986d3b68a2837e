"""Links by which somebody without a login sees an interview for a while."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import backend.db.types

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_TIME = backend.db.types.UtcDateTime


def upgrade() -> None:
    op.create_table(
        "share_link",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("interview_id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("shows_name", sa.Boolean(), nullable=False),
        sa.Column("shows_words", sa.Boolean(), nullable=False),
        sa.Column("recordings", sa.String(length=8), nullable=False),
        sa.Column("passphrase", sa.String(length=200), nullable=True),
        sa.Column("created_at", _TIME(), nullable=False),
        sa.Column("expires_at", _TIME(), nullable=False),
        sa.Column("revoked_at", _TIME(), nullable=True),
        sa.ForeignKeyConstraint(["interview_id"], ["interview.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_share_link_interview_id", "share_link", ["interview_id"])
