"""HR's signed word about this device's interviews: gone on with elsewhere, withdrawn elsewhere, deleted, wanted again.

Nothing is given up on a bare answer: every notice and certificate carries the organisation's signature, names this
device's interview, and is checked before anything changes.
"""

from __future__ import annotations

import logging

import sqlite_utils

from app.interview.ports import Clock
from app.interview.states import InterviewState
from app.storage.database import Database
from app.storage.enrolment import EnrolmentRepository
from app.storage.interviews import SqliteInterviewStore
from app.storage.outbox_rows import queue_manifest
from app.storage.query import rows
from app.storage.rows import stamp
from contract.certificate import DeletionCertificate
from contract.envelope import Envelope, open_envelope
from contract.errors import ErrorCode, XudaError
from contract.parts import Notice, NoticeKind

log = logging.getLogger(__name__)

_KEPT = """
SELECT interview_id FROM interviews WHERE state <> 'deleted' AND (key_state = 'present'
  OR EXISTS (SELECT 1 FROM outbox WHERE outbox.interview_id = interviews.interview_id))
ORDER BY rowid DESC LIMIT 500
"""
_UNCERTIFIED = """
SELECT interview_id FROM interviews WHERE state = 'deleted'
AND NOT EXISTS (SELECT 1 FROM certificates WHERE certificates.interview_id = interviews.interview_id)
AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.interview_id = interviews.interview_id)
ORDER BY rowid
"""


class NoticeBook:
    """May be called from any thread; the database's does the work."""

    def __init__(
        self, database: Database, interviews: SqliteInterviewStore, enrolments: EnrolmentRepository, clock: Clock
    ) -> None:
        self._database = database
        self._interviews = interviews
        self._enrolments = enrolments
        self._clock = clock

    def kept(self) -> list[str]:
        """Interviews of which something is still here that a notice could be about."""
        return self._ids(_KEPT)

    def uncertified(self) -> list[str]:
        """Deleted ones of which HR has heard and not confirmed the deletion yet."""
        return self._ids(_UNCERTIFIED)

    def take_notice(self, envelope: Envelope) -> bool:
        """True when something has changed here. Raises XudaError as ``open_envelope``, SERVER_MISMATCH for a notice
        that is not about an interview of this device."""
        enrolment = self._enrolments.need()
        notice = open_envelope(envelope, Notice, enrolment.organisation_keys)
        if notice.device_id != enrolment.device_id:
            raise XudaError(ErrorCode.SERVER_MISMATCH, field="device_id")
        try:
            state = self._interviews.interview(notice.interview_id).state
        except KeyError as error:
            raise XudaError(ErrorCode.SERVER_MISMATCH, field="interview_id") from error
        if notice.kind is NoticeKind.CONTINUED:
            return self._interviews.move_away(notice.interview_id)
        if notice.kind is NoticeKind.SEND_AGAIN:
            return self._owe_again(notice.interview_id, state)
        # somebody sits before it: the notice comes again when they have left
        if state in (InterviewState.DELETED, InterviewState.ACTIVE):
            return False
        log.info("interview %s was %s at HR and is deleted here", notice.interview_id, notice.kind)
        self._interviews.withdraw(notice.interview_id, None)
        return True

    def _owe_again(self, interview_id: str, state: InterviewState) -> bool:
        """HR no longer has what its receipt was for: it does not count any more, and the self-check finds what to send.

        Nothing is purged without a new receipt. True when the receipt still counted.
        """
        sql = "UPDATE interviews SET receipt_serial = NULL WHERE interview_id = ? AND receipt_serial IS NOT NULL"
        sql += " AND key_state = 'present'"

        def change(db: sqlite_utils.Database) -> bool:
            if db.execute(sql, (interview_id,)).rowcount == 0:
                return False
            queue_manifest(db, interview_id, state)
            return True

        return self._database.transaction(change)

    def take_certificate(self, interview_id: str, envelope: Envelope) -> None:
        """Raises XudaError as ``open_envelope``, SERVER_MISMATCH for one that is about something else."""
        enrolment = self._enrolments.need()
        found = open_envelope(envelope, DeletionCertificate, enrolment.organisation_keys)
        organisation = enrolment.organisation.organisation_id
        if (found.interview_id, found.organisation_id) != (interview_id, organisation):
            raise XudaError(ErrorCode.SERVER_MISMATCH, field="interview_id")
        values = {"interview_id": interview_id, "received_at": stamp(self._clock.now())}
        text = envelope.to_bytes().decode("utf-8")
        self._database.transaction(
            lambda db: db.table("certificates").insert({**values, "envelope": text}, replace=True), copy=True
        )

    def _ids(self, sql: str) -> list[str]:
        return [row["interview_id"] for row in self._database.call(lambda db: rows(db, sql))]
