"""Learned models for scoring, their publications, and the work that makes and compares them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import backend.db.types

revision = "0037"
down_revision = "0038"
branch_labels = None
depends_on = None

_TIME = backend.db.types.UtcDateTime
_JSON = backend.db.types.StoredJson


def upgrade() -> None:
    _models()
    op.create_table(
        "model_publication",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("model_id", sa.String(length=36), nullable=True),
        sa.Column("at", _TIME(), nullable=False),
        sa.Column("by", sa.String(length=120), nullable=False),
        sa.Column("anyway", sa.Boolean(), nullable=False),
        sa.Column("reason_sealed", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["learned_model.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_model_publication_language", "model_publication", ["language"])
    _jobs()


def _models() -> None:
    op.create_table(
        "learned_model",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("card", _JSON(), nullable=False),
        sa.Column("source", _JSON(), nullable=False),
        sa.Column("comparison", _JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("made_by", sa.String(length=120), nullable=False),
        sa.Column("made_at", _TIME(), nullable=False),
        sa.Column("published_at", _TIME(), nullable=True),
        sa.Column("published_by", sa.String(length=120), nullable=True),
        sa.Column("retired_at", _TIME(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("language", "sha256"),
    )
    op.create_index("ix_learned_model_sha256", "learned_model", ["sha256"])
    only = sa.text("state = 'published'")
    op.create_index(
        "learned_model_published", "learned_model", ["language"], unique=True, sqlite_where=only, postgresql_where=only
    )
    op.create_table(
        "learned_piece",
        sa.Column("model_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["learned_model.id"]),
        sa.PrimaryKeyConstraint("model_id", "number"),
    )


def _jobs() -> None:
    op.create_table(
        "model_job",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("model_id", sa.String(length=36), nullable=True),
        sa.Column("target", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("ordered_by", sa.String(length=120), nullable=False),
        sa.Column("ordered_at", _TIME(), nullable=False),
        sa.Column("finished_at", _TIME(), nullable=True),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("found", _JSON(), nullable=False),
        sa.Column("error", sa.String(length=40), nullable=True),
        sa.Column("holder", sa.String(length=36), nullable=True),
        sa.Column("lease_until", _TIME(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["learned_model.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_model_job_state", "model_job", ["state"])
