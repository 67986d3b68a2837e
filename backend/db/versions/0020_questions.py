"""The question bank, drafts of kits, and for whom a kit is meant."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import backend.db.types

revision = "0020"
down_revision = "0022"
branch_labels = None
depends_on = None

_TIME = backend.db.types.UtcDateTime
_JSON = backend.db.types.StoredJson


def upgrade() -> None:
    _bank()
    op.create_table(
        "kit_question",
        sa.Column("kit_id", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("question_id", sa.String(length=64), nullable=False),
        sa.Column("bank_id", sa.String(length=36), nullable=False),
        sa.Column("bank_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["kit_id", "version"], ["kit.kit_id", "kit.version"]),
        sa.ForeignKeyConstraint(["bank_id", "bank_version"], ["bank_version.question_id", "bank_version.version"]),
        sa.PrimaryKeyConstraint("kit_id", "version", "question_id"),
    )
    op.create_index("kit_question_bank", "kit_question", ["bank_id"])
    op.create_table(
        "kit_draft",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kit_id", sa.String(length=32), nullable=False),
        sa.Column("department_id", sa.String(length=64), nullable=False),
        sa.Column("position_id", sa.String(length=36), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("author", sa.String(length=120), nullable=False),
        sa.Column("created_at", _TIME(), nullable=False),
        sa.Column("updated_at", _TIME(), nullable=False),
        sa.Column("ended", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"]),
        sa.ForeignKeyConstraint(["position_id"], ["position.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_kit_draft_kit_id", "kit_draft", ["kit_id"])
    op.add_column("kit", sa.Column("level", sa.String(length=16), nullable=True))
    op.add_column("kit", sa.Column("longer_because_sealed", sa.Text(), nullable=True))


def _bank() -> None:
    op.create_table(
        "bank_question",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("created_at", _TIME(), nullable=False),
        sa.Column("updated_at", _TIME(), nullable=False),
        sa.Column("retired_at", _TIME(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    for column in ("kind", "level", "updated_at"):
        op.create_index(f"ix_bank_question_{column}", "bank_question", [column])
    op.create_table(
        "bank_version",
        sa.Column("question_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("dimensions", _JSON(), nullable=False),
        sa.Column("skills", _JSON(), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("origin", sa.String(length=120), nullable=False),
        sa.Column("author", sa.String(length=120), nullable=False),
        sa.Column("created_at", _TIME(), nullable=False),
        sa.ForeignKeyConstraint(["question_id"], ["bank_question.id"]),
        sa.PrimaryKeyConstraint("question_id", "version"),
    )
    op.create_table(
        "bank_skill",
        sa.Column("question_id", sa.String(length=36), nullable=False),
        sa.Column("folded", sa.String(length=100), nullable=False),
        sa.Column("shown", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(["question_id"], ["bank_question.id"]),
        sa.PrimaryKeyConstraint("question_id", "folded"),
    )
    op.create_index("ix_bank_skill_folded", "bank_skill", ["folded"])
