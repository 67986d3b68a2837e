"""Devices, how they came to be here, and what HR wants of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backend.db.models.base import Base, new_id
from backend.db.types import StoredJson

# the platform of a device that exists to practise with alone
PRACTICE = "practice"
PRACTICE_KIT = "xuda-practice"


class Device(Base):
    """``public_key``: Ed25519, base64url.

    ``pending``, ``failed``, ``free_bytes`` and ``clock_off`` (seconds by which its clock is ahead of ours) are what the
    device said itself at ``contact_at``; None before its first word. ``former_id``: the device it was before it was
    enrolled again; what that one has signed may come from this one. ``keys_serial``: the newest key list it has.
    ``settings_*``: the version wanted of it (services.device_settings), the hash of its content, and what it applies.
    """

    __tablename__ = "device"
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(120))
    platform: Mapped[str] = mapped_column(String(200))
    app_version: Mapped[str] = mapped_column(String(64))
    public_key: Mapped[str] = mapped_column(String(64))
    enrolled_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    contact_at: Mapped[datetime | None]
    pending: Mapped[int | None]
    failed: Mapped[int | None]
    free_bytes: Mapped[int | None] = mapped_column(BigInteger)
    clock_off: Mapped[int | None] = mapped_column(BigInteger)
    lost_at: Mapped[datetime | None]
    former_id: Mapped[str | None] = mapped_column(ForeignKey("device.id"))
    keys_serial: Mapped[int] = mapped_column(default=0, server_default="0")
    group_label: Mapped[str] = mapped_column(String(40), default="", server_default="")
    settings_version: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    settings_content: Mapped[str | None] = mapped_column(String(64))
    settings_issued_at: Mapped[datetime | None]
    settings_applied: Mapped[int | None] = mapped_column(BigInteger)
    settings_refused: Mapped[list[Any] | None] = mapped_column(StoredJson)


class EnrolmentCode(Base):
    """``id`` is the keyed hash of a one-time code; the code itself is only ever printed.

    ``replaces_id``: HR's word that the device to be enrolled continues this one, whose own key may be lost.
    """

    __tablename__ = "enrolment_code"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    device_id: Mapped[str | None] = mapped_column(ForeignKey("device.id"))
    replaces_id: Mapped[str | None] = mapped_column(ForeignKey("device.id"))


class DeviceSettingsRow(Base):
    """One layer: ``all``, ``group:<label>`` or ``device:<id>``. ``values_sealed``: contract.settings.DeviceSettings as
    JSON; sealed because the hash of a PIN is among them."""

    __tablename__ = "device_settings"
    layer: Mapped[str] = mapped_column(String(120), primary_key=True)
    values_sealed: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime]
