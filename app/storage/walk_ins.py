"""Who has registered on this device, and where one may: from the roster and the settings table."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta

import sqlite_utils
from pydantic import AwareDatetime, ValidationError

from app.storage.database import Database
from app.storage.keystore import KeyStore
from app.storage.query import rows
from app.storage.storage_key import storage_key, stored_key
from contract.canonical import canonical_json
from contract.envelope import WireModel
from contract.errors import XudaError
from contract.invitation import Invitation, Roster, lookup_hash
from contract.sealed import open_value, seal_value
from contract.walkin import Registration, WalkInOffer

_NAME = "walk_in:"
# a device's clock may be wrong: what counts people is kept for a while after the window
_KEPT = timedelta(days=30)


class WalkIn(WireModel):
    """One who has registered here, with the right they have by it."""

    invitation_id: str
    batch_id: str
    kit_id: str
    not_before: AwareDatetime
    not_after: AwareDatetime
    person: Registration

    @property
    def invitation(self) -> Invitation:
        return Invitation(self.invitation_id, self.batch_id, self.kit_id, self.not_before, self.not_after)


class WalkInBook:
    """See ``app.interview.store.WalkInBook``. ``roster`` gives the newest one, verified.

    A row says in clear of which batch it is and when that ends, so that people are counted after they took their
    consent back too; who it is, is sealed.
    """

    def __init__(self, database: Database, keystore: KeyStore, roster: Callable[[], Roster | None]) -> None:
        self._database = database
        self._keystore = keystore
        self._roster = roster

    def offers(self) -> list[WalkInOffer]:
        roster = self._roster()
        taken = [row["batch"] for row in self._rows().values()]
        return [offer for offer in (roster.walk_ins if roster else ()) if taken.count(offer.batch_id) < offer.limit]

    def keep(self, invitation: Invitation, person: Registration, now: datetime) -> None:
        name = _NAME + invitation.invitation_id
        found = WalkIn(
            invitation_id=invitation.invitation_id,
            batch_id=invitation.batch_id,
            kit_id=invitation.kit_id,
            not_before=invitation.not_before,
            not_after=invitation.not_after,
            person=person,
        )
        sealed = seal_value(canonical_json(found.model_dump(mode="json")), storage_key(self._keystore), name)
        value = {"batch": found.batch_id, "until": found.not_after.isoformat(), "sealed": sealed}
        old = [key for key, row in self._rows().items() if datetime.fromisoformat(row["until"]) + _KEPT < now]

        def save(db: sqlite_utils.Database) -> None:
            for key in old:
                db.execute("DELETE FROM settings WHERE name = ?", [key])
            db.table("settings").insert({"name": name, "value": json.dumps(value)}, replace=True)

        self._database.transaction(save)

    def drop(self, invitation_id: str) -> None:
        name = _NAME + invitation_id
        row = self._rows().get(name)
        if row is not None:
            value = json.dumps({**row, "sealed": ""})
            self._database.transaction(
                lambda db: db.execute("UPDATE settings SET value = ? WHERE name = ?", [value, name])
            )

    def find(self, number: str) -> tuple[Invitation, Registration] | None:
        roster, key = self._roster(), stored_key(self._keystore)
        if roster is None or key is None:
            return None
        wanted = lookup_hash(number, roster.salt)
        for name, row in self._rows().items():
            found = self._open(name, row, key)
            if found is not None and wanted in (
                lookup_hash(text, roster.salt) for text in (found.person.phone, found.person.id_number) if text
            ):
                return found.invitation, found.person
        return None

    def _rows(self) -> dict[str, dict[str, str]]:
        sql = "SELECT name, value FROM settings WHERE name LIKE 'walk\\_in:%' ESCAPE '\\' ORDER BY rowid DESC"
        return {row["name"]: json.loads(row["value"]) for row in self._database.call(lambda db: rows(db, sql))}

    @staticmethod
    def _open(name: str, row: dict[str, str], key: bytes) -> WalkIn | None:
        try:
            return WalkIn.read_value(json.loads(open_value(row["sealed"], key, name))) if row["sealed"] else None
        except (XudaError, ValidationError, ValueError):
            return None
