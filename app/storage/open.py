"""Everything of a data folder, opened in the right order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.interview.ports import Clock
from app.storage import without_numpy  # noqa: F401 - comes first
from app.storage.database import Database
from app.storage.enrolment import EnrolmentRepository
from app.storage.interview_keys import InterviewKeys
from app.storage.interviews import SqliteInterviewStore
from app.storage.keystore import KeyStore, open_keystore
from app.storage.lock import FileLock
from app.storage.notices import NoticeBook
from app.storage.outbox import Outbox
from app.storage.purge import Purger
from app.storage.recovery import RecoveryReport, recover
from app.storage.settings_book import SettingsBook
from app.storage.shelf import SqliteShelf
from app.storage.vault import Vault

if TYPE_CHECKING:
    from app.storage.bundle import BundleDesk

DATABASE_NAME = "xuda.db"


@dataclass(frozen=True)
class Storage:
    """The storage of one data folder; only one process may have it open. ``report`` is what recovery found."""

    database: Database
    keystore: KeyStore
    enrolments: EnrolmentRepository
    shelf: SqliteShelf
    vault: Vault
    interviews: SqliteInterviewStore
    outbox: Outbox
    notices: NoticeBook
    report: RecoveryReport
    keys: InterviewKeys
    clock: Clock

    @property
    def settings(self) -> SettingsBook:
        """What HR wants of this device."""
        return self.shelf.settings

    def bundles(self) -> BundleDesk:
        """For carrying interviews on a stick; loaded when it is wanted, the first screen does not wait for it."""
        from app.storage.bundle import BundleDesk
        from app.storage.bundle_receipts import ReceiptTaker

        purger = Purger(self.database, self.vault, self.keys)
        receipts = ReceiptTaker(self.database, self.enrolments, self.outbox, self.notices, self.shelf.settings)
        return BundleDesk(self.database, self.vault, purger, self.enrolments, self.outbox, self.clock, receipts)

    def close(self) -> None:
        """Finish what is queued; idempotent. Never call it on the database thread."""
        self.database.close()


@contextmanager
def folder_lock(data_dir: Path) -> Iterator[None]:
    """Nobody opens the data folder meanwhile. Raises XudaError(ALREADY_RUNNING | DISK_ERROR)."""
    lock = FileLock(data_dir / f"{DATABASE_NAME}.lock")
    try:
        yield
    finally:
        lock.release()


def open_storage(
    data_dir: Path,
    clock: Clock,
    *,
    passphrase: str | None = None,
    plain_keystore: bool = False,
    keystore: KeyStore | None = None,
) -> Storage:
    """Open or create the data folder and recover it from a crash. ``keystore``: else it is opened here.

    Raises XudaError(ALREADY_RUNNING | DATABASE_NEWER | DATABASE_DAMAGED | DISK_FULL | DISK_ERROR) and as
    ``open_keystore`` does.
    """
    database = Database(data_dir / DATABASE_NAME)
    try:
        store = keystore or open_keystore(data_dir, passphrase, plain=plain_keystore)
        return _assemble(database, Vault(data_dir), store, clock)
    except BaseException:
        database.close()
        raise


def _assemble(database: Database, vault: Vault, keystore: KeyStore, clock: Clock) -> Storage:
    keys = InterviewKeys(keystore)
    enrolments = EnrolmentRepository(database, keystore)
    report = recover(database, vault, keys)
    interviews = SqliteInterviewStore(database, vault, keys, enrolments, clock)
    database.hold_reserve()
    return Storage(
        database=database,
        keystore=keystore,
        enrolments=enrolments,
        shelf=SqliteShelf(database, keystore, enrolments, clock),
        vault=vault,
        interviews=interviews,
        outbox=Outbox(database, vault, keys, enrolments, clock),
        notices=NoticeBook(database, interviews, enrolments, clock),
        report=report,
        keys=keys,
        clock=clock,
    )
