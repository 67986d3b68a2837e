"""When a device has fetched a decision that was released: from then on it is not taken back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import backend.db.types

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("decision", sa.Column("fetched_at", backend.db.types.UtcDateTime(), nullable=True))
    # nobody knows any more which of those released before were fetched: none of them is taken back
    op.execute("UPDATE decision SET fetched_at = released_at WHERE released_at IS NOT NULL")
