"""Blind review, by a person's own switch or as a rule of a batch."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("user", "batch"):
        op.add_column(table, sa.Column("blind_review", sa.Boolean(), nullable=False, server_default=sa.false()))
