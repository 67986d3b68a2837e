"""HR's messages to candidates."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import backend.db.types

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "message",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("batch_id", sa.String(length=36), nullable=True),
        sa.Column("invitation_id", sa.String(length=36), nullable=True),
        sa.Column("next_steps", sa.Boolean(), nullable=False),
        sa.Column("words_sealed", sa.Text(), nullable=False),
        sa.Column("not_before", backend.db.types.UtcDateTime(), nullable=False),
        sa.Column("not_after", backend.db.types.UtcDateTime(), nullable=False),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("created_at", backend.db.types.UtcDateTime(), nullable=False),
        sa.Column("withdrawn_at", backend.db.types.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"]),
        sa.ForeignKeyConstraint(["invitation_id"], ["invitation.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_message_invitation_id", "message", ["invitation_id"])
    op.create_index("ix_message_not_after", "message", ["not_after"])
