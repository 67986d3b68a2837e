"""Wrong guesses that several processes count together."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import backend.db.types

revision = "0030"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "guess",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("limit_name", sa.String(length=32), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("at", backend.db.types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("guess_recent", "guess", ["limit_name", "key_hash", "at"])
    op.create_index("ix_guess_at", "guess", ["at"])
