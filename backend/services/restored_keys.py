"""A database from before a change of keys beside a key file from after it: the chain goes on where devices know it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.db.models import KeyListRow, OrganisationKeyRow, OrganisationRow
from backend.runtime import Runtime
from backend.services import audit
from backend.services.organisation_keys import KeyChange
from contract.canonical import b64encode
from contract.envelope import Envelope, parse_payload
from contract.errors import ErrorCode, XudaError
from contract.keylist import KeyList, KeyUse

_SERVER = "server"


def catch_up(hr: Runtime, texts: Sequence[str]) -> None:
    """Take the key lists of the key file into the database, with all that follows from them.

    Otherwise devices, which know the later lists, could trust nothing that this server signs. Raises
    XudaError(KEY_UNKNOWN) when the lists are not those of this database.
    """
    lists = [Envelope.from_bytes(text) for text in texts]
    newest = parse_payload(lists[-1].payload_bytes, KeyList)
    if newest.organisation_id != hr.organisation_id:
        raise XudaError(ErrorCode.KEY_UNKNOWN, keyid=lists[-1].signer[:8])
    with hr.db.write() as session:
        before = session.scalars(select(OrganisationRow)).one()
        signing, encryption = newest.current(KeyUse.SIGNING).public, newest.current(KeyUse.ENCRYPTION).public
        changed = before.sign_key != signing, before.encryption_key != encryption
        _take_lists(session, lists)
        _take_keys(session, newest, {b64encode(key.public) for key in hr.vault.secrets.encryption})
        before.sign_key, before.encryption_key = signing, encryption
        session.flush()
        key = next((key for key in hr.vault.secrets.signing if b64encode(key.public) == signing), None)
        if key is None:
            raise XudaError(ErrorCode.KEY_UNKNOWN, keyid=signing[:8])
        change = KeyChange(hr, session, _SERVER, key=key)
        change.publish_anew(signing=changed[0], encryption=changed[1])
        audit.record(session, hr.now(), _SERVER, "key_restored", "organisation", serial=newest.serial)
    hr.vault.reload()


def _take_lists(session: Session, lists: Sequence[Envelope]) -> None:
    for envelope in lists:
        found = parse_payload(envelope.payload_bytes, KeyList)
        known = session.get(KeyListRow, found.serial)
        if known is not None and Envelope.from_bytes(known.envelope).digest != envelope.digest:
            raise XudaError(ErrorCode.KEY_UNKNOWN, keyid=envelope.signer[:8])
        if known is None:
            text = envelope.to_bytes().decode("utf-8")
            session.add(KeyListRow(serial=found.serial, envelope=text, issued_at=found.issued_at))


def _take_keys(session: Session, newest: KeyList, still_here: set[str]) -> None:
    for key in newest.keys:
        row = session.get(OrganisationKeyRow, (key.use.value, key.epoch))
        if row is None:
            row = OrganisationKeyRow(use=key.use.value, epoch=key.epoch, public=key.public, since=key.since)
            session.add(row)
        row.superseded_at, row.accepted_until, row.revoked_at = key.superseded_at, key.accepted_until, key.revoked_at
        if key.use is KeyUse.ENCRYPTION and key.public not in still_here:
            row.retired_at = row.retired_at or key.accepted_until
