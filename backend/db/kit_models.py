"""Files of kits: pictures, sounds and films that questions are asked with. They hold nothing about any candidate.

They lie in the database, in pieces, so that a kit and its files are published, backed up and restored as one.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from backend.db.models import Base


class KitFile(Base):
    """A file by its content; the same file in several kits is here once."""

    __tablename__ = "kit_file"
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    media_type: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    created_at: Mapped[datetime]


class KitFilePiece(Base):
    """``number`` counts from 0; each piece but the last has services.kit_files.PIECE bytes."""

    __tablename__ = "kit_file_piece"
    sha256: Mapped[str] = mapped_column(ForeignKey("kit_file.sha256"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


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
