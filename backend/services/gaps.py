"""What a restored backup lacks although devices were told that it is safe."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from backend.db.models import RestoreGap
from backend.runtime import Runtime


def open_gaps(hr: Runtime) -> Sequence[RestoreGap]:
    """The interviews no device has delivered again yet, oldest first."""
    with hr.db.read() as session:
        query = select(RestoreGap).where(RestoreGap.closed_at.is_(None)).order_by(RestoreGap.noticed_at)
        return session.scalars(query).all()
