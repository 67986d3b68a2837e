"""What people of HR think of an interview: scorecards and comments, sealed under the interview's storage key."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.db.models.base import Base, new_id


class Scorecard(Base):
    """A person's scorecard of an interview; one each. ``state``: services.scorecards.CardState.

    ``interview_id``: the first part of the whole. ``rubric_id``: by what it is rated, None: the default.
    ``content_sealed``: services.scorecards.Content as JSON. ``revision`` grows with every save.
    """

    __tablename__ = "scorecard"
    __table_args__ = (UniqueConstraint("interview_id", "user_id"),)
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    interview_id: Mapped[str] = mapped_column(ForeignKey("interview.id"), index=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"), index=True)
    rubric_id: Mapped[str | None] = mapped_column(ForeignKey("rubric.id"))
    state: Mapped[str] = mapped_column(String(16))
    revision: Mapped[int]
    content_sealed: Mapped[str] = mapped_column(Text)
    updated_at: Mapped[datetime]
    handed_in_at: Mapped[datetime | None]


class ScorecardChange(Base):
    """What a scorecard said before it was changed after having been handed in, and why it was."""

    __tablename__ = "scorecard_change"
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    scorecard_id: Mapped[str] = mapped_column(ForeignKey("scorecard.id", ondelete="CASCADE"), index=True)
    interview_id: Mapped[str] = mapped_column(ForeignKey("interview.id"), index=True)
    content_sealed: Mapped[str] = mapped_column(Text)
    reason_sealed: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime]


class ReviewComment(Base):
    """A person's comment on an answer. ``at_ms``: where in its recording; None: on the answer as a whole."""

    __tablename__ = "review_comment"
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    interview_id: Mapped[str] = mapped_column(ForeignKey("interview.id"), index=True)
    answer_id: Mapped[str] = mapped_column(String(64))
    at_ms: Mapped[int | None]
    text_sealed: Mapped[str] = mapped_column(Text)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime]


class ShareLink(Base):
    """Shows an interview without a login until ``expires_at``. ``passphrase``: Argon2id, None for none.

    ``recordings``: services.shares.Recordings. What opens it is signed with the data key and not stored.
    """

    __tablename__ = "share_link"
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    interview_id: Mapped[str] = mapped_column(ForeignKey("interview.id"), index=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"))
    shows_name: Mapped[bool]
    shows_words: Mapped[bool]
    recordings: Mapped[str] = mapped_column(String(8))
    passphrase: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class RedoRow(Base):
    """One question of a finished interview may be answered again (contract.redo); ``interview_id``: its first part.

    ``used_by``: the part with which it was begun, ``answered_at`` and ``ended_at``: when the server learned of it.
    ``message_id``: what the candidate was told.
    """

    __tablename__ = "redo"
    __table_args__ = (Index("redo_open", "invitation_id", "ended_at", "not_after"),)
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    interview_id: Mapped[str] = mapped_column(ForeignKey("interview.id"), index=True)
    invitation_id: Mapped[str] = mapped_column(ForeignKey("invitation.id"))
    attempt: Mapped[int]
    question_id: Mapped[str] = mapped_column(String(64))
    reason_sealed: Mapped[str] = mapped_column(Text)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"))
    granted_at: Mapped[datetime]
    not_after: Mapped[datetime]
    taken_back_at: Mapped[datetime | None]
    used_by: Mapped[str | None] = mapped_column(String(64))
    used_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    message_id: Mapped[str | None] = mapped_column(String(36))
