"""What monitor and analytics count by, and reports of many interviews made in the background."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import backend.db.types

revision = "0022"
down_revision = "0023"
branch_labels = None
depends_on = None

_TIME = backend.db.types.UtcDateTime


def upgrade() -> None:
    _facts()
    _jobs()


def _facts() -> None:
    op.create_table(
        "interview_fact",
        sa.Column("interview_id", sa.String(length=64), nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.Column("pauses", sa.Integer(), nullable=False),
        sa.Column("busy", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("awaited", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("active_seconds", sa.Double(), nullable=True),
        sa.Column("entrance_clear", sa.Integer(), nullable=True),
        sa.Column("flow_smooth", sa.Integer(), nullable=True),
        sa.Column("overall", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["interview_id"], ["interview.id"]),
        sa.PrimaryKeyConstraint("interview_id"),
    )
    op.create_index("ix_interview_fact_awaited", "interview_fact", ["awaited"])
    op.create_table(
        "interview_step",
        sa.Column("interview_id", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=True),
        sa.Column("network", sa.String(length=32), nullable=True),
        sa.Column("at", _TIME(), nullable=False),
        sa.Column("received_at", _TIME(), nullable=False),
        sa.ForeignKeyConstraint(["interview_id"], ["interview.id"]),
        sa.PrimaryKeyConstraint("interview_id", "seq"),
    )
    op.create_index("interview_step_kind", "interview_step", ["kind", "received_at"])


def _jobs() -> None:
    op.create_table(
        "report_job",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("batch_id", sa.String(length=36), nullable=True),
        sa.Column("choice", backend.db.types.StoredJson(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("holder", sa.String(length=36), nullable=True),
        sa.Column("lease_until", _TIME(), nullable=True),
        sa.Column("created_at", _TIME(), nullable=False),
        sa.Column("finished_at", _TIME(), nullable=True),
        sa.Column("expires_at", _TIME(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_report_job_user_id", "report_job", ["user_id"])
    op.create_index("report_job_due", "report_job", ["state", "lease_until"])
    op.create_table(
        "report_item",
        sa.Column("job_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("interview_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("error", sa.String(length=40), nullable=True),
        sa.Column("storage_key", sa.String(length=200), nullable=True),
        sa.Column("key_sealed", sa.Text(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["interview_id"], ["interview.id"]),
        sa.ForeignKeyConstraint(["job_id"], ["report_job.id"]),
        sa.PrimaryKeyConstraint("job_id", "number"),
        sa.UniqueConstraint("job_id", "interview_id"),
    )
    op.create_index("ix_report_item_interview_id", "report_item", ["interview_id"])
