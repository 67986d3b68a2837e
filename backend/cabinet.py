"""Storage keys: what opens an interview or names a person is stored under a key of its own, kept in a file of its own,
or in a database (``backend.cabinet_postgres``).

Destroying that one key makes every copy of the rest unreadable, also in backups that are kept for long; backups of this
file are kept for a short time only. Each key is itself sealed under the server's data key, so that the file alone opens
nothing. Look-up hashes of phones, e-mail addresses and ID numbers lie here too: those who hold the data key could try
all phone numbers against them.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

from backend.db.whole import check_length
from backend.disk import known_error, tells_damage
from backend.objects.folder import sync_folder
from contract.canonical import b64decode, b64encode
from contract.errors import ErrorCode, XudaError
from contract.sealed import KEY_SIZE, open_value, seal_value

FILE_NAME = "vault.db"
_VERSION = 1
_BUSY_SECONDS = 30
_AT_ONCE = 500
_TABLES = """
CREATE TABLE storage_key (subject TEXT PRIMARY KEY, sealed TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE lookup (
    subject TEXT NOT NULL, kind TEXT NOT NULL, hash TEXT NOT NULL, PRIMARY KEY (kind, hash, subject)
) WITHOUT ROWID;
CREATE INDEX lookup_subject ON lookup (subject);
"""


class Sealer(Protocol):
    """Seals a text so that only the server's data key opens it (``backend.keys.Vault``)."""

    def seal(self, text: str, context: str) -> str: ...

    def open(self, sealed: str, context: str) -> str: ...


def interview_subject(interview_id: str) -> str:
    return f"interview:{interview_id}"


def candidate_subject(candidate_id: str) -> str:
    return f"candidate:{candidate_id}"


class Cabinet(ABC):
    """The storage keys. Every change is durable before its method returns; any thread may call.

    Several processes may have it open. Nothing is kept in memory: a key that was destroyed is gone for all of them.
    """

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer
        self._read_ahead = threading.local()

    @property
    def sealer(self) -> Sealer:
        """For what is sealed under the server's data key itself."""
        return self._sealer

    @contextmanager
    def ahead(self, subjects: Iterable[str]) -> Iterator[None]:
        """Read the keys of all these subjects at once, for what this thread opens inside the block: for lists."""
        before = getattr(self._read_ahead, "keys", None)
        self._read_ahead.keys = {**(before or {}), **self._sealed_of(set(subjects))}
        try:
            yield
        finally:
            self._read_ahead.keys = before

    @abstractmethod
    def together(self) -> AbstractContextManager[None]:
        """One transaction around several changes: all of them become durable at its end, none when it raises."""

    def seal(self, subject: str, text: str, context: str) -> str:
        """Seal ``text`` under the subject's key, which is made when there is none. ``context`` is its place."""
        return seal_value(text.encode("utf-8"), self._key_for(subject), context)

    def open(self, subject: str, sealed: str, context: str) -> str:
        """Raises XudaError(KEY_DESTROYED) when the subject has no key, SEALED_DAMAGED."""
        key = self._key(subject)
        if key is None:
            raise XudaError(ErrorCode.KEY_DESTROYED)
        return open_value(sealed, key, context).decode("utf-8")

    @abstractmethod
    def subjects(self) -> set[str]:
        """Everybody and everything that has a key."""

    @abstractmethod
    def destroy(self, subjects: Iterable[str]) -> None:
        """Destroy keys and look-up hashes for good. Unknown ones are fine."""

    @abstractmethod
    def remember(self, subject: str, hashes: Iterable[tuple[str, str]]) -> None:
        """Replace the subject's look-up hashes: pairs of kind and hash."""

    @abstractmethod
    def find(self, kind: str, found: str) -> list[str]:
        """Subjects with this look-up hash."""

    @abstractmethod
    def find_all(self, wanted: Collection[tuple[str, str]]) -> dict[tuple[str, str], list[str]]:
        """Subjects by pair of kind and look-up hash, for many of them at once."""

    @abstractmethod
    def close(self) -> None: ...

    @abstractmethod
    def _sealed(self, subject: str) -> str | None:
        """The subject's key as it is stored."""

    @abstractmethod
    def _sealed_of(self, subjects: set[str]) -> dict[str, str]:
        """The stored keys of those subjects that have one."""

    @abstractmethod
    def _add(self, subject: str, sealed: str) -> None:
        """Store a key unless the subject has one: whoever was first, also in another process, has made it."""

    def _key(self, subject: str) -> bytes | None:
        known = getattr(self._read_ahead, "keys", None) or {}
        sealed = known[subject] if subject in known else self._sealed(subject)
        return None if sealed is None else b64decode(self._sealer.open(sealed, _context(subject)))

    def _key_for(self, subject: str) -> bytes:
        known = self._key(subject)
        if known is not None:
            return known
        self._add(subject, self._sealer.seal(b64encode(os.urandom(KEY_SIZE)), _context(subject)))
        made = self._key(subject)
        assert made is not None
        return made


class KeyCabinet(Cabinet):
    """The storage keys in an SQLite file."""

    def __init__(self, path: Path, sealer: Sealer) -> None:
        """Opens ``path``, or makes it. Raises XudaError(DATABASE_NEWER | DATABASE_DAMAGED | DISK_FULL | DISK_ERROR)."""
        super().__init__(sealer)
        self._lock = threading.RLock()
        self._together = False
        self._connection = _connect(path)

    @contextmanager
    def together(self) -> Iterator[None]:
        with self._lock:
            if self._together:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            self._together = True
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            else:
                self._connection.execute("COMMIT")
            finally:
                self._together = False

    def subjects(self) -> set[str]:
        with self._lock:
            return {_whole(row[0]) for row in self._connection.execute("SELECT subject FROM storage_key")}

    def destroy(self, subjects: Iterable[str]) -> None:
        """Overwritten in the file, gone from its log.

        Raises XudaError(DISK_ERROR) when a reader of another process stands in the way; nothing is half done then.
        """
        names = [(subject,) for subject in subjects]
        with self._lock:
            with self.together():
                self._connection.executemany("DELETE FROM storage_key WHERE subject = ?", names)
                self._connection.executemany("DELETE FROM lookup WHERE subject = ?", names)
            if self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                raise XudaError(ErrorCode.DISK_ERROR, file=FILE_NAME)

    def remember(self, subject: str, hashes: Iterable[tuple[str, str]]) -> None:
        rows = [(subject, kind, found) for kind, found in hashes]
        with self.together():
            self._connection.execute("DELETE FROM lookup WHERE subject = ?", (subject,))
            self._connection.executemany("INSERT INTO lookup (subject, kind, hash) VALUES (?, ?, ?)", rows)

    def find(self, kind: str, found: str) -> list[str]:
        with self._lock:
            rows = self._connection.execute("SELECT subject FROM lookup WHERE kind = ? AND hash = ?", (kind, found))
            return [_whole(row[0]) for row in rows]

    def find_all(self, wanted: Collection[tuple[str, str]]) -> dict[tuple[str, str], list[str]]:
        found: dict[tuple[str, str], list[str]] = {}
        pairs = sorted(set(wanted))
        for start in range(0, len(pairs), _AT_ONCE):
            some = pairs[start : start + _AT_ONCE]
            marks = ",".join(["(?, ?)"] * len(some))
            query = f"SELECT kind, hash, subject FROM lookup WHERE (kind, hash) IN (VALUES {marks})"  # noqa: S608
            with self._lock:
                rows = self._connection.execute(query, [text for pair in some for text in pair]).fetchall()
            for kind, digest, subject in rows:
                found.setdefault((_whole(kind), _whole(digest)), []).append(_whole(subject))
        return found

    def snapshot(self, target: Path) -> None:
        """A consistent copy of the file as ``target``, which must not exist.

        The content is durable when this returns; the name is for the caller to give.
        """
        with closing(sqlite3.connect(target)) as copy:
            copy.execute("PRAGMA synchronous = OFF")  # once, at the end
            with self._lock:
                self._connection.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
        with target.open("rb+") as file:
            os.fsync(file.fileno())

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def _sealed(self, subject: str) -> str | None:
        with self._lock:
            row = self._connection.execute("SELECT sealed FROM storage_key WHERE subject = ?", (subject,)).fetchone()
        return None if row is None else _whole(row[0])

    def _sealed_of(self, subjects: set[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        names = sorted(subjects)
        for start in range(0, len(names), _AT_ONCE):
            some = names[start : start + _AT_ONCE]
            marks = ",".join("?" * len(some))
            query = f"SELECT subject, sealed FROM storage_key WHERE subject IN ({marks})"  # noqa: S608 - marks alone
            with self._lock:
                found.update((_whole(row[0]), _whole(row[1])) for row in self._connection.execute(query, some))
        return found

    def _add(self, subject: str, sealed: str) -> None:
        with self._lock:
            self._connection.execute("INSERT OR IGNORE INTO storage_key VALUES (?, ?)", (subject, sealed))


def _context(subject: str) -> str:
    return f"storage key:{subject}"


class _Connection(sqlite3.Connection):
    """Raises XudaError(DATABASE_DAMAGED) where the driver itself would quote what the damaged file holds."""

    def execute(self, statement: str, values: Any = (), /) -> sqlite3.Cursor:
        with _known_damage():
            return super().execute(statement, values)

    def executemany(self, statement: str, rows: Iterable[Any], /) -> sqlite3.Cursor:
        with _known_damage():
            return super().executemany(statement, rows)


@contextmanager
def _known_damage() -> Iterator[None]:
    try:
        yield
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        if tells_damage(error):
            raise XudaError(ErrorCode.DATABASE_DAMAGED, file=FILE_NAME) from None
        raise


def _text(value: bytes) -> str:
    with _known_damage():
        return value.decode("utf-8")


def _whole(value: object) -> str:
    """A text read from a row; a damaged row may hold anything."""
    if not isinstance(value, str):
        raise XudaError(ErrorCode.DATABASE_DAMAGED, file=FILE_NAME)
    return value


def _connect(path: Path) -> sqlite3.Connection:
    check_length(path)
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, timeout=_BUSY_SECONDS, factory=_Connection
    )
    connection.text_factory = _text
    try:
        if os.name == "posix":
            path.chmod(0o600)
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("BEGIN IMMEDIATE")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > _VERSION:
            raise XudaError(ErrorCode.DATABASE_NEWER, version=version)
        if version == 0:
            for statement in filter(str.strip, _TABLES.split(";")):
                connection.execute(statement)
        # SQLite opens a file that it may not write for reading, without a word, and would keep to that for good
        connection.execute(f"PRAGMA user_version = {_VERSION}")
        connection.execute("COMMIT")
        sync_folder(path.parent)  # SQLite does not tell when the name of its log could not be synced
    except (sqlite3.DatabaseError, OSError) as error:
        connection.close()
        raise known_error(error, path.parent) or XudaError(ErrorCode.DATABASE_DAMAGED, file=FILE_NAME) from error
    except BaseException:
        connection.close()
        raise
    return connection
