"""To which organisation this device belongs, and the key it signs with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import sqlite_utils

from app.storage.database import Database
from app.storage.keystore import KeyStore
from app.storage.query import one
from contract import keys
from contract.api import Organisation
from contract.canonical import b64decode
from contract.envelope import Envelope, open_envelope, parse_payload
from contract.errors import ErrorCode, XudaError
from contract.keys import SigningKey

_DEVICE_KEY = "device"


@dataclass(frozen=True)
class Enrolment:
    """``device_key`` is the device's private Ed25519 key; its public half is known to the organisation."""

    device_id: str
    server_url: str
    organisation: Organisation
    device_key: SigningKey

    @property
    def organisation_keys(self) -> dict[str, bytes]:
        """Key id -> public key of whoever may sign kits, invitations, rosters and receipts."""
        public = b64decode(self.organisation.sign_key)
        return {keys.key_id(public): public}


class EnrolmentRepository:
    """Keeps the enrolment: the organisation's envelope in the database, the device's key in the keystore."""

    def __init__(self, database: Database, keystore: KeyStore) -> None:
        self._database = database
        self._keystore = keystore
        self._loaded: Enrolment | None = None

    def save(self, enrolment: Enrolment, organisation_envelope: Envelope) -> None:
        """Raises XudaError(SIGNATURE_INVALID | KEY_UNKNOWN | FORMAT_INVALID) when the envelope is not what it says."""
        if open_organisation(organisation_envelope) != enrolment.organisation:
            raise XudaError(ErrorCode.SIGNATURE_INVALID, field="organisation")
        self._keystore.set(_DEVICE_KEY, enrolment.device_key.to_bytes())
        row = {
            "id": 1,
            "device_id": enrolment.device_id,
            "server_url": enrolment.server_url,
            "envelope": organisation_envelope.to_bytes().decode("utf-8"),
            "saved_at": datetime.now(UTC).isoformat(),
        }
        self._database.transaction(lambda db: db.table("enrolment").insert(row, replace=True))
        self._loaded = enrolment

    def load(self) -> Enrolment | None:
        """None when the device was never enrolled. Raises XudaError(KEYSTORE_MISSING) when its key is gone."""
        if self._loaded is None:
            self._loaded = self._database.call(self._read)
        return self._loaded

    def need(self) -> Enrolment:
        """Raises XudaError(NOT_ENROLLED | KEYSTORE_MISSING)."""
        enrolment = self.load()
        if enrolment is None:
            raise XudaError(ErrorCode.NOT_ENROLLED)
        return enrolment

    def _read(self, db: sqlite_utils.Database) -> Enrolment | None:
        row = one(db, "SELECT device_id, server_url, envelope FROM enrolment")
        if row is None:
            return None
        secret = self._keystore.get(_DEVICE_KEY)
        if secret is None:
            raise XudaError(ErrorCode.KEYSTORE_MISSING)
        organisation = open_organisation(Envelope.from_bytes(row["envelope"]))
        return Enrolment(row["device_id"], row["server_url"], organisation, SigningKey.from_bytes(secret))


def open_organisation(envelope: Envelope) -> Organisation:
    """An organisation's document, signed by its own key.

    Raises XudaError(KEY_UNKNOWN | SIGNATURE_INVALID | FORMAT_INVALID).
    """
    public = b64decode(parse_payload(envelope.payload_bytes, Organisation).sign_key)
    return open_envelope(envelope, Organisation, {keys.key_id(public): public})
