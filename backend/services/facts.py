"""What the server remembers about itself between starts (table ``server_fact``)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from backend.db.models import ServerFact


def get(session: Session, name: str) -> Any:
    """The value, None when it was never set."""
    row = session.get(ServerFact, name)
    return None if row is None else row.value


def put(session: Session, name: str, value: Any) -> None:
    """Set a JSON value in the caller's write transaction."""
    row = session.get(ServerFact, name)
    if row is None:
        session.add(ServerFact(name=name, value=value))
    else:
        row.value = value


def get_time(session: Session, name: str) -> datetime | None:
    found = get(session, name)
    return None if found is None else datetime.fromisoformat(found)


def put_time(session: Session, name: str, at: datetime) -> None:
    put(session, name, at.isoformat())
