"""What sync needs from storage. Every call runs on the database thread and is durable when it returns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

from app.storage.kit_files import NamedFile
from app.storage.outbox import LocalCheck, OutboxItem
from contract.api import Bootstrap, ScoreSheets
from contract.envelope import Envelope
from contract.errors import ErrorCode
from contract.events import ObjectRef
from contract.kit_media import MediaFile
from contract.manifest import Manifest

T = TypeVar("T")


class DatabaseThread(Protocol):
    def call(self, fn: Callable[[Any], T]) -> T: ...


class OutboxPort(Protocol):
    """See ``app.storage.outbox.Outbox``."""

    def pending(self) -> list[OutboxItem]: ...
    def counts(self) -> tuple[int, int]: ...
    def event(self, interview_id: str, seq: int) -> Envelope: ...
    def object_file(self, interview_id: str, object_id: str) -> tuple[Path, ObjectRef]: ...
    def manifest(self, interview_id: str) -> tuple[Envelope, Manifest] | None: ...
    def done(self, item: OutboxItem) -> None: ...
    def retry(self, item: OutboxItem, code: ErrorCode) -> None: ...
    def refuse(self, item: OutboxItem, code: ErrorCode) -> None: ...
    def deleted_at_hr(self, interview_id: str) -> bool: ...
    def waits(self, item: OutboxItem) -> bool: ...
    def interviews_to_check(self) -> list[str]: ...
    def local_check(self, interview_id: str) -> LocalCheck: ...
    def requeue(self, interview_id: str, seqs: Sequence[int], object_ids: Sequence[str]) -> None: ...
    def save_receipt(self, interview_id: str, envelope: Envelope) -> None: ...


class NoticePort(Protocol):
    """See ``app.storage.notices.NoticeBook``."""

    def kept(self) -> list[str]: ...
    def uncertified(self) -> list[str]: ...
    def take_notice(self, envelope: Envelope) -> bool: ...
    def take_certificate(self, interview_id: str, envelope: Envelope) -> None: ...


class FilePort(Protocol):
    """See ``app.storage.kit_files.KitFiles``; it may be used from any thread."""

    def begun(self, file: NamedFile) -> int: ...
    def add(self, file: NamedFile, start: int, piece: bytes) -> bool: ...


class ScorePort(Protocol):
    """See ``app.storage.score_book.ScoreBook``."""

    @property
    def files(self) -> FilePort: ...
    @property
    def allowed(self) -> bool: ...
    @property
    def mark(self) -> str: ...
    def wanted_models(self) -> Sequence[NamedFile]: ...


class ShelfPort(Protocol):
    @property
    def files(self) -> FilePort: ...
    @property
    def scores(self) -> ScorePort: ...
    def save_score_sheets(self, reply: ScoreSheets) -> None: ...
    def save_bootstrap(
        self, bootstrap: Bootstrap, heard_at_monotonic: float, asked_at_monotonic: float | None = None
    ) -> None: ...
    def note_revoked(self) -> None: ...
    def keys_serial(self) -> int: ...
    def wanted_files(self) -> list[MediaFile]: ...


class Books:
    """Storage as the sync thread uses it: every call is made on the database thread."""

    def __init__(self, database: DatabaseThread, outbox: OutboxPort, shelf: ShelfPort) -> None:
        self._database = database
        self._outbox = outbox
        self._shelf = shelf

    def pending(self) -> list[OutboxItem]:
        return self._database.call(lambda _: self._outbox.pending())

    def counts(self) -> tuple[int, int]:
        return self._database.call(lambda _: self._outbox.counts())

    def event(self, interview_id: str, seq: int) -> Envelope:
        return self._database.call(lambda _: self._outbox.event(interview_id, seq))

    def object_file(self, interview_id: str, object_id: str) -> tuple[Path, ObjectRef]:
        return self._database.call(lambda _: self._outbox.object_file(interview_id, object_id))

    def manifest(self, interview_id: str) -> tuple[Envelope, Manifest] | None:
        return self._database.call(lambda _: self._outbox.manifest(interview_id))

    def done(self, item: OutboxItem) -> None:
        self._database.call(lambda _: self._outbox.done(item))

    def retry(self, item: OutboxItem, code: ErrorCode) -> None:
        self._database.call(lambda _: self._outbox.retry(item, code))

    def refuse(self, item: OutboxItem, code: ErrorCode) -> None:
        self._database.call(lambda _: self._outbox.refuse(item, code))

    def waits(self, item: OutboxItem) -> bool:
        return self._database.call(lambda _: self._outbox.waits(item))

    def deleted_at_hr(self, interview_id: str) -> bool:
        return self._database.call(lambda _: self._outbox.deleted_at_hr(interview_id))

    def interviews_to_check(self) -> list[str]:
        return self._database.call(lambda _: self._outbox.interviews_to_check())

    def compare_base(self, interview_id: str) -> tuple[LocalCheck, list[OutboxItem]]:
        """What this device holds of an interview and what of it still waits, read at the same moment."""
        return self._database.call(lambda _: (self._outbox.local_check(interview_id), self._outbox.pending()))

    def requeue(self, interview_id: str, seqs: Sequence[int], object_ids: Sequence[str]) -> None:
        self._database.call(lambda _: self._outbox.requeue(interview_id, seqs, object_ids))

    def save_receipt(self, interview_id: str, envelope: Envelope) -> None:
        self._database.call(lambda _: self._outbox.save_receipt(interview_id, envelope))

    def note_revoked(self) -> None:
        self._database.call(lambda _: self._shelf.note_revoked())

    def keys_serial(self) -> int:
        return self._database.call(lambda _: self._shelf.keys_serial())

    def wanted_files(self) -> list[MediaFile]:
        return self._database.call(lambda _: self._shelf.wanted_files())

    def scoring_mark(self) -> str | None:
        """None: this device may not score."""
        return self._database.call(lambda _: self._shelf.scores.mark if self._shelf.scores.allowed else None)

    def save_score_sheets(self, reply: ScoreSheets) -> None:
        self._database.call(lambda _: self._shelf.save_score_sheets(reply))

    def wanted_models(self) -> Sequence[NamedFile]:
        return self._database.call(lambda _: self._shelf.scores.wanted_models())

    def save_bootstrap(self, bootstrap: Bootstrap, heard_at_monotonic: float, asked_at_monotonic: float) -> None:
        self._database.call(lambda _: self._shelf.save_bootstrap(bootstrap, heard_at_monotonic, asked_at_monotonic))
