"""What a device takes along to work offline: kits, roster, released results."""

from __future__ import annotations

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from backend.db.models import Batch, Device, Interview, InvitationRow, KeyListRow, KitRow, window_end
from backend.db.models.devices import PRACTICE_KIT
from backend.runtime import Runtime
from backend.services import delegations, device_settings, messages, redo_rows, releases, walkins
from backend.services.devices import Asking
from backend.services.moving import elsewhere
from backend.services.people import candidate_name, candidate_value
from contract.api import Bootstrap
from contract.envelope import Envelope, sign
from contract.invitation import Adjustments, Roster, RosterEntry, lookup_hash
from contract.redo import Redo


def bootstrap(hr: Runtime, asking: Asking, *, keys_serial: int = 0) -> Bootstrap:
    """``keys_serial``: the newest key list the device says to have; it is remembered, and later ones are given."""
    _remember_keys(hr, asking, keys_serial)
    releases.note_fetched(hr, asking.device_id)
    with hr.db.read() as session:
        return Bootstrap(
            server_time=hr.now(),
            key_lists=key_lists(session, keys_serial),
            kits=kits_for(hr, session),
            roster=sign(_roster(hr, session, asking.device_id), hr.vault.sign_key),
            results=releases.told(session, asking.device_id),
            settings=device_settings.document(hr, session, asking.device_id),
            messages=messages.for_device(hr, session, asking.device_id),
        )


def _remember_keys(hr: Runtime, asking: Asking, serial: int) -> None:
    with hr.db.read() as session:
        newest = session.scalar(select(func.max(KeyListRow.serial))) or 0
        known = session.get_one(Device, asking.device_id).keys_serial
    if known < serial <= newest:
        with hr.db.write() as session:
            session.execute(update(Device).where(Device.id == asking.device_id).values(keys_serial=serial))


def key_lists(session: Session, serial: int) -> list[Envelope]:
    later = select(KeyListRow.envelope).where(KeyListRow.serial > serial).order_by(KeyListRow.serial)
    return [Envelope.from_bytes(text) for text in session.scalars(later)]


def newest_kits(session: Session) -> list[Envelope]:
    """The newest version of each kit."""
    newest = select(KitRow.kit_id, func.max(KitRow.version).label("version")).group_by(KitRow.kit_id).subquery()
    same = (KitRow.kit_id == newest.c.kit_id) & (KitRow.version == newest.c.version)
    rows = session.scalars(
        select(KitRow).join(newest, same).where(KitRow.kit_id != PRACTICE_KIT).order_by(KitRow.kit_id)
    )
    return [Envelope.from_bytes(row.envelope) for row in rows]


def kits_for(hr: Runtime, session: Session) -> list[Envelope]:
    """The newest ones, and those that asked what may be answered again."""
    newest = newest_kits(session)
    known = {envelope.digest for envelope in newest}
    return newest + [envelope for envelope in redo_rows.kits(session, hr.now()) if envelope.digest not in known]


def _roster(hr: Runtime, session: Session, device_id: str) -> Roster:
    now = hr.now()
    living = select(InvitationRow).join(InvitationRow.batch)
    # who has begun may need the line again, adjustments and all, when the window is over
    begun = select(Interview.id).where(Interview.invitation_id == InvitationRow.id, Interview.ended_at.is_(None))
    wanted = window_end() > now, begun.where(Interview.deleted_at.is_(None)).exists()
    again = redo_rows.for_device(hr, session, device_id)
    sound = InvitationRow.cancelled_at.is_(None), Batch.practice.is_(False)
    living = living.where(*sound, or_(*wanted, InvitationRow.id.in_(again))).order_by(InvitationRow.id)
    # only of these there is anything to tell: one question instead of one per candidate
    others = select(Interview.invitation_id).where(Interview.device_id != device_id).distinct()
    told = set(session.scalars(others))
    return Roster(
        organisation_id=hr.organisation_id,
        device_id=device_id,
        issued_at=now,
        salt=hr.vault.lookup_salt,
        entries=[
            _entry(hr, session, invitation, device_id if invitation.id in told else None, again.get(invitation.id))
            for invitation in session.scalars(living)
        ],
        delegations=delegations.for_device(hr, session, device_id),
        walk_ins=walkins.offers(session, now),
    )


def _entry(
    hr: Runtime, session: Session, invitation: InvitationRow, device_id: str | None, again: Redo | None
) -> RosterEntry:
    """``device_id``: the device that is told how far others have come; None when there is nothing to tell."""
    candidate = invitation.candidate
    identifiers = [candidate_value(hr, candidate, column) for column in ("phone", "id_number")]
    return RosterEntry(
        token=invitation.token,
        code=invitation.code,
        name=candidate_name(hr, candidate),
        lookups=[lookup_hash(text, hr.vault.lookup_salt) for text in identifiers if text],
        adjustments=Adjustments.model_validate(invitation.adjustments),
        elsewhere=elsewhere(hr, session, invitation.id, device_id) if device_id else None,
        redo=again,
    )
