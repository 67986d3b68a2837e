"""Deleting an interview for good, in steps that a crash may interrupt anywhere and the next start goes on with.

1. One transaction: the rows go, what was deleted is written down, the interview stays as an id that takes nothing in.
2. Its storage key is destroyed, so that no backup opens it either once the last backup of the key is gone, and its
files are removed. 3. The certificate is signed; it stays.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from backend.backup import ledger
from backend.cabinet import candidate_subject, interview_subject
from backend.db.models import (
    Decision,
    Deletion,
    EventRow,
    Interview,
    InterviewFact,
    InterviewStep,
    ManifestRow,
    ObjectRow,
    OpinionRow,
    Rating,
    ReceiptRow,
    RedoRow,
    ReportItem,
    RestoreGap,
    ReviewComment,
    Role,
    Scorecard,
    ScorecardChange,
    ScoreRow,
    ShareLink,
    Upload,
    new_id,
)
from backend.runtime import Runtime
from backend.services import audit, erasure, facts, holds, hooks, scope, score_marks, standing, voluntary_rows, wholes
from backend.services.actor import Actor
from contract.certificate import DeletionCertificate, Requester
from contract.envelope import Envelope, sign
from contract.errors import XudaError
from contract.events import ObjectRef

_log = logging.getLogger(__name__)
_PARTS: dict[str, Any] = {
    "events": EventRow,
    "objects": ObjectRow,
    "manifests": ManifestRow,
    "receipts": ReceiptRow,
    "decisions": Decision,
    "ratings": Rating,
    "scorecards": Scorecard,
    "scorecard_changes": ScorecardChange,
    "scores": ScoreRow,
    "opinions": OpinionRow,
    "comments": ReviewComment,
    "redos": RedoRow,
    "share_links": ShareLink,
    "uploads": Upload,
}
KEY_BACKUP_FACT = "key_backup_at"


@dataclass(frozen=True, slots=True)
class Deleted:
    """How much there was."""

    events: int
    objects: int


def delete_interview(hr: Runtime, actor: Actor, interview_id: str) -> Deleted:
    """Delete an interview, all parts, at a person's word. Raises XudaError(NOT_FOUND | FORBIDDEN | LEGAL_HOLD)."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.write() as session:
        interview = scope.interview(session, actor, interview_id)
        holds.check_none(session, interview_id)
        request(session, interview, Requester(actor.role.value), hr.now())
        audit.record(session, hr.now(), actor, "request_deletion", f"interview:{interview_id}")
        parts = [row.id for row in wholes.rows_of(session, interview)]
    for part in parts:
        carry_out(hr, part)
    with hr.db.read() as session:
        records = [session.get_one(Deletion, part).records for part in parts]
    return Deleted(sum(item["events"] for item in records), sum(item["objects"] for item in records))


def request(session: Session, interview: Interview, requester: Requester, now: datetime) -> None:
    """Note for all parts who asked first, in the caller's transaction; :func:`carry_out` does the rest for each."""
    parts = wholes.rows_of(session, interview)
    if requester is Requester.CANDIDATE:
        score_marks.forget(session, parts, now)
    for part in parts:
        if session.get(Deletion, part.id) is None:
            row = Deletion(interview_id=part.id, requested_by=requester.value, requested_at=now)
            session.add(row)
            session.flush()


def asked(session: Session, interview: Interview) -> bool:
    """Whether a person asked for the deletion of the whole this part belongs to, also when that was done long ago."""
    query = select(Deletion.requested_by).where(Deletion.interview_id.in_(wholes.ids_of(session, interview.id)))
    return any(requester != Requester.RETENTION for requester in session.scalars(query))


def pending(hr: Runtime) -> list[str]:
    """Interviews whose deletion was asked for or begun and is not done; held ones are left out."""
    with hr.db.read() as session:
        query = select(Deletion).where(Deletion.certificate.is_(None)).order_by(Deletion.requested_at)
        held = holds.held_interviews(session)
        return [row.interview_id for row in session.scalars(query) if row.deleted_at or row.interview_id not in held]


def carry_out_pending(hr: Runtime) -> int:
    """Do what waits; returns how many were done. One that fails is logged and does not stop the others."""
    done = 0
    for interview_id in pending(hr):
        try:
            carry_out(hr, interview_id)
        except (XudaError, OSError) as error:
            _log.warning("an interview could not be deleted now and will be tried again: %s", type(error).__name__)
        else:
            done += 1
    return done


def carry_out(hr: Runtime, interview_id: str) -> None:
    """All steps that are not done yet. Raises XudaError(LEGAL_HOLD)."""
    begun = _forget_rows(hr, interview_id)
    subjects = [interview_subject(interview_id)]
    if begun.candidate_id is not None:
        subjects.append(candidate_subject(begun.candidate_id))
    with hr.db.read() as session:
        subjects += voluntary_rows.orphans(session, interview_id)
    hr.cabinet.destroy(subjects)
    for name in begun.files:
        hr.store.delete(name)
    hr.db.wipe_log()
    _certify(hr, interview_id)


def _forget_rows(hr: Runtime, interview_id: str) -> Deletion:
    with hr.db.write() as session:
        row = session.get_one(Deletion, interview_id)
        if row.deleted_at is not None:
            return row
        holds.check_none(session, interview_id)
        now = hr.now()
        interview = session.get_one(Interview, interview_id)
        objects = session.scalars(select(ObjectRow).where(ObjectRow.interview_id == interview_id)).all()
        row.objects = [_facts(found) for found in objects]
        row.records = {name: _count(session, part, interview_id) for name, part in _PARTS.items()}
        row.files = take_out(session, interview, now)
        row.candidate_id = erasure.with_interview(session, interview, now)
        row.deleted_at = now
        about = {"interview_id": interview_id, "invitation_id": interview.invitation_id}
        if not interview.practice:
            hooks.emit(session, now, hooks.Kind.INTERVIEW_DELETED, interview.department_id, **about)
        counts = {"events": row.records["events"], "objects": row.records["objects"], "by": row.requested_by}
        audit.record(session, now, "server", "delete_interview", f"interview:{interview_id}", **counts)
        return row


def take_out(session: Session, interview: Interview, now: datetime) -> list[str]:
    """Delete the interview's rows but its own, which takes nothing in any more; the names of its files."""
    names = sorted(_file_names(session, interview.id))
    for part in (*reversed(_PARTS.values()), RestoreGap, InterviewFact, InterviewStep, ReportItem):
        session.execute(delete(part).where(part.interview_id == interview.id))
    interview.wrapped_key_sealed = None
    interview.deleted_at = interview.updated_at = now
    standing.settle(session, interview)
    return names


def _certify(hr: Runtime, interview_id: str) -> None:
    with hr.db.write() as session:
        row = session.get_one(Deletion, interview_id)
        if row.certificate is not None or row.deleted_at is None:
            row.files = []
            return
        now = hr.now()
        certificate = DeletionCertificate(
            certificate_id=new_id(),
            organisation_id=hr.organisation_id,
            interview_id=interview_id,
            requested_by=Requester(row.requested_by),
            requested_at=row.requested_at,
            deleted_at=now,
            objects=[ObjectRef.model_validate(item) for item in row.objects],
            records=row.records,
            candidate_erased=row.candidate_id is not None,
            key_backups_end=_key_backups_end(hr, session, now),
        )
        row.certificate = sign(certificate, hr.vault.sign_key).to_bytes().decode("utf-8")
        row.files = []
        target = f"interview:{interview_id}"
        audit.record(session, now, "server", "deletion_certificate", target, certificate=certificate.certificate_id)
        envelope = Envelope.from_bytes(row.certificate)
    ledger.note_deletion(hr, interview_id, envelope)


def _key_backups_end(hr: Runtime, session: Session, now: datetime) -> datetime | None:
    if facts.get(session, KEY_BACKUP_FACT) is None:
        return None
    return now + timedelta(days=hr.settings.key_retention_days)


def _file_names(session: Session, interview_id: str) -> set[str]:
    objects = session.scalars(select(ObjectRow.storage_key).where(ObjectRow.interview_id == interview_id))
    begun = session.scalars(select(Upload.id).where(Upload.interview_id == interview_id))
    made = select(ReportItem.storage_key).where(ReportItem.interview_id == interview_id)
    reports = session.scalars(made.where(ReportItem.storage_key.is_not(None)))
    return {*objects, *begun, *(name for name in reports if name)}


def _facts(row: ObjectRow) -> dict[str, Any]:
    ref = ObjectRef(object_id=row.object_id, media_type=row.media_type, size=row.size, sha256=row.sha256)
    return ref.model_dump(mode="json")


def _count(session: Session, part: Any, interview_id: str) -> int:
    query = select(func.count()).select_from(part).where(part.interview_id == interview_id)
    return session.scalar(query) or 0
