"""What candidates choose to say about themselves, and what else figures of fairness are told apart by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import backend.db.types

revision = "0038"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "voluntary",
        sa.Column("invitation_id", sa.String(length=36), nullable=False),
        sa.Column("answers_sealed", sa.Text(), nullable=False),
        sa.Column("consent", sa.String(length=8), nullable=False),
        sa.Column("answered_at", backend.db.types.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["invitation_id"], ["invitation.id"]),
        sa.PrimaryKeyConstraint("invitation_id"),
    )
    op.create_index("ix_voluntary_answered_at", "voluntary", ["answered_at"])
    op.add_column("interview_fact", sa.Column("language", sa.String(length=16), nullable=True))
    op.add_column("interview_fact", sa.Column("faults", sa.Integer(), nullable=True))
