"""Kits and the files that their questions are asked with, which hold nothing about any candidate.

The files lie in the database, in pieces, so that a kit and its files are published, backed up and restored as one.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.db.models.base import Base, new_id


class KitRow(Base):
    """One version of a kit: ``envelope`` is the signed contract.kit.Kit as sent to devices.

    ``level``: for which positions it is meant (services.duration.Level), which bounds its length.
    ``longer_because_sealed``: why it is longer than that all the same, under the server's data key.
    """

    __tablename__ = "kit"
    kit_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    department_id: Mapped[str] = mapped_column(ForeignKey("department.id"))
    envelope: Mapped[str] = mapped_column(Text)
    content_digest: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    level: Mapped[str | None] = mapped_column(String(16))
    longer_because_sealed: Mapped[str | None] = mapped_column(Text)


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


class RubricRow(Base):
    """One revision of what a kit's answers are rated by; the newest of a version counts for new scorecards.

    ``content``: services.rubric.Rubric as JSON. It never goes to a device.
    """

    __tablename__ = "rubric"
    __table_args__ = (
        ForeignKeyConstraint(["kit_id", "version"], ["kit.kit_id", "kit.version"]),
        UniqueConstraint("kit_id", "version", "revision"),
    )
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    kit_id: Mapped[str] = mapped_column(String(32))
    version: Mapped[int]
    revision: Mapped[int]
    content: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime]
