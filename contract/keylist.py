"""The organisation's keys over time: signed lists, each signed by the key that was current in the list before.

A device pins one signing key when it is enrolled and follows the chain from there. When the signing key is changed two
lists are issued: one signed by the old key that names the new one, and the same again signed by the new one, so that a
device enrolled later starts at a list signed by the key it knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from pydantic import AwareDatetime, model_validator

from contract.canonical import b64decode
from contract.envelope import Envelope, SignedDocument, WireModel, open_envelope, parse_payload
from contract.errors import ErrorCode, XudaError
from contract.keys import key_id
from contract.numbers import Ordinal


class KeyUse(StrEnum):
    SIGNING = "signing"
    ENCRYPTION = "encryption"


class OrganisationKey(WireModel):
    """A public key (32 bytes, base64url). ``epoch`` counts from 1 for each use; the newest epoch is the current one.

    ``accepted_until``: what an older signing key has signed is taken until then. ``revoked_at``: it has fallen into
    wrong hands (or may have) and nothing signed by it counts any more, nothing is wrapped to it.
    """

    use: KeyUse
    epoch: Ordinal
    public: str
    since: AwareDatetime
    superseded_at: AwareDatetime | None = None
    accepted_until: AwareDatetime | None = None
    revoked_at: AwareDatetime | None = None


class KeyList(SignedDocument):
    """All keys the organisation ever had. ``previous``: digest (hex) of the list before, empty in the first one."""

    organisation_id: str
    serial: Ordinal
    previous: str
    issued_at: AwareDatetime
    keys: list[OrganisationKey]

    @model_validator(mode="after")
    def _one_current_key_of_each_use(self) -> KeyList:
        for use in KeyUse:
            epochs = sorted(key.epoch for key in self.keys if key.use is use)
            if epochs != list(range(1, len(epochs) + 1)) or not epochs:
                raise ValueError(f"epochs of {use} are not 1, 2, …")
            if any(key.use is use and key.epoch == epochs[-1] and key.revoked_at is not None for key in self.keys):
                raise ValueError(f"the current {use} key is revoked")
        return self

    def of(self, use: KeyUse) -> list[OrganisationKey]:
        """By epoch, the current one last."""
        return sorted((key for key in self.keys if key.use is use), key=lambda key: key.epoch)

    def current(self, use: KeyUse) -> OrganisationKey:
        return self.of(use)[-1]


def public_keys(found: Iterable[OrganisationKey]) -> dict[str, bytes]:
    """Key id -> 32 bytes, as ``open_envelope`` wants it."""
    decoded = [b64decode(key.public) for key in found]
    return {key_id(public): public for public in decoded}


def accepted(keys: Iterable[OrganisationKey], now: datetime | None) -> dict[str, bytes]:
    """The signing keys whose documents are taken at ``now``. None: the time is not known, so none is too old."""
    return public_keys(
        key
        for key in keys
        if key.use is KeyUse.SIGNING
        and key.revoked_at is None
        and (now is None or key.accepted_until is None or now < key.accepted_until)
    )


def verify_chain(anchor: bytes, chain: Sequence[Envelope]) -> KeyList | None:
    """The newest list of a chain that begins with a list signed by ``anchor``; None when the chain is empty.

    Raises XudaError(ORGANISATION_KEYS_INVALID) for a chain that does not hold.
    """
    newest: KeyList | None = None
    for position, envelope in enumerate(chain):
        signer = anchor if newest is None else b64decode(newest.current(KeyUse.SIGNING).public)
        found = _open(envelope, {key_id(signer): signer})
        if newest is not None and not _follows(newest, chain[position - 1].digest, found):
            raise XudaError(ErrorCode.ORGANISATION_KEYS_INVALID, serial=found.serial)
        newest = found
    return newest


def extend_chain(anchor: bytes, held: Sequence[Envelope], offered: Sequence[Envelope]) -> list[Envelope]:
    """The chain a device holds, with what ``offered`` (in order) adds to it. Older offers change nothing.

    Raises XudaError(ORGANISATION_KEYS_INVALID) when the offer does not hold, contradicts what is held, or rests on a
    key that it says was revoked: whoever has that key could have made it up. Only a new enrolment helps then.
    """
    newest = verify_chain(anchor, held)
    if newest is None:
        fresh = _from_anchor(anchor, offered)
    else:
        fresh = [envelope for envelope in offered if _serial(envelope) > newest.serial]
        same = [envelope for envelope in offered if _serial(envelope) == newest.serial]
        if any(envelope.digest != held[-1].digest for envelope in same):
            raise XudaError(ErrorCode.ORGANISATION_KEYS_INVALID, serial=newest.serial)
    if not fresh:
        return list(held)
    chain = [*held, *fresh]
    result = verify_chain(anchor, chain)
    assert result is not None
    revoked = public_keys(key for key in result.keys if key.use is KeyUse.SIGNING and key.revoked_at is not None)
    if any(envelope.signer in revoked for envelope in fresh):
        raise XudaError(ErrorCode.ORGANISATION_KEYS_INVALID, serial=result.serial)
    return chain


def _from_anchor(anchor: bytes, offered: Sequence[Envelope]) -> list[Envelope]:
    name = key_id(anchor)
    start = next((place for place, envelope in enumerate(offered) if envelope.signer == name), None)
    if start is None and offered:
        raise XudaError(ErrorCode.ORGANISATION_KEYS_INVALID, serial=0)
    return list(offered[start:]) if start is not None else []


def _open(envelope: Envelope, keys: Mapping[str, bytes]) -> KeyList:
    try:
        return open_envelope(envelope, KeyList, keys)
    except XudaError as error:
        raise XudaError(ErrorCode.ORGANISATION_KEYS_INVALID, reason=error.code.value) from error


def _serial(envelope: Envelope) -> int:
    """Unverified, only to find where an offer goes on; what is taken is verified."""
    try:
        return parse_payload(envelope.payload_bytes, KeyList).serial
    except XudaError as error:
        raise XudaError(ErrorCode.ORGANISATION_KEYS_INVALID, reason=error.code.value) from error


def _follows(before: KeyList, digest: str, after: KeyList) -> bool:
    """Whether ``after`` only adds to what was said: keys stay what they were, and what was revoked stays revoked."""
    if (after.organisation_id, after.serial, after.previous) != (before.organisation_id, before.serial + 1, digest):
        return False
    there = {(key.use, key.epoch): key for key in after.keys}
    for key in before.keys:
        same = there.get((key.use, key.epoch))
        if same is None or same.public != key.public:
            return False
        if key.revoked_at is not None and same.revoked_at is None:
            return False
    return True
