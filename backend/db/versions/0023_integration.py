"""Tokens of programs, webhooks, and when rows changed that programs read page by page; codes of positions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import backend.db.types

revision = "0023"
down_revision = "0018"
branch_labels = None
depends_on = None

_TIME = backend.db.types.UtcDateTime
_LONG_AGO = "1970-01-01 00:00:00"


def upgrade() -> None:
    _tokens()
    _webhooks()
    _changes()
    op.add_column("position", sa.Column("code", sa.String(length=64), nullable=True))
    op.create_index("ix_position_code", "position", ["code"], unique=True)


def _tokens() -> None:
    op.create_table(
        "api_token",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("scopes", backend.db.types.StoredJson(), nullable=False),
        sa.Column("department_id", sa.String(length=64), nullable=True),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("created_at", _TIME(), nullable=False),
        sa.Column("expires_at", _TIME(), nullable=False),
        sa.Column("used_at", _TIME(), nullable=True),
        sa.Column("revoked_at", _TIME(), nullable=True),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest"),
    )


def _webhooks() -> None:
    op.create_table(
        "webhook_endpoint",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("url_sealed", sa.Text(), nullable=False),
        sa.Column("secret_sealed", sa.Text(), nullable=False),
        sa.Column("old_secret_sealed", sa.Text(), nullable=True),
        sa.Column("old_secret_until", _TIME(), nullable=True),
        sa.Column("kinds", backend.db.types.StoredJson(), nullable=False),
        sa.Column("department_id", sa.String(length=64), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("held_until", _TIME(), nullable=True),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("created_at", _TIME(), nullable=False),
        sa.Column("removed_at", _TIME(), nullable=True),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "webhook_event",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("data", backend.db.types.StoredJson(), nullable=False),
        sa.Column("at", _TIME(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_webhook_event_at", "webhook_event", ["at"])
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("event_id", sa.String(length=40), nullable=False),
        sa.Column("endpoint_id", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("queued_at", _TIME(), nullable=False),
        sa.Column("next_at", _TIME(), nullable=False),
        sa.Column("error", sa.String(length=40), nullable=False),
        sa.Column("created_at", _TIME(), nullable=False),
        sa.Column("updated_at", _TIME(), nullable=False),
        sa.ForeignKeyConstraint(["endpoint_id"], ["webhook_endpoint.id"]),
        sa.ForeignKeyConstraint(["event_id"], ["webhook_event.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("endpoint_id", "event_id"),
    )
    op.create_index("ix_webhook_delivery_due", "webhook_delivery", ["state", "next_at"])


def _changes() -> None:
    for table in ("invitation", "decision"):
        op.add_column(table, sa.Column("changed_at", _TIME(), nullable=False, server_default=_LONG_AGO))
        op.create_index(f"ix_{table}_changed_at", table, ["changed_at"])
    op.add_column("interview", sa.Column("scored_at", _TIME(), nullable=True))
    op.create_index("ix_interview_scored_at", "interview", ["scored_at"])
    op.execute("UPDATE invitation SET changed_at = created_at")
    op.execute("UPDATE decision SET changed_at = COALESCE(released_at, decided_at)")
    op.execute(
        "UPDATE interview SET scored_at = (SELECT MAX(rated_at) FROM rating WHERE rating.interview_id = interview.id)"
    )
