"""Messages that are sent to candidates, windows made longer, columns chosen by hand."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import backend.db.types

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_TIME = backend.db.types.UtcDateTime


def upgrade() -> None:
    op.create_table(
        "delivery",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("invitation_id", sa.String(length=36), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("template", sa.String(length=16), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("address_sealed", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", _TIME(), nullable=False),
        sa.Column("error", sa.String(length=40), nullable=False),
        sa.Column("order_id", sa.String(length=36), nullable=False),
        sa.Column("created_at", _TIME(), nullable=False),
        sa.Column("updated_at", _TIME(), nullable=False),
        sa.ForeignKeyConstraint(["invitation_id"], ["invitation.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("invitation_id", "channel", "template", "round"),
    )
    op.create_index("ix_delivery_due", "delivery", ["state", "channel", "next_at"])
    op.create_index("ix_delivery_order_id", "delivery", ["order_id"])
    op.create_table(
        "batch_notices",
        sa.Column("batch_id", sa.String(length=36), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("remind_days", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"]),
        sa.PrimaryKeyConstraint("batch_id"),
    )
    op.create_table(
        "column_choice",
        sa.Column("header", sa.String(length=64), nullable=False),
        sa.Column("columns", sa.Text(), nullable=False),
        sa.Column("chosen_at", _TIME(), nullable=False),
        sa.PrimaryKeyConstraint("header"),
    )
    op.add_column("invitation", sa.Column("extended_to", _TIME(), nullable=True))
