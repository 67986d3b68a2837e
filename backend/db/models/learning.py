"""Learned models for scoring, their publications, and the work that makes and compares them.

A model's file holds numbers about rated answers and no words. It lies in the database, in pieces, so that it is
published, backed up and restored as one with what says which model counts.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.db.models.base import Base, new_id


class LearnedModel(Base):
    """``state``: services.score_models.ModelState; at most one of a language is published.

    ``sha256`` and ``size``: of its file. ``card``: assessment.learned.Card; ``source``: services.score_models.Source;
    ``comparison``: services.model_comparison.Comparison, empty before it was compared.
    """

    __tablename__ = "learned_model"
    __table_args__ = (
        UniqueConstraint("language", "sha256"),
        Index(
            "learned_model_published",
            "language",
            unique=True,
            sqlite_where=text("state = 'published'"),
            postgresql_where=text("state = 'published'"),
        ),
    )
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    language: Mapped[str] = mapped_column(String(8))
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int]
    card: Mapped[dict[str, Any]]
    source: Mapped[dict[str, Any]]
    comparison: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(16))
    made_by: Mapped[str] = mapped_column(String(120))
    made_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    published_by: Mapped[str | None] = mapped_column(String(120))
    retired_at: Mapped[datetime | None]


class LearnedPiece(Base):
    """``number`` counts from 0; each piece but the last has services.score_models.PIECE bytes."""

    __tablename__ = "learned_piece"
    model_id: Mapped[str] = mapped_column(ForeignKey("learned_model.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class ModelPublication(Base):
    """From ``at`` on a language is scored with this model; ``model_id`` None: by the rubric alone.

    ``anyway``: although it was worse, or not compared. ``reason_sealed``: under the server's data key.
    """

    __tablename__ = "model_publication"
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    language: Mapped[str] = mapped_column(String(8), index=True)
    model_id: Mapped[str | None] = mapped_column(ForeignKey("learned_model.id"))
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(120))
    anyway: Mapped[bool]
    reason_sealed: Mapped[str] = mapped_column(Text)


class ModelJob(Base):
    """Training from the database's ratings, or the comparison of a model (``model_id``) with the published one.

    ``target``: services.model_ratings.Target. ``state``: services.model_jobs.JobState; ``done`` of ``total``
    interviews were read. ``found``: language -> id of the model that was made, or the code of what stood against it.
    ``holder`` works on it until ``lease_until``, for the ``tries``-th time.
    """

    __tablename__ = "model_job"
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    model_id: Mapped[str | None] = mapped_column(ForeignKey("learned_model.id"))
    target: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16), index=True)
    ordered_by: Mapped[str] = mapped_column(String(120))
    ordered_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    done: Mapped[int]
    total: Mapped[int]
    found: Mapped[dict[str, Any]]
    error: Mapped[str | None] = mapped_column(String(40))
    holder: Mapped[str | None] = mapped_column(String(36))
    lease_until: Mapped[datetime | None]
    tries: Mapped[int]
