"""The one SQLite connection, on its own thread."""

from __future__ import annotations

import contextlib
import logging
import queue
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import sqlite_utils

from app.storage.files import disk_errors, make_folder, sync_folder
from app.storage.lock import FileLock
from app.storage.reserve import Reserve
from app.storage.safety import Copy, Safety
from app.storage.schema import MIGRATIONS, migrate
from app.storage.unfinished import Unfinished
from contract.errors import ErrorCode, XudaError

log = logging.getLogger(__name__)

T = TypeVar("T")
Job = Callable[[sqlite_utils.Database], None]
_PRAGMAS = (
    "PRAGMA synchronous = FULL",
    "PRAGMA secure_delete = ON",
    "PRAGMA foreign_keys = ON",
    "PRAGMA temp_store = MEMORY",  # nothing is ever spilled to a temporary file
    "PRAGMA fullfsync = ON",
    "PRAGMA checkpoint_fullfsync = ON",
    "PRAGMA wal_autocheckpoint = 0",  # only where the digest of the file is minded, see safety.py
)
_LONGEST_LOG = 4 * 1024 * 1024
_COUNT = """INSERT INTO settings (name, value) VALUES ('counter', '1')
ON CONFLICT (name) DO UPDATE SET value = CAST(value AS INTEGER) + 1"""
_COUNTER = "SELECT CAST(value AS INTEGER) FROM settings WHERE name = 'counter'"
_NEARLY_FULL = 256 * 1024


class Database:
    """One connection on one non-daemon thread; everything that touches the database runs there, in order.

    The constructor opens (or creates) the file, checks it and brings it up to date. A damaged one is moved aside and
    restored from its copy; ``restored`` then says when that was made. On a full disk the room held in reserve is given
    up; when that is not enough an existing database is opened all the same, and what cannot be written raises
    XudaError(DISK_FULL) until there is room again. Raises
    XudaError(ALREADY_RUNNING | DATABASE_NEWER | DATABASE_DAMAGED | DISK_FULL | DISK_ERROR).
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.restored: datetime | None = None
        self._safety = Safety(path)
        self._copied = -1  # the counter of the newest copy
        self._copy_due = False
        self._reserve = Reserve(path.with_name("reserve"))
        self._limited = False
        self._gone: XudaError | None = None  # why there is no open file just now
        with disk_errors():
            make_folder(path.parent)
        self._lock = FileLock(path.with_name(path.name + ".lock"))
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._unfinished = Unfinished()
        self._closing = threading.Lock()
        self._closed = False
        opened: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, args=(opened,), name="database", daemon=False)
        self._thread.start()
        try:
            opened.result()
        except BaseException:
            self._thread.join()
            self._lock.release()
            raise

    def submit(self, fn: Callable[[sqlite_utils.Database], T]) -> Future[T]:
        """Queue ``fn`` for the database thread. Raises RuntimeError after ``close``."""
        future: Future[T] = Future()

        def job(db: sqlite_utils.Database) -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(self._guarded(fn, self._usable(db)))
            except BaseException as error:
                future.set_exception(error)

        with self._closing:
            if self._closed:
                raise RuntimeError("the database is closed")
            self._jobs.put(job)
        return future

    def call(self, fn: Callable[[sqlite_utils.Database], T]) -> T:
        """Run ``fn`` on the database thread and wait. On that thread itself ``fn`` runs at once."""
        if threading.current_thread() is self._thread:
            return self._guarded(fn, self._usable(self._db))
        return self.submit(fn).result()

    def transaction(self, fn: Callable[[sqlite_utils.Database], T], *, copy: bool = False) -> T:
        """Like ``call``, in one durable transaction: on any error nothing has changed.

        When the disk is full the room held in reserve is given up and ``fn`` runs once more.
        ``copy``: what it saves must survive even a damaged database; its copy is written anew before this returns.
        """

        def atomic(db: sqlite_utils.Database) -> T:
            with db.atomic():
                value = fn(db)
                db.execute(_COUNT)
            self._copy_due = self._copy_due or copy
            self._settle(db)
            return value

        def patient(db: sqlite_utils.Database) -> T:
            try:
                return self._guarded(atomic, db)
            except XudaError as error:
                if error.code is not ErrorCode.DISK_FULL or not self._reserve.give_up():
                    raise
            return atomic(db)

        return self.call(patient)

    def hold_reserve(self) -> None:
        """Take the room for a full disk again, if there is room now."""
        self._reserve.hold()

    def nearly_full(self) -> bool:
        """Whether there is too little room to work on."""
        return self._limited or self._disk_is_full()

    def scrub(self) -> bool:
        """Leave nothing of what was deleted beside the database: its copy is of now, its log is in it and empty.

        False when another process that reads the file kept it from that for half a second, or the copy could not be
        written.
        """
        return self.call(lambda db: self._save_copy(db) & self._checkpoint(db))

    def forget_aside(self) -> bool:
        """Leave nothing of damaged databases that were kept aside. False when that could not be done now."""
        return self.call(lambda _db: self._safety.forget_aside())

    def repeat(self, name: str, fn: Callable[[], bool]) -> None:
        """Call ``fn`` on the database thread, soon and then ever more rarely, until it is True.

        An error counts as False. What is under the same ``name`` already is replaced; what is not done when the
        database is closed is forgotten.
        """
        self.call(lambda _db: self._unfinished.add(name, fn))

    def close(self) -> None:
        """Finish what is queued and close the file. Idempotent; never call it on the database thread."""
        with self._closing:
            if not self._closed:
                self._closed = True
                self._jobs.put(None)
        self._thread.join()
        self._lock.release()

    def _run(self, opened: Future[None]) -> None:
        try:
            self._db = self._guarded_open()
        except BaseException as error:
            opened.set_exception(error)
            return
        self._note()
        opened.set_result(None)
        while (job := self._next_job()) is not None:
            self._lift_limit()
            job(self._db)
        self._end()

    def _next_job(self) -> Job | None:
        while (wait := self._unfinished.wait()) is not None:
            if wait > 0:
                with contextlib.suppress(queue.Empty):
                    return self._jobs.get(timeout=wait)
            self._lift_limit()
            self._unfinished.try_again()
        return self._jobs.get()

    def _note(self) -> None:
        """A file without a digest was opened and found well: its digest counts once what the log holds is in it."""
        if self._limited or self._safety.has_digest():
            return
        try:
            self._checkpoint(self._db)
        except (XudaError, sqlite3.Error) as error:
            log.warning("the database is used without its digest: %s", type(error).__name__)

    def _end(self) -> None:
        try:
            self._save_copy(self._db)
            self._checkpoint(self._db)
        except (XudaError, sqlite3.Error) as error:
            # closing tries it again, from the log, and does not say whether it could
            log.warning("the database is closed without its digest: %s", type(error).__name__)
        with contextlib.suppress(sqlite3.Error):
            self._db.close()

    def _settle(self, db: sqlite_utils.Database) -> None:
        """After a transaction, which stands: the copy, when it is due, and a log that has grown long."""
        if db.conn.in_transaction:  # inside another one, which will come here too
            return
        log_file = self.path.with_name(self.path.name + "-wal")
        try:
            if self._copy_due:
                self._copy_due = False
                self._save_copy(db)
            if log_file.stat().st_size > _LONGEST_LOG:
                self._checkpoint(db)
        except (XudaError, sqlite3.Error, OSError) as error:
            log.warning("the log of the database stays as it is: %s", type(error).__name__)

    def _checkpoint(self, db: sqlite_utils.Database) -> bool:
        """When it fails there is no digest: what could not be synced may be gone from the file after a power cut, and
        is still in the log."""
        self._safety.before_checkpoint()
        emptied = not db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        self._safety.after_checkpoint()
        return emptied

    def _save_copy(self, db: sqlite_utils.Database) -> bool:
        """Whether the copy is of now."""
        counter = _counter(db)
        if counter != self._copied and self._safety.save_copy(db.conn, counter):
            self._copied = counter
        return counter == self._copied

    def _guarded_open(self) -> sqlite_utils.Database:
        try:
            return self._open_whole()
        except XudaError as error:
            if error.code is not ErrorCode.DISK_FULL:
                raise
        if self._reserve.give_up():
            with contextlib.suppress(XudaError):
                return self._open_whole()
        return self._open_limited()

    def _open_limited(self) -> sqlite_utils.Database:
        """With nothing written: the log's index stays in memory, and where there is no log none is made."""
        if not self.path.exists() or self._safety.is_suspect():
            raise XudaError(ErrorCode.DISK_FULL)
        has_log = self.path.with_name(self.path.name + "-wal").exists()
        address = self.path.absolute().as_uri() + ("" if has_log else "?immutable=1")
        with self._sqlite_errors():
            db = self._connect(address, limited=True)
        log.warning("the disk is full: what is there can be read, nothing can be saved")
        self._limited = True
        return db

    def _lift_limit(self) -> None:
        """Open anew once there is room. What cannot be opened at all is tried again before the next call, and each call
        until then is refused: whatever the disk does, this thread goes on."""
        if not self._limited:
            return
        full = self._disk_is_full()
        if self._gone is None:
            if full:
                return
            self._end()
        for opening in (self._open_limited,) if full else (self._open_whole, self._open_limited):
            try:
                self._db = opening()
            except Exception as error:
                self._gone = error if isinstance(error, XudaError) else XudaError(ErrorCode.DISK_ERROR, reason="open")
                log.warning("the database still cannot be written: %s", self._gone.code)
            else:
                self._limited, self._gone = opening == self._open_limited, None
                return

    def _usable(self, db: sqlite_utils.Database) -> sqlite_utils.Database:
        if self._gone is not None:
            raise self._gone
        return db

    def _open_whole(self) -> sqlite_utils.Database:
        copy = self._safety.copy()
        if self._safety.is_suspect():
            self._safety.refuse_newer(len(MIGRATIONS))
            return self._restore(copy)
        try:
            db = self._open(at_least=copy.counter if copy is not None else 0)
        except XudaError as error:
            if error.code is not ErrorCode.DATABASE_DAMAGED or copy is None:
                raise
            return self._restore(copy)
        self._copied = copy.counter if copy is not None else -1
        return db

    def _restore(self, copy: Copy | None) -> sqlite_utils.Database:
        """Raises XudaError(DATABASE_DAMAGED) without a copy: everything is left as it is then."""
        if copy is None:
            raise XudaError(ErrorCode.DATABASE_DAMAGED, file=self.path.name)
        self._safety.restore(copy)
        self.restored = copy.at
        self._copied = copy.counter
        return self._open()

    def _open(self, *, at_least: int = 0) -> sqlite_utils.Database:
        with self._sqlite_errors(), disk_errors():
            db = self._connect(str(self.path), at_least)
            try:
                # SQLite opens a file that it may not write for reading, without a word, also at the start of a
                # transaction that is to write
                db.execute("BEGIN IMMEDIATE")
                db.execute("UPDATE settings SET value = value WHERE name = ''")
                db.execute("ROLLBACK")
                # and does not tell when the name of its log could not be synced
                sync_folder(self.path.parent)
            except BaseException:
                db.close()
                raise
            return db

    def _connect(self, address: str, at_least: int = 0, *, limited: bool = False) -> sqlite_utils.Database:
        connection = sqlite3.connect(address, timeout=0.5, uri=limited)
        try:
            if limited:
                connection.execute("PRAGMA locking_mode = EXCLUSIVE").fetchall()  # no file for the log's index then
            return self._prepare(connection, at_least, limited)
        except UnicodeDecodeError:  # SQLite's message quotes the damaged schema
            connection.close()
            raise XudaError(ErrorCode.DATABASE_DAMAGED, file=self.path.name) from None
        except BaseException:
            connection.close()
            raise

    def _prepare(self, connection: sqlite3.Connection, at_least: int, limited: bool) -> sqlite_utils.Database:
        """``at_least``: transactions that the copy has seen; a database with fewer has lost the end of its log."""
        db = sqlite_utils.Database(connection, execute_plugins=False)
        if _counter(db) < at_least:
            self._safety.keep_aside()
            raise XudaError(ErrorCode.DATABASE_DAMAGED, file=self.path.name, reason="the end of the log is missing")
        if not limited:
            connection.execute("PRAGMA journal_mode = WAL").fetchall()
        for pragma in _PRAGMAS:
            connection.execute(pragma).fetchall()
        if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise XudaError(ErrorCode.DATABASE_DAMAGED, file=self.path.name)
        migrate(db)
        return db

    def _guarded(self, fn: Callable[[sqlite_utils.Database], T], db: sqlite_utils.Database) -> T:
        with self._sqlite_errors():
            return fn(db)

    @contextlib.contextmanager
    def _sqlite_errors(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.OperationalError, sqlite3.DatabaseError) as error:
            known = self._known_error(error)
            if known is None:
                raise
            log.error("database: %s (%s)", known.code, getattr(error, "sqlite_errorname", type(error).__name__))
            raise known from error

    def _known_error(self, error: sqlite3.Error) -> XudaError | None:
        if not hasattr(error, "sqlite_errorcode") and "decode to UTF-8" in str(error):
            return XudaError(ErrorCode.DATABASE_DAMAGED, file=self.path.name)
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_FULL:
            return XudaError(ErrorCode.DISK_FULL)
        if code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
            return (
                XudaError(ErrorCode.DISK_FULL)
                if self._disk_is_full()
                else XudaError(ErrorCode.DISK_ERROR, reason=getattr(error, "sqlite_errorname", "io"))
            )
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            return XudaError(ErrorCode.DATABASE_DAMAGED, file=self.path.name)
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return XudaError(ErrorCode.ALREADY_RUNNING)
        return None

    def _disk_is_full(self) -> bool:
        # the shared-memory file of the log fails with a plain I/O error when it cannot grow
        try:
            return shutil.disk_usage(self.path.parent).free < _NEARLY_FULL
        except OSError:
            return False


def _counter(db: sqlite_utils.Database) -> int:
    """How many transactions this database has seen."""
    if "settings" not in db.table_names():
        return 0
    row = db.execute(_COUNTER).fetchone()
    return int(row[0]) if row else 0
