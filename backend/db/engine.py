"""The database connection: SQLite (WAL, FULL, foreign keys) by default, any SQLAlchemy URL by setting."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.orm import Session

from backend.cabinet import KeyCabinet

_BUSY_SECONDS = 30
CABINET = "cabinet"


def open_engine(url: str) -> Engine:
    """An engine whose SQLite transactions start when we say, and are durable when they have been committed."""
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout = {_BUSY_SECONDS * 1000}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "secure_delete = ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Any) -> None:
    # A writer takes the lock at once: a read that turns into a write later could fail in the middle.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


class Database:
    """Transactions. Writers of this process queue on a lock instead of polling SQLite's.

    Each session carries the cabinet of storage keys, for the rows that are sealed under them.
    """

    def __init__(self, engine: Engine, cabinet: KeyCabinet) -> None:
        self.engine = engine
        self._info = {CABINET: cabinet}
        self._writer = engine.execution_options(writes=True)
        self._lock = threading.Lock()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A consistent view; nothing done in it is stored."""
        with Session(self.engine, info=self._info) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction: committed at the end, rolled back on any exception. Not to be nested."""
        with self._lock, Session(self._writer, expire_on_commit=False, info=self._info) as session, session.begin():
            yield session

    def wipe_log(self) -> None:
        """Empty SQLite's write-ahead log, where deleted values live on; waits for nobody who is reading."""
        if self.engine.dialect.name != "sqlite":
            return
        with self._lock:
            connection = self.engine.raw_connection()
            try:
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                connection.close()

    def close(self) -> None:
        self.engine.dispose()
