"""What waits to be sent to HR. Nothing here is ever deleted because a try failed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import sqlite_utils

from app.interview.ports import Clock
from app.interview.states import InterviewState
from app.storage.database import Database
from app.storage.enrolment import Enrolment, EnrolmentRepository
from app.storage.interview_keys import InterviewKeys
from app.storage.outbox_rows import queue_event, queue_object
from app.storage.purge import Purger
from app.storage.query import Row, one, rows
from app.storage.rows import stamp
from app.storage.vault import Vault
from contract.envelope import Envelope, open_envelope, parse_payload, sign
from contract.errors import ErrorCode, XudaError
from contract.events import ObjectRef, events_digest
from contract.manifest import Manifest, Receipt, check_receipt


class ItemKind(StrEnum):
    EVENT = "event"
    MANIFEST = "manifest"
    OBJECT = "object"


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """One thing to send. ``ref`` is the event's number, the object's id, or the interview's id for a manifest.

    ``size`` in bytes as sent (0 for a manifest, which is not built yet); ``attempts`` counts retries so far.
    """

    item_id: int
    kind: ItemKind
    interview_id: str
    ref: str
    size: int
    attempts: int


@dataclass(frozen=True, slots=True)
class LocalCheck:
    """What this device holds of an interview: digests of its events by number, and its submitted objects."""

    events: dict[int, str]
    objects: list[ObjectRef]


_PENDING = """
SELECT item_id, kind, outbox.interview_id, ref, size, attempts
FROM outbox JOIN interviews USING (interview_id)
WHERE outbox.state = 'waiting' AND (kind <> 'manifest' OR interviews.state <> 'active' AND NOT EXISTS (
  SELECT 1 FROM outbox AS other WHERE other.interview_id = outbox.interview_id AND other.kind <> 'manifest'))
ORDER BY
  CASE kind WHEN 'event' THEN 0 WHEN 'manifest' THEN 1 ELSE 2 END,
  CASE kind WHEN 'object' THEN size ELSE interviews.rowid END,
  CASE kind WHEN 'event' THEN CAST(ref AS INTEGER) ELSE item_id END
"""
_OWED = """
SELECT interviews.* FROM interviews
WHERE interview_id = ? AND state NOT IN ('active', 'deleted') AND last_seq > 0
AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.interview_id = interviews.interview_id AND kind <> 'manifest')
"""
_CARRIED = """
SELECT interviews.* FROM interviews
WHERE interview_id = ? AND state NOT IN ('active', 'deleted') AND last_seq > 0
"""
_OBJECTS = """
SELECT object_id, media_type, size, sha256 FROM objects WHERE interview_id = ? AND submitted = 1 ORDER BY object_id
"""


_TO_CHECK = """
SELECT interview_id FROM interviews WHERE receipt_serial IS NOT last_seq AND (state <> 'deleted'
  OR EXISTS (SELECT 1 FROM outbox WHERE outbox.interview_id = interviews.interview_id)) ORDER BY rowid
"""


class Outbox:
    """The items that wait, for the sync engine. May be called from any thread; the database's does the work.

    Times of retries are the engine's own affair and are not kept.
    """

    def __init__(
        self,
        database: Database,
        vault: Vault,
        interview_keys: InterviewKeys,
        enrolments: EnrolmentRepository,
        clock: Clock,
    ) -> None:
        self._database = database
        self._vault = vault
        self._enrolments = enrolments
        self._purger = Purger(database, vault, interview_keys)
        self._clock = clock

    def pending(self) -> list[OutboxItem]:
        """In sending order: events by interview and number, manifests that can be sent, objects smallest first.

        A manifest can be sent once nothing else of its interview is in the outbox, refused or waiting.
        """
        return [_item(row) for row in self._database.call(lambda db: rows(db, _PENDING))]

    def event(self, interview_id: str, seq: int) -> Envelope:
        """Raises KeyError when there is none, or none any more."""
        sql = "SELECT envelope FROM events WHERE interview_id = ? AND seq = ? AND envelope IS NOT NULL"
        row = self._database.call(lambda db: one(db, sql, interview_id, seq))
        if row is None:
            raise KeyError((interview_id, seq))
        return Envelope.from_bytes(row["envelope"])

    def object_file(self, interview_id: str, object_id: str) -> tuple[Path, ObjectRef]:
        """Raises KeyError; XudaError(SEALED_DAMAGED) when the file is missing or has another size."""
        sql = "SELECT object_id, media_type, size, sha256 FROM objects WHERE interview_id = ? AND object_id = ?"
        row = self._database.call(lambda db: one(db, sql, interview_id, object_id))
        if row is None:
            raise KeyError((interview_id, object_id))
        if self._vault.object_size(interview_id, object_id) != row["size"]:
            raise XudaError(ErrorCode.SEALED_DAMAGED, field="object")
        return self._vault.object_path(interview_id, object_id), ObjectRef(**row)

    def manifest(self, interview_id: str) -> tuple[Envelope, Manifest] | None:
        """Signed now, or the same bytes again for the same serial.

        None while the interview is ACTIVE or something else of it is in the outbox. Raises XudaError(NOT_ENROLLED).
        """
        enrolment = self._enrolments.need()
        return self._database.transaction(lambda db: self._manifest(db, interview_id, enrolment, _OWED))

    def manifest_to_carry(self, interview_id: str) -> Envelope | None:
        """As ``manifest``, also while parts of the interview still wait to be sent: they travel in the same bundle.

        It is the same manifest for the same serial, whichever way HR hears of it first. None also of a withdrawn
        interview, of which nothing but the withdrawal is sent. Raises XudaError(NOT_ENROLLED).
        """
        enrolment = self._enrolments.need()
        found = self._database.transaction(lambda db: self._manifest(db, interview_id, enrolment, _CARRIED))
        return None if found is None else found[0]

    def done(self, item: OutboxItem) -> None:
        """HR has it. A manifest stays until ``save_receipt`` has its receipt."""
        sql = "DELETE FROM outbox WHERE item_id = ? AND kind <> 'manifest'"
        self._database.transaction(lambda db: db.execute(sql, (item.item_id,)))

    def retry(self, item: OutboxItem, code: str) -> None:
        """Stays waiting; ``code`` (an ErrorCode value) says why the try failed."""
        sql = "UPDATE outbox SET attempts = attempts + 1, code = ? WHERE item_id = ?"
        self._database.transaction(lambda db: db.execute(sql, (code, item.item_id)))

    def refuse(self, item: OutboxItem, code: str) -> None:
        """HR will never take it: kept as failed, for staff. Nothing is deleted."""
        sql = "UPDATE outbox SET state = 'failed', attempts = attempts + 1, code = ? WHERE item_id = ?"
        self._database.transaction(lambda db: db.execute(sql, (code, item.item_id)))

    def retry_failed(self) -> int:
        """Put what was refused back into the queue, because a person asks; how many items."""
        sql = "UPDATE outbox SET state = 'waiting', attempts = 0 WHERE state = 'failed'"
        return int(self._database.transaction(lambda db: db.execute(sql).rowcount))

    def deleted_at_hr(self, interview_id: str) -> bool:
        """HR says that it has deleted the interview. True when its candidate has withdrawn: nothing is owed any more.

        Otherwise nothing changes: HR's bare word is no reason to give up a recording.
        """

        def settle(db: sqlite_utils.Database) -> bool:
            row = one(db, "SELECT state FROM interviews WHERE interview_id = ?", interview_id)
            if row is None or row["state"] != InterviewState.DELETED:
                return False
            db.execute("DELETE FROM outbox WHERE interview_id = ?", (interview_id,))
            return True

        return self._database.transaction(settle)

    def waits(self, item: OutboxItem) -> bool:
        """Whether it still is to be sent: a candidate may have withdrawn meanwhile."""
        sql = "SELECT 1 FROM outbox WHERE item_id = ? AND state = 'waiting'"
        return self._database.call(lambda db: one(db, sql, item.item_id)) is not None

    def local_check(self, interview_id: str) -> LocalCheck:
        return self._database.call(lambda db: _local_check(db, interview_id))

    def requeue(self, interview_id: str, seqs: Iterable[int], object_ids: Iterable[str]) -> None:
        """Put back what HR says it lacks. What was refused stays refused; what is gone here is left out."""

        def change(db: sqlite_utils.Database) -> None:
            for seq in seqs:
                sql = "SELECT length(envelope) AS size FROM events WHERE interview_id = ? AND seq = ?"
                row = one(db, sql + " AND envelope IS NOT NULL", interview_id, seq)
                if row is not None:
                    queue_event(db, interview_id, seq, row["size"])
            for object_id in object_ids:
                sql = "SELECT size FROM objects WHERE interview_id = ? AND object_id = ? AND submitted = 1"
                row = one(db, sql + " AND present = 1", interview_id, object_id)
                if row is not None:
                    queue_object(db, interview_id, object_id, row["size"])

        self._database.transaction(change)

    def interviews_to_check(self) -> list[str]:
        """Those HR has not receipted up to their newest event, oldest first; not what was deleted on both sides."""
        return [row["interview_id"] for row in self._database.call(lambda db: rows(db, _TO_CHECK))]

    def counts(self) -> tuple[int, int]:
        """(waiting, failed). A manifest that cannot be sent yet counts as waiting."""
        sql = "SELECT count(*) FILTER (WHERE state = 'waiting'), count(*) FILTER (WHERE state = 'failed') FROM outbox"
        waiting, failed = self._database.call(lambda db: db.execute(sql).fetchone())
        return waiting, failed

    def save_receipt(self, interview_id: str, envelope: Envelope) -> None:
        """Check and keep a receipt; purge the interview when the rule of docs/sync.md allows it.

        Raises XudaError(RECEIPT_INVALID) with the ``field`` that does not fit; nothing has changed then.
        """
        enrolment = self._enrolments.need()
        self._database.transaction(lambda db: self._save_receipt(db, interview_id, envelope, enrolment))
        self._purger.purge_delivered(interview_id)

    def _manifest(
        self, db: sqlite_utils.Database, interview_id: str, enrolment: Enrolment, condition: str
    ) -> tuple[Envelope, Manifest] | None:
        row = one(db, condition, interview_id)
        if row is None:
            return None
        stored = _stored_manifest(db, interview_id, row["last_seq"])
        if stored is not None:
            return stored
        held = _local_check(db, interview_id)
        manifest = Manifest(
            interview_id=interview_id,
            device_id=enrolment.device_id,
            serial=row["last_seq"],
            created_at=self._clock.now(),
            last_seq=row["last_seq"],
            events_digest=events_digest(held.events),
            objects=held.objects,
        )
        envelope = sign(manifest, enrolment.device_key)
        values = {"interview_id": interview_id, "serial": manifest.serial}
        db.table("manifests").insert({**values, "envelope": envelope.to_bytes().decode("utf-8")})
        return envelope, manifest

    def _save_receipt(
        self, db: sqlite_utils.Database, interview_id: str, envelope: Envelope, enrolment: Enrolment
    ) -> None:
        receipt = _open_receipt(envelope, enrolment)
        stored = _stored_manifest(db, interview_id, receipt.serial)
        if stored is None:
            raise XudaError(ErrorCode.RECEIPT_INVALID, field="serial")
        check_receipt(receipt, stored[1], stored[0].digest)
        values = {"interview_id": interview_id, "serial": receipt.serial, "received_at": stamp(self._clock.now())}
        text = envelope.to_bytes().decode("utf-8")
        db.table("receipts").insert({**values, "envelope": text}, replace=True)
        sql = "UPDATE interviews SET receipt_serial = max(coalesce(receipt_serial, 0), ?) WHERE interview_id = ?"
        db.execute(sql, (receipt.serial, interview_id))
        settled = "SELECT 1 FROM interviews WHERE interview_id = ? AND receipt_serial = last_seq"
        if one(db, settled, interview_id) is not None:
            db.execute("DELETE FROM outbox WHERE interview_id = ?", (interview_id,))


def _item(row: Row) -> OutboxItem:
    return OutboxItem(**{**row, "kind": ItemKind(row["kind"])})


def _local_check(db: sqlite_utils.Database, interview_id: str) -> LocalCheck:
    # of a withdrawn interview only the withdrawal is to be at HR
    sql = """SELECT seq, digest FROM events JOIN interviews USING (interview_id)
             WHERE interview_id = ? AND (state <> 'deleted' OR envelope IS NOT NULL)"""
    digests = rows(db, sql, interview_id)
    objects = [ObjectRef(**row) for row in rows(db, _OBJECTS, interview_id)]
    return LocalCheck({row["seq"]: row["digest"] for row in digests}, objects)


def _stored_manifest(db: sqlite_utils.Database, interview_id: str, serial: int) -> tuple[Envelope, Manifest] | None:
    row = one(db, "SELECT envelope FROM manifests WHERE interview_id = ? AND serial = ?", interview_id, serial)
    if row is None:
        return None
    envelope = Envelope.from_bytes(row["envelope"])
    return envelope, parse_payload(envelope.payload_bytes, Manifest)


def _open_receipt(envelope: Envelope, enrolment: Enrolment) -> Receipt:
    try:
        return open_envelope(envelope, Receipt, enrolment.organisation_keys)
    except XudaError as error:
        raise XudaError(ErrorCode.RECEIPT_INVALID, field=error.code.value) from error
