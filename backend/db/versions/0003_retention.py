"""Deletions with their certificates, legal holds, the end of interviews, facts about the server, audit checkpoints."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import backend.db.types

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# the time HR's server learned of the event that ended the interview, where the newest moving event is such a one
_ENDED = """
UPDATE interview SET ended_at = (
    SELECT CASE WHEN event.kind IN ('declined', 'abandoned', 'finished', 'withdrawn') THEN event.received_at END
    FROM event
    WHERE event.interview_id = interview.id
      AND event.kind IN ('started', 'declined', 'paused', 'resumed', 'abandoned', 'finished', 'withdrawn')
    ORDER BY event.seq DESC LIMIT 1
) WHERE deleted_at IS NULL
"""


def upgrade() -> None:
    time = backend.db.types.UtcDateTime
    op.add_column("interview", sa.Column("ended_at", time(), nullable=True))
    op.create_table(
        "deletion",
        sa.Column("interview_id", sa.String(length=64), nullable=False),
        sa.Column("requested_by", sa.String(length=32), nullable=False),
        sa.Column("requested_at", time(), nullable=False),
        sa.Column("deleted_at", time(), nullable=True),
        sa.Column("objects", sa.JSON(), nullable=False),
        sa.Column("records", sa.JSON(), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("candidate_id", sa.String(length=36), nullable=True),
        sa.Column("certificate", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["interview_id"], ["interview.id"]),
        sa.PrimaryKeyConstraint("interview_id"),
    )
    op.create_table(
        "legal_hold",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("interview_id", sa.String(length=64), nullable=False),
        sa.Column("reason_sealed", sa.Text(), nullable=False),
        sa.Column("set_by", sa.String(length=120), nullable=False),
        sa.Column("set_at", time(), nullable=False),
        sa.Column("lifted_by", sa.String(length=120), nullable=True),
        sa.Column("lifted_at", time(), nullable=True),
        sa.Column("lift_reason_sealed", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["interview_id"], ["interview.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_legal_hold_interview_id"), "legal_hold", ["interview_id"], unique=False)
    op.create_table(
        "server_fact",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "audit_checkpoint",
        sa.Column("last_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("envelope", sa.Text(), nullable=False),
        sa.Column("made_at", time(), nullable=False),
        sa.PrimaryKeyConstraint("last_id"),
    )
    op.create_table(
        "restore_gap",
        sa.Column("interview_id", sa.String(length=64), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("objects", sa.JSON(), nullable=False),
        sa.Column("noticed_at", time(), nullable=False),
        sa.Column("closed_at", time(), nullable=True),
        sa.PrimaryKeyConstraint("interview_id"),
    )
    op.execute(_ENDED)
