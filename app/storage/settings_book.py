"""What HR wants of this device (contract.settings): verified when it comes, sealed on the disk, verified when read."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from typing import NamedTuple

import sqlite_utils

from app.device_settings import Received
from app.storage.database import Database
from app.storage.enrolment import Enrolment, EnrolmentRepository
from app.storage.keystore import KeyStore
from app.storage.query import one
from app.storage.storage_key import storage_key, stored_key
from contract.envelope import Envelope, open_envelope
from contract.errors import ErrorCode, XudaError
from contract.sealed import open_value, seal_value
from contract.settings import SettingsDocument, read_settings

log = logging.getLogger(__name__)

_SEALED = "device_settings"
# what `xuda status` shows without the keystore: no hash of the PIN
SHOWN = "device_settings_shown"
_PLACE = "settings.device_settings"


class _Held(NamedTuple):
    """The stored document: for which device, and the id of the key that signed it."""

    device_id: str = ""
    signer: str = ""
    received: Received = Received()


class SettingsBook:
    """May be called from any thread. ``listener`` is called with what is new, on the thread that brought it: it must
    be quick."""

    def __init__(self, database: Database, keystore: KeyStore, enrolments: EnrolmentRepository) -> None:
        self._database = database
        self._keystore = keystore
        self._enrolments = enrolments
        self._held: _Held | None = None
        self.listener: Callable[[Received], None] = lambda _: None

    @property
    def current(self) -> Received:
        """What HR wanted last; version 0 when it has said nothing, or nothing that can still be trusted."""
        enrolment = self._enrolments.load()
        if enrolment is None:
            return Received()
        if self._held is None:
            self._held = self._load(enrolment)
        # A key that was revoked since may have signed anything; one that is only out of use has signed this.
        holds = self._held.device_id == enrolment.device_id and self._held.signer in enrolment.organisation_keys
        return self._held.received if holds else Received()

    def take(self, envelope: Envelope, trusted: Mapping[str, bytes]) -> None:
        """Keep and apply a newer document; the one that is here again changes nothing.

        ``trusted``: key id -> public key whose signatures are taken now. Raises XudaError(KEY_UNKNOWN |
        SIGNATURE_INVALID | FORMAT_INVALID), SERVER_MISMATCH when it is for another device, CONFLICT when it is older
        than the one here, or another one under the same version.
        """
        document = open_envelope(envelope, SettingsDocument, trusted)
        if document.device_id != self._enrolments.need().device_id:
            raise XudaError(ErrorCode.SERVER_MISMATCH, field="device_id")
        before = self.current
        same = (document.version, envelope.digest) == (before.version, before.digest)
        if same and self._held is not None and self._held.signer == envelope.signer:
            return
        if not same and document.version <= before.version:
            raise XudaError(ErrorCode.CONFLICT, field="version", version=document.version, here=before.version)
        held = _held(envelope, document)
        received = held.received
        self._write(envelope, held)
        self._held = held
        if same:
            return  # only under a newer key
        for field in received.refused:
            log.warning("settings of version %d: the value of %s is refused", received.version, field)
        log.info("settings of version %d hold", received.version)
        self.listener(received)

    def _write(self, envelope: Envelope, held: _Held) -> None:
        received = held.received
        values = received.settings.given()
        if "staff_pin" in values:
            values["staff_pin"] = "***"
        shown = {"version": received.version, "values": values, "refused": list(received.refused)}
        shown |= {"device_id": held.device_id, "signer": held.signer}
        rows = {
            _SEALED: seal_value(envelope.to_bytes(), storage_key(self._keystore), _PLACE),
            SHOWN: json.dumps(shown, ensure_ascii=False),
        }

        def write(db: sqlite_utils.Database) -> None:
            for name, value in rows.items():
                db.table("settings").insert({"name": name, "value": value}, replace=True)

        self._database.transaction(write)

    def _load(self, enrolment: Enrolment) -> _Held:
        row = self._database.call(lambda db: one(db, "SELECT value FROM settings WHERE name = ?", _SEALED))
        key = stored_key(self._keystore)
        if row is None or key is None:
            return _Held()
        try:
            envelope = Envelope.from_bytes(open_value(row["value"], key, _PLACE))
            return _held(envelope, open_envelope(envelope, SettingsDocument, enrolment.known_keys))
        except XudaError as error:
            log.error("the stored settings of HR do not hold and are fetched again: %s", error)
            return _Held()


def _held(envelope: Envelope, document: SettingsDocument) -> _Held:
    read = read_settings(document.settings)
    received = Received(document.version, envelope.digest, read.settings, read.refused)
    return _Held(document.device_id, envelope.signer, received)
