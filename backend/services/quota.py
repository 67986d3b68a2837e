"""How much one device may make the backend keep: an enrolled device that has gone wrong must not fill the disk.

The bounds are far above what interviews need. Reaching one loses nothing: the device keeps what is left and tries
again.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.db.models import EventRow, Interview, ManifestRow, Upload
from backend.runtime import Runtime
from contract.errors import ErrorCode, XudaError

_DAY = timedelta(days=1)


def check_interview(hr: Runtime, session: Session, device_id: str, interview_id: str, now: datetime) -> None:
    """Before an interview is begun here. Raises XudaError(QUOTA_REACHED) after too many new ones within a day."""
    if session.get(Interview, interview_id) is not None:
        return
    mine = Interview.device_id == device_id, Interview.created_at > now - _DAY
    begun = session.scalar(select(func.count()).select_from(Interview).where(*mine)) or 0
    if begun >= hr.settings.device_interviews:
        raise XudaError(ErrorCode.QUOTA_REACHED, field="interview_id")


def check_upload(hr: Runtime, session: Session, device_id: str, length: int, now: datetime) -> None:
    """Before an upload of ``length`` bytes begins. Raises XudaError(QUOTA_REACHED) when the uploads that the device has
    begun within a day, this one with them, are promised more than a day's bytes, or too many are unfinished."""
    mine = Upload.device_id == device_id
    recent = select(func.coalesce(func.sum(Upload.length), 0)).where(mine, Upload.created_at > now - _DAY)
    if (session.scalar(recent) or 0) + length > hr.settings.device_bytes:
        raise XudaError(ErrorCode.QUOTA_REACHED, field="Upload-Length")
    unfinished = select(func.count()).select_from(Upload).where(mine, Upload.completed_at.is_(None))
    if (session.scalar(unfinished) or 0) >= hr.settings.device_unfinished:
        raise XudaError(ErrorCode.QUOTA_REACHED, field="upload")


def check_document(hr: Runtime, session: Session, interview_id: str, size: int) -> None:
    """Before an event or manifest of ``size`` bytes is kept. Raises XudaError(QUOTA_REACHED) when those of the
    interview would grow beyond what one can have."""
    kept = 0
    for text, owner in ((EventRow.sealed, EventRow.interview_id), (ManifestRow.envelope, ManifestRow.interview_id)):
        total = select(func.coalesce(func.sum(func.length(text)), 0)).where(owner == interview_id)
        kept += session.scalar(total) or 0
    if kept + size > hr.settings.interview_documents:
        raise XudaError(ErrorCode.QUOTA_REACHED, field="interview_id")
