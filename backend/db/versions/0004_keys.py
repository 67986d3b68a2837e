"""Epochs of the organisation's keys; devices that are lost, or continue another one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import backend.db.types

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    time = backend.db.types.UtcDateTime
    op.create_table(
        "organisation_key",
        sa.Column("use", sa.String(length=16), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("public", sa.String(length=64), nullable=False),
        sa.Column("since", time(), nullable=False),
        sa.Column("superseded_at", time(), nullable=True),
        sa.Column("accepted_until", time(), nullable=True),
        sa.Column("retired_at", time(), nullable=True),
        sa.Column("revoked_at", time(), nullable=True),
        sa.PrimaryKeyConstraint("use", "epoch"),
        sa.UniqueConstraint("public"),
    )
    op.create_table(
        "key_list",
        sa.Column("serial", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("envelope", sa.Text(), nullable=False),
        sa.Column("issued_at", time(), nullable=False),
        sa.PrimaryKeyConstraint("serial"),
    )
    # the first keys were in use from the start; their list is signed when the data folder is next opened
    op.execute(
        "INSERT INTO organisation_key (use, epoch, public, since) "
        "SELECT 'signing', 1, sign_key, created_at FROM organisation "
        "UNION ALL SELECT 'encryption', 1, encryption_key, created_at FROM organisation"
    )
    op.add_column("device", sa.Column("lost_at", time(), nullable=True))
    op.add_column("device", sa.Column("keys_serial", sa.Integer(), server_default="0", nullable=False))
    # a reference cannot be added to a table of SQLite any other way than with the column itself
    op.execute("ALTER TABLE device ADD COLUMN former_id VARCHAR(36) REFERENCES device (id)")
    op.execute("ALTER TABLE enrolment_code ADD COLUMN replaces_id VARCHAR(36) REFERENCES device (id)")
