"""What monitor and analytics count by: codes, counts and times of an interview that its sealed events told.

Nothing here names or quotes anybody; all of it is made from events (services.interview_facts) and goes with them.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, false, true
from sqlalchemy.orm import Mapped, mapped_column

from backend.db.models.base import Base


class InterviewFact(Base):
    """One row per interview (or device's part of one).

    ``last_seq``: number of its newest event here. ``answers``: answers saved. ``pauses``: how often it was interrupted.
    ``busy``: it is being given on its device, as far as that has said, and on no later one. ``awaited``: no receipt
    covers all that its device has announced. ``active_seconds``: from
    coming to leaving by the device's clock, None while unknown or when a crash hid the end of a stretch.
    The next three: what the candidate said of the interview, 1 to 5. ``language``: of the client when it began, as a
    tag; ``faults``: technical ones that its answers tell of. Both are None for interviews from before they were kept.
    """

    __tablename__ = "interview_fact"
    interview_id: Mapped[str] = mapped_column(ForeignKey("interview.id"), primary_key=True)
    last_seq: Mapped[int] = mapped_column(default=0)
    answers: Mapped[int] = mapped_column(default=0)
    pauses: Mapped[int] = mapped_column(default=0)
    busy: Mapped[bool] = mapped_column(default=False, server_default=false())
    awaited: Mapped[bool] = mapped_column(default=True, server_default=true(), index=True)
    active_seconds: Mapped[float | None]
    entrance_clear: Mapped[int | None]
    flow_smooth: Mapped[int | None]
    overall: Mapped[int | None]
    language: Mapped[str | None] = mapped_column(String(16))
    faults: Mapped[int | None]


class InterviewStep(Base):
    """An event that moved an interview. ``reason`` and ``network`` are codes: a word that is none is not kept.

    ``at``: the device's clock; ``received_at``: ours.
    """

    __tablename__ = "interview_step"
    __table_args__ = (Index("interview_step_kind", "kind", "received_at"),)
    interview_id: Mapped[str] = mapped_column(ForeignKey("interview.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    reason: Mapped[str | None] = mapped_column(String(32))
    network: Mapped[str | None] = mapped_column(String(32))
    at: Mapped[datetime]
    received_at: Mapped[datetime]
