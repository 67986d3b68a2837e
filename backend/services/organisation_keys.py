"""Changing the organisation's keys: new epochs, retirement, revocation. What devices learn of it: docs/keys.md."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from backend.db.keys import published
from backend.db.models import (
    Device,
    EnrolmentCode,
    Interview,
    InvitationRow,
    KeyListRow,
    KitRow,
    OrganisationKeyRow,
    OrganisationRow,
    Role,
    window_end,
)
from backend.keys import Secrets
from backend.runtime import Runtime
from backend.services import audit, kits, scope, sealing
from backend.services.actor import Actor
from contract import invitation as invitations
from contract.canonical import b64decode, b64encode
from contract.envelope import Envelope, parse_payload, sign, sign_again
from contract.errors import ErrorCode, XudaError
from contract.keylist import KeyList, KeyUse
from contract.keys import SigningKey, UnwrapKey, key_id
from contract.kit import Kit

OVERLAP = timedelta(days=400)
_TARGET = "organisation"


@dataclass(frozen=True, slots=True)
class KeyView:
    """One key for people. ``state``: current, accepted, superseded (past its overlap), retired or revoked.

    ``interviews``: how many not deleted interviews are wrapped to it (encryption keys only).
    """

    use: KeyUse
    epoch: int
    key_id: str
    state: str
    since: datetime
    superseded_at: datetime | None
    accepted_until: datetime | None
    interviews: int


@dataclass(frozen=True, slots=True)
class Changed:
    """``codes``: unused enrolment codes that work no longer. ``invitations``: links that were signed anew."""

    keys: list[KeyView]
    codes: int = 0
    invitations: int = 0


def list_keys(hr: Runtime, actor: Actor) -> list[KeyView]:
    scope.require(actor, Role.ADMINISTRATOR, Role.AUDITOR)
    with hr.db.read() as session:
        return _views(hr, session)


def rotate(
    hr: Runtime, actor: Actor, *, signing: bool = True, encryption: bool = True, overlap: timedelta = OVERLAP
) -> Changed:
    """Make the next epoch current. What the old signing key has signed is taken for ``overlap`` more.

    The private half of the old signing key is destroyed once it has signed its successor in; that of an encryption key
    is kept until it is retired.
    """
    if not signing and not encryption:
        raise XudaError(ErrorCode.SETTING_INVALID, field="signing")
    if overlap < timedelta(0):
        raise XudaError(ErrorCode.SETTING_INVALID, field="overlap", value=overlap.days)
    return _change(hr, actor, lambda change: change.rotate(signing=signing, encryption=encryption, overlap=overlap))


def retire(hr: Runtime, actor: Actor, use: KeyUse, epoch: int) -> Changed:
    """End an old key. The private half of an encryption key is destroyed, for good.

    Raises XudaError(KEY_IN_USE) with the number of ``interviews``, ``invitations`` or ``devices`` that still need it,
    NOT_FOUND, ILLEGAL_STATE for the current key.
    """
    return _change(hr, actor, lambda change: change.retire(use, epoch))


def revoke(hr: Runtime, actor: Actor, use: KeyUse, epoch: int) -> Changed:
    """A private key may be in wrong hands: from now on nothing signed with it counts and nothing is wrapped to it.

    A current key is followed by a new one first. After the current *signing* key was revoked every device has to be
    enrolled again: whoever has the old key could sign a successor of their own. Raises XudaError(NOT_FOUND).
    """
    return _change(hr, actor, lambda change: change.revoke(use, epoch))


def _change(hr: Runtime, actor: Actor, work: Callable[[KeyChange], None]) -> Changed:
    """Private keys are in the key file before the database speaks of them, and leave it after it has ceased to."""
    scope.require(actor, Role.ADMINISTRATOR)
    hr.vault.reload()
    with hr.db.write() as session:
        change = KeyChange(hr, session, actor)
        work(change)
        session.flush()
        left = change.left()
    hr.vault.source.save(left)
    hr.vault.reload()
    with hr.db.read() as session:
        return Changed(_views(hr, session), change.codes, change.invitations)


class KeyChange:
    """One change, inside the caller's transaction."""

    def __init__(self, hr: Runtime, session: Session, actor: Actor | str, *, key: SigningKey | None = None) -> None:
        """``key``: the current signing key, when the vault does not know yet that it is."""
        self._hr = hr
        self._session = session
        self._actor = actor
        self._now = hr.now()
        self._secrets = _known_only(hr.vault.secrets, session)
        self._key = key or hr.vault.sign_key
        self.codes = 0
        self.invitations = 0

    def rotate(self, *, signing: bool, encryption: bool, overlap: timedelta) -> None:
        successor = self._next_keys(signing=signing, encryption=encryption, accepted_until=self._now + overlap)
        self._issue_list()
        if successor is not None:
            self._key = successor
            self._issue_list()
        self.publish_anew(signing=signing, encryption=encryption)
        self._record("key_rotate", signing=signing, encryption=encryption)

    def retire(self, use: KeyUse, epoch: int) -> None:
        row = self._row(use, epoch)
        if row.superseded_at is None:
            raise XudaError(ErrorCode.ILLEGAL_STATE, reason="the key is current")
        if row.retired_at is None:
            needed: dict[str, Any] = {name: count for name, count in self._needs(row, use).items() if count}
            if needed:
                raise XudaError(ErrorCode.KEY_IN_USE, **needed)
            row.retired_at = row.accepted_until = self._now
            self._issue_list()
            self._record("key_retire", use=use.value, epoch=epoch)

    def revoke(self, use: KeyUse, epoch: int) -> None:
        row = self._row(use, epoch)
        if row.revoked_at is not None:
            return
        current, signing = row.superseded_at is None, use is KeyUse.SIGNING
        if current:
            successor = self._next_keys(signing=signing, encryption=not signing, accepted_until=self._now)
            # the revoked key signs nothing any more: devices that know no better key cannot follow
            self._key = successor or self._key
        row.revoked_at = row.accepted_until = self._now
        self._issue_list()
        if current or signing:
            self.publish_anew(signing=signing, encryption=not signing)
        self._record("key_revoke", use=use.value, epoch=epoch)

    def left(self) -> Secrets:
        """What stays in the key file: the current signing key, the encryption keys that are not retired, the lists."""
        rows = {row.public: row for row in self._rows()}
        return replace(
            self._secrets,
            signing=tuple(key for key in self._secrets.signing if rows[b64encode(key.public)].superseded_at is None),
            encryption=tuple(key for key in self._secrets.encryption if rows[b64encode(key.public)].retired_at is None),
            lists=tuple(self._session.scalars(select(KeyListRow.envelope).order_by(KeyListRow.serial))),
        )

    def _rows(self) -> Sequence[OrganisationKeyRow]:
        return self._session.scalars(select(OrganisationKeyRow)).all()

    def _row(self, use: KeyUse, epoch: int) -> OrganisationKeyRow:
        row = self._session.get(OrganisationKeyRow, (use.value, epoch))
        if row is None:
            raise XudaError(ErrorCode.NOT_FOUND, field="epoch")
        return row

    def _next_keys(self, *, signing: bool, encryption: bool, accepted_until: datetime) -> SigningKey | None:
        """New keys, in the key file before anything speaks of them; the new signing key."""
        sign_key = SigningKey.generate() if signing else None
        wrap_key = UnwrapKey.generate() if encryption else None
        self._secrets = replace(
            self._secrets,
            signing=(*self._secrets.signing, *([sign_key] if sign_key else [])),
            encryption=(*self._secrets.encryption, *([wrap_key] if wrap_key else [])),
        )
        self._hr.vault.source.save(self._secrets)
        organisation = self._session.scalars(select(OrganisationRow)).one()
        if sign_key is not None:
            organisation.sign_key = self._follow(KeyUse.SIGNING, sign_key.public, accepted_until)
        if wrap_key is not None:
            organisation.encryption_key = self._follow(KeyUse.ENCRYPTION, wrap_key.public, None)
        self._session.flush()
        return sign_key

    def _follow(self, use: KeyUse, public: bytes, accepted_until: datetime | None) -> str:
        rows = [row for row in self._rows() if row.use == use.value]
        newest = max(rows, key=lambda row: row.epoch)
        newest.superseded_at, newest.accepted_until = self._now, accepted_until
        text = b64encode(public)
        self._session.add(OrganisationKeyRow(use=use.value, epoch=newest.epoch + 1, public=text, since=self._now))
        return text

    def _issue_list(self) -> None:
        self._session.flush()
        last = self._session.scalars(select(KeyListRow).order_by(KeyListRow.serial.desc()).limit(1)).one()
        keys = KeyList(
            organisation_id=self._hr.organisation_id,
            serial=last.serial + 1,
            previous=Envelope.from_bytes(last.envelope).digest,
            issued_at=self._now,
            keys=published(self._session),
        )
        text = sign(keys, self._key).to_bytes().decode("utf-8")
        self._session.add(KeyListRow(serial=keys.serial, envelope=text, issued_at=self._now))
        self._session.flush()

    def publish_anew(self, *, signing: bool, encryption: bool) -> None:
        if signing:
            for row in self._session.scalars(select(KitRow)):
                row.envelope = sign_again(Envelope.from_bytes(row.envelope), self._key).to_bytes().decode("utf-8")
            self.invitations = self._invite_anew()
            self.codes = self._void_codes()
        if encryption:
            for row in _newest_kits(self._session):
                fresh = self._next_kit(row)
                self._session.add(fresh)
                kits.carry_over(self._hr, self._session, row, fresh)
        self._session.flush()

    def _next_kit(self, row: KitRow) -> KitRow:
        """The same kit as its next version, with the new encryption key."""
        kit = parse_payload(Envelope.from_bytes(row.envelope).payload_bytes, Kit)
        organisation = self._session.scalars(select(OrganisationRow)).one()
        fresh = kit.model_copy(update={"version": kit.version + 1, "encryption_key": organisation.encryption_key})
        return KitRow(
            kit_id=fresh.kit_id,
            version=fresh.version,
            department_id=row.department_id,
            envelope=sign(fresh, self._key).to_bytes().decode("utf-8"),
            content_digest=kits.content_digest(fresh),
            created_at=self._now,
        )

    def _invite_anew(self) -> int:
        living = select(InvitationRow).join(InvitationRow.batch)
        living = living.where(InvitationRow.cancelled_at.is_(None), window_end() > self._now)
        rows = self._session.scalars(living).all()
        for row in rows:
            batch = row.batch
            right = invitations.Invitation(row.id, batch.id, batch.kit_id, row.starts_at, row.ends_at)
            row.token = invitations.issue(right, self._key)
        return len(rows)

    def _void_codes(self) -> int:
        """Each code ends with the fingerprint of the signing key of its day; the device would refuse the new one."""
        unused = (EnrolmentCode.used_at.is_(None), EnrolmentCode.expires_at > self._now)
        count = self._session.scalar(select(func.count()).select_from(EnrolmentCode).where(*unused)) or 0
        self._session.execute(update(EnrolmentCode).where(*unused).values(expires_at=self._now))
        return count

    def _needs(self, row: OrganisationKeyRow, use: KeyUse) -> dict[str, int]:
        if use is KeyUse.SIGNING:
            return {"invitations": self._open_invitations(row)}
        return {
            "interviews": _wrapped_to(self._hr, self._session).get(row.public, 0),
            "devices": self._devices_unaware(row),
        }

    def _open_invitations(self, row: OrganisationKeyRow) -> int:
        """Those whose link may have been handed out signed with this key."""
        if row.revoked_at is not None:
            return 0
        query = select(func.count()).select_from(InvitationRow).join(InvitationRow.batch)
        query = query.where(InvitationRow.cancelled_at.is_(None), window_end() > self._now)
        return self._session.scalar(query.where(InvitationRow.created_at < row.superseded_at)) or 0

    def _devices_unaware(self, row: OrganisationKeyRow) -> int:
        """Devices that may still begin interviews under this key: they have not said to know a list without it."""
        query = select(KeyListRow.serial).where(KeyListRow.issued_at >= row.superseded_at).order_by(KeyListRow.serial)
        serial = self._session.scalar(query.limit(1)) or 0
        devices = select(func.count()).select_from(Device)
        older = devices.where(Device.revoked_at.is_(None), Device.keys_serial < serial)
        return self._session.scalar(older.where(Device.enrolled_at < row.superseded_at)) or 0

    def _record(self, action: str, **detail: object) -> None:
        names = {row.use: row.epoch for row in sorted(self._rows(), key=lambda row: row.epoch)}
        audit.record(self._session, self._now, self._actor, action, _TARGET, **detail, current=names)


def _known_only(secrets: Secrets, session: Session) -> Secrets:
    """Without keys that a change left behind which was cut off before the database knew of it."""
    known = set(session.scalars(select(OrganisationKeyRow.public)))
    return replace(
        secrets,
        signing=tuple(key for key in secrets.signing if b64encode(key.public) in known),
        encryption=tuple(key for key in secrets.encryption if b64encode(key.public) in known),
    )


def _newest_kits(session: Session) -> list[KitRow]:
    rows: dict[str, KitRow] = {}
    for row in session.scalars(select(KitRow).order_by(KitRow.kit_id, KitRow.version)):
        rows[row.kit_id] = row
    return list(rows.values())


def _wrapped_to(hr: Runtime, session: Session) -> dict[str, int]:
    """Public encryption key -> how many interviews that still exist are wrapped to it."""
    living = select(Interview).where(Interview.wrapped_key_sealed.is_not(None), Interview.deleted_at.is_(None))
    counts: dict[str, int] = {}
    for interview in session.scalars(living):
        try:
            wrapped = sealing.wrapped_key(session, interview) or ""
            public = hr.vault.unwrap_with(wrapped, interview.id)[1]
        except XudaError:
            continue  # of a key that was destroyed before: nothing here can need it
        counts[public] = counts.get(public, 0) + 1
    return counts


def _views(hr: Runtime, session: Session) -> list[KeyView]:
    counts = _wrapped_to(hr, session)
    rows = session.scalars(select(OrganisationKeyRow).order_by(OrganisationKeyRow.use, OrganisationKeyRow.epoch))
    return [
        KeyView(
            use=KeyUse(row.use),
            epoch=row.epoch,
            key_id=key_id(b64decode(row.public))[:8],
            state=_state(row, hr.now()),
            since=row.since,
            superseded_at=row.superseded_at,
            accepted_until=row.accepted_until,
            interviews=counts.get(row.public, 0),
        )
        for row in rows
    ]


def _state(row: OrganisationKeyRow, now: datetime) -> str:
    if row.revoked_at is not None:
        return "revoked"
    if row.retired_at is not None:
        return "retired"
    if row.superseded_at is None:
        return "current"
    return "superseded" if row.accepted_until is not None and row.accepted_until <= now else "accepted"
