"""What a device last said of itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import backend.db.types

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("device", sa.Column("contact_at", backend.db.types.UtcDateTime(), nullable=True))
    op.add_column("device", sa.Column("pending", sa.Integer(), nullable=True))
    op.add_column("device", sa.Column("failed", sa.Integer(), nullable=True))
    op.add_column("device", sa.Column("free_bytes", sa.BigInteger(), nullable=True))
    op.add_column("device", sa.Column("clock_off", sa.BigInteger(), nullable=True))
