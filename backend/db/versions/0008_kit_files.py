"""Files of kits, and who may adjust interviews on the spot."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import backend.db.types

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kit_file",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("created_at", backend.db.types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("sha256"),
    )
    op.create_table(
        "kit_file_piece",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["sha256"], ["kit_file.sha256"]),
        sa.PrimaryKeyConstraint("sha256", "number"),
    )
    op.create_table(
        "delegation",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("holder_sealed", sa.String(), nullable=False),
        sa.Column("public_key", sa.String(length=64), nullable=False),
        sa.Column("device_id", sa.String(length=36), nullable=True),
        sa.Column("not_before", backend.db.types.UtcDateTime(), nullable=False),
        sa.Column("not_after", backend.db.types.UtcDateTime(), nullable=False),
        sa.Column("batches", sa.String(), nullable=False),
        sa.Column("most_extra_percent", sa.Integer(), nullable=False),
        sa.Column("most_extra_takes", sa.Integer(), nullable=False),
        sa.Column("ways", sa.String(), nullable=False),
        sa.Column("created_at", backend.db.types.UtcDateTime(), nullable=False),
        sa.Column("revoked_at", backend.db.types.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
