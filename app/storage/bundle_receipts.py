"""HR's receipts from a stick: the same rule as over the network decides what may go from this device."""

from __future__ import annotations

import logging
from pathlib import Path

import sqlite_utils

from app.interview.transfer import ReceiptFate, ReceiptsResult
from app.storage.database import Database
from app.storage.enrolment import Enrolment, EnrolmentRepository
from app.storage.notices import NoticeBook
from app.storage.outbox import Outbox
from app.storage.query import one
from app.storage.settings_book import SettingsBook
from contract.bundle import MOST_RECEIPTS, BundleReceipts
from contract.envelope import Envelope, open_envelope, parse_payload
from contract.errors import ErrorCode, XudaError
from contract.manifest import Receipt

log = logging.getLogger(__name__)


class ReceiptTaker:
    def __init__(
        self,
        database: Database,
        enrolments: EnrolmentRepository,
        outbox: Outbox,
        notices: NoticeBook,
        settings: SettingsBook,
    ) -> None:
        self._settings = settings
        self._notices = notices
        self._database = database
        self._enrolments = enrolments
        self._outbox = outbox

    def take(self, file: Path) -> ReceiptsResult:
        """See ``Transfer.take_receipts``: one receipt that does not fit keeps none of the others from counting."""
        envelope = _parsed(_read(file))
        found = _open(envelope, self._following(envelope))
        fates = {name: fate for name, fate in map(self._one, found.receipts) if name}
        for interview_id in found.withdrawals:
            if self._withdrawal_heard(interview_id):
                fates[interview_id] = ReceiptFate.PURGED
        for interview_id, certificate in found.certificates.items():
            if self._key_state(interview_id) is not None:
                self._notices.take_certificate(interview_id, certificate)
        self._take_settings(found)
        return ReceiptsResult(fates)

    def _take_settings(self, found: BundleReceipts) -> None:
        """What HR wanted of this device when it wrote the file. Older than what is here is the usual case."""
        if found.settings is None:
            return
        try:
            self._settings.take(found.settings, self._enrolments.need().accepted_keys(found.issued_at))
        except XudaError as error:
            if error.code is not ErrorCode.CONFLICT:
                log.warning("settings from a stick are not taken over: %s", error.code)

    def _withdrawal_heard(self, interview_id: str) -> bool:
        """HR knows that the interview is to be deleted: of one that is deleted here nothing is to be sent any more."""
        sql = "SELECT 1 FROM interviews WHERE interview_id = ? AND state = 'deleted'"

        def clear(db: sqlite_utils.Database) -> bool:
            if one(db, sql, interview_id) is None:
                return False
            db.execute("DELETE FROM outbox WHERE interview_id = ?", (interview_id,))
            return True

        return self._database.transaction(clear)

    def _following(self, envelope: Envelope) -> Enrolment:
        """The enrolment with the newest keys the file tells of; the lists prove themselves from the pinned key on.

        Raises XudaError(RECEIPT_INVALID | NOT_ENROLLED).
        """
        self._enrolments.need()
        try:
            self._enrolments.take_keys(parse_payload(envelope.payload_bytes, BundleReceipts).key_lists)
        except XudaError as error:
            raise XudaError(ErrorCode.RECEIPT_INVALID, field=error.code.value) from error
        return self._enrolments.need()

    def _one(self, envelope: Envelope) -> tuple[str, ReceiptFate]:
        try:
            interview_id = parse_payload(envelope.payload_bytes, Receipt).interview_id
        except XudaError:
            return "", ReceiptFate.REFUSED
        state = self._key_state(interview_id)
        if state in (None, "gone"):
            return interview_id, ReceiptFate.UNKNOWN if state is None else ReceiptFate.PURGED
        try:
            self._outbox.save_receipt(interview_id, envelope)
        except XudaError as error:
            if error.code is not ErrorCode.RECEIPT_INVALID:
                raise
            log.warning("a receipt from a stick does not match interview %s: %s", interview_id, error.field)
            return interview_id, ReceiptFate.REFUSED
        gone = self._key_state(interview_id) == "gone"
        return interview_id, ReceiptFate.PURGED if gone else ReceiptFate.KEPT

    def _key_state(self, interview_id: str) -> str | None:
        sql = "SELECT key_state FROM interviews WHERE interview_id = ?"
        row = self._database.call(lambda db: one(db, sql, interview_id))
        return None if row is None else str(row["key_state"])


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            data = stream.read(MOST_RECEIPTS + 1)
    except OSError as error:
        raise XudaError(ErrorCode.FILE_MISSING, file=str(file)) from error
    if len(data) > MOST_RECEIPTS:
        raise XudaError(ErrorCode.TOO_LARGE, limit=MOST_RECEIPTS)
    return data


def _parsed(data: bytes) -> Envelope:
    try:
        return Envelope.from_bytes(data)
    except XudaError as error:
        raise XudaError(ErrorCode.RECEIPT_INVALID, field="file") from error


def _open(envelope: Envelope, enrolment: Enrolment) -> BundleReceipts:
    """Raises XudaError(RECEIPT_INVALID) with what does not fit as ``field``."""
    try:
        found = open_envelope(envelope, BundleReceipts, enrolment.organisation_keys)
    except XudaError as error:
        raise XudaError(ErrorCode.RECEIPT_INVALID, field=error.code.value) from error
    if found.device_id != enrolment.device_id:
        raise XudaError(ErrorCode.RECEIPT_INVALID, field="device")
    return found
