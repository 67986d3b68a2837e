"""Events, wrapped keys, candidates and reasons of holds come under storage keys of their own (backend.cabinet)."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import context, op

from backend.cabinet import candidate_subject, interview_subject

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_COLUMNS = ("name", "phone", "email", "id_number", "extra")
_HASHED = ("phone", "email", "id_number")


def _table(name: str, *columns: str) -> sa.TableClause:
    return sa.table(name, *(sa.column(column) for column in columns))


def upgrade() -> None:
    # Renamed, so that no code takes a sealed value for an open one.
    op.alter_column("event", "envelope", new_column_name="sealed")
    op.alter_column("interview", "wrapped_key", new_column_name="wrapped_key_sealed")
    connection = op.get_bind()
    cabinet, vault = (context.config.attributes.get(name) for name in ("cabinet", "vault"))
    _seal_interviews(connection, cabinet)
    _seal_candidates(connection, cabinet, vault)
    _seal_holds(connection, cabinet, vault)
    for column in _HASHED:
        op.drop_index(op.f(f"ix_candidate_{column}_hash"), "candidate")
        op.drop_column("candidate", f"{column}_hash")


def _seal_interviews(connection: sa.Connection, cabinet: Any) -> None:
    events = _table("event", "interview_id", "seq", "sealed")
    for interview_id, seq, text in connection.execute(sa.select(*events.c)).all():
        sealed = cabinet.seal(interview_subject(interview_id), text, f"event:{seq}")
        this = events.c.interview_id == interview_id, events.c.seq == seq
        connection.execute(sa.update(events).where(*this).values(sealed=sealed))
    interviews = _table("interview", "id", "wrapped_key_sealed")
    for interview_id, text in connection.execute(sa.select(*interviews.c)).all():
        if text:
            sealed = cabinet.seal(interview_subject(interview_id), text, "wrapped key")
            changed = sa.update(interviews).where(interviews.c.id == interview_id).values(wrapped_key_sealed=sealed)
            connection.execute(changed)


def _seal_candidates(connection: sa.Connection, cabinet: Any, vault: Any) -> None:
    names = [f"{column}_sealed" for column in _COLUMNS] + [f"{column}_hash" for column in _HASHED]
    candidates = _table("candidate", "id", *names)
    for row in connection.execute(sa.select(*candidates.c)).mappings().all():
        subject = candidate_subject(row["id"])
        sealed = {
            f"{column}_sealed": cabinet.seal(subject, vault.open(old, f"{subject}:{column}"), column)
            for column in _COLUMNS
            if (old := row[f"{column}_sealed"])
        }
        if sealed:
            connection.execute(sa.update(candidates).where(candidates.c.id == row["id"]).values(**sealed))
        cabinet.remember(subject, [(column, found) for column in _HASHED if (found := row[f"{column}_hash"])])


def _seal_holds(connection: sa.Connection, cabinet: Any, vault: Any) -> None:
    holds = _table("legal_hold", "id", "interview_id", "reason_sealed", "lift_reason_sealed")
    for row in connection.execute(sa.select(*holds.c)).mappings().all():
        sealed = {}
        for what, column in (("set", "reason_sealed"), ("lift", "lift_reason_sealed")):
            place = f"legal hold:{row['id']}:{what}"
            if row[column]:
                subject = interview_subject(row["interview_id"])
                sealed[column] = cabinet.seal(subject, vault.open(row[column], place), place)
        connection.execute(sa.update(holds).where(holds.c.id == row["id"]).values(**sealed))
