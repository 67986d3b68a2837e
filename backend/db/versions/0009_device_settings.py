"""Settings of devices, their groups, and which version each of them applies."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import backend.db.types

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "device_settings",
        sa.Column("layer", sa.String(length=120), nullable=False),
        sa.Column("values_sealed", sa.Text(), nullable=False),
        sa.Column("changed_at", backend.db.types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("layer"),
    )
    op.add_column("device", sa.Column("group_label", sa.String(length=40), server_default="", nullable=False))
    op.add_column("device", sa.Column("settings_version", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("device", sa.Column("settings_content", sa.String(length=64), nullable=True))
    op.add_column("device", sa.Column("settings_issued_at", backend.db.types.UtcDateTime(), nullable=True))
    op.add_column("device", sa.Column("settings_applied", sa.BigInteger(), nullable=True))
    op.add_column("device", sa.Column("settings_refused", sa.JSON(), nullable=True))
