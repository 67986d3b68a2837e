"""What waits to be sent to HR. Nothing here is ever deleted because a try failed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from app.interview.ports import Clock
from app.storage.database import Database
from app.storage.enrolment import EnrolmentRepository
from app.storage.interview_keys import InterviewKeys
from app.storage.vault import Vault
from contract.envelope import Envelope
from contract.events import ObjectRef
from contract.manifest import Manifest


class ItemKind(StrEnum):
    EVENT = "event"
    MANIFEST = "manifest"
    OBJECT = "object"


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """One thing to send. ``ref`` is the event's number, the object's id, or the interview's id for a manifest.

    ``size`` in bytes as sent; ``attempts`` counts retries so far.
    """

    item_id: int
    kind: ItemKind
    interview_id: str
    ref: str
    size: int
    attempts: int


@dataclass(frozen=True, slots=True)
class LocalCheck:
    """What this device holds of an interview: digests of events by number, and its submitted objects."""

    events: dict[int, str]
    objects: list[ObjectRef]


class Outbox:
    """The items that wait, for the sync engine. Every method runs on the database thread or waits for it."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        interview_keys: InterviewKeys,
        enrolments: EnrolmentRepository,
        clock: Clock,
    ) -> None:
        raise NotImplementedError

    def pending(self) -> list[OutboxItem]:
        """In sending order: events by interview and number, manifests that can be sent, objects smallest first."""
        raise NotImplementedError

    def event(self, interview_id: str, seq: int) -> Envelope:
        """Raises KeyError."""
        raise NotImplementedError

    def object_file(self, interview_id: str, object_id: str) -> tuple[Path, ObjectRef]:
        """Raises KeyError; XudaError(SEALED_DAMAGED) when the file is missing or has another size."""
        raise NotImplementedError

    def manifest(self, interview_id: str) -> tuple[Envelope, Manifest] | None:
        """Built and signed now; the same bytes for the same serial. None while ACTIVE or while something waits."""
        raise NotImplementedError

    def done(self, item: OutboxItem) -> None:
        """HR has it. A manifest's item goes with its receipt only."""
        raise NotImplementedError

    def retry(self, item: OutboxItem, code: str) -> None:
        raise NotImplementedError

    def refuse(self, item: OutboxItem, code: str) -> None:
        """Kept as failed, for staff."""
        raise NotImplementedError

    def local_check(self, interview_id: str) -> LocalCheck:
        raise NotImplementedError

    def requeue(self, interview_id: str, seqs: Iterable[int], object_ids: Iterable[str]) -> None:
        """Put back what HR says it lacks."""
        raise NotImplementedError

    def interviews_to_check(self) -> list[str]:
        """Those HR has not receipted up to their newest event."""
        raise NotImplementedError

    def counts(self) -> tuple[int, int]:
        """(waiting, failed)"""
        raise NotImplementedError

    def save_receipt(self, interview_id: str, envelope: Envelope) -> None:
        """Check and keep a receipt; purge the interview when the rule of docs/sync.md allows it.

        Raises XudaError(RECEIPT_INVALID); nothing has changed then.
        """
        raise NotImplementedError
