"""Many reports made at once, in the background."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.db.models.base import Base, new_id


class ReportJob(Base):
    """An order of a person for the reports of many interviews. ``state``: services.report_jobs.JobState.

    ``choice``: what goes into the archive. ``holder`` works on it until ``lease_until``; another server process may
    take over then. ``expires_at``: what was made is removed.
    """

    __tablename__ = "report_job"
    __table_args__ = (Index("report_job_due", "state", "lease_until"),)
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"), index=True)
    batch_id: Mapped[str | None] = mapped_column(ForeignKey("batch.id"))
    choice: Mapped[dict[str, Any]]
    language: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(16))
    holder: Mapped[str | None] = mapped_column(String(36))
    lease_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]


class ReportItem(Base):
    """The part of one interview in a job: a sealed file in the object store, under ``storage_key``.

    ``key_sealed``: what opens the file, under the interview's storage key, so that both end with the interview.
    ``state``: services.report_jobs.ItemState; ``error``: the code of what went wrong.
    """

    __tablename__ = "report_item"
    __table_args__ = (UniqueConstraint("job_id", "interview_id"),)
    job_id: Mapped[str] = mapped_column(ForeignKey("report_job.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    interview_id: Mapped[str] = mapped_column(ForeignKey("interview.id"), index=True)
    state: Mapped[str] = mapped_column(String(16))
    error: Mapped[str | None] = mapped_column(String(40))
    storage_key: Mapped[str | None] = mapped_column(String(200))
    key_sealed: Mapped[str | None] = mapped_column(Text)
    size: Mapped[int | None] = mapped_column(BigInteger)
