"""The organisation, its keys, and what the server remembers about itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backend.db.models.base import Base, new_id
from backend.db.types import StoredJson


class OrganisationRow(Base):
    """The one organisation. Public keys only; the private ones are in the key file."""

    __tablename__ = "organisation"
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(200))
    sign_key: Mapped[str] = mapped_column(String(64))
    encryption_key: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]


class OrganisationKeyRow(Base):
    """One public key of the organisation. ``use`` and the times: contract.keylist.OrganisationKey.

    ``retired_at``: its private half was destroyed (encryption), or its signatures are not taken any more (signing).
    """

    __tablename__ = "organisation_key"
    use: Mapped[str] = mapped_column(String(16), primary_key=True)
    epoch: Mapped[int] = mapped_column(primary_key=True)
    public: Mapped[str] = mapped_column(String(64), unique=True)
    since: Mapped[datetime]
    superseded_at: Mapped[datetime | None]
    accepted_until: Mapped[datetime | None]
    retired_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class KeyListRow(Base):
    """One link of the chain of key lists: the signed contract.keylist.KeyList as devices get it."""

    __tablename__ = "key_list"
    serial: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    envelope: Mapped[str] = mapped_column(Text)
    issued_at: Mapped[datetime]


class ServerFact(Base):
    """What the server has to remember about itself, one value per name."""

    __tablename__ = "server_fact"
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[Any] = mapped_column(StoredJson)
