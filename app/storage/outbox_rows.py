"""Putting things into the outbox; always inside the transaction of the change they tell of."""

from __future__ import annotations

import sqlite_utils

from app.interview.states import InterviewState

_ADD = """
INSERT INTO outbox (kind, interview_id, ref, size, state) VALUES (?, ?, ?, ?, 'waiting')
ON CONFLICT (kind, interview_id, ref) DO NOTHING
"""


_CANCEL = (
    """UPDATE objects SET submitted = 0 WHERE interview_id = ?
       AND object_id IN (SELECT ref FROM outbox WHERE kind = 'object')""",
    "DELETE FROM outbox WHERE interview_id = ?",
    "UPDATE events SET envelope = NULL WHERE interview_id = ?",
)


def queue_event(db: sqlite_utils.Database, interview_id: str, seq: int, size: int) -> None:
    """``size`` in bytes of the envelope."""
    db.execute(_ADD, ("event", interview_id, str(seq), size))


def queue_object(db: sqlite_utils.Database, interview_id: str, object_id: str, size: int) -> None:
    db.execute(_ADD, ("object", interview_id, object_id, size))


def cancel(db: sqlite_utils.Database, interview_id: str) -> None:
    """Nothing of the interview is sent any more, and what was said in its events is not kept either.

    What HR has already stays in the list of its objects, as ids and hashes.
    """
    for statement in _CANCEL:
        db.execute(statement, (interview_id,))


def queue_manifest(db: sqlite_utils.Database, interview_id: str, state: InterviewState) -> None:
    """An interview that is not being worked on owes HR a manifest of its newest event; a new one is a fresh start."""
    db.execute("DELETE FROM outbox WHERE kind = 'manifest' AND interview_id = ?", (interview_id,))
    if state is not InterviewState.ACTIVE:
        db.execute(_ADD, ("manifest", interview_id, interview_id, 0))
