"""The storage keys in PostgreSQL, for several processes and machines: a schema of their own, best in a database of its
own, whose backups are kept for a short time only."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, text

from backend.cabinet import Cabinet, Sealer
from backend.db.engine import writers
from backend.disk import known_errors
from contract.errors import ErrorCode, XudaError

SCHEMA = "xuda_keys"
_VERSION = 1
_TABLES = f"""
CREATE SCHEMA IF NOT EXISTS {SCHEMA};
CREATE TABLE {SCHEMA}.storage_key (subject text PRIMARY KEY, sealed text NOT NULL);
CREATE TABLE {SCHEMA}.lookup (
    subject text NOT NULL, kind text NOT NULL, hash text NOT NULL, PRIMARY KEY (kind, hash, subject)
);
CREATE INDEX lookup_subject ON {SCHEMA}.lookup (subject);
CREATE TABLE {SCHEMA}.version (number integer NOT NULL)
"""
_NUMBER = text(f"SELECT number FROM {SCHEMA}.version")  # noqa: S608 - a name of ours
_SEALED = text(f"SELECT sealed FROM {SCHEMA}.storage_key WHERE subject = :subject")  # noqa: S608
_SEALED_OF = text(f"SELECT subject, sealed FROM {SCHEMA}.storage_key WHERE subject = ANY(:subjects)")  # noqa: S608
_SUBJECTS = text(f"SELECT subject FROM {SCHEMA}.storage_key")  # noqa: S608
_ADD = text(f"INSERT INTO {SCHEMA}.storage_key VALUES (:subject, :sealed) ON CONFLICT DO NOTHING")  # noqa: S608
_DESTROY = text(f"DELETE FROM {SCHEMA}.storage_key WHERE subject = ANY(:subjects)")  # noqa: S608
_FORGET = text(f"DELETE FROM {SCHEMA}.lookup WHERE subject = ANY(:subjects)")  # noqa: S608
_REMEMBER = text(f"INSERT INTO {SCHEMA}.lookup (subject, kind, hash) VALUES (:subject, :kind, :hash)")  # noqa: S608
_FIND = text(f"SELECT subject FROM {SCHEMA}.lookup WHERE kind = :kind AND hash = :hash")  # noqa: S608
_FIND_ALL = text(
    f"SELECT kind, hash, subject FROM {SCHEMA}.lookup WHERE (kind, hash) IN "  # noqa: S608
    "(SELECT * FROM unnest(CAST(:kinds AS text[]), CAST(:hashes AS text[])))"
)
_CLEAR = text(f"VACUUM {SCHEMA}.storage_key, {SCHEMA}.lookup")


def has_keys(engine: Engine) -> bool:
    """Whether a cabinet was ever made there. Raises XudaError(STORAGE_UNREACHABLE)."""
    with known_errors(), engine.connect() as connection:
        found = connection.execute(text("SELECT to_regclass(:name)"), {"name": f"{SCHEMA}.storage_key"})
        return found.scalar() is not None


class PostgresCabinet(Cabinet):
    """See module. Every method raises XudaError(STORAGE_UNREACHABLE | DISK_FULL | DISK_ERROR) when the server fails."""

    def __init__(self, engine: Engine, sealer: Sealer) -> None:
        """Makes the tables where there are none; ``engine`` is closed with the cabinet.

        Raises XudaError(DATABASE_NEWER).
        """
        super().__init__(sealer)
        self._engine = engine
        # no transaction of a reader and none of the others' lock: single statements, each durable by itself
        self._single = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._several = engine.execution_options(isolation_level="READ COMMITTED")
        self._open = threading.local()
        self._make()

    @contextmanager
    def together(self) -> Iterator[None]:
        if self._current() is not None:
            yield
            return
        with known_errors(), self._several.begin() as connection:
            self._open.connection = connection
            try:
                yield
            finally:
                self._open.connection = None

    def subjects(self) -> set[str]:
        with self._connection() as connection:
            return set(connection.execute(_SUBJECTS).scalars())

    def destroy(self, subjects: Iterable[str]) -> None:
        """The rows are cleared from the tables at once; the server's own log has them until it is recycled."""
        names = {"subjects": list(subjects)}
        with self.together():
            self._run(_DESTROY, names)
            self._run(_FORGET, names)
        with known_errors(), self._single.connect() as connection:
            connection.execute(_CLEAR)

    def remember(self, subject: str, hashes: Iterable[tuple[str, str]]) -> None:
        rows = [{"subject": subject, "kind": kind, "hash": found} for kind, found in hashes]
        with self.together():
            self._run(_FORGET, {"subjects": [subject]})
            if rows:
                self._run(_REMEMBER, rows)

    def find(self, kind: str, found: str) -> list[str]:
        with self._connection() as connection:
            return list(connection.execute(_FIND, {"kind": kind, "hash": found}).scalars())

    def find_all(self, wanted: Collection[tuple[str, str]]) -> dict[tuple[str, str], list[str]]:
        found: dict[tuple[str, str], list[str]] = {}
        pairs = {"kinds": [kind for kind, _ in wanted], "hashes": [digest for _, digest in wanted]}
        with self._connection() as connection:
            for kind, digest, subject in connection.execute(_FIND_ALL, pairs):
                found.setdefault((kind, digest), []).append(subject)
        return found

    def close(self) -> None:
        self._engine.dispose()

    def _sealed(self, subject: str) -> str | None:
        with self._connection() as connection:
            found: str | None = connection.execute(_SEALED, {"subject": subject}).scalar()
            return found

    def _sealed_of(self, subjects: set[str]) -> dict[str, str]:
        with self._connection() as connection:
            rows = connection.execute(_SEALED_OF, {"subjects": list(subjects)})
            return {row[0]: row[1] for row in rows}

    def _add(self, subject: str, sealed: str) -> None:
        self._run(_ADD, {"subject": subject, "sealed": sealed})

    def _run(self, statement: Any, values: Any) -> None:
        with self._connection() as connection:
            connection.execute(statement, values)

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        """That of the transaction this thread is in, or one for a single statement."""
        current = self._current()
        if current is not None:
            yield current
            return
        with known_errors(), self._single.connect() as connection:
            yield connection

    def _current(self) -> Connection | None:
        found: Connection | None = getattr(self._open, "connection", None)
        return found

    def _make(self) -> None:
        with known_errors(), writers(self._engine).begin() as connection:
            if connection.execute(text("SELECT to_regclass(:name)"), {"name": f"{SCHEMA}.version"}).scalar() is None:
                for statement in _TABLES.split(";"):
                    connection.execute(text(statement))
                connection.execute(text(f"INSERT INTO {SCHEMA}.version VALUES ({_VERSION})"))  # noqa: S608
            version = connection.execute(_NUMBER).scalar_one()
        if version > _VERSION:
            raise XudaError(ErrorCode.DATABASE_NEWER, version=version)
