"""Times to choose, and résumés with the rules that sort them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import backend.db.types

revision = "0021"
down_revision = "0024"
branch_labels = None
depends_on = None

_TIME = backend.db.types.UtcDateTime
_JSON = backend.db.types.StoredJson


def upgrade() -> None:
    _slots()
    _resumes()
    op.add_column("invitation", sa.Column("opens_at", _TIME(), nullable=True))


def _slots() -> None:
    op.create_table(
        "slot",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("batch_id", sa.String(length=36), nullable=False),
        sa.Column("starts_at", _TIME(), nullable=False),
        sa.Column("ends_at", _TIME(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("created_at", _TIME(), nullable=False),
        sa.Column("withdrawn_at", _TIME(), nullable=True),
        sa.CheckConstraint("taken >= 0 AND taken <= capacity", name="slot_capacity"),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_slot_batch_id", "slot", ["batch_id"])
    op.create_table(
        "slot_choice",
        sa.Column("invitation_id", sa.String(length=36), nullable=False),
        sa.Column("slot_id", sa.String(length=36), nullable=False),
        sa.Column("chosen_at", _TIME(), nullable=False),
        sa.Column("chosen_by", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["invitation_id"], ["invitation.id"]),
        sa.ForeignKeyConstraint(["slot_id"], ["slot.id"]),
        sa.PrimaryKeyConstraint("invitation_id"),
    )
    op.create_index("ix_slot_choice_slot_id", "slot_choice", ["slot_id"])
    op.create_table(
        "batch_slots",
        sa.Column("batch_id", sa.String(length=36), nullable=False),
        sa.Column("offered", sa.Boolean(), nullable=False),
        sa.Column("change_hours", sa.Integer(), nullable=False),
        sa.Column("window_follows", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"]),
        sa.PrimaryKeyConstraint("batch_id"),
    )


def _resumes() -> None:
    op.create_table(
        "resume",
        sa.Column("candidate_id", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name_sealed", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("file_sealed", sa.Text(), nullable=False),
        sa.Column("text_sealed", sa.Text(), nullable=False),
        sa.Column("problem", sa.String(length=20), nullable=False),
        sa.Column("created_at", _TIME(), nullable=False),
        sa.ForeignKeyConstraint(["candidate_id"], ["candidate.id"]),
        sa.PrimaryKeyConstraint("candidate_id"),
        sa.UniqueConstraint("id"),
    )
    op.create_table(
        "resume_rules",
        sa.Column("batch_id", sa.String(length=36), nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", _JSON(), nullable=False),
        sa.Column("author", sa.String(length=120), nullable=False),
        sa.Column("created_at", _TIME(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"]),
        sa.PrimaryKeyConstraint("batch_id", "revision"),
    )
    op.create_table(
        "resume_match",
        sa.Column("invitation_id", sa.String(length=36), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("proposal", sa.String(length=16), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("reasons_sealed", sa.Text(), nullable=False),
        sa.Column("judged_at", _TIME(), nullable=False),
        sa.Column("ruling", sa.String(length=16), nullable=False),
        sa.Column("ruled_by", sa.String(length=120), nullable=False),
        sa.Column("ruled_at", _TIME(), nullable=True),
        sa.ForeignKeyConstraint(["invitation_id"], ["invitation.id"]),
        sa.PrimaryKeyConstraint("invitation_id"),
    )
