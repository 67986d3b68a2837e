"""Hearing what happened to this device's interviews elsewhere, and HR's deletion certificates."""

from __future__ import annotations

import logging

from app.sync.api import DeviceApi
from app.sync.failures import Fate, TransportError
from app.sync.ports import DatabaseThread, NoticePort
from contract.envelope import Envelope
from contract.errors import ErrorCode, XudaError

log = logging.getLogger(__name__)


class NoticeListener:
    """Every call may be repeated."""

    def __init__(self, api: DeviceApi, database: DatabaseThread, book: NoticePort) -> None:
        self._api = api
        self._database = database
        self._book = book

    def listen(self) -> bool:
        """True when something has changed on this device. Raises TransportError when HR cannot be reached."""
        changed = False
        kept = self._database.call(lambda _: self._book.kept())
        for envelope in self._api.notices(kept) if kept else ():
            changed = self._take(envelope) or changed
        for interview_id in self._database.call(lambda _: self._book.uncertified()):
            changed = self._certificate(interview_id) or changed
        return changed

    def _take(self, envelope: Envelope) -> bool:
        try:
            return self._database.call(lambda _: self._book.take_notice(envelope))
        except XudaError as error:
            log.warning("a notice was not obeyed: %s", error.code)
            return False

    def _certificate(self, interview_id: str) -> bool:
        try:
            envelope = self._api.deletion_certificate(interview_id)
            if envelope is None:
                return False
            self._database.call(lambda _: self._book.take_certificate(interview_id, envelope))
        except TransportError as error:
            if error.fate is Fate.OFFLINE or error.code not in (ErrorCode.NOT_FOUND, ErrorCode.FORBIDDEN):
                raise
            return False
        except XudaError as error:
            log.warning("a deletion certificate was not accepted: %s", error.code)
            return False
        return True
