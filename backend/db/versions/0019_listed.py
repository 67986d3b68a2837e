"""What lists sort and count by, written when it changes instead of worked out for every page; names to be looked up."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

from backend.cabinet import Cabinet, candidate_subject
from backend.keys import Vault

revision = "0019"
down_revision = "0025"
branch_labels = None
depends_on = None

_FINAL = ("pending_review", "incomplete", "declined")
_DECIDED = ("second_round", "rejected", "pending_onboarding")
_HASHED = ("phone", "email", "id_number")


def upgrade() -> None:
    op.add_column("interview", sa.Column("leading", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("interview", sa.Column("standing", sa.String(32), server_default="invited", nullable=False))
    op.add_column("invitation", sa.Column("begun", sa.Boolean(), server_default=sa.false(), nullable=False))
    _stand()
    _begin()
    _indices()
    _names()


def _stand() -> None:
    connection = op.get_bind()
    words: dict[str, tuple[object, str]] = {}
    for name, at, word in connection.execute(
        sa.text("SELECT interview_id, decided_at, state FROM decision ORDER BY decided_at")
    ):
        words[name] = (at, word)
    wholes: dict[tuple[str, int], list[sa.Row[tuple[object, ...]]]] = {}
    rows = connection.execute(sa.text("SELECT id, invitation_id, attempt, part, state, deleted_at FROM interview"))
    for row in rows:
        alone = row.invitation_id is None or row.attempt is None
        wholes.setdefault((row.id, 0) if alone else (row.invitation_id, row.attempt), []).append(row)
    values = []
    for parts in wholes.values():
        living = sorted((part for part in parts if part.deleted_at is None), key=lambda part: (part.part or 0, part.id))
        said = [words[part.id] for part in living if part.id in words]
        word = max(said, key=lambda item: str(item[0]))[1] if said else None
        for part in parts:
            standing = word if part.state in _FINAL and word in _DECIDED else part.state
            values.append({"name": part.id, "leading": bool(living) and part is living[0], "standing": standing})
    if values:
        change = "UPDATE interview SET leading = :leading, standing = :standing WHERE id = :name"
        connection.execute(sa.text(change), values)


def _begin() -> None:
    begun = "SELECT invitation_id FROM interview WHERE invitation_id IS NOT NULL"
    invitation = sa.table("invitation", sa.column("id"), sa.column("begun", sa.Boolean()))
    op.execute(invitation.update().where(invitation.c.id.in_(sa.text(begun))).values(begun=True))


def _indices() -> None:
    op.create_index("interview_listed", "interview", ["leading", "updated_at"])
    op.create_index("interview_standing", "interview", ["leading", "standing", "updated_at"])
    op.create_index(
        "interview_counted", "interview", ["leading", "deleted_at", "practice", "standing", "department_id"]
    )
    op.create_index("invitation_waiting", "invitation", ["begun", "cancelled_at", "created_at"])
    op.create_index("invitation_newest", "invitation", ["cancelled_at", "created_at", "code", "batch_id"])
    op.create_index("invitation_counted", "invitation", ["batch_id", "cancelled_at", "begun"])
    op.create_index("invitation_batch", "invitation", ["batch_id", "created_at", "code"])
    op.create_index("batch_newest", "batch", ["created_at"])


def _names() -> None:
    """The keyed hash of each name, for finding a person by the whole name in a long list."""
    candidates = sa.text(
        "SELECT id, name_sealed, phone_sealed, email_sealed, id_number_sealed FROM candidate WHERE name_sealed != ''"
    )
    rows = op.get_bind().execute(candidates).mappings().all()
    if not rows:
        return
    cabinet: Cabinet = context.config.attributes["cabinet"]
    vault: Vault = context.config.attributes["vault"]
    known = cabinet.subjects()
    with cabinet.together():
        for row in rows:
            subject = candidate_subject(row["id"])
            if subject not in known:
                continue
            values = {"name": cabinet.open(subject, row["name_sealed"], "name")}
            values["name"] = " ".join(values["name"].split()).casefold()
            for column in _HASHED:
                if row[f"{column}_sealed"] is not None:
                    values[column] = cabinet.open(subject, row[f"{column}_sealed"], column)
            cabinet.remember(subject, [(column, vault.keyed_hash(text, column)) for column, text in values.items()])
