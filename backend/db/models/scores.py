"""What the scoring makes of interviews; how it does: report.scoring."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.db.models.base import Base, new_id


class ScoreRow(Base):
    """A version of an interview's score. ``superseded_at``: since when another one counts; None: it is the current one.

    ``interview_id``: the first part of the whole. ``points``, ``low``, ``high``: hundredths of a point; without
    ``points`` there is a ``reason`` (assessment.certainty.Reason). ``listen``: somebody has to listen before using it.
    ``engine``, ``rubric_*``, ``models`` and ``meaning`` are those of report.score_model.AssessmentInfo, which
    ``content_sealed`` holds as JSON. ``rubric_id`` None: the default one.
    """

    __tablename__ = "score"
    __table_args__ = (
        Index(
            "score_current",
            "interview_id",
            unique=True,
            sqlite_where=text("superseded_at IS NULL"),
            postgresql_where=text("superseded_at IS NULL"),
        ),
    )
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    interview_id: Mapped[str] = mapped_column(ForeignKey("interview.id"), index=True)
    points: Mapped[int | None]
    low: Mapped[int]
    high: Mapped[int]
    listen: Mapped[bool]
    reason: Mapped[str | None] = mapped_column(String(32))
    engine: Mapped[int]
    rubric_id: Mapped[str | None] = mapped_column(ForeignKey("rubric.id"))
    rubric_revision: Mapped[int]
    rubric_digest: Mapped[str] = mapped_column(String(12))
    models: Mapped[dict[str, str]]
    meaning: Mapped[dict[str, str]]
    content_sealed: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    superseded_at: Mapped[datetime | None]
