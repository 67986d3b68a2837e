"""Interviews as devices deliver them, what they were receipted, and what was decided."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backend.db.models.base import LONG_AGO, Base, new_id, utc_now
from backend.db.models.devices import Device
from backend.db.models.invitations import InvitationRow
from backend.db.types import StoredJson


class Interview(Base):
    """An interview as a device made it, or one device's part of it (contract.parts). ``id`` is the device's.

    ``state`` is that of the whole interview, derived from the events of all its parts whenever one arrives, never set
    by hand. ``part`` numbers the parts of the same invitation and attempt in the order the server learned of them.
    ``leading`` and ``standing``: services.standing.
    ``invitation_id`` and ``department_id`` are known once the started event is there. ``ended_at``: when the server
    learned of the event that ended it (the device's own clock may be wrong); retention counts from there.
    ``scored_at``: when a person last gave a score, noted on the first part. ``department_at``: since when the heads of
    its department may see it (services.department_releases). ``practice``: made up, to practise with. ``redo_id``: the
    part answers one question again, as it says by HR's word of this id (services.redo). ``weighed``: what the scoring
    has last looked at the whole with (services.score_making); None: something new has come since.
    """

    __tablename__ = "interview"
    __table_args__ = (
        Index("interview_listed", "leading", "updated_at"),
        Index("interview_standing", "leading", "standing", "updated_at"),
        Index("interview_of_person", "invitation_id", "leading", "deleted_at"),
        Index("interview_ending", "leading", "deleted_at", text("coalesce(ended_at, updated_at)"), "id"),
        Index("interview_kits", "leading", "deleted_at", "kit_id", "kit_version"),
        Index("interview_counted", "leading", "deleted_at", "practice", "standing", "department_id"),
    )
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    device_id: Mapped[str] = mapped_column(ForeignKey("device.id"), index=True)
    invitation_id: Mapped[str | None] = mapped_column(ForeignKey("invitation.id"), index=True)
    department_id: Mapped[str | None] = mapped_column(ForeignKey("department.id"), index=True)
    kit_id: Mapped[str | None] = mapped_column(String(32))
    kit_version: Mapped[int | None]
    attempt: Mapped[int | None]
    part: Mapped[int | None]
    wrapped_key_sealed: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    leading: Mapped[bool] = mapped_column(default=False, server_default=false())
    standing: Mapped[str] = mapped_column(String(32), default="invited", server_default="invited")
    scored_at: Mapped[datetime | None] = mapped_column(index=True)
    department_at: Mapped[datetime | None]
    practice: Mapped[bool] = mapped_column(default=False, server_default=false())
    redo_id: Mapped[str | None] = mapped_column(String(36))
    weighed: Mapped[str | None] = mapped_column(String(16))
    device: Mapped[Device] = relationship()
    invitation: Mapped[InvitationRow | None] = relationship()


class HandOverRow(Base):
    """A ticket: the device's new part ``interview_id`` goes on where others stopped. ``envelope``: parts.HandOver."""

    __tablename__ = "hand_over"
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    invitation_id: Mapped[str] = mapped_column(ForeignKey("invitation.id"), index=True)
    attempt: Mapped[int]
    part: Mapped[int]
    device_id: Mapped[str] = mapped_column(ForeignKey("device.id"))
    interview_id: Mapped[str] = mapped_column(String(64), unique=True)
    envelope: Mapped[str] = mapped_column(Text)
    issued_at: Mapped[datetime]


class EventRow(Base):
    """``sealed``: the contract.envelope.Envelope as JSON, sealed under the interview's storage key.

    ``digest`` is the SHA-256 of the envelope's payload.
    """

    __tablename__ = "event"
    interview_id: Mapped[str] = mapped_column(ForeignKey("interview.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    digest: Mapped[str] = mapped_column(String(64))
    sealed: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime]


class Upload(Base):
    """A tus upload, id from contract.api.upload_id. ``offset`` bytes are safe on disk."""

    __tablename__ = "upload"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    device_id: Mapped[str] = mapped_column(ForeignKey("device.id"))
    interview_id: Mapped[str] = mapped_column(ForeignKey("interview.id"), index=True)
    object_id: Mapped[str] = mapped_column(String(64))
    media_type: Mapped[str] = mapped_column(String(100))
    sha256: Mapped[str] = mapped_column(String(64))
    length: Mapped[int] = mapped_column(BigInteger)
    offset: Mapped[int] = mapped_column(BigInteger, default=0)
    upload_metadata: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    completed_at: Mapped[datetime | None]


class ObjectRow(Base):
    """A delivered object: ciphertext in the object store under ``storage_key``."""

    __tablename__ = "object"
    interview_id: Mapped[str] = mapped_column(ForeignKey("interview.id"), primary_key=True)
    object_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    storage_key: Mapped[str] = mapped_column(String(200))
    stored_at: Mapped[datetime]


class ManifestRow(Base):
    __tablename__ = "manifest"
    interview_id: Mapped[str] = mapped_column(ForeignKey("interview.id"), primary_key=True)
    serial: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    envelope: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime]


class ReceiptRow(Base):
    """``envelope`` is the signed contract.manifest.Receipt for the manifest of the same serial."""

    __tablename__ = "receipt"
    interview_id: Mapped[str] = mapped_column(ForeignKey("interview.id"), primary_key=True)
    serial: Mapped[int] = mapped_column(primary_key=True)
    envelope: Mapped[str] = mapped_column(Text)
    issued_at: Mapped[datetime]


class RestoreGap(Base):
    """A receipt that was given out after the backup this database was restored from: what it named is missing here.

    ``objects``: ids named by the receipt. ``closed_at``: the device has delivered it again.
    """

    __tablename__ = "restore_gap"
    interview_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    serial: Mapped[int]
    objects: Mapped[list[Any]] = mapped_column(StoredJson)
    noticed_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class Decision(Base):
    """A person's word on an interview that has ended; the newest counts. ``released_at``: the candidate may see it;
    ``fetched_at``: a device has it.

    ``ruling``: services.candidate_states.Ruling. ``reason_sealed``: under the interview's storage key.
    """

    __tablename__ = "decision"
    __table_args__ = (Index("decision_newest", "interview_id", "decided_at"),)
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    interview_id: Mapped[str] = mapped_column(ForeignKey("interview.id"))
    state: Mapped[str] = mapped_column(String(32))
    ruling: Mapped[str | None] = mapped_column(String(16))
    reason_sealed: Mapped[str | None] = mapped_column(Text)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"))
    decided_at: Mapped[datetime]
    released_at: Mapped[datetime | None]
    fetched_at: Mapped[datetime | None]
    changed_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now, server_default=LONG_AGO, index=True)
