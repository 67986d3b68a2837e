"""What a restored backup lacks although devices were told that it is safe."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.db.models import Interview, RestoreGap
from backend.runtime import Runtime


def open_gaps(hr: Runtime) -> Sequence[RestoreGap]:
    """The interviews no device has delivered again yet, oldest first."""
    with hr.db.read() as session:
        query = select(RestoreGap).where(RestoreGap.closed_at.is_(None)).order_by(RestoreGap.noticed_at)
        return session.scalars(query).all()


def wanted(session: Session, device_id: str, interview_ids: Sequence[str]) -> list[str]:
    """Which of its interviews the device should deliver again; one this database never heard of may be anybody's."""
    query = select(RestoreGap.interview_id, Interview.device_id, Interview.deleted_at)
    query = query.outerjoin(Interview, Interview.id == RestoreGap.interview_id)
    rows = session.execute(query.where(RestoreGap.closed_at.is_(None), RestoreGap.interview_id.in_(interview_ids)))
    return [row[0] for row in rows if row[1] in (None, device_id) and row[2] is None]
