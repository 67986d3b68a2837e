"""What goes first by retention is found without reading the others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    end = sa.text("coalesce(ended_at, updated_at)")
    op.create_index("interview_ending", "interview", ["leading", "deleted_at", end, "id"])
    op.create_index("interview_kits", "interview", ["leading", "deleted_at", "kit_id", "kit_version"])
