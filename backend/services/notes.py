"""Update notes for people of HR: what is new, in both languages, and which of it somebody has not read yet."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib import resources

import yaml

from backend.db.models import User
from backend.runtime import Runtime
from backend.services.actor import Actor


@dataclass(frozen=True, slots=True)
class Note:
    """``note_id``: grows from note to note, so that the newest one read says which are new."""

    note_id: str
    title: dict[str, str]
    points: dict[str, list[str]]


@functools.cache
def notes() -> tuple[Note, ...]:
    """The newest first."""
    text = resources.files("resources").joinpath("notes", "notes.yaml").read_text("utf-8")
    return tuple(Note(row["id"], row["title"], row["points"]) for row in yaml.safe_load(text))


def unread(seen: str) -> int:
    """``seen``: the newest that was read; empty for nothing yet."""
    return sum(note.note_id > seen for note in notes())


def read(hr: Runtime, actor: Actor) -> str:
    """Note that the actor has read all; what was the newest before."""
    if actor.user_id is None:
        return ""
    newest = notes()[0].note_id
    with hr.db.read() as session:
        before = session.get_one(User, actor.user_id).notes_seen
    if before < newest:
        with hr.db.write() as session:
            session.get_one(User, actor.user_id).notes_seen = newest
    return before
