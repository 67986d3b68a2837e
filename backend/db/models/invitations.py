"""Whom HR has invited to what, and who may adjust an interview on the spot."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, String, Text, UniqueConstraint, false, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backend.db.models.base import LONG_AGO, Base, new_id, utc_now


class Batch(Base):
    """``requisition_id``: whom its candidates are interviewed for; None for batches that hire nobody.

    ``blind_review``: its interviews are rated without knowing whom (services.blind). ``department_opens``: heads of the
    department see its interviews without a release of each. ``practice``: made up, to practise with.
    """

    __tablename__ = "batch"
    __table_args__ = (Index("batch_newest", "created_at"),)
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    title: Mapped[str] = mapped_column(String(200))
    kit_id: Mapped[str] = mapped_column(String(32))
    department_id: Mapped[str] = mapped_column(ForeignKey("department.id"), index=True)
    not_before: Mapped[datetime]
    not_after: Mapped[datetime]
    created_at: Mapped[datetime]
    requisition_id: Mapped[str | None] = mapped_column(ForeignKey("requisition.id"), index=True)
    blind_review: Mapped[bool] = mapped_column(default=False, server_default=false())
    department_opens: Mapped[bool] = mapped_column(default=False, server_default=false())
    practice: Mapped[bool] = mapped_column(default=False, server_default=false())


class Candidate(Base):
    """Each value is sealed under the candidate's storage key; ``name_sealed`` is empty once the person was erased.

    ``extra_sealed``: further columns of the imported file, as a JSON object. The keyed hashes by which the same person
    is found again are in the cabinet of storage keys.
    """

    __tablename__ = "candidate"
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    name_sealed: Mapped[str] = mapped_column(Text)
    phone_sealed: Mapped[str | None] = mapped_column(Text)
    email_sealed: Mapped[str | None] = mapped_column(Text)
    id_number_sealed: Mapped[str | None] = mapped_column(Text)
    extra_sealed: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]


class InvitationRow(Base):
    """A candidate's right to one interview of a batch. ``code`` is normalised (ABCD-EFGH).

    ``opens_at`` and ``extended_to``: another window for this candidate alone; see :attr:`starts_at`, :attr:`ends_at`.
    ``changed_at``: for programs that read what is new. ``begun``: there is an interview of it, or was one.
    """

    __tablename__ = "invitation"
    __table_args__ = (
        UniqueConstraint("batch_id", "candidate_id"),
        Index("invitation_waiting", "begun", "cancelled_at", "created_at"),
        Index("invitation_newest", "cancelled_at", "created_at", "code", "batch_id"),
        Index("invitation_counted", "batch_id", "cancelled_at", "begun"),
        Index("invitation_batch", "batch_id", "created_at", "code"),
    )
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    batch_id: Mapped[str] = mapped_column(ForeignKey("batch.id"), index=True)
    candidate_id: Mapped[str] = mapped_column(ForeignKey("candidate.id"), index=True)
    code: Mapped[str] = mapped_column(String(16), unique=True)
    token: Mapped[str] = mapped_column(Text)
    adjustments: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
    extended_to: Mapped[datetime | None]
    opens_at: Mapped[datetime | None]
    begun: Mapped[bool] = mapped_column(default=False, server_default=false())
    changed_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now, server_default=LONG_AGO, index=True)
    batch: Mapped[Batch] = relationship()
    candidate: Mapped[Candidate] = relationship()

    @property
    def starts_at(self) -> datetime:
        """When this candidate's window opens."""
        return self.opens_at or self.batch.not_before

    @property
    def ends_at(self) -> datetime:
        """When this candidate's window ends; in queries :func:`window_end`."""
        return self.extended_to or self.batch.not_after


def window_end() -> ColumnElement[datetime]:
    """:attr:`InvitationRow.ends_at` for a query that joins both tables."""
    return func.coalesce(InvitationRow.extended_to, Batch.not_after)


class DelegationRow(Base):
    """Who may adjust interviews on the spot (contract.invitation.Delegation), until it ends or is revoked.

    ``device_id``: the staff panel of that device. ``holder_sealed``: a person's name, under the data key.
    """

    __tablename__ = "delegation"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    holder_sealed: Mapped[str]
    public_key: Mapped[str] = mapped_column(String(64))
    device_id: Mapped[str | None] = mapped_column(ForeignKey("device.id"))
    not_before: Mapped[datetime]
    not_after: Mapped[datetime]
    batches: Mapped[str]
    most_extra_percent: Mapped[int]
    most_extra_takes: Mapped[int]
    ways: Mapped[str]
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
