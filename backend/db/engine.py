"""The database connection: SQLite (WAL, FULL, foreign keys) by default, PostgreSQL by setting."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from backend.cabinet import Cabinet
from backend.db.postgres import is_postgres, open_postgres, writing
from backend.db.whole import check_length
from backend.disk import known_errors, tells_damage
from backend.objects.folder import sync_folder
from contract.errors import ErrorCode, XudaError

_BUSY_SECONDS = 30
CABINET = "cabinet"


def open_engine(url: str) -> Engine:
    """An engine whose transactions start when we say, and are durable when they have been committed.

    Raises XudaError(SETTING_INVALID) for the address of a database that is neither SQLite nor PostgreSQL,
    DATABASE_DAMAGED for a file without its end.
    """
    if is_postgres(url):
        return open_postgres(url)
    if not url.startswith("sqlite"):
        raise XudaError(ErrorCode.SETTING_INVALID, field="database")
    engine = create_engine(url)
    if engine.url.database:
        check_length(Path(engine.url.database))
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    event.listen(engine, "handle_error", _tell_damage)
    return engine


def writers(engine: Engine) -> Engine:
    """``engine`` for transactions that write: one at a time, each sees all that was committed before it."""
    return writing(engine) if engine.dialect.name == "postgresql" else engine.execution_options(writes=True)


def folder_of(engine: Engine) -> Path | None:
    """The folder of the database file, None when there is none."""
    if engine.dialect.name != "sqlite" or not engine.url.database:
        return None
    return Path(engine.url.database).parent


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
        _run(cursor, f"PRAGMA {pragma}")
    _run(cursor, "SELECT count(*) FROM sqlite_schema")  # the log is there from the first look on
    names = cursor.execute("PRAGMA database_list").fetchall()
    cursor.close()
    if names[0][2]:
        folder = Path(names[0][2]).parent
        with known_errors(folder):
            sync_folder(folder)  # SQLite does not tell when the name of its log could not be synced


def _run(cursor: Any, statement: str) -> None:
    try:
        cursor.execute(statement)
    except UnicodeDecodeError:  # SQLite's message quotes the damaged schema
        raise XudaError(ErrorCode.DATABASE_DAMAGED) from None


def _tell_damage(context: ExceptionContext) -> None:
    """Raises XudaError(DATABASE_DAMAGED) for a text that is none and for a table that has lost a column.

    Without the driver's message: it quotes the row.
    """
    if tells_damage(context.original_exception):
        raise XudaError(ErrorCode.DATABASE_DAMAGED) from None


def _begin(connection: Any) -> None:
    # A writer takes the lock at once: a read that turns into a write later could fail in the middle.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


class Database:
    """Transactions. Writers of this process queue on a lock instead of polling the database's.

    Each session carries the cabinet of storage keys, for the rows that are sealed under them.
    """

    def __init__(self, engine: Engine, cabinet: Cabinet) -> None:
        self.engine = engine
        self._folder = folder_of(engine)
        self._info = {CABINET: cabinet}
        self._writer = writers(engine)
        self._lock = threading.Lock()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A consistent view; nothing done in it is stored. Raises XudaError(DISK_FULL | DISK_ERROR |
        DATABASE_DAMAGED | STORAGE_UNREACHABLE) when the database or the disk fails."""
        with self._known_errors(), Session(self.engine, info=self._info) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction: committed at the end, rolled back on any exception. Not to be nested. Raises as ``read``."""
        with (
            self._known_errors(),
            self._lock,
            Session(self._writer, expire_on_commit=False, info=self._info) as session,
            session.begin(),
        ):
            yield session

    @contextmanager
    def _known_errors(self) -> Iterator[None]:
        try:
            with known_errors(self._folder):
                yield
        except XudaError as error:
            if self._folder is not None and isinstance(error.__cause__, sqlite3.Error | DBAPIError | OSError):
                # SQLite opens a file that it may not write for reading, without a word, and keeps to that
                self.engine.dispose()
            raise

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
