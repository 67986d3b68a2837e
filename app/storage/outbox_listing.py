"""Everything in the outbox as staff see it: what each item is, and why it is still here. Nothing personal is read."""

from __future__ import annotations

from dataclasses import dataclass

import sqlite_utils

from app.storage.query import rows

_LISTING = """
SELECT outbox.kind, outbox.interview_id, ref, size, outbox.state, attempts, code, kit_id, kit_version
FROM outbox JOIN interviews USING (interview_id)
ORDER BY outbox.state, interviews.rowid,
  CASE outbox.kind WHEN 'event' THEN 0 WHEN 'object' THEN 1 ELSE 2 END, item_id
LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class ListedItem:
    """One row. ``refused``: kept for staff; ``code``: the ErrorCode value of the last failed try, or empty."""

    kind: str
    interview_id: str
    ref: str
    size: int
    refused: bool
    attempts: int
    code: str
    kit_id: str
    kit_version: int


def list_items(db: sqlite_utils.Database, most: int) -> list[ListedItem]:
    """At most so many, what HR has refused first."""
    return [
        ListedItem(
            kind=row["kind"],
            interview_id=row["interview_id"],
            ref=row["ref"],
            size=row["size"],
            refused=row["state"] == "failed",
            attempts=row["attempts"],
            code=row["code"] or "",
            kit_id=row["kit_id"],
            kit_version=row["kit_version"],
        )
        for row in rows(db, _LISTING, most)
    ]
