"""Which answers got their words after they were handed in, and what of them is kept until the candidate has read them.

Kept beside the drafts, sealed like them and gone with them; no question can have these names.
"""

from __future__ import annotations

from app.interview.store import InterviewStore, TakeRow

_LATE = ":late:"
_TYPED = ":words:"
_NEW, _READ = "new", "read"


def mark_new(store: InterviewStore, take: TakeRow) -> None:
    """The words of a submitted take are there. Before they are saved: a crash in between leaves no words unread."""
    store.save_draft(take.interview_id, _LATE + take.take_id, _NEW)


def mark_read(store: InterviewStore, take: TakeRow) -> None:
    store.save_draft(take.interview_id, _LATE + take.take_id, _READ)


def is_read(store: InterviewStore, take: TakeRow) -> bool | None:
    """None: its words were there when it was handed in."""
    kept = store.draft(take.interview_id, _LATE + take.take_id)
    return None if kept is None else kept == _READ


def keep_typed(store: InterviewStore, take: TakeRow, text: str) -> None:
    """What was typed and is no correction yet; empty: it is one now."""
    store.save_draft(take.interview_id, _TYPED + take.take_id, text)


def typed(store: InterviewStore, take: TakeRow) -> str | None:
    return store.draft(take.interview_id, _TYPED + take.take_id)
