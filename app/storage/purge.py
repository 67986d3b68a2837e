"""Removing an interview's recordings, personal values and key from this device, so that nothing of them stays."""

from __future__ import annotations

import logging
from collections.abc import Callable

import sqlite_utils

from app.interview.states import InterviewState
from app.storage.database import Database
from app.storage.interview_keys import InterviewKeys
from app.storage.query import one, rows
from app.storage.vault import Vault
from contract.errors import XudaError

log = logging.getLogger(__name__)

_FORGET = (
    "UPDATE interviews SET candidate_name = NULL, key_state = 'destroying' WHERE interview_id = ?",
    "UPDATE takes SET proof = NULL, transcript = NULL, correction = NULL, picture = NULL WHERE interview_id = ?",
    "DELETE FROM drafts WHERE interview_id = ?",
    # what HR does not have yet will never come; what it has stays in the interview's manifest
    """UPDATE objects SET submitted = 0 WHERE interview_id = ?
       AND object_id IN (SELECT ref FROM outbox WHERE kind = 'object')""",
    "DELETE FROM outbox WHERE kind = 'object' AND interview_id = ?",
    "UPDATE objects SET present = 0 WHERE interview_id = ?",
)
_DELIVERED = (
    "UPDATE events SET envelope = NULL WHERE interview_id = ?",
    "DELETE FROM outbox WHERE interview_id = ?",
)
_UNHEARD = "SELECT 1 FROM takes WHERE interview_id = ? AND state = 'submitted' AND transcript IS NULL"


class Purger:
    """Rows first (one transaction that says what is to go), then key and files, then the word that all is done.

    A crash in between is finished by ``finish`` at the next start.
    """

    def __init__(self, database: Database, vault: Vault, interview_keys: InterviewKeys) -> None:
        self._database = database
        self._vault = vault
        self._keys = interview_keys

    def hold(self, interview_id: str, holder: str = "screen") -> None:
        """Keep an interview while somebody needs it, whatever HR has receipted; every purger of these keys heeds it."""
        self._keys.hold(interview_id, holder)

    def release(self, interview_id: str, holder: str = "screen") -> None:
        """Purges at once what was delivered in the meantime. A process that ends without it loses nothing by it."""
        self._keys.release(interview_id, holder)
        try:
            self.purge_delivered(interview_id)
        except XudaError as error:
            log.warning("purge of interview %s is left to the next start: %s", interview_id, error.code)

    def destroy(self, interview_id: str, change: Callable[[sqlite_utils.Database], None]) -> None:
        """The candidate's own deletion: key, files and personal values go at once.

        ``change`` belongs to the same transaction; nothing has happened when it raises.
        """

        def forget(db: sqlite_utils.Database) -> None:
            change(db)
            for statement in _FORGET:
                db.execute(statement, (interview_id,))

        self._database.transaction(forget, copy=True)
        self._remove(interview_id)

    def purge_delivered(self, interview_id: str) -> bool:
        """Purge when the rule allows it: final, receipted up to its newest event, every submitted take transcribed."""

        def forget(db: sqlite_utils.Database) -> bool:
            if self._keys.held(interview_id) or not _may_purge(db, interview_id):
                return False
            for statement in _FORGET + _DELIVERED:
                db.execute(statement, (interview_id,))
            return True

        purged = self._database.transaction(forget)
        if purged:
            log.info("interview %s was delivered and purged", interview_id)
            self._remove(interview_id)
        return purged

    def finish(self) -> None:
        """What an earlier run of the program has begun or could not do any more. Never raises for a known error."""
        sql = "SELECT interview_id, key_state FROM interviews "
        for row in self._database.call(lambda db: rows(db, sql)):
            try:
                if row["key_state"] == "destroying":
                    self._remove(row["interview_id"])
                self.purge_delivered(row["interview_id"])
            except XudaError as error:
                log.warning("purge of interview %s is not finished: %s", row["interview_id"], error.code)

    def _remove(self, interview_id: str) -> None:
        """What cannot be done now is repeated while the program runs, and by ``finish`` at the next start."""
        done = False
        try:
            done = self._clear(interview_id)
        finally:
            if not done:
                log.warning("something of interview %s could not be removed yet; it is tried again", interview_id)
                self._database.repeat(f"purge {interview_id}", lambda: self._clear(interview_id))

    def _clear(self, interview_id: str) -> bool:
        """The key first, whatever else fails. False while old pages are still in the log, in the copy or in a damaged
        database that was kept aside."""
        try:
            self._keys.destroy(interview_id)
        finally:
            self._vault.remove_interview(interview_id)
            for take_id in self._database.call(lambda db: _take_ids(db, interview_id)):
                self._vault.remove_take(take_id)
            scrubbed = self._database.scrub() & self._forget_aside(interview_id)
        if not scrubbed:
            return False
        sql = "UPDATE interviews SET key_state = 'gone' WHERE interview_id = ?"
        self._database.transaction(lambda db: db.execute(sql, (interview_id,)))
        self._database.hold_reserve()
        return True

    def _forget_aside(self, interview_id: str) -> bool:
        """A database that was damaged once holds the wrapped keys and sealed values of its day."""
        stays = self._database.call(lambda db: one(db, _ASIDE_STAYS, interview_id))
        return stays is not None or self._database.forget_aside()


# Of one that was withdrawn nothing may be left for whoever has HR's keys. What was delivered is at HR anyway, and what
# was kept aside may still be wanted by those who rescue the others.
_ASIDE_STAYS = "SELECT 1 FROM interviews WHERE interview_id = ? AND state <> 'deleted'"


def _may_purge(db: sqlite_utils.Database, interview_id: str) -> bool:
    row = one(db, "SELECT * FROM interviews WHERE interview_id = ?", interview_id)
    if row is None or row["receipt_serial"] != row["last_seq"] or not InterviewState(row["state"]).final:
        return False
    if one(db, "SELECT 1 FROM events WHERE interview_id = ? AND envelope IS NOT NULL LIMIT 1", interview_id) is None:
        return False
    return row["key_state"] != "present" or one(db, _UNHEARD, interview_id) is None


def _take_ids(db: sqlite_utils.Database, interview_id: str) -> list[str]:
    return [row["take_id"] for row in rows(db, "SELECT take_id FROM takes WHERE interview_id = ?", interview_id)]
