"""To which organisation this device belongs, its keys through the years, and the key this device signs with."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
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
from contract.keylist import KeyList, KeyUse, OrganisationKey, accepted, extend_chain, public_keys, verify_chain
from contract.keys import SigningKey

log = logging.getLogger(__name__)

_DEVICE_KEY = "device"
KEY_LISTS = "key_lists"
SAID_BY_HR = "said_by_hr"


@dataclass(frozen=True)
class Enrolment:
    """``device_key`` is the device's private Ed25519 key; its public half is known to the organisation.

    ``anchor``: the signing key (base64url) that was pinned; ``chain``: the key lists that follow from it, ``newest``
    the last one. Empty and None until the first contact: then what the organisation said at enrolment counts.
    """

    device_id: str
    server_url: str
    organisation: Organisation
    device_key: SigningKey
    anchor: str = ""
    chain: tuple[Envelope, ...] = ()
    newest: KeyList | None = None

    @property
    def keys(self) -> list[OrganisationKey]:
        if self.newest is not None:
            return self.newest.keys
        said = self.organisation
        both = ((KeyUse.SIGNING, said.sign_key), (KeyUse.ENCRYPTION, said.encryption_key))
        return [OrganisationKey(use=use, epoch=1, public=public, since=said.issued_at) for use, public in both]

    @property
    def organisation_keys(self) -> dict[str, bytes]:
        """Key id -> public key whose signatures count, whatever time it is: of receipts, and of what was taken in."""
        return self.accepted_keys(None)

    @property
    def known_keys(self) -> dict[str, bytes]:
        """Every signing key there ever was: for the kit of an interview that has begun, which was checked then."""
        return public_keys(key for key in self.keys if key.use is KeyUse.SIGNING)

    def accepted_keys(self, now: datetime | None) -> dict[str, bytes]:
        """Key id -> public key of whoever may sign kits, invitations and rosters that come in now."""
        return accepted(self.keys, now)

    def encryption_key(self, kit_key: str) -> str:
        """To which key (base64url) an interview's key is wrapped: the newest known, else the one of its kit."""
        return kit_key if self.newest is None else self.newest.current(KeyUse.ENCRYPTION).public


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
        kept = self._chain_to(enrolment.organisation.sign_key)
        enrolment = _followed(enrolment, *kept)
        self._keystore.set(_DEVICE_KEY, enrolment.device_key.to_bytes())
        row = {
            "id": 1,
            "device_id": enrolment.device_id,
            "server_url": enrolment.server_url,
            "envelope": organisation_envelope.to_bytes().decode("utf-8"),
            "saved_at": datetime.now(UTC).isoformat(),
        }

        def write(db: sqlite_utils.Database) -> None:
            db.table("enrolment").insert(row, replace=True)
            _write_chain(db, *kept)
            db.execute("DELETE FROM settings WHERE name = ?", [SAID_BY_HR])  # it was said of what the device was before

        self._database.transaction(write, copy=True)
        self._loaded = enrolment

    def take_keys(self, offered: Sequence[Envelope]) -> None:
        """Follow the organisation to its newest keys. Raises XudaError(ORGANISATION_KEYS_INVALID | NOT_ENROLLED);
        nothing has changed then."""
        enrolment = self.need()
        chain = extend_chain(b64decode(enrolment.anchor), enrolment.chain, offered)
        if len(chain) > len(enrolment.chain):
            fresh = _followed(enrolment, enrolment.anchor, chain)
            self._database.transaction(lambda db: _write_chain(db, enrolment.anchor, chain))
            self._loaded = fresh

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
        found = Enrolment(row["device_id"], row["server_url"], organisation, SigningKey.from_bytes(secret))
        try:
            return _followed(found, *_read_chain(db, organisation.sign_key))
        except XudaError as error:
            log.error("the stored key lists do not hold and are fetched again: %s", error)
            return _followed(found, organisation.sign_key, [])

    def _chain_to(self, sign_key: str) -> tuple[str, list[Envelope]]:
        """The chain that is here, when it leads to a newly pinned key: what older keys have signed stays good."""
        try:
            anchor, chain = self._database.call(lambda db: _read_chain(db, sign_key))
            newest = verify_chain(b64decode(anchor), chain)
        except XudaError:
            return sign_key, []
        if newest is not None and newest.current(KeyUse.SIGNING).public == sign_key:
            return anchor, chain
        return sign_key, []


def _followed(enrolment: Enrolment, anchor: str, chain: Sequence[Envelope]) -> Enrolment:
    newest = verify_chain(b64decode(anchor), chain)
    return replace(enrolment, anchor=anchor, chain=tuple(chain), newest=newest)


def _read_chain(db: sqlite_utils.Database, pinned: str) -> tuple[str, list[Envelope]]:
    row = one(db, "SELECT value FROM settings WHERE name = ?", KEY_LISTS)
    if row is None:
        return pinned, []
    try:
        stored = json.loads(row["value"])
        return str(stored["anchor"]), [Envelope.model_validate(item) for item in stored["chain"]]
    except (ValueError, KeyError, TypeError) as error:
        raise XudaError(ErrorCode.FORMAT_INVALID, field=KEY_LISTS) from error


def _write_chain(db: sqlite_utils.Database, anchor: str, chain: Sequence[Envelope]) -> None:
    value = json.dumps({"anchor": anchor, "chain": [item.model_dump() for item in chain]})
    db.table("settings").insert({"name": KEY_LISTS, "value": value}, replace=True)


def open_organisation(envelope: Envelope) -> Organisation:
    """An organisation's document, signed by its own key.

    Raises XudaError(KEY_UNKNOWN | SIGNATURE_INVALID | FORMAT_INVALID).
    """
    public = b64decode(parse_payload(envelope.payload_bytes, Organisation).sign_key)
    return open_envelope(envelope, Organisation, {keys.key_id(public): public})
