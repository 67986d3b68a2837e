"""What a restored database has to learn before it serves: deletions, receipts and losses it does not know of."""

from __future__ import annotations

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from backend.backup.place import Place
from backend.cabinet import candidate_subject, interview_subject
from backend.db.models import (
    Candidate,
    Deletion,
    EventRow,
    Interview,
    LegalHold,
    LoginSession,
    ObjectRow,
    ReceiptRow,
    RestoreGap,
    Upload,
)
from backend.runtime import Runtime
from backend.sending import queue
from backend.services import (
    audit,
    deletion,
    erasure,
    facts,
    interview_facts,
    sealing,
    server_time,
    states,
    voluntary_rows,
    wholes,
)
from backend.services.media import open_object
from contract.certificate import DeletionCertificate
from contract.envelope import Envelope, open_envelope
from contract.errors import XudaError
from contract.manifest import Receipt

_READ = 1024 * 1024


def delete_again(hr: Runtime, place: Place) -> int:
    """Delete what a certificate says was deleted, and what no storage key opens any more; returns how many."""
    count = 0
    for path in place.documents("deletions"):
        envelope = _genuine(hr, path.read_bytes(), DeletionCertificate)
        if envelope is not None:
            count += _delete_by(hr, envelope, open_envelope(envelope, DeletionCertificate, hr.vault.public_keys))
    return count + _delete_unreadable(hr)


def _delete_by(hr: Runtime, envelope: Envelope, certificate: DeletionCertificate) -> int:
    with hr.db.write() as session:
        interview = session.get(Interview, certificate.interview_id)
        if interview is None or interview.deleted_at is not None:
            return 0
        parts = wholes.ids_of(session, interview.id)
        standing = LegalHold.interview_id.in_(parts), LegalHold.lifted_at.is_(None)
        lifted = {"lifted_at": certificate.deleted_at, "lifted_by": "restore"}
        session.execute(update(LegalHold).where(*standing).values(**lifted))
        row = session.get(Deletion, interview.id)
        if row is None:
            requester, at = certificate.requested_by.value, certificate.requested_at
            row = Deletion(interview_id=interview.id, requested_by=requester, requested_at=at)
            session.add(row)
        row.certificate = envelope.to_bytes().decode("utf-8")
    deletion.carry_out(hr, certificate.interview_id)
    return 1


def _delete_unreadable(hr: Runtime) -> int:
    """Interviews and candidates whose storage key is gone were deleted after the backup, certificate here or not."""
    known = hr.cabinet.subjects()
    with hr.db.write() as session:
        now, names, count = hr.now(), [], 0
        with_events = Interview.id.in_(select(EventRow.interview_id))
        for interview in session.scalars(select(Interview).where(Interview.deleted_at.is_(None), with_events)):
            if interview_subject(interview.id) not in known:
                names += deletion.take_out(session, interview, now)
                audit.record(session, now, "server", "delete_interview", f"interview:{interview.id}", by="restore")
                count += 1
        for candidate in session.scalars(select(Candidate).where(Candidate.name_sealed != "")):
            if candidate_subject(candidate.id) not in known:
                erasure.erase(session, candidate.id, now)
        voluntary_rows.forget_unreadable(session, known)
    for name in names:
        hr.store.delete(name)
    return count


def doubt_deliveries(hr: Runtime) -> None:
    """What waited to be sent when the backup was made may have gone since: nothing is sent twice, a person decides."""
    with hr.db.write() as session:
        queue.after_restore(session, hr.now())


def forget_lost(hr: Runtime) -> list[str]:
    """Forget recordings whose file is not here, so that a device that still has one sends it again."""
    with hr.db.write() as session:
        lost = [row for row in session.scalars(select(ObjectRow)) if hr.store.size(row.storage_key) != row.size]
        for row in lost:
            session.execute(delete(Upload).where(Upload.id == row.storage_key))
            session.delete(row)
        unfinished = select(Upload).where(Upload.completed_at.is_(None))
        for upload in session.scalars(unfinished):
            session.delete(upload)
    return [row.object_id for row in lost]


def note_gaps(hr: Runtime, place: Place) -> list[str]:
    """List receipts that devices hold and that say more than this database has; ids of the interviews.

    Receipts that lie at the place of backups were given out after it was made; those in the database may name
    recordings that are lost.
    """
    gaps: dict[str, Receipt] = {}
    with hr.db.write() as session:
        inside: list[bytes | str] = [
            row.envelope for row in session.scalars(select(ReceiptRow).order_by(ReceiptRow.serial))
        ]
        outside = [path.read_bytes() for path in place.documents("receipts")]
        for data in (*inside, *outside):
            envelope = _genuine(hr, data, Receipt)
            if envelope is None:
                continue
            receipt = open_envelope(envelope, Receipt, hr.vault.public_keys)
            interview = session.get(Interview, receipt.interview_id)
            if interview is not None and interview.deleted_at is not None:
                continue
            newest = gaps.get(receipt.interview_id)
            if _lacks(session, receipt) and (newest is None or newest.serial < receipt.serial):
                gaps[receipt.interview_id] = receipt
        for receipt in gaps.values():
            objects = [ref.object_id for ref in receipt.objects]
            row = RestoreGap(
                interview_id=receipt.interview_id, serial=receipt.serial, objects=objects, noticed_at=hr.now()
            )
            session.merge(row)
            # what the receipt promised does not hold: it is signed anew once all has been delivered again
            gone = ReceiptRow.interview_id == receipt.interview_id, ReceiptRow.serial == receipt.serial
            session.execute(delete(ReceiptRow).where(*gone))
            interview_facts.note_receipt(session, receipt.interview_id)
    return sorted(gaps)


def close_logins(hr: Runtime) -> None:
    """Nobody stays logged in by a session of the past."""
    with hr.db.write() as session:
        session.execute(update(LoginSession).where(LoginSession.ended_at.is_(None)).values(ended_at=hr.now()))


def record(hr: Runtime, stamp: str, **counts: int) -> None:
    """Note the restore, and the time as one that a person has seen: a restore is done by hand."""
    with hr.db.write() as session:
        facts.put_time(session, server_time.FACT, hr.now())
        audit.record(session, hr.now(), "command-line", "restore", f"backup:{stamp}", **counts)


def open_everything(hr: Runtime) -> int:
    """Read every event and every recording to its end; returns how many recordings were opened.

    Raises XudaError(SEALED_DAMAGED | KEY_DESTROYED) for what does not open.
    """
    with hr.db.read() as session:
        for event in session.scalars(select(EventRow)):
            states.parse_event(event)
        keys = {
            interview.id: hr.vault.unwrap(wrapped, interview.id)
            for interview in session.scalars(select(Interview).where(Interview.deleted_at.is_(None)))
            if (wrapped := sealing.wrapped_key(session, interview)) is not None
        }
        rows = session.scalars(select(ObjectRow)).all()
    opened = 0
    for row in rows:
        if row.interview_id in keys:
            with open_object(hr, row, keys[row.interview_id]) as stream:
                while stream.read(_READ):
                    pass
            opened += 1
    return opened


def _lacks(session: Session, receipt: Receipt) -> bool:
    stored = session.get(ReceiptRow, (receipt.interview_id, receipt.serial))
    if stored is None:
        return True
    return any(session.get(ObjectRow, (receipt.interview_id, ref.object_id)) is None for ref in receipt.objects)


def _genuine(hr: Runtime, data: bytes | str, kind: type[DeletionCertificate] | type[Receipt]) -> Envelope | None:
    """The envelope if this organisation signed it; anything else at the place of backups is left alone."""
    try:
        envelope = Envelope.from_bytes(data)
        open_envelope(envelope, kind, hr.vault.public_keys)
    except XudaError:
        return None
    return envelope
