"""Interviews of several parts: their numbers, and the tickets with which an interview is handed over."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import backend.db.types

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# what is there already: in the order the server learned of it
_NUMBER = """
UPDATE interview SET part = (
    SELECT count(*) FROM interview AS other
    WHERE other.invitation_id = interview.invitation_id AND other.attempt = interview.attempt
      AND (other.created_at < interview.created_at
           OR (other.created_at = interview.created_at AND other.id <= interview.id))
) WHERE invitation_id IS NOT NULL
"""


def upgrade() -> None:
    op.add_column("interview", sa.Column("part", sa.Integer(), nullable=True))
    op.create_table(
        "hand_over",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("invitation_id", sa.String(length=36), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.String(length=36), nullable=False),
        sa.Column("interview_id", sa.String(length=64), nullable=False),
        sa.Column("envelope", sa.Text(), nullable=False),
        sa.Column("issued_at", backend.db.types.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"]),
        sa.ForeignKeyConstraint(["invitation_id"], ["invitation.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("interview_id"),
    )
    op.create_index(op.f("ix_hand_over_invitation_id"), "hand_over", ["invitation_id"], unique=False)
    op.execute(_NUMBER)
