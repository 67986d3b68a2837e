"""Interviews, events and takes in SQLite; their recordings in sealed files."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import BinaryIO

import sqlite_utils

from app.interview.model import StoredObject
from app.interview.ports import Clock
from app.interview.states import InterviewState, TakeState, check_move
from app.interview.store import EventDraft, InterviewRow, TakeRow
from app.storage import outbox_rows
from app.storage.adjustments import used_name
from app.storage.database import Database
from app.storage.enrolment import Enrolment, EnrolmentRepository
from app.storage.interview_keys import InterviewKeys
from app.storage.purge import Purger
from app.storage.query import Row, one, rows
from app.storage.rows import (
    TAKE_SQL,
    draft_place,
    interview_values,
    name_place,
    open_text,
    read_interview,
    read_take,
    seal_text,
    stamp,
    take_values,
)
from app.storage.takefile import SealedTakeSink
from app.storage.vault import Vault
from contract.envelope import Envelope, WireModel, parse_payload, sign
from contract.errors import ErrorCode, XudaError
from contract.events import AdjustedData, AnswerData, Event, EventType, make_event

log = logging.getLogger(__name__)

_DROP = (
    "UPDATE takes SET state = 'discarded' WHERE interview_id = ? AND state IN ('recording', 'recorded', 'recovered')"
)


class SqliteInterviewStore:
    """See ``app.interview.store.InterviewStore``. May be called from any thread; the work is done on the database's."""

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
        self._keys = interview_keys
        self._enrolments = enrolments
        self._purger = Purger(database, vault, interview_keys)
        self._clock = clock

    def create(
        self, row: InterviewRow, *, key: bytes, candidate_name: str, events: Sequence[EventDraft]
    ) -> InterviewRow:
        """Raises ValueError when the interview exists already; see the port for the rest."""
        enrolment = self._enrolments.need()
        if self._database.call(lambda db: _interview(db, row.interview_id)) is not None:
            raise ValueError("the interview exists already")
        self._keys.put(row.interview_id, key)

        def insert(db: sqlite_utils.Database) -> InterviewRow:
            name = seal_text(candidate_name, key, name_place(row.interview_id))
            fresh = {**interview_values(row), "answered": 0, "last_seq": 0}
            db.table("interviews").insert({**fresh, "key_state": "present", "candidate_name": name})
            self._insert_events(db, row.interview_id, events, enrolment)
            outbox_rows.queue_manifest(db, row.interview_id, row.state)
            return read_interview(_need_interview(db, row.interview_id))

        try:
            return self._database.transaction(insert, copy=True)
        except BaseException:
            self._keys.destroy(row.interview_id)
            raise

    def append(
        self,
        interview_id: str,
        events: Sequence[EventDraft],
        *,
        state: InterviewState | None = None,
        takes: Sequence[TakeRow] = (),
        seconds_used: float | None = None,
    ) -> InterviewRow:
        enrolment = self._enrolments.need()
        loose: list[str] = []

        def change(db: sqlite_utils.Database) -> InterviewRow:
            old = InterviewState(_need_interview(db, interview_id)["state"])
            if state is not None:
                check_move(old, state)
            self._insert_events(db, interview_id, events, enrolment)
            for take in takes:
                loose.extend(self._save_take(db, take))
            changes: Row = {"state": (state or old).value, "updated_at": stamp(self._clock.now())}
            if seconds_used is not None:
                changes["seconds_used"] = seconds_used
            db.table("interviews").update(interview_id, changes)
            if events or state is not None:
                outbox_rows.queue_manifest(db, interview_id, state or old)
            return read_interview(_need_interview(db, interview_id))

        row = self._database.transaction(change, copy=bool(events) or state is not None)
        self._remove_discarded(interview_id, takes, loose)
        return row

    def interview(self, interview_id: str) -> InterviewRow:
        return read_interview(self._database.call(lambda db: _need_interview(db, interview_id)))

    def interviews(self) -> list[InterviewRow]:
        sql = "SELECT * FROM interviews ORDER BY rowid DESC"
        return [read_interview(row) for row in self._database.call(lambda db: rows(db, sql))]

    def candidate_name(self, interview_id: str) -> str | None:
        row = self._database.call(lambda db: _need_interview(db, interview_id))
        return open_text(row["candidate_name"], self._keys.get(interview_id), name_place(interview_id))

    def events(self, interview_id: str) -> list[Event]:
        sql = "SELECT digest, envelope FROM events WHERE interview_id = ? AND envelope IS NOT NULL ORDER BY seq"
        return [_read_event(row) for row in self._database.call(lambda db: rows(db, sql, interview_id))]

    def open_sealed(self, event: Event, model: type[WireModel]) -> WireModel | None:
        key = self._keys.get(event.interview_id)
        return None if key is None else event.open_sealed(model, key)

    def interview_key(self, interview_id: str) -> bytes | None:
        return self._keys.get(interview_id)

    def answer_digests(self, interview_id: str) -> list[str]:
        sql = "SELECT digest FROM events WHERE interview_id = ? AND kind = ? ORDER BY seq"
        kind = EventType.ANSWER_SAVED.value
        return [row["digest"] for row in self._database.call(lambda db: rows(db, sql, interview_id, kind))]

    def confirmation(self, interview_id: str) -> Envelope | None:
        sql = "SELECT envelope FROM receipts WHERE interview_id = ? ORDER BY serial DESC LIMIT 1"
        row = self._database.call(lambda db: one(db, sql, interview_id))
        return Envelope.from_bytes(row["envelope"]) if row else None

    def takes(self, interview_id: str) -> list[TakeRow]:
        sql = f"{TAKE_SQL} WHERE takes.interview_id = ? ORDER BY position"
        key = self._keys.get(interview_id)
        return [read_take(row, key) for row in self._database.call(lambda db: rows(db, sql, interview_id))]

    def take(self, take_id: str) -> TakeRow:
        row = self._database.call(lambda db: _need_take(db, take_id))
        return read_take(row, self._keys.get(row["interview_id"]))

    def begin_take(self, take: TakeRow) -> SealedTakeSink:
        if take.state is not TakeState.RECORDING:
            raise XudaError(ErrorCode.ILLEGAL_STATE, old="none", new=take.state.value)
        key = self._keys.need(take.interview_id)
        sink = self._vault.begin_take(take.interview_id, take.take_id, key)
        try:
            self._database.transaction(lambda db: db.table("takes").insert(take_values(take, key)))
        except BaseException:
            sink.close()
            self._tidy(self._vault.remove_take, take.take_id)
            raise
        return sink

    def save_take(self, take: TakeRow) -> None:
        loose = self._database.transaction(lambda db: self._save_take(db, take))
        self._remove_discarded(take.interview_id, [take], loose)

    def open_raw(self, take_id: str) -> BinaryIO:
        """A crash may have come between storing the final object and saving the row: then it is the take's content."""
        row = self._database.call(lambda db: _need_take(db, take_id))
        key = self._keys.need(row["interview_id"])
        if row["object_id"] and not self._vault.take_path(take_id).exists():
            return self._vault.open_object(row["interview_id"], row["object_id"], key)
        return self._vault.open_take(row["interview_id"], take_id, key)

    def store_object(self, take_id: str, content: BinaryIO, media_type: str) -> StoredObject:
        row = self._database.call(lambda db: _need_take(db, take_id))
        if not TakeState(row["state"]).undecided:
            raise XudaError(ErrorCode.ILLEGAL_STATE, old=row["state"], new="stored")
        interview_id = row["interview_id"]
        stored = self._vault.write_object(interview_id, content, media_type, self._keys.need(interview_id))
        try:
            self._database.transaction(lambda db: _replace_object(db, row, stored))
        except BaseException:
            self._tidy(self._vault.remove_object, interview_id, stored.object_id)
            raise
        self._tidy(self._vault.remove_take, take_id)
        if row["object_id"]:
            self._tidy(self._vault.remove_object, interview_id, row["object_id"])
        return stored

    def open_object(self, take_id: str) -> BinaryIO:
        row = self._database.call(lambda db: _need_take(db, take_id))
        key = self._keys.need(row["interview_id"])
        if not row["object_id"]:
            raise XudaError(ErrorCode.SEALED_DAMAGED, field="object")
        return self._vault.open_object(row["interview_id"], row["object_id"], key)

    def save_draft(self, interview_id: str, question_id: str, draft: str) -> None:
        place = draft_place(interview_id, question_id)
        sealed = seal_text(draft, self._keys.need(interview_id), place) if draft else None

        def change(db: sqlite_utils.Database) -> None:
            _delete_draft(db, interview_id, question_id)
            if sealed is not None:
                values = {"interview_id": interview_id, "question_id": question_id, "sealed": sealed}
                db.table("drafts").insert(values)

        self._database.transaction(change)

    def draft(self, interview_id: str, question_id: str) -> str | None:
        sql = "SELECT sealed FROM drafts WHERE interview_id = ? AND question_id = ?"
        row = self._database.call(lambda db: one(db, sql, interview_id, question_id))
        if row is None:
            return None
        return open_text(row["sealed"], self._keys.get(interview_id), draft_place(interview_id, question_id))

    def withdraw(self, interview_id: str, last_word: EventDraft | None) -> None:
        enrolment = self._enrolments.need()

        def change(db: sqlite_utils.Database) -> None:
            check_move(InterviewState(_need_interview(db, interview_id)["state"]), InterviewState.DELETED)
            # what was there before goes first: the last word is queued alone
            outbox_rows.cancel(db, interview_id)
            if last_word is not None:
                self._insert_events(db, interview_id, [last_word], enrolment)
            db.execute(_DROP, (interview_id,))
            changes = {"state": InterviewState.DELETED.value, "updated_at": stamp(self._clock.now())}
            db.table("interviews").update(interview_id, changes)

        self._purger.destroy(interview_id, change)

    def move_away(self, interview_id: str) -> bool:
        """The interview was gone on with on another device. False while it is being given here, or is over."""

        def change(db: sqlite_utils.Database) -> bool:
            if _need_interview(db, interview_id)["state"] != InterviewState.PAUSED:
                return False
            changes = {"state": InterviewState.MOVED.value, "updated_at": stamp(self._clock.now())}
            db.table("interviews").update(interview_id, changes)
            return True

        moved = self._database.transaction(change, copy=True)
        if moved:
            self._purger.purge_delivered(interview_id)
        return moved

    def hold(self, interview_id: str, holder: str = "screen") -> None:
        """Keep an interview that is on screen from being purged, whatever HR has receipted, until ``release``."""
        self._purger.hold(interview_id, holder)

    def release(self, interview_id: str, holder: str = "screen") -> None:
        """Purges at once what was delivered in the meantime; the next start does so for a process that did not."""
        self._purger.release(interview_id, holder)

    def check_room(self) -> None:
        if self._database.call(lambda _db: self._database.nearly_full()):
            raise XudaError(ErrorCode.DISK_FULL)

    def pending_uploads(self) -> int:
        return self._database.call(lambda db: int(db.execute("SELECT count(*) FROM outbox").fetchone()[0]))

    def _insert_events(
        self, db: sqlite_utils.Database, interview_id: str, drafts: Sequence[EventDraft], enrolment: Enrolment
    ) -> None:
        row = _need_interview(db, interview_id)
        answered = row["answered"]
        for seq, draft in enumerate(drafts, start=row["last_seq"] + 1):
            self._insert_event(db, interview_id, seq, draft, enrolment)
            if draft.kind is EventType.ANSWER_SAVED:
                answered += 1
                assert isinstance(draft.data, AnswerData)
                _delete_draft(db, interview_id, draft.data.question_id)
        changes = {"last_seq": row["last_seq"] + len(drafts), "answered": answered}
        db.table("interviews").update(interview_id, changes)

    def _insert_event(
        self, db: sqlite_utils.Database, interview_id: str, seq: int, draft: EventDraft, enrolment: Enrolment
    ) -> None:
        event = make_event(
            interview_id=interview_id,
            seq=seq,
            kind=draft.kind,
            at=self._clock.now(),
            device_id=enrolment.device_id,
            data=draft.data,
            sealed=draft.sealed,
            interview_key=None if draft.sealed is None else self._keys.need(interview_id),
        )
        envelope = sign(event, enrolment.device_key)
        text = envelope.to_bytes().decode("utf-8")
        values = {"interview_id": interview_id, "seq": seq, "kind": draft.kind.value}
        db.table("events").insert({**values, "digest": envelope.digest, "envelope": text})
        if isinstance(draft.data, AdjustedData):  # with the event, so that its token is used exactly once
            db.table("settings").insert({"name": used_name(draft.data.nonce), "value": ""})
        outbox_rows.queue_event(db, interview_id, seq, len(text))

    def _save_take(self, db: sqlite_utils.Database, take: TakeRow) -> list[str]:
        """Ids of objects that no row names any more. ``take.stored`` is not written: ``store_object`` does that."""
        row = _need_take(db, take.take_id)
        old = TakeState(row["state"])
        if take.interview_id != row["interview_id"]:
            raise ValueError("a take stays in its interview")
        if take.state is not old:
            check_move(old, take.state)
        db.table("takes").update(row["position"], take_values(take, self._keys.get(take.interview_id)))
        if take.state is TakeState.SUBMITTED and old is not TakeState.SUBMITTED:
            _submit_object(db, row)
        if take.state is TakeState.DISCARDED and row["object_id"]:
            db.table("objects").delete(row["object_id"])
            return [row["object_id"]]
        return []

    def _remove_discarded(self, interview_id: str, takes: Sequence[TakeRow], objects: Sequence[str]) -> None:
        for take in takes:
            if take.state is TakeState.DISCARDED:
                self._tidy(self._vault.remove_take, take.take_id)
        for object_id in objects:
            self._tidy(self._vault.remove_object, interview_id, object_id)

    @staticmethod
    def _tidy(remove: Callable[..., object], *ids: str) -> None:
        """A file that cannot be removed now is removed at the next start; what was done stays done."""
        try:
            remove(*ids)
        except XudaError as error:
            log.warning("a file that is no longer needed could not be removed: %s", error.code)


def _interview(db: sqlite_utils.Database, interview_id: str) -> Row | None:
    return one(db, "SELECT * FROM interviews WHERE interview_id = ?", interview_id)


def _need_interview(db: sqlite_utils.Database, interview_id: str) -> Row:
    row = _interview(db, interview_id)
    if row is None:
        raise KeyError(interview_id)
    return row


def _need_take(db: sqlite_utils.Database, take_id: str) -> Row:
    row = one(db, f"{TAKE_SQL} WHERE takes.take_id = ?", take_id)
    if row is None:
        raise KeyError(take_id)
    return row


def _replace_object(db: sqlite_utils.Database, take: Row, stored: StoredObject) -> None:
    db.table("objects").delete_where("take_id = ?", [take["take_id"]])
    db.table("objects").insert(
        {
            "object_id": stored.object_id,
            "interview_id": take["interview_id"],
            "take_id": take["take_id"],
            "media_type": stored.media_type,
            "size": stored.size,
            "sha256": stored.sha256,
        }
    )


def _submit_object(db: sqlite_utils.Database, take: Row) -> None:
    if not take["object_id"]:
        raise XudaError(ErrorCode.SEALED_DAMAGED, field="object")
    db.table("objects").update(take["object_id"], {"submitted": 1})
    outbox_rows.queue_object(db, take["interview_id"], take["object_id"], take["size"])


def _delete_draft(db: sqlite_utils.Database, interview_id: str, question_id: str) -> None:
    db.table("drafts").delete_where("interview_id = ? AND question_id = ?", [interview_id, question_id])


def _read_event(row: Row) -> Event:
    envelope = Envelope.from_bytes(row["envelope"])
    if envelope.digest != row["digest"]:
        raise XudaError(ErrorCode.DATABASE_DAMAGED, reason="an event does not match its digest")
    return parse_payload(envelope.payload_bytes, Event)
