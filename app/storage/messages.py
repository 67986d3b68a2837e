"""What HR tells candidates, as it came: each message signed, and sealed on the disk under this device's storage key."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import sqlite_utils

from app.storage.database import Database
from app.storage.enrolment import EnrolmentRepository
from app.storage.keystore import KeyStore
from app.storage.query import one, rows
from app.storage.storage_key import storage_key, stored_key
from contract.envelope import Envelope, open_envelope
from contract.errors import ErrorCode, XudaError
from contract.message import Message
from contract.sealed import open_value, seal_value

log = logging.getLogger(__name__)

_NAME = "message:"
_READ = "messages_read"
_ALL = "SELECT name, value FROM settings WHERE name LIKE 'message:%' ORDER BY name"
# whose interviews were all withdrawn here: nothing of HR about them comes back before HR has heard it
_GONE = """
SELECT invitation_id FROM interviews GROUP BY invitation_id HAVING sum(state <> 'deleted') = 0
"""


class Checked(NamedTuple):
    """A message that was verified, with its envelope sealed."""

    message: Message
    sealed: str


class MessageBook:
    """See ``app.interview.store.MessageBook``. May be called from any thread."""

    def __init__(self, database: Database, keystore: KeyStore, enrolments: EnrolmentRepository) -> None:
        self._database = database
        self._keystore = keystore
        self._enrolments = enrolments

    def check(self, envelopes: Sequence[Envelope], trusted: Mapping[str, bytes]) -> tuple[list[Checked], list[str]]:
        """What verifies, ready for :meth:`replace`, and the error codes of what does not."""
        checked: list[Checked] = []
        refused: list[str] = []
        for envelope in envelopes:
            try:
                checked.append(self._check(envelope, trusted))
            except XudaError as error:
                refused.append(error.code.value)
        return checked, refused

    def _check(self, envelope: Envelope, trusted: Mapping[str, bytes]) -> Checked:
        message = open_envelope(envelope, Message, trusted)
        if message.device_id != self._enrolments.need().device_id:
            raise XudaError(ErrorCode.SERVER_MISMATCH, field="device_id")
        name = _NAME + message.message_id
        return Checked(message, seal_value(envelope.to_bytes(), storage_key(self._keystore), name))

    @staticmethod
    def replace(db: sqlite_utils.Database, checked: Sequence[Checked]) -> None:
        """In the caller's transaction: what HR has withdrawn goes, what was read stays read."""
        gone = {row["invitation_id"] for row in rows(db, _GONE)}
        kept = [item for item in checked if not item.message.invitations or set(item.message.invitations) - gone]
        db.execute("DELETE FROM settings WHERE name LIKE 'message:%'")
        for item in kept:
            db.table("settings").insert({"name": _NAME + item.message.message_id, "value": item.sealed}, replace=True)
        _save_read(db, _read(db) & {item.message.message_id for item in kept})

    def all(self) -> list[Message]:
        """Newest first. One that no longer verifies is left out and logged."""
        found = self._database.call(lambda db: rows(db, _ALL))
        key, enrolment = (stored_key(self._keystore), self._enrolments.load()) if found else (None, None)
        if key is None or enrolment is None:
            return []
        messages = []
        for row in found:
            try:
                envelope = Envelope.from_bytes(open_value(row["value"], key, row["name"]))
                messages.append(open_envelope(envelope, Message, enrolment.organisation_keys))
            except XudaError as error:
                log.error("a message of HR does not hold and is fetched again: %s", error.code.value)
        mine = [message for message in messages if message.device_id == enrolment.device_id]
        return sorted(mine, key=lambda message: (message.not_before, message.message_id), reverse=True)

    def read(self) -> frozenset[str]:
        return frozenset(self._database.call(_read))

    def mark_read(self, message_id: str) -> None:
        def mark(db: sqlite_utils.Database) -> None:
            if one(db, "SELECT name FROM settings WHERE name = ?", _NAME + message_id) is not None:
                _save_read(db, _read(db) | {message_id})

        self._database.transaction(mark)

    def drop(self, invitation_id: str) -> None:
        alone = [message.message_id for message in self.all() if message.invitations == [invitation_id]]

        def remove(db: sqlite_utils.Database) -> None:
            for message_id in alone:
                db.execute("DELETE FROM settings WHERE name = ?", [_NAME + message_id])

        if alone:
            self._database.transaction(remove)


def _read(db: sqlite_utils.Database) -> set[str]:
    row = one(db, "SELECT value FROM settings WHERE name = ?", _READ)
    return set(json.loads(row["value"])) if row is not None else set()


def _save_read(db: sqlite_utils.Database, read: set[str]) -> None:
    if read:
        db.table("settings").insert({"name": _READ, "value": json.dumps(sorted(read))}, replace=True)
    else:
        db.execute("DELETE FROM settings WHERE name = ?", [_READ])
